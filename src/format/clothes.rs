//! The clothes of a line, for a summary that stands where it stood.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::wear::{Kind, Wear};
use super::{export, json, logfmt};
use crate::limits::CLOTHES_BYTES_MAX;
use crate::line::{Layout, latin};

/// What a summary puts on so that it looks like the lines around it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Clothes {
    /// The envelope, if there was one.
    coat: Option<Coat>,
    /// How the text was made.
    body: Body,
}

/// How a writer makes its text.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Body {
    /// As a line.
    Line,
    /// As an object.
    Object(json::Template),
    /// As names and values.
    Pairs(logfmt::Template),
}

/// A summary, naked.
#[derive(Debug)]
pub struct Words<'s> {
    /// What it says.
    pub message: &'s str,
    /// The same as a line of text, with its level and, where lines have one, its time.
    pub line: &'s [u8],
    /// Whether it is an error rather than a warning.
    pub is_grave: bool,
    /// Its figures.
    pub figures: &'s Value,
}

/// One envelope.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Coat {
    /// Text around the time, and behind both the text. `layout` is `None` where the front gives no time.
    Front {
        #[serde(with = "latin")]
        before: Box<[u8]>,
        layout: Option<Layout>,
        #[serde(with = "latin")]
        after: Box<[u8]>,
    },
    /// Docker's: what stands between the text and the time.
    Docker {
        #[serde(with = "latin")]
        middle: Box<[u8]>,
        layout: Layout,
    },
    /// The journal's: the fields that stay the same, and when the machine was started, in microseconds since 1970.
    Export {
        fields: Vec<export::Field>,
        booted: Option<i64>,
    },
}

impl Clothes {
    /// The clothes of `line`, which wears `wear` and holds `inner`; `None` if they are too large to be kept.
    pub fn of(line: &[u8], wear: &Wear, inner: &[u8]) -> Option<Clothes> {
        let coat = match wear.kind {
            Kind::Json | Kind::Logfmt => None,
            _ => Some(Coat::of(line, wear)?),
        };
        let body = Body::of(inner);
        let len = coat.as_ref().map_or(0, Coat::len);
        (len <= CLOTHES_BYTES_MAX).then_some(Clothes { coat, body })
    }

    /// How time is written where the line says it apart from its text.
    pub fn layout(&self) -> Option<Layout> {
        self.coat
            .as_ref()
            .and_then(Coat::layout)
            .or(match &self.body {
                Body::Pairs(template) => template.layout(),
                Body::Line | Body::Object(_) => None,
            })
    }

    /// Puts a summary into the clothes, as of `micros`; its writer's own time is `ahead` of that. Line ending included.
    pub fn dress(&self, words: &Words<'_>, micros: i64, ahead: i64, out: &mut Vec<u8>) {
        let written = micros.saturating_add(ahead);
        let (message, grave) = (words.message, words.is_grave);
        let mut text = Vec::new();
        match &self.body {
            Body::Line => text.extend_from_slice(words.line),
            Body::Object(template) => {
                template.dress(message, grave, written, words.figures, &mut text)
            }
            Body::Pairs(template) => template.dress(message, grave, written, &mut text),
        }
        match &self.coat {
            Some(coat) => coat.dress(&text, words, micros, out),
            None => out.extend_from_slice(&text),
        }
        out.push(b'\n');
    }
}

impl Body {
    fn of(inner: &[u8]) -> Body {
        if let Some(entry) = json::Entry::read(inner) {
            let template = json::Template::of(&entry);
            // What must not be missing is small.
            let slim = template.bytes() > CLOTHES_BYTES_MAX;
            return Body::Object(if slim { template.bare() } else { template });
        }
        match logfmt::Pairs::read(inner) {
            Some(pairs) => Body::Pairs(logfmt::Template::of(&pairs)),
            None => Body::Line,
        }
    }
}

impl Coat {
    /// The envelope of a line.
    fn of(line: &[u8], wear: &Wear) -> Option<Coat> {
        let stamp = wear.read_stamp(line);
        Some(match wear.kind {
            Kind::Docker => {
                let stamp = stamp?;
                let text_end = wear.inner.end
                    + line
                        .get(wear.inner.end..)?
                        .iter()
                        .position(|b| *b == b'"')?;
                Coat::Docker {
                    middle: line.get(text_end..stamp.range.start)?.into(),
                    layout: stamp.layout,
                }
            }
            Kind::Export => Coat::Export {
                fields: export::lasting(line),
                booted: export::booted(line),
            },
            Kind::Cri | Kind::Syslog | Kind::Piped | Kind::Json | Kind::Logfmt => {
                let front = line.get(..wear.inner.start)?;
                let (before, layout, after) = match &stamp {
                    Some(stamp) => (
                        front.get(..stamp.range.start)?,
                        Some(stamp.layout),
                        front.get(stamp.range.end..)?,
                    ),
                    None => (front, None, &front[front.len()..]),
                };
                Coat::Front {
                    before: before.into(),
                    layout,
                    after: whole(wear, after),
                }
            }
        })
    }
}

