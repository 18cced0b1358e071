//! The journal's export format: entries of fields, `NAME=text` on a line, or `NAME` on a line, eight bytes that give the
//! length, and so many bytes of anything. A blank line ends an entry.

use serde::{Deserialize, Serialize};

use super::wear::{Coding, Kind, Origin, Wear};
use crate::limits::LINE_BYTES_MAX;
use crate::line::{Lacks, Layout, Line, Stamp, latin, line_at};

/// What every entry begins with.
pub const FRONT: &[u8] = b"__CURSOR=";

/// Fields that tell one writer from another.
const WRITER: [&[u8]; 4] = [
    b"_SYSTEMD_UNIT",
    b"SYSLOG_IDENTIFIER",
    b"_PID",
    b"_STREAM_ID",
];

/// The field that quell's own summaries have.
pub(super) const FIGURES: &[u8] = b"QUELL";

/// How long the machine had been running, in microseconds: it never goes back within a journal.
pub(super) const RUNNING: &[u8] = b"__MONOTONIC_TIMESTAMP";

/// What stands at a place of such a stream.
enum Place {
    /// An entry of so many bytes.
    Entry(usize),
    /// The beginning of one.
    Unfinished,
    /// Something else.
    Other,
}

/// The entries of `block[from..]`, and the lines of what is none: damaged or too large. With `last`, the end of the
/// block ends an entry.
pub fn rows(block: &[u8], from: usize, last: bool) -> Vec<Line> {
    let mut rows = Vec::new();
    let mut at = from;
    while at < block.len() {
        let left = block.len() - at;
        let row = match place(&block[at..]) {
            Place::Entry(len) if len <= LINE_BYTES_MAX => entry(at, len),
            Place::Unfinished if last && left <= LINE_BYTES_MAX => entry(at, left),
            Place::Unfinished if left <= LINE_BYTES_MAX => break,
            _ => match line_at(block, at).filter(|line| line.complete || last) {
                Some(line) => line,
                None => break,
            },
        };
        at = row.end;
        rows.push(row);
    }
    rows
}

fn entry(start: usize, len: usize) -> Line {
    Line {
        start,
        text_end: start + len,
        end: start + len,
        complete: true,
    }
}

fn place(bytes: &[u8]) -> Place {
    if !bytes.starts_with(FRONT) {
        return if FRONT.starts_with(bytes) {
            Place::Unfinished
        } else {
            Place::Other
        };
    }
    let mut at = 0;
    loop {
        match field(&bytes[at..]) {
            // An entry has one cursor: a wrong length has swallowed the end of this one.
            Ok(Some((b"__CURSOR", _, _))) if at > 0 => return Place::Other,
            Ok(Some((_, _, len))) => at += len,
            Ok(None) if bytes[at..].starts_with(b"\n") => return Place::Entry(at + 1),
            Ok(None) => return Place::Unfinished,
            Err(Damaged) => return Place::Other,
        }
    }
}

/// What is no field.
struct Damaged;

/// A field that a summary takes over.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Field {
    #[serde(with = "latin")]
    pub name: Box<[u8]>,
    #[serde(with = "latin")]
    pub value: Box<[u8]>,
}

/// A field in place: its name, its value, its length.
type Found<'e> = (&'e [u8], &'e [u8], usize);

/// The field that `bytes` begins with: its name, its value, its length. `None` at a blank line and where it is not all
/// there.
fn field(bytes: &[u8]) -> Result<Option<Found<'_>>, Damaged> {
    let Some(end) = memchr::memchr(b'\n', bytes) else {
        return Ok(None);
    };
    let line = &bytes[..end];
    if line.is_empty() {
        return Ok(None);
    }
    let sign = memchr::memchr(b'=', line);
    let name = &line[..sign.unwrap_or(end)];
    let is_named = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    if name.is_empty() || !name.iter().all(is_named) {
        return Err(Damaged);
    }
    if let Some(sign) = sign {
        return Ok(Some((name, &line[sign + 1..], end + 1)));
    }
    let Some((len, rest)) = bytes[end + 1..].split_first_chunk::<8>() else {
        return Ok(None);
    };
    let len = usize::try_from(u64::from_le_bytes(*len)).unwrap_or(usize::MAX);
    if len > LINE_BYTES_MAX {
        return Err(Damaged);
    }
    match (rest.get(..len), rest.get(len)) {
        (Some(value), Some(b'\n')) => Ok(Some((name, value, end + 1 + 8 + len + 1))),
        (Some(_), Some(_)) => Err(Damaged),
        _ => Ok(None),
    }
}

