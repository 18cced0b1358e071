//! Lines of names and values: `time=2026-11-22T10:00:00Z level=error msg="a \"b\"" err=EOF`.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::wear::{Coding, Kind, Origin, Wear};
use crate::line::{Layout, Stamp, latin};

/// What such a line begins with.
const FRONTS: [&[u8]; 7] = [
    b"time=",
    b"ts=",
    b"t=",
    b"timestamp=",
    b"level=",
    b"lvl=",
    b"msg=",
];

const TIME: [&[u8]; 4] = [b"time", b"ts", b"t", b"timestamp"];
const LEVEL: [&[u8]; 2] = [b"level", b"lvl"];
const MESSAGE: [&[u8]; 2] = [b"msg", b"message"];
const ERROR: [&[u8]; 5] = [b"err", b"error", b"cause", b"reason", b"exception"];
const TRACE: [&[u8]; 4] = [b"stack", b"stack_trace", b"stacktrace", b"trace"];

/// A line's pairs: where each name and each value stands, a quoted value without its quotes.
#[derive(Debug)]
pub struct Pairs<'l> {
    line: &'l [u8],
    pairs: Vec<(Range<usize>, Range<usize>)>,
}

impl<'l> Pairs<'l> {
    /// Reads a line; `None` if it is not made of pairs, or says nothing.
    pub fn read(line: &'l [u8]) -> Option<Pairs<'l>> {
        if !FRONTS.iter().any(|front| line.starts_with(front)) {
            return None;
        }
        let mut pairs = Vec::new();
        let mut at = 0;
        while at < line.len() {
            let (name, value, end) = pair(line, at)?;
            pairs.push((name, value));
            at = end + line[end..].iter().take_while(|b| **b == b' ').count();
        }
        let read = Pairs { line, pairs };
        let dated = read.find(&TIME).is_some() || read.find(&LEVEL).is_some();
        (dated && read.find(&MESSAGE).is_some()).then_some(read)
    }

    /// What the event says.
    pub fn message(&self) -> Vec<u8> {
        self.text(&MESSAGE)
    }

    /// What went wrong.
    pub fn error(&self) -> Vec<u8> {
        self.text(&ERROR)
    }

    /// The trace, if a field holds one.
    pub fn trace(&self) -> Vec<u8> {
        self.text(&TRACE)
    }

    /// The level's word in capitals.
    pub fn level(&self) -> Vec<u8> {
        self.text(&LEVEL).to_ascii_uppercase()
    }

    /// Where the values of time, level and message stand.
    pub(super) fn places(&self) -> [Option<Range<usize>>; 3] {
        [self.find(&TIME), self.find(&LEVEL), self.find(&MESSAGE)]
    }

    fn find(&self, names: &[&[u8]]) -> Option<Range<usize>> {
        let named = |wanted: &[u8]| {
            self.pairs
                .iter()
                .find(|(name, _)| &self.line[name.clone()] == wanted)
        };
        let found = names.iter().find_map(|name| named(name));
        found.map(|(_, value)| value.clone())
    }

    fn text(&self, names: &[&[u8]]) -> Vec<u8> {
        let mut text = Vec::new();
        if let Some(place) = self.find(names) {
            super::escape::write_json_text(&self.line[place], &mut text);
        }
        text
    }
}

/// The pair at `at`: its name, its value, its end.
fn pair(line: &[u8], at: usize) -> Option<(Range<usize>, Range<usize>, usize)> {
    let is_named =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'/' | b'@');
    let name = at..at + line[at..].iter().take_while(|b| is_named(b)).count();
    if name.is_empty() {
        return None;
    }
    match line.get(name.end) {
        None | Some(b' ') => Some((name.clone(), name.end..name.end, name.end)),
        Some(b'=') if line.get(name.end + 1) == Some(&b'"') => {
            let start = name.end + 2;
            let mut end = start;
            loop {
                end += memchr::memchr2(b'"', b'\\', line.get(end..)?)?;
                if line[end] == b'"' {
                    break;
                }
                end += 2;
            }
            matches!(line.get(end + 1), None | Some(b' ')).then_some((name, start..end, end + 1))
        }
        Some(b'=') => {
            let start = name.end + 1;
            let end = start
                + line[start..]
                    .iter()
                    .take_while(|b| !matches!(b, b' ' | b'"'))
                    .count();
            (line.get(end) != Some(&b'"')).then_some((name, start..end, end))
        }
        Some(_) => None,
    }
}

