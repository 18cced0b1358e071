//! Lays the lines of one writer side by side: each is decoded, and joined with its further parts.

use std::ops::Range;

use super::gather::{Loom, Unit};
use super::own::{self, Extent};
use super::walk::{Next, Strand, Walk};
use crate::format::{Format, Kind, Origin, Wear};
use crate::limits::LINE_BYTES_MAX;
use crate::line::line_at;

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

    /// The same behind other units of a reading, of which `base` is the first: what says all of its event stands alone.
    pub(super) fn pull_behind(
        &mut self,
        walk: &mut Walk<'_>,
        origin: Origin,
        base: usize,
        from: usize,
    ) -> Pull {
        let last = self.units.get(base..).and_then(<[Unit]>::last);
        if last.is_some_and(|last| last.extent != Extent::Line) {
            return Pull::Over;
        }
        let pulled = self.pull(walk, origin, from);
        match pulled {
            Pull::Unit(unit) if unit.extent != Extent::Line && self.units.len() > base => {
                self.give_back(&unit);
                Pull::Over
            }
            pulled => pulled,
        }
    }

    /// Takes up a unit that was laid down last.
    pub(super) fn give_back(&mut self, unit: &Unit) {
        self.text.truncate(unit.text.start);
        self.raw.truncate(unit.raw.start);
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
        let carrier = strand
            .wear
            .as_ref()
            .filter(|wear| wear.kind == Kind::Syslog);
        let carrier = carrier.map(|_| strand.line.text(walk.block));
        let extent = own::open(&mut self.text, text, carrier);
        self.text.push(b'\n');
        Pull::Unit(Unit {
            text: text..self.text.len(),
            raw: raw..self.raw.len(),
            end,
            extent,
            is_cut: is_partial(&strand),
        })
    }

    /// Appends a line's own text.
    fn lay(&mut self, walk: &Walk<'_>, strand: &Strand) {
        let line = strand.line.text(walk.block);
        match &strand.wear {
            Some(wear) => wear.write_inner(line, &mut self.text),
            None => self.text.extend_from_slice(line),
        }
    }

    /// The text of a unit as it stood in its envelope, before an object was opened.
    pub(super) fn inner(&self, unit: &Unit, block: &[u8], format: Format) -> Vec<u8> {
        let mut inner = Vec::new();
        for range in self.raw.get(unit.raw.clone()).unwrap_or_default() {
            let row = row_text(block, range);
            match Wear::of(row, format) {
                Some(wear) => wear.write_inner(row, &mut inner),
                None => inner.extend_from_slice(row),
            }
        }
        inner
    }
}

/// A row of the block without its ending.
pub(super) fn row_text<'b>(block: &'b [u8], row: &Range<usize>) -> &'b [u8] {
    let row = block.get(row.clone()).unwrap_or_default();
    line_at(row, 0)
        .filter(|line| line.end == row.len())
        .map_or(row, |line| line.text(row))
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
