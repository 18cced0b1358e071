//! Tells what one line wears.

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Format, cri, docker, escape, export, json, logfmt, piped, syslog};
use crate::line::Stamp;

/// Whose line it is: lines of one writer make records, lines of two never do.
///
/// A hash of what the envelope says of the writer. Two writers with the same hash would be read as one, which is what
/// happens to every stream without envelopes.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Hash, Serialize)]
pub struct Origin(u64);

impl Origin {
    /// Of lines that wear nothing.
    pub const PLAIN: Origin = Origin(0);

    /// Of summaries that stand in an envelope.
    pub const SUMMARY: Origin = Origin(2);

    /// Of what stands between the entries of a stream of entries.
    pub const NOBODY: Origin = Origin(4);

    /// The origin of a line that wears `kind` and says this of its writer.
    pub(super) fn of(kind: Kind, parts: &[&[u8]]) -> Origin {
        let mut hasher = foldhash::fast::FixedState::default().build_hasher();
        hasher.write_u8(kind as u8);
        for part in parts {
            hasher.write_usize(part.len());
            hasher.write(part);
        }
        // Even numbers are left to those that have a name.
        Origin(hasher.finish() | 1)
    }

    /// The origin of an object within an envelope: who wrote the one in the other.
    fn around(self, inner: Origin) -> Origin {
        match inner {
            Origin::SUMMARY => inner,
            inner => Origin((self.0.rotate_left(17) ^ inner.0) | 1),
        }
    }
}

/// The envelopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// `{"log":"text\n","stream":"stdout","time":"…"}`
    Docker,
    /// `TIME stdout F text`
    Cri,
    /// `Nov 22 11:03:11 host program[12]: text`, and the journal's and RFC 5424's forms of it.
    Syslog,
    /// `web_1  | text`, `jvm 1    | text`, and a container's time before the text.
    Piped,
    /// An object of JSON, in an envelope or without one.
    Json,
    /// Names and values: `level=warn msg="text"`.
    Logfmt,
    /// An entry of the journal's export format.
    Export,
}

/// How the text is written within its envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As the writer wrote it.
    Verbatim,
    /// As the body of a JSON string.
    Json,
    /// Control characters as `#011`.
    Octal,
    /// As a field of the journal's export format.
    Export,
}

/// What a line wears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wear {
    /// The outermost envelope.
    pub kind: Kind,
    /// Whose line it is.
    pub origin: Origin,
    /// Where in the line the text stands, coded.
    pub inner: Range<usize>,
    /// How it is coded.
    pub coding: Coding,
    /// The text ends in the next line of this origin, or a later one.
    pub partial: bool,
    /// Where the carrier's time stands, if it gives one.
    pub stamp: Option<usize>,
    /// The program's name with its process, as syslog has it: `program[12]`, or `program 12`. Empty where there is none.
    pub program: Range<usize>,
    /// The text is a logged event in an object of its own, see `json::Entry`.
    pub is_entry: bool,
}

impl Wear {
    /// What `line` (without its line ending) wears; `None` for a line that is the writer's own.
    pub fn of(line: &[u8], format: Format) -> Option<Wear> {
        if format == Format::Export {
            return export::open(line);
        }
        if !may_wear(line) {
            return None;
        }
        let Some(mut wear) = Wear::envelope(line, format) else {
            let pairs = matches!(format, Format::Auto | Format::Logfmt);
            let wear = Wear::entry(line, format);
            return wear.or_else(|| pairs.then(|| logfmt::open(line)).flatten());
        };
        let inner = line.get(wear.inner.clone()).unwrap_or_default();
        if !wear.partial && json::may_be_entry(inner) {
            let mut text = Vec::with_capacity(inner.len());
            wear.write_inner(line, &mut text);
            if let Some(entry) = json::Entry::read(&text) {
                wear.is_entry = true;
                wear.origin = wear.origin.around(entry.origin());
            }
        }
        Some(wear)
    }

    /// A line that is an object, without an envelope.
    fn entry(line: &[u8], format: Format) -> Option<Wear> {
        if !matches!(format, Format::Auto | Format::Json) || !json::may_be_entry(line) {
            return None;
        }
        let entry = json::Entry::read(line)?;
        Some(Wear {
            kind: Kind::Json,
            origin: entry.origin(),
            inner: 0..line.len(),
            coding: Coding::Verbatim,
            partial: false,
            stamp: None,
            program: 0..0,
            is_entry: true,
        })
    }

    /// The envelope that `line` stands in, if it does.
    fn envelope(line: &[u8], format: Format) -> Option<Wear> {
        let open = |wanted: Format| format == Format::Auto || format == wanted;
        match line.first()? {
            b'{' if open(Format::Docker) => docker::open(line),
            b'0'..=b'9' => Some(())
                .filter(|()| open(Format::Cri))
                .and_then(|()| cri::open(line))
                .or_else(|| open(Format::Compose).then(|| piped::open(line)).flatten())
                .or_else(|| open(Format::Syslog).then(|| syslog::open(line)).flatten()),
            b'A'..=b'Z' | b'a'..=b'z' | b'<' | b'[' => Some(())
                .filter(|()| open(Format::Syslog))
                .and_then(|()| syslog::open(line))
                .or_else(|| open(Format::Compose).then(|| piped::open(line)).flatten()),
            0x1b if open(Format::Compose) => piped::open(line),
            _ => None,
        }
    }

    /// When the carrier took the line, if it says so.
    pub fn read_stamp(&self, line: &[u8]) -> Option<Stamp> {
        match self.kind {
            Kind::Json => return Some(json::Entry::read(line)?.moment()?.stamp),
            Kind::Export => return export::stamp(line),
            _ => {}
        }
        let at = self.stamp?;
        // Two shapes count only at the start of a text.
        let mut stamp = Stamp::find(line.get(at..)?)?;
        (stamp.range.start == 0).then(|| {
            stamp.range = at..at + stamp.range.end;
            stamp
        })
    }

    /// Whether a line that wears nothing and stands below this one belongs to the same writer.
    pub fn has_followers(&self) -> bool {
        matches!(self.kind, Kind::Syslog | Kind::Piped)
    }

    /// Whether such lines may hold parts of a text.
    pub fn may_be_partial(&self) -> bool {
        matches!(self.kind, Kind::Docker | Kind::Cri)
    }

    /// Appends the text to `out`, decoded, without a line ending.
    pub fn write_inner(&self, line: &[u8], out: &mut Vec<u8>) {
        let inner = line.get(self.inner.clone()).unwrap_or_default();
        match self.coding {
            Coding::Verbatim => out.extend_from_slice(inner),
            Coding::Json => escape::write_json_text(inner, out),
            Coding::Octal => escape::write_octal_text(inner, out),
            Coding::Export => export::write_message(inner, out),
        }
    }
}

/// Whether a line may wear anything but colours in its midst: told by a byte or two, and true for every line that does.
/// Most lines of most logs wear nothing, and each line around a suspect is asked.
fn may_wear(line: &[u8]) -> bool {
    match line.first() {
        // Carriers put a `T` between date and time, or count seconds.
        Some(b'0'..=b'9') => matches!(line.get(10), Some(b'T' | b'.')),
        Some(b'A'..=b'Z' | b'a'..=b'z' | b'<' | b'[' | b'{' | 0x1b) => true,
        _ => false,
    }
}