/// What stands behind the time; a summary is always a whole line.
fn whole(wear: &Wear, after: &[u8]) -> Box<[u8]> {
    let mut after = after.to_vec();
    if wear.kind == Kind::Cri {
        if let Some(tag) = after.iter_mut().find(|b| **b == b'P') {
            *tag = b'F';
        }
        if after.last() != Some(&b' ') {
            after.push(b' ');
        }
    }
    after.into()
}

impl Coat {
    fn layout(&self) -> Option<Layout> {
        match self {
            Coat::Front { layout, .. } => *layout,
            Coat::Docker { layout, .. } => Some(*layout),
            Coat::Export { .. } => Some(Layout::ISO),
        }
    }

    fn len(&self) -> usize {
        match self {
            Coat::Front { before, after, .. } => before.len() + after.len(),
            Coat::Docker { middle, .. } => middle.len(),
            Coat::Export { fields, .. } => fields
                .iter()
                .map(|field| field.name.len() + field.value.len())
                .sum(),
        }
    }

    fn dress(&self, text: &[u8], words: &Words<'_>, micros: i64, out: &mut Vec<u8>) {
        match self {
            Coat::Front {
                before,
                layout,
                after,
            } => {
                write_front(before, words.is_grave, out);
                if let Some(layout) = layout {
                    layout.write(micros, out);
                }
                out.extend_from_slice(after);
                out.extend_from_slice(text);
            }
            Coat::Export { fields, booted } => {
                for (at, field) in fields.iter().enumerate() {
                    write_field(&field.name, &field.value, out);
                    // The times come behind the cursor.
                    if at == 0 {
                        write_field(b"__REALTIME_TIMESTAMP", micros.to_string().as_bytes(), out);
                        if let Some(running) = booted.and_then(|booted| micros.checked_sub(booted))
                        {
                            let running = running.max(0).to_string();
                            write_field(export::RUNNING, running.as_bytes(), out);
                        }
                    }
                }
                write_field(b"PRIORITY", if words.is_grave { b"3" } else { b"4" }, out);
                write_field(b"MESSAGE", text, out);
                write_field(export::FIGURES, words.figures.to_string().as_bytes(), out);
            }
            Coat::Docker { middle, layout } => {
                let mut line = text.to_vec();
                line.push(b'\n');
                let text = Value::String(String::from_utf8_lossy(&line).into_owned()).to_string();
                out.extend_from_slice(b"{\"log\":");
                // The middle begins with the quote that ends the text.
                out.extend_from_slice(text.strip_suffix('"').unwrap_or(&text).as_bytes());
                out.extend_from_slice(middle);
                layout.write(micros, out);
                out.extend_from_slice(b"\"}");
            }
        }
    }
}

/// Writes what stands before the time; a number of syslog's that stands first says how grave the line is.
fn write_front(before: &[u8], is_grave: bool, out: &mut Vec<u8>) {
    let number = before.strip_prefix(b"<").and_then(|rest| {
        let end = rest.iter().position(|b| *b == b'>')?;
        let number: u16 = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
        Some((number, &rest[end..]))
    });
    match number {
        Some((number, rest)) => {
            let number = number / 8 * 8 + if is_grave { 3 } else { 4 };
            out.extend_from_slice(format!("<{number}").as_bytes());
            out.extend_from_slice(rest);
        }
        None => out.extend_from_slice(before),
    }
}

fn write_field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    for part in [name, b"=", value, b"\n"] {
        out.extend_from_slice(part);
    }
}

/// Clothes that were worn last: kinds of one origin share them.
#[derive(Debug, Default)]
pub struct Wardrobe {
    last: Option<Arc<Clothes>>,
}

impl Wardrobe {
    /// The same clothes, shared with whoever has them already.
    pub fn share(&mut self, clothes: Clothes) -> Arc<Clothes> {
        match &self.last {
            Some(last) if **last == clothes => Arc::clone(last),
            _ => Arc::clone(self.last.insert(Arc::new(clothes))),
        }
    }
}
