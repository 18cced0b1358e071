//! The record that a line belongs to, out of the lines of its writer.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

use super::fence::Look;
use super::lay::{Pull, unit_start};
use super::own::Extent;
use super::walk::{Strand, Walk};
use crate::format::Origin;
use crate::limits::RECORD_BYTES_MAX;
use crate::record::{self, Assembly, Machine, Piece, Seen};

/// Lines that are read at first: most noise is one line, and the next one tells that it is.
const FIRST_LINES: usize = 3;

/// How many times as many are read when a record proves longer.
const MORE_LINES: usize = 4;

/// One line of a writer's own text, from one line of the block or from several that hold its parts.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Unit {
    /// Where in the loom its text stands, line ending included.
    pub text: Range<usize>,
    /// Which of the loom's ranges of the block are its lines.
    pub raw: Range<usize>,
    /// Where in the block its last line ends.
    pub end: usize,
    /// How much of its event it is.
    pub extent: Extent,
    /// Its last part says that more comes, and nothing came.
    pub is_cut: bool,
}

/// A record, found.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Found {
    pub origin: Origin,
    /// From the first byte of its first line to the last byte that it reaches over, in the block.
    pub range: Range<usize>,
    /// Which of the loom's units it reaches over.
    pub units: Range<usize>,
    /// Which of the loom's pieces are its lines.
    pub pieces: Range<usize>,
    pub oversize: bool,
    /// It holds more than one record's text, or less, so that nobody can judge it.
    pub is_mixed: bool,
    /// How it stood at its last line, where more may come that continues it.
    pub machine: Option<Machine>,
    /// Where the lines of its writer begin that were read behind it.
    pub rest: Option<usize>,
}

/// How far a record could be read.
#[derive(Debug)]
pub(in crate::pipeline) enum Reading {
    Whole(Found),
    /// It starts there, and more may come.
    Open(usize),
    /// More may come, but it has outgrown its bounds: it passes, and so does what continues it.
    Outgrown(Found),
}

/// Where lines of one writer are laid side by side. Its buffers are kept from block to block.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct Loom {
    pub(super) text: Vec<u8>,
    pub(super) raw: Vec<Range<usize>>,
    pub(super) units: Vec<Unit>,
    pub(super) pieces: Vec<Piece>,
    pub(super) assembly: Assembly,
    /// What units looked like, and where they end, by where they start.
    pub(super) looks: HashMap<usize, (Look, usize), FixedState>,
}

impl Loom {
    /// Makes room for another block.
    pub fn clear(&mut self) {
        self.text.clear();
        self.raw.clear();
        self.units.clear();
        self.pieces.clear();
        self.looks.clear();
    }

    /// Reads the record that `strand` belongs to; no record before `floor` is asked for.
    pub fn record_of(&mut self, walk: &mut Walk<'_>, strand: &Strand, floor: usize) -> Reading {
        let target = unit_start(walk, strand, floor);
        let start = self.fence(walk, &target, floor);
        self.read(walk, strand.origin, start, target.line.start)
    }

    /// Whether one of the records that the lines begin may go on, and is worth waiting for.
    pub fn is_expecting(&mut self, walk: &mut Walk<'_>) -> bool {
        let mut at = walk.floor;
        let mut met = Vec::new();
        while let Some(strand) = walk.at(at) {
            at = strand.line.end;
            if met.contains(&strand.origin) || walk.is_claimed(&strand) {
                continue;
            }
            met.push(strand.origin);
            match self.record_at(walk, strand.origin, strand.line.start) {
                Reading::Whole(_) => continue,
                Reading::Open(_) | Reading::Outgrown(_) => {}
            }
            let machine = self.assembly.machine();
            let expects =
                machine.is_none_or(|machine| machine.expects_trace() || machine.in_trace());
            if expects || self.assembly.pieces.len() > 1 {
                return true;
            }
        }
        false
    }

    /// Reads the record that begins with the line at `start`.
    pub fn record_at(&mut self, walk: &mut Walk<'_>, origin: Origin, start: usize) -> Reading {
        self.read(walk, origin, start, start)
    }

    /// Reads records from `start` on until the one that holds the line at `target`.
    fn read(
        &mut self,
        walk: &mut Walk<'_>,
        origin: Origin,
        start: usize,
        target: usize,
    ) -> Reading {
        let base = self.units.len();
        let mut from = self.text.len();
        let mut cursor = start;
        let mut pulled = Pull::Unknown;
        let mut wanted = FIRST_LINES;
        loop {
            let mut more = true;
            while more && self.units.len() - base < wanted {
                pulled = self.pull_behind(walk, origin, base, cursor);
                match &pulled {
                    Pull::Unit(unit) => {
                        cursor = unit.end;
                        self.units.push(unit.clone());
                    }
                    Pull::Over | Pull::Unknown => more = false,
                }
            }
            let over = matches!(pulled, Pull::Over);
            wanted *= MORE_LINES;
            if self.units[base..]
                .last()
                .is_none_or(|last| last.end <= target)
                && more
            {
                continue;
            }
            while from < self.text.len()
                && let record::Extent::Whole { end } = self.assembly.read(&self.text, from, over)
            {
                let first = self.unit_at(base, from);
                if self.units[first].extent != Extent::Line {
                    return self.closed(walk, origin, first, end);
                }
                let next = self.unit_at(base, end);
                let reach = self.units[..next].last().map_or(start, |unit| unit.end);
                if reach > target {
                    return Reading::Whole(self.found(origin, first..next));
                }
                from = end.max(from + 1);
            }
            if !more {
                debug_assert!(
                    !over,
                    "a record ends where nothing of its writer can follow"
                );
                return self.open(walk, origin, self.unit_at(base, from), cursor);
            }
        }
    }

