//! What one line looks like, told from its own bytes alone.

use super::error_type::is_error;
use super::head::Head;
use super::shape::{
    ends_in_line_number, erlang_process, has_place, has_ruby_place, is_access, is_backtrace_entry,
    is_chain, is_close, is_event_end, is_go_call, is_go_place, is_goroutine, is_group,
    is_json_summary, is_reactor, is_ruby_frame, is_script,
};

/// What a line looks like. The tables in `trace/` say what that means in each state of each language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Seen {
    /// Nothing but white space.
    Blank,
    /// The opening line of a logged event: a stamp or a level at its front.
    Head,
    /// The second line of `java.util.logging`'s two-line head: `SEVERE: text`.
    LevelLine,
    /// A further line of the same PostgreSQL report: its own full prefix, then `DETAIL:`, `STATEMENT:` and the like.
    Detail,
    /// A line with an Erlang process between level and text, `… [warning] <0.612.0> …`: an event of its own, or one
    /// more line of the same report, if stamp and process are the same.
    Report,
    /// A line of an access log: another thread's, wherever it stands.
    Access,
    /// One of quell's own summaries.
    Summary,
    /// `Type: message` or `Type`, at the margin or indented.
    Error,
    /// `Caused by: …`, `Suppressed: …`, `Wrapped by: …` with an error behind it.
    Cause,
    /// `Caused by:` with nothing behind it: the error follows on the next line.
    CauseAlone,
    /// `at something(…)`, `at async something`.
    Frame,
    /// The same with an opening brace at its end: Node's inspect block begins.
    FrameOpen,
    /// `... 12 more`, `... 42 common frames omitted`, `[CIRCULAR REFERENCE: …]`.
    More,
    /// Reactor's marks: `Original Stack Trace:`, `Error has been observed at the following site(s):`, `*__checkpoint`.
    Reactor,
    /// `Traceback (most recent call last):`.
    Traceback,
    /// `File "…", line 1, in f`.
    File,
    /// `During handling of the above exception, …`, `The above exception was the direct cause …`.
    Chain,
    /// `    ~~~~^^^^`.
    Caret,
    /// A line of an exception group: `| …`, `+-+---- 1 ----`, `+ Exception Group Traceback …`.
    Group,
    /// Twenty dashes or more: Python's socketserver frames its reports so.
    Dashes,
    /// Text at the margin that ends in an opening brace and holds an error: Node's `text [Error: …] {`.
    Open,
    /// `}` at the margin, or `] {` and the like.
    Close,
    /// `node:events:502`, `/app/server.js:12`: Node's crash report begins.
    Crash,
    /// `Emitted 'error' event on Socket instance at:`, `Node.js v20.20.2`.
    CrashNote,
    /// `--- End of inner exception stack trace ---`, `---> System.IO.IOException: …`.
    Arrow,
    /// `goroutine 12 [running]:`, `panic: …`, `created by …`, `exit status 2`, `[signal SIGSEGV…`.
    Goroutine,
    /// `net/http.(*conn).serve(0xc0000…)`.
    GoCall,
    /// Behind a tab, path, colon, line: `/usr/lib/go/src/net/http/server.go:1850 +0xbf`; Ruby's frames look alike.
    Place,
    /// Behind a tab: `from /path:12:in 'x'`.
    From,
    /// `Stack trace:`, `#0 /path(12): f()`, `  thrown in /path on line 3`, `Next Exception: …`.
    Php,
    /// `thread 'main' panicked at src/main.rs:4:5:`.
    Panic,
    /// `stack backtrace:`, `   0: f`, `             at ./src/main.rs:4:5`, `note: run with …`.
    Backtrace,
    /// `** Reason for termination == `, `** (exit) …`.
    Stars,
    /// `Last message: …`, `State: …`: what an Elixir process was at when it ended.
    Told,
    /// Nothing but the end of a colour: gin closes its reports so.
    Reset,
    /// Nothing but the mark that closes a logged event of several lines: GlassFish's `|#]` and `]]`, WebLogic's `>`.
    EventEnd,
    /// Any other line that starts with white space.
    Indented,
    /// Any other line at the margin.
    Text,
}

