//! Lays the lines of one writer side by side: each is decoded, and joined with its further parts.

use super::gather::{Loom, Unit};
use super::walk::{Next, Strand, Walk};
use crate::format::{Kind, Origin, Wear, strip_colours};
use crate::limits::LINE_BYTES_MAX;
use crate::record::{Head, Level, Seen};

/// What a loom reads next.
pub(super) enum Pull {
    Unit(Unit),
    Over,
    Unknown,
}

impl Loom {
    /// The unit that begins with the next line of `origin` at or behind `from`.
    pub(super) fn pull(&mut self, walk: &mut Walk<'_>, origin: Origin, from: usize) -> Pull {
        match walk.next(origin, from) {
            Next::Line(strand) => self.unit(walk, strand),
            Next::Over => Pull::Over,
            Next::Unknown => Pull::Unknown,
        }
    }

    /// Lays down the unit that begins with this line.
    pub(super) fn unit(&mut self, walk: &mut Walk<'_>, first: Strand) -> Pull {
        let (text, raw) = (self.text.len(), self.raw.len());
        let origin = first.origin;
        let mut strand = first;
        let end = loop {
            self.lay(walk, &strand);
            self.raw.push(strand.line.range());
            let end = strand.line.end;
            if !is_partial(&strand) || self.text.len() - text > LINE_BYTES_MAX {
                break end;
            }
            match walk.next(origin, end) {
                Next::Line(next) => strand = next,
                Next::Over => break end,
                Next::Unknown => {
                    self.text.truncate(text);
                    self.raw.truncate(raw);
                    return Pull::Unknown;
                }
            }
        };
        strip_colours(&mut self.text, text);
        self.stand_for_itself(walk, &strand, text);
        self.text.push(b'\n');
        Pull::Unit(Unit {
            text: text..self.text.len(),
            raw: raw..self.raw.len(),
            end,
        })
    }

    /// A text without a stamp of its own whose level shows only together with the carrier's stamp keeps the carrier's
    /// words before it: `Nov 22 11:03:11 host postgres[12]: [5-1] LOG:  text`.
    fn stand_for_itself(&mut self, walk: &Walk<'_>, strand: &Strand, from: usize) {
        let carried = strand
            .wear
            .as_ref()
            .is_some_and(|wear| wear.kind == Kind::Syslog);
        if !carried || Seen::of(&self.text[from..]) != Seen::Text {
            return;
        }
        let line = strand.line.text(walk.block);
        if Head::parse(line).is_some_and(|head| head.level != Level::Unknown) {
            self.text.truncate(from);
            self.text.extend_from_slice(line);
        }
    }

    /// Appends a line's own text.
    fn lay(&mut self, walk: &Walk<'_>, strand: &Strand) {
        let line = strand.line.text(walk.block);
        match &strand.wear {
            Some(wear) => wear.write_inner(line, &mut self.text),
            None => self.text.extend_from_slice(line),
        }
    }
}

pub(super) fn is_partial(strand: &Strand) -> bool {
    strand.wear.as_ref().is_some_and(|wear| wear.partial)
}

/// The line that the text begins with of which `strand` holds a part.
pub(super) fn unit_start(walk: &mut Walk<'_>, strand: &Strand, floor: usize) -> Strand {
    let mut first = strand.clone();
    if !strand.wear.as_ref().is_some_and(Wear::may_be_partial) {
        return first;
    }
    let mut bytes = 0;
    while let Some(before) = walk.before(strand.origin, first.line.start, floor) {
        bytes += before.line.text_end - before.line.start;
        if !is_partial(&before) || bytes > LINE_BYTES_MAX {
            break;
        }
        first = before;
    }
    first
}