    /// A record that begins with the unit `first` and is not known to end.
    fn open(&mut self, walk: &Walk<'_>, origin: Origin, first: usize, cursor: usize) -> Reading {
        let start = self.start_of(first).unwrap_or(cursor);
        let own = self.assembly.pieces.last().map(|piece| piece.line.end);
        match own {
            Some(end) if self.assembly.oversize || walk.end - start > RECORD_BYTES_MAX => {
                let next = self.unit_at(first, end);
                Reading::Outgrown(self.found(origin, first..next))
            }
            _ => Reading::Open(start),
        }
    }

    /// Lets lines from `start` on follow a record whose earlier lines are gone; gives the units that do, and whether
    /// more may come.
    pub fn follow(
        &mut self,
        walk: &mut Walk<'_>,
        origin: Origin,
        start: usize,
        machine: &Machine,
    ) -> (Found, bool) {
        let base = self.units.len();
        let from = self.text.len();
        let mut cursor = start;
        let mut wanted = FIRST_LINES;
        loop {
            let over = loop {
                if self.units.len() - base >= wanted {
                    break None;
                }
                match self.pull_behind(walk, origin, base, cursor) {
                    Pull::Unit(unit) => {
                        cursor = unit.end;
                        self.units.push(unit);
                    }
                    Pull::Over => break Some(true),
                    Pull::Unknown => break Some(false),
                }
            };
            let ends = over == Some(true);
            let extent = self
                .assembly
                .resume(machine.clone(), &self.text, from, ends);
            if over.is_none() && extent == record::Extent::Open {
                wanted *= MORE_LINES;
                continue;
            }
            let end = self
                .assembly
                .pieces
                .last()
                .map_or(from, |piece| piece.line.end);
            let next = self.unit_at(base, end);
            return (
                self.found(origin, base..next),
                extent == record::Extent::Open,
            );
        }
    }

    /// A record that is one unit, if the assembly has read all of it and nothing goes on below it.
    fn closed(&mut self, walk: &mut Walk<'_>, origin: Origin, first: usize, end: usize) -> Reading {
        let unit = self.units[first].clone();
        let mut is_mixed = unit.text.end != end;
        let found = self.found(origin, first..first + 1);
        is_mixed |= found.is_mixed;
        if unit.extent == Extent::Lines {
            match self.pull(walk, origin, unit.end) {
                Pull::Unknown => return Reading::Open(found.range.start),
                Pull::Over => {}
                Pull::Unit(next) => {
                    is_mixed |= Seen::of(&self.text[next.text.clone()]).resumes();
                    self.give_back(&next);
                }
            }
        }
        Reading::Whole(Found {
            is_mixed,
            machine: None,
            ..found
        })
    }

    /// Keeps a record that the assembly has just read from these units.
    pub fn found(&mut self, origin: Origin, units: Range<usize>) -> Found {
        let pieces = self.pieces.len();
        self.pieces.extend_from_slice(&self.assembly.pieces);
        let own = &self.units[units.clone()];
        let start = self.start_of(units.start).unwrap_or_default();
        let end = own.last().map_or(start, |unit| unit.end);
        Found {
            origin,
            range: start..end,
            pieces: pieces..self.pieces.len(),
            oversize: self.assembly.oversize || end - start > RECORD_BYTES_MAX,
            is_mixed: own.iter().any(|unit| unit.is_cut),
            machine: self
                .assembly
                .machine()
                .filter(|machine| machine.is_open())
                .cloned(),
            rest: self.start_of(units.end),
            units,
        }
    }

    /// Where in the block the unit of that number starts.
    fn start_of(&self, unit: usize) -> Option<usize> {
        Some(self.raw.get(self.units.get(unit)?.raw.start)?.start)
    }

    /// Number of the unit that holds the byte `at` of the loom's text, none before `base`.
    pub fn unit_at(&self, base: usize, at: usize) -> usize {
        base + self.units[base..].partition_point(|unit| unit.text.end <= at)
    }

    /// The lines of the block that are a record's own.
    pub fn own_raw(&self, found: &Found) -> impl Iterator<Item = Range<usize>> + '_ {
        self.own_raw_from(found, 0)
    }

    /// The same from the record's piece number `from` on, without the line that holds the pieces before it.
    pub fn own_raw_from(
        &self,
        found: &Found,
        from: usize,
    ) -> impl Iterator<Item = Range<usize>> + '_ {
        let base = found.units.start;
        let pieces = self.pieces.get(found.pieces.clone()).unwrap_or_default();
        let shown = pieces.get(..from).unwrap_or_default().last();
        let mut done = shown.map(|piece| self.unit_at(base, piece.line.start));
        pieces.iter().skip(from).flat_map(move |piece| {
            let unit = self.unit_at(base, piece.line.start);
            let new = done != Some(unit);
            done = Some(unit);
            self.raw_of(if new { unit..unit + 1 } else { unit..unit })
                .iter()
                .cloned()
        })
    }

    /// The lines of the block that hold these units.
    pub fn raw_of(&self, units: Range<usize>) -> &[Range<usize>] {
        let units = self.units.get(units).unwrap_or_default();
        match (units.first(), units.last()) {
            (Some(first), Some(last)) => self
                .raw
                .get(first.raw.start..last.raw.end)
                .unwrap_or_default(),
            _ => &[],
        }
    }
}