/// How many kinds there are.
pub const SEEN_KINDS: usize = Seen::Text as usize + 1;

impl Seen {
    /// Tells what `line` (without its line ending) looks like.
    pub fn of(line: &[u8]) -> Seen {
        Seen::read(line).0
    }

    /// The same, with the line parsed as a head if it bears one.
    pub fn read(line: &[u8]) -> (Seen, Option<Head>) {
        let indent = line
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        let text = &line[indent..];
        match text.first() {
            None => (Seen::Blank, None),
            Some(_) if indent > 0 => (indented(text), None),
            Some(_) => margin(line),
        }
    }

    /// Whether a trace that was left for a foreign line may go on with such a line.
    pub fn resumes(self) -> bool {
        matches!(
            self,
            Seen::Frame
                | Seen::FrameOpen
                | Seen::More
                | Seen::Cause
                | Seen::CauseAlone
                | Seen::File
                | Seen::Caret
                | Seen::Indented
                | Seen::Place
                | Seen::From
                | Seen::Arrow
                | Seen::Group
        )
    }
}

fn indented(text: &[u8]) -> Seen {
    match text[0] {
        b'a' if text.starts_with(b"at ") => frame(text),
        b'.' if text.starts_with(b"... ") && text.get(4).is_some_and(u8::is_ascii_digit) => {
            Seen::More
        }
        b'C' | b'S' | b'W' if let Some(cause) = cause(text) => cause,
        b'F' if text.starts_with(b"File \"") => Seen::File,
        b'T' | b'D' if is_chain(text) => Seen::Chain,
        b'T' if text.starts_with(b"Traceback (most recent call last)") => Seen::Traceback,
        b'^' | b'~' if text.iter().all(|b| matches!(b, b'^' | b'~' | b' ')) => Seen::Caret,
        b'|' | b'+' if is_group(text) => Seen::Group,
        b'[' if text.starts_with(b"[CIRCULAR REFERENCE") => Seen::More,
        b'-' if text.starts_with(b"---> ") || text.starts_with(b"--- End of ") => Seen::Arrow,
        b'*' | b'|' | 0xE2 if is_reactor(text) => Seen::Reactor,
        b'O' | b'E' if is_reactor(text) => Seen::Reactor,
        b'f' if text.starts_with(b"from ") && has_place(text) => Seen::From,
        b't' if text.starts_with(b"thrown in ") => Seen::Php,
        b'/' | b'.' if has_place(text) => Seen::Place,
        b'0'..=b'9' if is_backtrace_entry(text) => Seen::Backtrace,
        _ if is_error(text, true) => Seen::Error,
        _ if has_ruby_place(text) || is_ruby_frame(text) || is_go_place(text) => Seen::Place,
        _ => Seen::Indented,
    }
}

fn margin(line: &[u8]) -> (Seen, Option<Head>) {
    if let Some(seen) = mark(line) {
        return (seen, None);
    }
    if let Some(head) = Head::parse(line) {
        return (of_head(line, &head), Some(head));
    }
    let seen = if is_access(line) {
        Seen::Access
    } else if line.ends_with(b" {") && memchr::memmem::find(line, b"rror").is_some() {
        Seen::Open
    } else if is_error(line, false) {
        Seen::Error
    } else if is_go_call(line) {
        Seen::GoCall
    } else if is_ruby_frame(line) {
        Seen::Place
    } else {
        Seen::Text
    };
    (seen, None)
}

