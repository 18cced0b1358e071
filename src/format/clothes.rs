//! The clothes of a line, for a summary that stands where it stood.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json::{Entry, Template};
use super::wear::{Kind, Wear};
use crate::limits::CLOTHES_BYTES_MAX;
use crate::line::{Layout, latin};

/// What a summary puts on so that it looks like the lines around it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Clothes {
    /// The envelope, if there was one.
    coat: Option<Coat>,
    /// The names of the object's fields, if the text was one.
    template: Option<Template>,
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
}

impl Clothes {
    /// The clothes of `line`, which wears `wear`, and of the object that its text is, if it is one; `None` if they are
    /// too large to be kept.
    pub fn of(line: &[u8], wear: &Wear, entry: Option<&Entry<'_>>) -> Option<Clothes> {
        let coat = match wear.kind {
            Kind::Json => None,
            _ => Some(Coat::of(line, wear)?),
        };
        let coat_len = coat.as_ref().map_or(0, Coat::len);
        let template = entry.map(|entry| {
            let template = Template::of(entry);
            // What must not be missing is small.
            if template.bytes() > CLOTHES_BYTES_MAX {
                template.bare()
            } else {
                template
            }
        });
        (coat_len <= CLOTHES_BYTES_MAX).then_some(Clothes { coat, template })
    }

    /// How the envelope writes its time, if it gives one.
    pub fn layout(&self) -> Option<Layout> {
        self.coat.as_ref().and_then(Coat::layout)
    }

    /// Whether the text is an object, which has a field for everything.
    pub fn is_object(&self) -> bool {
        self.template.is_some()
    }

    /// Puts a summary into the clothes, as of `micros`; its writer's own time is `ahead` of that. Line ending included.
    pub fn dress(&self, words: &Words<'_>, micros: i64, ahead: i64, out: &mut Vec<u8>) {
        let mut object = Vec::new();
        let text = match &self.template {
            Some(template) => {
                let written = micros.saturating_add(ahead);
                template.dress(
                    words.message,
                    words.is_grave,
                    written,
                    words.figures,
                    &mut object,
                );
                &object
            }
            None => words.line,
        };
        match &self.coat {
            Some(coat) => coat.dress(text, micros, out),
            None => out.extend_from_slice(text),
        }
        out.push(b'\n');
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
            Kind::Cri | Kind::Syslog | Kind::Piped | Kind::Json => {
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
        }
    }

    fn len(&self) -> usize {
        match self {
            Coat::Front { before, after, .. } => before.len() + after.len(),
            Coat::Docker { middle, .. } => middle.len(),
        }
    }

    fn dress(&self, text: &[u8], micros: i64, out: &mut Vec<u8>) {
        match self {
            Coat::Front {
                before,
                layout,
                after,
            } => {
                out.extend_from_slice(before);
                if let Some(layout) = layout {
                    layout.write(micros, out);
                }
                out.extend_from_slice(after);
                out.extend_from_slice(text);
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