/// The pairs of a line that a summary has as well, in their order.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Template(Vec<Named>);

/// A name and what it gets.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
struct Named {
    #[serde(with = "latin")]
    name: Box<[u8]>,
    slot: Slot,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Slot {
    /// In this layout, in quotes or not.
    Time(Layout, bool),
    /// In capitals or not.
    Level(bool),
    Message,
}

impl Template {
    /// The names of a line.
    pub(super) fn of(pairs: &Pairs<'_>) -> Template {
        let [time, level, message] = pairs.places();
        let mut slots = Vec::new();
        for (name, value) in &pairs.pairs {
            let is = |place: &Option<Range<usize>>| place.as_ref() == Some(value);
            let text = &pairs.line[value.clone()];
            let slot = if is(&message) {
                Slot::Message
            } else if is(&level) {
                Slot::Level(text.first().is_some_and(u8::is_ascii_uppercase))
            } else if let Some(stamp) = Stamp::at(text, 0).filter(|_| is(&time)) {
                Slot::Time(stamp.layout, pairs.line.get(value.end) == Some(&b'"'))
            } else {
                continue;
            };
            let name = pairs.line[name.clone()].into();
            slots.push(Named { name, slot });
        }
        Template(slots)
    }

    /// How it writes its time.
    pub(super) fn layout(&self) -> Option<Layout> {
        self.0.iter().find_map(|named| match &named.slot {
            Slot::Time(layout, _) => Some(*layout),
            _ => None,
        })
    }

    /// Writes a line that says `message`, as of `micros`.
    pub(super) fn dress(&self, message: &str, grave: bool, micros: i64, out: &mut Vec<u8>) {
        for (at, Named { name, slot }) in self.0.iter().enumerate() {
            if at > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(name);
            out.push(b'=');
            match slot {
                Slot::Message => {
                    out.extend_from_slice(serde_json::Value::from(message).to_string().as_bytes());
                }
                Slot::Level(upper) => {
                    let words = if *upper {
                        ["WARN", "ERROR"]
                    } else {
                        ["warn", "error"]
                    };
                    out.extend_from_slice(words[usize::from(grave)].as_bytes());
                }
                Slot::Time(layout, quoted) => {
                    let quote: &[u8] = if *quoted { b"\"" } else { b"" };
                    out.extend_from_slice(quote);
                    layout.write(micros, out);
                    out.extend_from_slice(quote);
                }
            }
        }
    }
}

/// Opens a line; `None` if it is none of these. It belongs to the plain origin, since nothing in it names a writer.
pub(super) fn open(line: &[u8]) -> Option<Wear> {
    let pairs = Pairs::read(line)?;
    let [time, ..] = pairs.places();
    Some(Wear {
        kind: Kind::Logfmt,
        origin: Origin::PLAIN,
        inner: 0..line.len(),
        coding: Coding::Verbatim,
        partial: false,
        stamp: time.map(|time| time.start),
        program: 0..0,
        is_entry: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_to_the_end_of_the_line_or_not_at_all() {
        let read = |line: &str| {
            Pairs::read(line.as_bytes()).map(|pairs| String::from_utf8(pairs.message()).unwrap())
        };
        let message = |text: &str| Some(text.to_owned());
        assert_eq!(
            read(r#"level=warn msg="a \"b\"\n\tc" err=EOF id=7 flag"#),
            message("a \"b\"\n\tc")
        );
        assert_eq!(read("time=2026-11-22T10:00:00Z msg=done"), message("done"));
        assert_eq!(read("level=warn and so on msg=x = y"), None);
        assert_eq!(read(r#"level=warn msg="torn"#), None);
        assert_eq!(read("t=12 steps=3"), None);
    }
}