/// The fields of an entry, in order.
pub(super) fn fields(entry: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (name, value, len) = field(&entry[at..]).ok().flatten()?;
        at += len;
        Some((name, value))
    })
}

fn value<'e>(entry: &'e [u8], wanted: &[u8]) -> Option<&'e [u8]> {
    fields(entry)
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

/// Opens an entry; `None` if it is none.
pub(super) fn open(entry: &[u8]) -> Option<Wear> {
    let is_entry = entry.starts_with(FRONT) && value(entry, b"MESSAGE").is_some();
    is_entry.then(|| Wear {
        kind: Kind::Export,
        origin: origin(entry),
        inner: 0..entry.len(),
        coding: Coding::Export,
        partial: false,
        stamp: None,
        program: 0..0,
        is_entry: false,
    })
}

fn origin(entry: &[u8]) -> Origin {
    if value(entry, FIGURES).is_some() {
        return Origin::SUMMARY;
    }
    let parts = WRITER.map(|name| value(entry, name).unwrap_or_default());
    Origin::of(Kind::Export, &parts)
}

/// Appends what the writer wrote.
pub(super) fn write_message(entry: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(value(entry, b"MESSAGE").unwrap_or_default());
}

/// When the machine was started, in microseconds since 1970.
pub(super) fn booted(entry: &[u8]) -> Option<i64> {
    let running = std::str::from_utf8(value(entry, RUNNING)?).ok()?;
    stamp(entry)?.micros.checked_sub(running.parse().ok()?)
}

/// When the journal took it.
pub fn stamp(entry: &[u8]) -> Option<Stamp> {
    let digits = value(entry, b"__REALTIME_TIMESTAMP")?;
    let micros = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(Stamp {
        micros,
        lacks: Lacks::Nothing,
        layout: Layout::ISO,
        range: 0..0,
    })
}

/// The program and its process as syslog names them: `program[12]`; empty if they are not told.
pub fn program(entry: &[u8]) -> Vec<u8> {
    let Some(program) = value(entry, b"SYSLOG_IDENTIFIER").or_else(|| value(entry, b"_COMM"))
    else {
        return Vec::new();
    };
    match value(entry, b"SYSLOG_PID").or_else(|| value(entry, b"_PID")) {
        Some(process) => [program, b"[", process, b"]"].concat(),
        None => program.to_vec(),
    }
}

/// The fields that a summary takes over from an entry: what is the same in all entries of a writer.
pub(super) fn lasting(entry: &[u8]) -> Vec<Field> {
    let lasts = |name: &[u8]| {
        name.starts_with(b"_")
            && !matches!(
                name,
                b"__REALTIME_TIMESTAMP" | b"__MONOTONIC_TIMESTAMP" | b"_SOURCE_REALTIME_TIMESTAMP"
            )
            || matches!(
                name,
                b"SYSLOG_IDENTIFIER" | b"SYSLOG_FACILITY" | b"SYSLOG_PID"
            )
            || name.starts_with(b"CONTAINER_")
    };
    fields(entry)
        .filter(|(name, value)| lasts(name) && !value.contains(&b'\n'))
        .map(|(name, value)| Field {
            name: name.into(),
            value: value.into(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795341600000000\nMESSAGE=one\n\n";

    fn binary(len: u64) -> Vec<u8> {
        let mut entry = b"__CURSOR=s=2\nMESSAGE\n".to_vec();
        entry.extend_from_slice(&len.to_le_bytes());
        entry.extend_from_slice(b"a\n\nb=c\n\n");
        entry
    }

    #[test]
    fn entries_are_found_whatever_their_fields_hold() {
        let stream = [TEXT, &binary(6), TEXT].concat();
        let rows = rows(&stream, 0, false);
        let lens: Vec<usize> = rows.iter().map(|row| row.end - row.start).collect();
        assert_eq!(lens, [TEXT.len(), binary(6).len(), TEXT.len()]);
        let mut message = Vec::new();
        write_message(&stream[rows[1].range()], &mut message);
        assert_eq!(message, b"a\n\nb=c");
    }

    #[test]
    fn what_is_damaged_goes_by_lines_until_the_next_entry() {
        for len in [5, 7, u64::MAX] {
            let stream = [&binary(len), TEXT].concat();
            let found = rows(&stream, 0, false);
            let last = found.last().unwrap();
            assert_eq!(&stream[last.range()], TEXT, "{len}");
            assert!(found.len() > 2);
        }
        assert_eq!(rows(&TEXT[..TEXT.len() - 1], 0, false).len(), 0);
        assert_eq!(rows(&TEXT[..TEXT.len() - 1], 0, true).len(), 1);
        assert_eq!(rows(b"__CUR", 0, false).len(), 0);
    }
}
