//! The text that a writer wrote, out of what stood in the envelope: without colours, an object written out as the lines
//! that a record consists of.

use crate::format::json::Entry;
use crate::format::logfmt::Pairs;
use crate::format::{json, strip_colours};
use crate::record::{Head, Level, Seen};

/// How much of an event a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) enum Extent {
    /// A line, above and below which more of the event may stand.
    Line,
    /// Several lines, below which more may stand: a carrier's that wrote their ends as escapes.
    Lines,
    /// All of it.
    Event,
}

/// Turns `text[from..]` into the writer's own. `carrier` is the whole line of a carrier that puts its words in front.
pub(super) fn open(text: &mut Vec<u8>, from: usize, carrier: Option<&[u8]>) -> Extent {
    let is_object = json::may_be_entry(&text[from..]);
    if is_object && let Some(entry) = Entry::read(&text[from..]) {
        let (own, extent) = write_out(&entry);
        text.truncate(from);
        text.extend_from_slice(own.as_bytes());
        strip_colours(text, from);
        return extent;
    }
    if let Some(pairs) = Pairs::read(&text[from..]) {
        let (own, extent) = write_pairs(&pairs);
        text.truncate(from);
        text.extend_from_slice(&own);
        return extent;
    }
    strip_colours(text, from);
    if let Some(line) = carrier
        && Seen::of(&text[from..]) == Seen::Text
        && Head::parse(line).is_some_and(|head| head.level != Level::Unknown)
    {
        // A text without a stamp of its own whose level shows only behind the carrier's keeps the carrier's words:
        // `Nov 22 11:03:11 host postgres[12]: [5-1] LOG:  text`.
        text.truncate(from);
        text.extend_from_slice(line);
    }
    if memchr::memchr(b'\n', &text[from..]).is_some() {
        Extent::Lines
    } else {
        Extent::Line
    }
}

/// The lines of an event.
fn write_out(entry: &Entry<'_>) -> (String, Extent) {
    let message = entry.message().unwrap_or_default();
    let message = message.trim_end_matches(['\n', '\r']);
    if entry.is_summary() {
        return (format!("WARN {message}"), Extent::Line);
    }
    let trace = entry.trace();
    let Some(level) = entry.level() else {
        return carried(message, &trace);
    };
    if trace.is_empty() && !message.contains('\n') {
        return (logged_line(entry, level, message), Extent::Line);
    }
    // The trace is the event's own, whatever the level.
    let level = if trace.is_empty() || level != "INFO" {
        level
    } else {
        "WARN"
    };
    let said = without_error(message, &trace);
    let head = format!(
        "{level} {}{}",
        entry.speaker(),
        with_error(entry, said, &trace)
    );
    let own = match (trace.is_empty(), says_more(message, &trace)) {
        (true, _) => head,
        (false, true) => format!("{head}\n{trace}"),
        (false, false) => trace,
    };
    (own, Extent::Event)
}

/// The lines of an event that is made of names and values.
fn write_pairs(pairs: &Pairs<'_>) -> (Vec<u8>, Extent) {
    let (level, message, error, trace) =
        (pairs.level(), pairs.message(), pairs.error(), pairs.trace());
    if error.is_empty() && trace.is_empty() && is_of_trace(&message) {
        return (message, Extent::Line);
    }
    let level = if is_level(&level) {
        level
    } else {
        b"INFO".to_vec()
    };
    let mut own = [&level[..], b" ", &message].concat();
    if !error.is_empty() && memchr::memmem::find(&message, &error).is_none() {
        own.extend_from_slice(b": ");
        own.extend_from_slice(&error);
    }
    if memchr::memchr(b'\n', &trace).is_some() {
        own.push(b'\n');
        own.extend_from_slice(trace.trim_ascii_end());
    }
    let lines = memchr::memchr(b'\n', &own).is_some();
    (own, if lines { Extent::Event } else { Extent::Line })
}

/// Whether a word opens a head.
fn is_level(word: &[u8]) -> bool {
    Head::parse(&[word, b" x"].concat()).is_some_and(|head| head.level != Level::Unknown)
}

/// What a collector ships: a line of somebody's, or all of an event.
fn carried(message: &str, trace: &str) -> (String, Extent) {
    if trace.is_empty() {
        let extent = if message.contains('\n') {
            Extent::Event
        } else {
            Extent::Line
        };
        return (message.to_owned(), extent);
    }
    (
        format!("{message}\n{trace}").trim_start().to_owned(),
        Extent::Event,
    )
}

/// One line of a logger's: of a trace that is spread over several objects, or an event with its head.
fn logged_line(entry: &Entry<'_>, level: &str, message: &str) -> String {
    if is_of_trace(message.as_bytes()) && entry.error().is_none() {
        return message.to_owned();
    }
    format!(
        "{level} {}{}",
        entry.speaker(),
        with_error(entry, message, "")
    )
}

/// Whether a message is a line of a trace that was logged line by line.
fn is_of_trace(message: &[u8]) -> bool {
    let seen = Seen::of(message);
    seen.resumes()
        || matches!(
            seen,
            Seen::Blank
                | Seen::Close
                | Seen::Chain
                | Seen::Traceback
                | Seen::Dashes
                | Seen::Summary
                | Seen::GoCall
        )
        // A panic is an event of its own, what it is followed by is not.
        || seen == Seen::Goroutine
            && [&b"goroutine "[..], b"created by "]
                .iter()
                .any(|front| message.starts_with(front))
}

/// A message with what went wrong behind it, unless the one or the trace says so already.
fn with_error(entry: &Entry<'_>, message: &str, trace: &str) -> String {
    match entry.error() {
        Some(error) if !message.contains(&error) && !trace.contains(&error) => {
            format!("{message}: {error}")
        }
        _ => message.to_owned(),
    }
}

/// A message without the error's own, which winston puts behind it: the trace says it again.
fn without_error<'m>(message: &'m str, trace: &str) -> &'m str {
    let first = trace.lines().next().unwrap_or_default();
    let error = first.split_once(": ").map_or("", |(_, error)| error);
    match message.strip_suffix(error) {
        Some(said) if !error.is_empty() && said.ends_with(' ') && !said.ends_with(": ") => {
            said.trim_end()
        }
        _ => message,
    }
}

/// Whether a message says more than the first line of its trace.
fn says_more(message: &str, trace: &str) -> bool {
    let first = trace.lines().next().unwrap_or_default();
    !message.is_empty() && !first.ends_with(message)
}
