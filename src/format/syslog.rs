//! Syslog as files hold it, and the journal as it is printed by lines:
//! `Nov 22 11:03:11 host program[12]: text`, `2026-11-22T11:03:11.123456+00:00 host program[12]: text`,
//! `<165>1 2026-11-22T11:03:11.003Z host program 12 - - text`, `[ 1234.567890] host program[12]: text`.

use super::wear::{Coding, Kind, Origin, Wear};
use crate::line::Stamp;

/// The longest host and the longest program's name that are read as such.
const NAME_BYTES_MAX: usize = 128;

/// What a level is called where a host would stand: such a line is a logger's own.
const LEVELS: [&[u8]; 14] = [
    b"TRACE",
    b"DEBUG",
    b"INFO",
    b"NOTICE",
    b"WARN",
    b"WARNING",
    b"ERROR",
    b"SEVERE",
    b"FATAL",
    b"CRITICAL",
    b"FINE",
    b"FINER",
    b"FINEST",
    b"CONFIG",
];

/// Opens a line; `None` if it is none of these.
pub(super) fn open(line: &[u8]) -> Option<Wear> {
    let priority = priority_len(line);
    let rest = line.get(priority..)?;
    if priority > 0
        && let Some(rest) = rest.strip_prefix(b"1 ")
    {
        return structured(line, line.len() - rest.len());
    }
    let (stamp, host) = match rest.first()? {
        b'[' => (None, monotonic_len(rest)?),
        _ => {
            let stamp = is_carriers(rest).then(|| Stamp::at(rest, 0)).flatten()?;
            (Some(priority), stamp.range.end)
        }
    };
    let host = priority + host + usize::from(rest.get(host) == Some(&b' '));
    let host_len = word_len(line.get(host..)?)?;
    // A word with a colon is a program's: such a line names no host, or is the program's own.
    let host_name = &line[host..host + host_len];
    if LEVELS.contains(&host_name) || host_name.ends_with(b":") {
        return None;
    }
    let program = host + host_len + 1;
    let (program_len, text) = program_len(line.get(program..)?)?;
    Some(Wear {
        kind: Kind::Syslog,
        origin: Origin::of(Kind::Syslog, &[&line[host..program + program_len]]),
        inner: program + text..line.len(),
        coding: Coding::Octal,
        partial: false,
        stamp,
        program: program..program + program_len,
        is_entry: false,
    })
}

/// Whether a stamp is one that carriers write. A date and a time with a blank between them begin loggers' own lines.
fn is_carriers(text: &[u8]) -> bool {
    let iso = text.get(4) == Some(&b'-') && text.get(10) == Some(&b'T');
    let short =
        text[0].is_ascii_uppercase() && text.get(6) == Some(&b' ') && text.get(9) == Some(&b':');
    let full = text[0].is_ascii_uppercase() && text.get(8) == Some(&b'-');
    let epoch = text.get(10) == Some(&b'.');
    iso || short || full || epoch
}

/// RFC 5424, from the stamp on: host, program, process, message's name, structured data.
fn structured(line: &[u8], start: usize) -> Option<Wear> {
    let mut at = start;
    let mut words = [0..0, 0..0, 0..0, 0..0, 0..0];
    for word in &mut words {
        let len = word_len(line.get(at..)?)?;
        *word = at..at + len;
        at += len + 1;
    }
    let [stamp, host, program, process, name] = words;
    let process_end = process.end;
    at += data_len(line.get(at..)?)?;
    let text = line.get(at..)?;
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let bare = &line[name] == b"-" && line.get(..at).is_some_and(|front| front.ends_with(b" -"));
    let text = if bare { without_tag_blank(text) } else { text };
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let stamped = &line[stamp.clone()] != b"-";
    Some(Wear {
        kind: Kind::Syslog,
        origin: Origin::of(
            Kind::Syslog,
            &[&line[host], &line[program.clone()], &line[process]],
        ),
        inner: line.len() - text.len()..line.len(),
        coding: Coding::Octal,
        partial: false,
        stamp: stamped.then_some(stamp.start),
        program: program.start..process_end,
        is_entry: false,
    })
}

/// The text without the blank that rsyslog's template leaves before it, the one behind the colon of the tag that a
/// message came with. Whole indents are even, but for .NET's.
fn without_tag_blank(text: &[u8]) -> &[u8] {
    let indent = text.iter().take_while(|b| **b == b' ').count();
    let (blanks, rest) = text.split_at(indent);
    let is_own = blanks.len() == 3 && (rest.starts_with(b"at ") || rest.starts_with(b"--- "));
    if blanks.len() % 2 == 1 && !is_own {
        &text[1..]
    } else {
        text
    }
}

/// The length of structured data: `-`, or elements in brackets, in whose quoted values a backslash escapes.
fn data_len(text: &[u8]) -> Option<usize> {
    if text.first() == Some(&b'-') {
        return Some(1);
    }
    let mut at = 0;
    while text.get(at) == Some(&b'[') {
        let mut quoted = false;
        loop {
            at += 1;
            match text.get(at)? {
                b'\\' if quoted => at += 1,
                b'"' => quoted = !quoted,
                b']' if !quoted => break,
                _ => {}
            }
        }
        at += 1;
    }
    (at > 0 && matches!(text.get(at), None | Some(b' '))).then_some(at)
}

/// The length of `<13>`; 0 where there is none.
fn priority_len(line: &[u8]) -> usize {
    match line {
        [b'<', b'0'..=b'9', b'>', ..] => 3,
        [b'<', b'0'..=b'9', b'0'..=b'9', b'>', ..] => 4,
        [b'<', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'>', ..] => 5,
        _ => 0,
    }
}

/// The length of `[ 1234.567890]`, the time since the machine started.
fn monotonic_len(text: &[u8]) -> Option<usize> {
    let end = text.iter().take(24).position(|b| *b == b']')?;
    let inside = text.get(1..end)?.trim_ascii_start();
    let dot = inside.iter().position(|b| *b == b'.')?;
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    (digits(&inside[..dot]) && digits(&inside[dot + 1..]) && inside.len() - dot == 7)
        .then_some(end + 1)
}

/// The length of a word that a blank ends.
fn word_len(text: &[u8]) -> Option<usize> {
    let reach = text.get(..NAME_BYTES_MAX).unwrap_or(text);
    let len = memchr::memchr(b' ', reach)?;
    let named = text[..len]
        .iter()
        .all(|b| b.is_ascii_graphic() && !matches!(b, b'[' | b']' | b'"' | b'|'));
    (len > 0 && named).then_some(len)
}

/// The length of `program[12]` or `program`, and where what stands behind its colon begins.
fn program_len(text: &[u8]) -> Option<(usize, usize)> {
    let reach = text.get(..NAME_BYTES_MAX).unwrap_or(text);
    let colon = reach
        .windows(2)
        .position(|pair| pair == b": ")
        .or_else(|| {
            (text.len() <= NAME_BYTES_MAX && text.ends_with(b":")).then(|| text.len() - 1)
        })?;
    let tag = &text[..colon];
    let name = tag.iter().position(|b| *b == b'[').unwrap_or(colon);
    let process = &tag[name..];
    let named = name > 0
        && tag[..name].iter().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(b, b'_' | b'-' | b'.' | b'/' | b'(' | b')' | b'@' | b'+')
        });
    let numbered = process.is_empty()
        || process.len() > 2
            && process.ends_with(b"]")
            && process[1..process.len() - 1].iter().all(u8::is_ascii_digit);
    (named && numbered).then(|| (colon, (colon + 2).min(text.len())))
}
