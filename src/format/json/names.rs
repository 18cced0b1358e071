//! Which field means what. A dot stands for itself or for a step into an object.

/// The text of the event.
pub(super) const MESSAGE: &[&str] = &[
    "message",
    "msg",
    "@m",
    "MESSAGE",
    "event",
    "@mt",
    "short_message",
    "log",
    "Message",
    "text",
    "body",
];

/// How grave it is.
pub(super) const LEVEL: &[&str] = &[
    "level",
    "log.level",
    "severity",
    "levelname",
    "@l",
    "lvl",
    "Level",
    "loglevel",
    "LogLevel",
    "log_level",
    "severity_text",
    "s",
];

/// When it was written.
pub(super) const TIME: &[&str] = &[
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "@t",
    "t",
    "asctime",
    "datetime",
    "Timestamp",
    "instant",
    "timeMillis",
    "__REALTIME_TIMESTAMP",
    "date",
    "eventTime",
];

/// Who wrote it.
pub(super) const LOGGER: &[&str] = &[
    "logger_name",
    "logger",
    "log.logger",
    "loggerName",
    "SourceContext",
    "Category",
    "category",
    "component",
    "c",
    "name",
];

/// In which thread.
pub(super) const THREAD: &[&str] = &[
    "thread_name",
    "thread",
    "process.thread.name",
    "threadName",
    "ctx",
];

/// The trace: a text, a list of lines, or an object that holds one.
pub(super) const TRACE: &[&str] = &[
    "stack_trace",
    "error.stack_trace",
    "exception.stacktrace",
    "exc_info",
    "@x",
    "err.stack",
    "error.stack",
    "exception.stack_trace",
    "exception.stack",
    "exception",
    "exc_text",
    "thrown",
    "stack",
    "stackTrace",
    "traceback",
    "full_message",
    "error.stackTrace",
    "err",
    "error",
    "trace",
    "stacktrace",
];

/// What went wrong, in a few words; part of what the event says.
pub(super) const ERROR: &[&str] = &[
    "err",
    "error",
    "error.message",
    "err.message",
    "exception.message",
    "exception",
    "cause",
    "reason",
    "errorMessage",
    "error_message",
    "errmsg",
];

/// What tells one writer from another.
pub(super) const WRITER: &[&str] = &[
    "_SYSTEMD_UNIT",
    "SYSLOG_IDENTIFIER",
    "_PID",
    "_STREAM_ID",
    "pid",
    "process.pid",
    "hostname",
    "host",
    "service",
    "service.name",
    "container_id",
    "container_name",
    "CONTAINER_ID",
    "kubernetes",
    "stream",
    "thread_name",
    "thread",
    "process.thread.name",
    "threadName",
    "ctx",
];

/// Fields that a summary takes over: what is the same in all lines of a writer. Those that begin with an underscore
/// are the journal's.
pub(super) const LASTING: &[&str] = &[
    "@version",
    "ecs.version",
    "v",
    "pid",
    "hostname",
    "host",
    "host.hostname",
    "host.name",
    "name",
    "app",
    "application",
    "service",
    "service.name",
    "service.version",
    "service.environment",
    "environment",
    "env",
    "event.dataset",
    "container_id",
    "container_name",
    "kubernetes",
    "labels",
    "tags",
    "stream",
    "process",
    "process.pid",
    "SYSLOG_IDENTIFIER",
    "SYSLOG_FACILITY",
    "SYSLOG_PID",
    "CONTAINER_ID",
    "CONTAINER_NAME",
    "CONTAINER_TAG",
    "version",
    "source",
    "facility",
    "log",
];
