//! A record's lines become its chain of errors.

use std::ops::Range;

use super::embedded;
use super::error_type::{error_type, strip_thread};
use super::ruby;
use super::{Language, Record, Seen};

/// How an error hangs together with the one printed before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The first of its record.
    First,
    /// What the one before was caused by.
    Cause,
    /// What wrapped the one before: the root stands first.
    Wrapper,
    /// Suppressed, or else beside the chain.
    Side,
}

/// One error of the chain.
#[derive(Clone, Debug)]
pub struct Link<'b> {
    /// Its type, as printed: `java.io.IOException`, `ConnectionResetError`, `Error`. Empty where none can be told.
    pub error: &'b [u8],
    /// What stands behind the type; empty if nothing does.
    pub message: &'b [u8],
    /// Which of the record's frames are its own.
    pub frames: Range<usize>,
    /// How many of the enclosing error's last frames are its own as well (`... 12 more`).
    pub common: usize,
    /// Taken from the head's text, not from a line of its own.
    pub in_head: bool,
    relation: Relation,
}

/// One frame, as printed.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'b> {
    /// The line without its indentation.
    pub text: &'b [u8],
    /// The source text that was printed below it.
    pub code: &'b [u8],
}

/// Fills in `links`, `side` and `frames` of a record whose lines are set.
pub(super) fn parse(record: &mut Record<'_>) {
    let mut reader = Reader {
        links: Vec::with_capacity(4),
        frames: Vec::with_capacity(record.pieces.len()),
        relation: Relation::First,
        side_indent: None,
        open: 0,
        margin: 0,
    };
    reader.read_head(record);
    let python = record.language == Some(Language::Python);
    for piece in record
        .pieces
        .iter()
        .skip(usize::from(!starts_at_error(record)))
    {
        let line = piece.line.text(record.block);
        let indent = line
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        reader.read_line(piece.seen, &line[indent..], indent, python);
    }
    let Reader { links, frames, .. } = reader;
    record.frames = frames;
    let (side, mut links): (Vec<_>, Vec<_>) = links
        .into_iter()
        .partition(|link| link.relation == Relation::Side);
    // Python prints the root first, and so does a layout that says `Wrapped by:`.
    if python || links.iter().any(|link| link.relation == Relation::Wrapper) {
        links.reverse();
    }
    record.links = links;
    record.side = side;
}

fn starts_at_error(record: &Record<'_>) -> bool {
    let first = record.pieces.first().map(|piece| piece.seen);
    matches!(first, Some(Seen::Error | Seen::Traceback | Seen::Group))
}

struct Reader<'b> {
    links: Vec<Link<'b>>,
    frames: Vec<Frame<'b>>,
    /// How the next error hangs together with the last.
    relation: Relation,
    /// Indentation of the suppressed error that is being read, if one is.
    side_indent: Option<usize>,
    /// Indentation of the traceback that is being read: its errors stand there, source text deeper.
    margin: usize,
    /// First frame that no link has yet (Python prints an error behind its frames).
    open: usize,
}

impl<'b> Reader<'b> {
    /// An error that the head itself names: `… failed: java.io.IOException: Broken pipe`.
    fn read_head(&mut self, record: &Record<'b>) {
        if starts_at_error(record) || record.language == Some(Language::Python) {
            return;
        }
        if record.language == Some(Language::Ruby) {
            if let Some((error, message)) = ruby::error(record.message_text()) {
                self.push(error, message, true);
            }
        } else if let Some(named) = embedded::find(record.message_text()) {
            self.push(named.error, named.message, true);
        }
    }