/// What a line at the margin is by a mark at its front.
fn mark(line: &[u8]) -> Option<Seen> {
    Some(match line[0] {
        b'a' if line.starts_with(b"at ") && line.contains(&b'(') => frame(line),
        b'.' if line.starts_with(b"... ") && line.get(4).is_some_and(u8::is_ascii_digit) => {
            Seen::More
        }
        b'C' | b'S' | b'W' if let Some(cause) = cause(line) => cause,
        b'T' if line.starts_with(b"Traceback (most recent call last)") => Seen::Traceback,
        b'T' | b'D' if is_chain(line) => Seen::Chain,
        b'-' if line.len() >= 20 && line.iter().all(|b| *b == b'-') => Seen::Dashes,
        b'-' if line.starts_with(b"---> ") || line.starts_with(b"--- End of ") => Seen::Arrow,
        b'{' if is_json_summary(line) => Seen::Summary,
        b'|' | b']' | b'>' if is_event_end(line) => Seen::EventEnd,
        b'}' | b']' if is_close(line) => Seen::Close,
        b'O' | b'E' if is_reactor(line) => Seen::Reactor,
        b'n' if line.starts_with(b"node:") && ends_in_line_number(line) => Seen::Crash,
        _ if ends_in_line_number(line) && (line[0] == b'/' || is_script(line)) => Seen::Crash,
        b'E' if line.starts_with(b"Emitted 'error' event") => Seen::CrashNote,
        b'N' if line.starts_with(b"Node.js v") => Seen::CrashNote,
        b'g' | b'p' | b'c' | b'e' | b'[' if is_goroutine(line) => Seen::Goroutine,
        b'S' if line == b"Stack trace:" => Seen::Php,
        b'N' if line.starts_with(b"Next ") => Seen::Php,
        b'#' if line.get(1).is_some_and(u8::is_ascii_digit) => Seen::Php,
        b's' if line == b"stack backtrace:" => Seen::Backtrace,
        b't' if line.starts_with(b"thread '")
            && memchr::memmem::find(line, b"' panicked at ").is_some() =>
        {
            Seen::Panic
        }
        b'p' if line.starts_with(b"panic(") && line.ends_with(b")") => Seen::GoCall,
        b'n' if line.starts_with(b"note: ") => Seen::Backtrace,
        b'*' if line.starts_with(b"** ") => Seen::Stars,
        b'L' if line.starts_with(b"Last message") => Seen::Told,
        b'S' if line.starts_with(b"State: ") => Seen::Told,
        b'|' | b'+' if is_group(line) => Seen::Group,
        0x1B if line == b"\x1B[0m" => Seen::Reset,
        _ => return None,
    })
}

fn of_head(line: &[u8], head: &Head) -> Seen {
    let message = head.message(line);
    if message.starts_with(b"quell: ") {
        Seen::Summary
    } else if is_access(line) {
        Seen::Access
    } else if is_detail(&line[..head.level_end]) {
        Seen::Detail
    } else if head.stamp.is_none()
        && line
            .get(..head.level_end)
            .is_some_and(|level| level.ends_with(b": "))
    {
        Seen::LevelLine
    } else if erlang_process(message).is_some() {
        Seen::Report
    } else {
        Seen::Head
    }
}

/// PostgreSQL's further lines of one report.
fn is_detail(front: &[u8]) -> bool {
    const DETAILS: [&[u8]; 7] = [
        b"DETAIL:",
        b"STATEMENT:",
        b"CONTEXT:",
        b"HINT:",
        b"QUERY:",
        b"LOCATION:",
        b"BACKTRACE:",
    ];
    let front = front.trim_ascii_end();
    DETAILS.iter().any(|word| front.ends_with(word))
}

fn frame(text: &[u8]) -> Seen {
    if text.ends_with(b" {") {
        Seen::FrameOpen
    } else {
        Seen::Frame
    }
}

fn cause(text: &[u8]) -> Option<Seen> {
    let rest = [&b"Caused by:"[..], b"Suppressed:", b"Wrapped by:"]
        .iter()
        .find_map(|word| text.strip_prefix(*word))?;
    Some(if rest.trim_ascii().is_empty() {
        Seen::CauseAlone
    } else {
        Seen::Cause
    })
}
