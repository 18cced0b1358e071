//! Docker's json-file log: `{"log":"text\n","stream":"stdout","time":"2026-11-22T11:03:08.123456789Z"}`.

use memchr::memmem;

use super::wear::{Coding, Kind, Origin, Wear};

/// What stands before the text.
const FRONT: &[u8] = b"{\"log\":\"";

/// What stands between the text and the stream's name.
const STREAM: &[u8] = b",\"stream\":\"";

/// What stands before the time, which ends the line.
const TIME: &[u8] = b"\"time\":\"";

/// Opens a line; `None` if it is none of these, or torn.
pub(super) fn open(line: &[u8]) -> Option<Wear> {
    let rest = line.strip_prefix(FRONT)?;
    let end = FRONT.len() + string_len(rest)?;
    let behind = line.get(end + 1..)?.strip_prefix(STREAM)?;
    let stream = behind.get(..memchr::memchr(b'"', behind)?)?;
    let behind = line.get(end + 1 + STREAM.len() + stream.len() + 1..)?;
    // Attributes may stand before the time.
    let time = match behind.strip_prefix(b",") {
        Some(rest) if rest.starts_with(TIME) => 1 + TIME.len(),
        _ => memmem::rfind(behind, TIME)? + TIME.len(),
    };
    if !behind.starts_with(b",") || !line.ends_with(b"\"}") {
        return None;
    }
    let text = line.get(FRONT.len()..end)?;
    let whole = text.strip_suffix(b"\\n");
    let inner = whole.unwrap_or(text);
    let inner = inner.strip_suffix(b"\\r").unwrap_or(inner);
    Some(Wear {
        kind: Kind::Docker,
        origin: Origin::of(Kind::Docker, &[stream]),
        inner: FRONT.len()..FRONT.len() + inner.len(),
        coding: Coding::Json,
        partial: whole.is_none(),
        stamp: Some(line.len() - behind.len() + time),
        program: 0..0,
        is_entry: false,
    })
}

/// The length of a JSON string's body that `text` begins with: up to the quote that ends it.
fn string_len(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}