    fn read_line(&mut self, seen: Seen, text: &'b [u8], indent: usize, python: bool) {
        match seen {
            Seen::Frame | Seen::FrameOpen | Seen::GoCall | Seen::Place | Seen::From => {
                self.push_frame(text, python)
            }
            Seen::Php if text.starts_with(b"#") => self.push_frame(text, python),
            Seen::File if python => self.frames.push(Frame { text, code: b"" }),
            Seen::More => {
                if let Some(link) = self.links.last_mut() {
                    link.common = count(text);
                }
            }
            Seen::CauseAlone => self.relate(text, indent),
            Seen::Cause => {
                self.relate(text, indent);
                let rest = text
                    .splitn(2, |b| *b == b':')
                    .nth(1)
                    .unwrap_or_default()
                    .trim_ascii_start();
                self.push_text(rest);
            }
            Seen::Arrow if text.starts_with(b"---> ") => {
                self.relation = Relation::Cause;
                self.push_text(&text[5..]);
            }
            Seen::Chain => self.relation = Relation::Cause,
            Seen::Traceback => self.margin = indent,
            Seen::Caret | Seen::Blank | Seen::Dashes => {}
            _ if python && indent <= self.margin && self.open < self.frames.len() => {
                self.push_text(text)
            }
            _ if python => self.read_code(text),
            Seen::Error => self.push_text(text),
            Seen::Indented if text.starts_with(b"[cause]: ") => {
                self.relation = Relation::Cause;
                self.push_text(&text[9..]);
            }
            Seen::Indented if text.starts_with(b"[errors]: ") => {
                self.relation = Relation::Side;
                self.push_text(&text[10..]);
            }
            _ => {}
        }
    }

    /// Source text below a Python frame.
    fn read_code(&mut self, text: &'b [u8]) {
        if let Some(frame) = self.frames.last_mut().filter(|frame| frame.code.is_empty()) {
            frame.code = text;
        }
    }

    fn relate(&mut self, text: &[u8], indent: usize) {
        if text.starts_with(b"Suppressed:") {
            self.side_indent = Some(self.side_indent.map_or(indent, |outer| outer.min(indent)));
            self.relation = Relation::Side;
        } else if self.side_indent.is_some_and(|side| indent >= side) {
            self.relation = Relation::Side;
        } else {
            self.side_indent = None;
            self.relation = if text.starts_with(b"Wrapped by:") {
                Relation::Wrapper
            } else {
                Relation::Cause
            };
        }
    }

    /// An error's own line: type, colon, message.
    fn push_text(&mut self, text: &'b [u8]) {
        let bracketed = text.starts_with(b"[");
        let text = strip_thread(text.strip_prefix(b"[").unwrap_or(text));
        let text = text.strip_prefix(b"Uncaught ").unwrap_or(text);
        let text = text.strip_suffix(b" {").unwrap_or(text);
        let text = if bracketed {
            text.strip_suffix(b"]").unwrap_or(text)
        } else {
            text
        };
        let (error, message) = split_error(text);
        self.push(error, message, false);
    }

    fn push(&mut self, error: &'b [u8], message: &'b [u8], in_head: bool) {
        let frames = self.open..self.frames.len();
        self.open = self.frames.len();
        let relation = self.relation;
        self.links.push(Link {
            error,
            message,
            frames,
            common: 0,
            in_head,
            relation,
        });
        self.relation = Relation::First;
    }

    /// Frames behind an error belong to it; Python's stand before theirs.
    fn push_frame(&mut self, text: &'b [u8], python: bool) {
        if python {
            return self.read_code(text);
        }
        self.frames.push(Frame { text, code: b"" });
        self.open = self.frames.len();
        if let Some(link) = self.links.last_mut() {
            link.frames.end = self.frames.len();
        }
    }
}

/// `Type: message` into its halves. Where no type can be told all of it is message.
fn split_error(text: &[u8]) -> (&[u8], &[u8]) {
    match error_type(text) {
        Some(error) => (
            error,
            text[error.len()..]
                .strip_prefix(b":")
                .unwrap_or(&text[error.len()..])
                .trim_ascii(),
        ),
        None => match text.iter().position(|b| *b == b':' || *b == b' ') {
            // A custom error at the end of a traceback: `mypackage.errors.timeout: …`.
            Some(colon) if text[colon] == b':' => (&text[..colon], text[colon + 1..].trim_ascii()),
            _ => (&text[..0], text),
        },
    }
}

/// The number in `... 12 more`.
fn count(text: &[u8]) -> usize {
    let digits = text.iter().skip(4).take_while(|b| b.is_ascii_digit());
    digits.fold(0, |sum: usize, b| {
        sum.saturating_mul(10).saturating_add(usize::from(b - b'0'))
    })
}
