//! Traces that are not text: written out as the language prints them.

use std::fmt::Write as _;

use serde_json::Value;

use super::entry::text_of;

/// How deep causes are followed.
const CAUSES_MAX: usize = 16;

/// The lines of a trace, out of a field's value; `None` if it holds none.
pub(super) fn trace_of(value: &str) -> Option<String> {
    match value.as_bytes().first()? {
        b'"' => text_of(value)
            .map(|text| text.trim_end().to_owned())
            .filter(|text| text.contains('\n') && !is_call_site(text)),
        b'[' => lines(&serde_json::from_str(value).ok()?),
        b'{' => object(&serde_json::from_str(value).ok()?),
        _ => None,
    }
}

/// Whether a stack is that of the call that logged, as Go's loggers write it: it tells nothing of the error.
fn is_call_site(text: &str) -> bool {
    let mut lines = text.lines();
    let call = lines
        .next()
        .is_some_and(|line| !line.contains(": ") && line.contains('.'));
    call && lines
        .next()
        .is_some_and(|line| line.starts_with('\t') && line.contains(".go:"))
}

/// A list of lines, of Python's errors as structlog has them, or of Go's frames.
fn lines(list: &Value) -> Option<String> {
    let list = list.as_array()?;
    if list.iter().all(Value::is_string) {
        let lines: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
        return Some(lines.join("\n").trim_end().to_owned()).filter(|text| text.contains('\n'));
    }
    let mut errors: Vec<String> = list.iter().map(python).collect::<Option<_>>()?;
    // The root comes last in the list and first in print.
    errors.reverse();
    let joint = "\n\nThe above exception was the direct cause of the following exception:\n\n";
    (!errors.is_empty()).then(|| errors.join(joint))
}

/// Frames of Python's with the lines around them.
pub(super) fn whole(frames: &str, kind: &str, message: &str) -> String {
    let frames = frames.trim_end();
    let colon = if message.is_empty() { "" } else { ": " };
    format!("Traceback (most recent call last):\n{frames}\n{kind}{colon}{message}")
}

/// One error with its frames: `{"exc_type":…,"exc_value":…,"frames":[{"filename":…,"lineno":…,"name":…}]}`.
fn python(error: &Value) -> Option<String> {
    let mut text = String::from("Traceback (most recent call last):\n");
    for frame in error.get("frames")?.as_array()? {
        let file = frame.get("filename")?.as_str()?;
        let line = frame.get("lineno")?.as_i64()?;
        let name = frame.get("name")?.as_str()?;
        let _ = writeln!(text, "  File \"{file}\", line {line}, in {name}");
        if let Some(code) = frame
            .get("line")
            .and_then(Value::as_str)
            .filter(|code| !code.is_empty())
        {
            let _ = writeln!(text, "    {code}");
        }
    }
    let kind = error.get("exc_type")?.as_str()?;
    let value = error.get("exc_value")?.as_str()?;
    let _ = if value.is_empty() {
        write!(text, "{kind}")
    } else {
        write!(text, "{kind}: {value}")
    };
    Some(text)
}

/// An object that holds the trace as text, or Log4j's throwable.
fn object(value: &Value) -> Option<String> {
    for name in [
        "stack_trace",
        "stack",
        "stacktrace",
        "stackTrace",
        "extendedStackTrace",
    ] {
        let text = value.get(name).and_then(Value::as_str).map(str::trim_end);
        if let Some(text) = text.filter(|text| text.contains('\n')) {
            return Some(text.to_owned());
        }
    }
    let mut text = String::new();
    java(value, "", "", &mut text, 0)?;
    Some(text)
}

/// A throwable: `{"name":…,"message":…,"extendedStackTrace":[…],"commonElementCount":…,"cause":{…},"suppressed":[…]}`.
fn java(error: &Value, indent: &str, label: &str, text: &mut String, depth: usize) -> Option<()> {
    let name = error.get("name")?.as_str()?;
    let frames = ["extendedStackTrace", "stackTrace"]
        .iter()
        .find_map(|name| error.get(name)?.as_array())?;
    if depth > 0 {
        text.push('\n');
    }
    let _ = write!(text, "{indent}{label}{name}");
    let message = error
        .get("message")
        .or_else(|| error.get("localizedMessage"));
    if let Some(message) = message.and_then(Value::as_str) {
        let _ = write!(text, ": {message}");
    }
    for frame in frames {
        let part = |name: &str| frame.get(name).and_then(Value::as_str).unwrap_or("");
        let place = match frame.get("line").and_then(Value::as_i64) {
            Some(-2) => "Native Method".to_owned(),
            Some(line) if line >= 0 => format!("{}:{line}", part("file")),
            _ => part("file").to_owned(),
        };
        let _ = write!(
            text,
            "\n{indent}\tat {}.{}({place})",
            part("class"),
            part("method")
        );
    }
    let common = error
        .get("commonElementCount")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    if common > 0 {
        let _ = write!(text, "\n{indent}\t... {common} more");
    }
    if depth >= CAUSES_MAX {
        return Some(());
    }
    for suppressed in error
        .get("suppressed")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        java(
            suppressed,
            &format!("{indent}\t"),
            "Suppressed: ",
            text,
            depth + 1,
        );
    }
    if let Some(cause) = error.get("cause").filter(|cause| cause.is_object()) {
        java(cause, indent, "Caused by: ", text, depth + 1);
    }
    Some(())
}
