//! A name and a pipe before the text, as Compose and the Java Service Wrapper write it, and the time that a container's
//! engine puts before the application's own: `web_1       | text`, `INFO   | jvm 1    | 2026/11/22 11:03:08 | text`,
//! `2026-11-22T11:03:08.123456789Z text`; and the weight that systemd takes off a line: `<3>text`.

use super::escape::colour_len;
use super::wear::{Coding, Kind, Origin, Wear};
use crate::line::Stamp;

/// The longest name before a pipe.
const NAME_BYTES_MAX: usize = 64;

/// A container engine's time: nine digits, whatever they are, and `Z`.
const ENGINE_STAMP: &[u8] = b"0000-00-00T00:00:00.000000000Z ";

/// Opens a line; `None` if it is none of these.
pub(super) fn open(line: &[u8]) -> Option<Wear> {
    if let [b'<', b'0'..=b'7', b'>', ..] = line {
        return Some(graded(line));
    }
    let (name, mut start) = name(line);
    let mut stamp = None;
    let rest = line.get(start..)?;
    if is_engine_stamp(rest) {
        stamp = Some(start);
        start += ENGINE_STAMP.len();
    } else if name.is_some_and(|name| is_wrapper(&line[name.0..name.1])) {
        // The wrapper's own time has a pipe behind it.
        let found = Stamp::at(rest, 0).filter(|found| rest[found.range.end..].starts_with(b" | "));
        if let Some(found) = found {
            stamp = Some(start);
            start += found.range.end + 3;
        }
    }
    if name.is_none() && stamp.is_none() {
        return None;
    }
    let (from, to) = name.unwrap_or_default();
    Some(Wear {
        kind: Kind::Piped,
        origin: Origin::of(Kind::Piped, &[&line[from..to]]),
        inner: start..line.len(),
        coding: Coding::Verbatim,
        partial: false,
        stamp,
        program: 0..0,
        is_entry: false,
    })
}

/// A line whose weight stands before it, as systemd has programs write it to their standard output: `<3>text`.
fn graded(line: &[u8]) -> Wear {
    Wear {
        kind: Kind::Piped,
        origin: Origin::of(Kind::Piped, &[]),
        inner: 3..line.len(),
        coding: Coding::Verbatim,
        partial: false,
        stamp: None,
        program: 0..0,
        is_entry: false,
    }
}

/// Where the name stands, and where what lies behind its pipe begins.
fn name(line: &[u8]) -> (Option<(usize, usize)>, usize) {
    let coloured = colour_len(line);
    let Some((len, end)) = piped(&line[coloured..]) else {
        return (None, 0);
    };
    let first = &line[coloured..coloured + len];
    if !first.iter().all(u8::is_ascii_uppercase) {
        return (Some((coloured, coloured + len)), coloured + end);
    }
    // The wrapper's level, behind which its name must stand: many layouts put a pipe behind a level.
    let second = line.get(end..).unwrap_or_default();
    match piped(second).filter(|(len, _)| is_wrapper(&second[..*len])) {
        Some((len, next)) if coloured == 0 => (Some((end, end + len)), end + next),
        _ => (None, 0),
    }
}

/// The length of a name at the start of `text`, and where what lies behind its pipe begins.
fn piped(text: &[u8]) -> Option<(usize, usize)> {
    let reach = text.get(..NAME_BYTES_MAX).unwrap_or(text);
    let name = reach
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        .count();
    let blanks = |from: usize| text[from..].iter().take_while(|b| **b == b' ').count();
    if name == 0 || !text[0].is_ascii_alphabetic() {
        return None;
    }
    let mut at = name + blanks(name);
    let mut len = name;
    // `jvm 1`
    let number = text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    if number > 0 && &text[..name] == b"jvm" {
        len = at + number;
        at = len + blanks(len);
    }
    if at == len || text.get(at) != Some(&b'|') {
        return None;
    }
    at += 1;
    at += colour_len(&text[at..]);
    match text.get(at) {
        None => Some((len, at)),
        Some(b' ') => Some((len, at + 1)),
        Some(_) => None,
    }
}

fn is_wrapper(name: &[u8]) -> bool {
    name.starts_with(b"jvm ") || name == b"wrapper" || name == b"wrapperp"
}

fn is_engine_stamp(text: &[u8]) -> bool {
    let front = text.get(..ENGINE_STAMP.len()).unwrap_or_default();
    front.len() == ENGINE_STAMP.len()
        && front
            .iter()
            .zip(ENGINE_STAMP)
            .all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                wanted => byte == wanted,
            })
}
