//! Finds the records of a block, and how far the block can be decided.

use super::fence::Tail;
use super::gather::{Found, Loom, Reading};
use super::own::Extent;
use super::walk::{Next, Strand, Walk, is_giant};
use crate::format::{Origin, Wear};
use crate::limits::APART_LINES_MAX;
use crate::pipeline::Skim;
use crate::pipeline::passage::{Fate, Following};
use crate::record::{Piece, Seen};

/// What was found in a block.
#[derive(Debug, Default)]
pub(super) struct Collection {
    /// Records with an anchor in one of their lines.
    pub suspects: Vec<Found>,
    /// All records that were read, whole.
    pub known: Vec<Found>,
    /// Where records start that may go on behind the block.
    pub open: Vec<(Origin, usize)>,
    /// Where lines between entries hold anchors.
    pub torn: Vec<usize>,
    /// Records that have outgrown their bounds.
    pub outgrown: Vec<Found>,
    /// Records whose verdict was given earlier, with the lines that follow it.
    pub followed: Vec<(Following, Found)>,
    /// Records whose verdict was given earlier and that may go on behind the block.
    pub following: Vec<Following>,
    /// No record that was read reaches over it.
    reach: usize,
    /// Every line from there to the end of the block begins a record or is all of one; `None` if that was not seen.
    begun: Option<usize>,
}

impl Collection {
    /// Whether a line belongs to a record that was read already.
    pub fn covers(&self, strand: &Strand) -> bool {
        let (origin, at) = (strand.origin, strand.line.start);
        let mut known = self.known.iter().rev().chain(&self.outgrown);
        let is_own = |found: &Found| found.origin == origin && found.range.contains(&at);
        at < self.reach && known.any(is_own)
            || self
                .open
                .iter()
                .any(|open| open.0 == origin && open.1 <= at)
    }

    /// Where the last record of `origin` before `at` ends that was read already; `floor` if there is none.
    fn floor(&self, origin: Origin, at: usize, floor: usize) -> usize {
        let known = self.known.iter().rev().chain(&self.outgrown);
        known
            .filter(|found| found.origin == origin && found.range.end <= at)
            .map(|found| found.range.end)
            .max()
            .map_or(floor, |end| end.max(floor))
    }

    /// Whether no record can reach over `at`: no line behind it goes on with one.
    pub fn is_between(&self, at: usize) -> bool {
        self.begun.is_some_and(|begun| begun <= at)
    }

    /// How far the block can be decided: no record that starts before it may still grow.
    pub fn decided(&self, walk: &Walk<'_>) -> usize {
        let open = self.open.iter().map(|(_, start)| *start).min();
        open.map_or(walk.end, |start| start.min(walk.end))
    }

    /// Takes a reading in. Gives where the record ends, if it is whole.
    fn take(&mut self, origin: Origin, reading: Reading) -> Option<usize> {
        match reading {
            Reading::Whole(found) => {
                let end = found.range.end;
                self.reach = self.reach.max(end);
                self.known.push(found);
                Some(end)
            }
            Reading::Open(start) => {
                self.open.push((origin, start));
                None
            }
            Reading::Outgrown(found) => {
                self.open.extend(found.rest.map(|rest| (origin, rest)));
                self.reach = self.reach.max(found.range.end);
                self.outgrown.push(found);
                None
            }
        }
    }
}

/// Looks for records.
pub(super) struct Collector<'w, 'b> {
    pub walk: &'w mut Walk<'b>,
    pub loom: &'w mut Loom,
    pub skim: &'w Skim,
    /// Where reading begins.
    pub start: usize,
    /// No anchor lies between there and here.
    pub searched: usize,
    pub found: Collection,
}

impl Collector<'_, '_> {
    /// Lets lines follow the verdicts that were given before they came.
    pub fn follow(&mut self, followings: Vec<Following>) {
        for mut following in followings {
            let origin = following.origin;
            let from = following.from.max(self.start);
            match self.walk.next_within(origin, from, following.apart) {
                Next::Over => {}
                Next::Unknown => self.found.following.push(following),
                Next::Line(strand) => {
                    let (found, open) =
                        self.loom
                            .follow(self.walk, origin, strand.line.start, &following.machine);
                    let end = if found.pieces.is_empty() {
                        from
                    } else {
                        found.range.end
                    };
                    if open {
                        self.found
                            .open
                            .extend(found.rest.map(|rest| (origin, rest)));
                        if let Some(machine) = found.machine.clone() {
                            self.found.following.push(Following {
                                origin,
                                from: end,
                                apart: if end == from { following.apart } else { 0 },
                                machine,
                                fate: following.fate.clone(),
                            });
                        }
                    }
                    if !found.pieces.is_empty() {
                        self.found.reach = self.found.reach.max(end);
                        self.found.known.push(found.clone());
                        following.from = end;
                        self.found.followed.push((following, found));
                    }
                }
            }
        }
    }

    /// Reads every record.
    pub fn step(&mut self) {
        let mut at = self.start;
        while let Some(strand) = self.walk.at(at) {
            at = strand.line.end;
            if self.is_done(&strand) {
                continue;
            }
            let reading = self
                .loom
                .record_at(self.walk, strand.origin, strand.line.start);
            self.add(&strand, reading);
        }
    }

    /// Reads the records that have an anchor, and those that may go on behind the block.
    pub fn skim(&mut self) {
        let mut hits = self.skim.hits(self.walk.block);
        let mut at = self.start;
        while let Some(hit) = hits.from(at.max(self.searched)) {
            let Some(strand) = self.walk.at(self.walk.rows.start(hit, at)) else {
                break;
            };
            at = strand.line.end;
            if self.is_done(&strand) {
                continue;
            }
            let floor = self
                .found
                .floor(strand.origin, strand.line.start, self.start);
            let reading = self.loom.record_of(self.walk, &strand, floor);
            at = self.add(&strand, reading).unwrap_or(at).max(at);
        }
        if !self.walk.ends {
            self.look_back(self.walk.end, None);
            self.look_between();
        }
    }

    /// Looks at the lines that are left for the next block, whether any goes on with a record. That is seldom so where
    /// lines are events.
    fn look_between(&mut self) {
        let decided = self.found.decided(self.walk);
        let mut at = decided;
        while let Some(strand) = self.walk.at(at) {
            if is_giant(&strand.line) || !self.loom.is_event(self.walk, &strand) {
                return;
            }
            at = strand.line.end;
        }
        self.found.begun = Some(decided);
    }

    /// Reads the records that reach over the place up to which the block is decided.
    pub fn look_over(&mut self, decided: usize) {
        if decided < self.walk.end && !self.found.is_between(decided) {
            let mut open = self.found.open.iter();
            let but = open.find(|open| open.1 == decided).map(|open| open.0);
            self.look_back(decided, but);
        }
    }

    /// Reads the records that reach up to `end` or over it. Of `but` it is known where one starts there.
    pub fn look_back(&mut self, end: usize, but: Option<Origin>) {
        let lines = self.lines_before(end);
        let mut seen: Vec<Origin> = but.into_iter().collect();
        for (number, strand) in lines.iter().enumerate().take(APART_LINES_MAX + 1) {
            let origin = strand.origin;
            if origin == Origin::NOBODY || seen.contains(&origin) {
                continue;
            }
            seen.push(origin);
            if self.walk.is_claimed(strand) || self.found.covers(strand) {
                continue;
            }
            let floor = self.found.floor(origin, strand.line.start, self.start);
            let earlier = &lines[number + 1..];
            let reach = earlier.iter().take(APART_LINES_MAX + 1);
            let reach = reach.take_while(|line| line.line.start >= floor);
            let reach =
                reach.take_while(|line| line.origin != origin || !self.walk.is_claimed(line));
            let earlier = &earlier[..reach.count()];
            let reading = match self.loom.tail(self.walk, strand, earlier, end) {
                Some(Tail::Within) => continue,
                Some(Tail::Open(start)) => Reading::Open(start),
                None => self.loom.record_of(self.walk, strand, floor),
            };
            self.found.take(origin, reading);
        }
    }

    /// The lines before `end`, the last one first: as many as a record may reach over, and, where looks at them may tell
    /// how it stands, as many as may lie between the first of those and the one of its writer before it. Behind a line
    /// beyond all bounds there are none.
    fn lines_before(&mut self, end: usize) -> Vec<Strand> {
        let is_partial = |line: &Strand| line.wear.as_ref().is_some_and(Wear::may_be_partial);
        let mut lines: Vec<Strand> = Vec::new();
        let mut at = end;
        while lines.len() < 2 * (APART_LINES_MAX + 1) {
            if lines.len() == APART_LINES_MAX + 1 && lines.iter().all(is_partial) {
                break;
            }
            let Some(line) = self.walk.rows.before(at, self.start) else {
                break;
            };
            at = line.start;
            let Some(strand) = self.walk.at(at).filter(|strand| !is_giant(&strand.line)) else {
                break;
            };
            lines.push(strand);
        }
        lines
    }

    /// Whether a line needs no more looking at. A line beyond all bounds is a record of its own.
    fn is_done(&mut self, strand: &Strand) -> bool {
        if is_giant(&strand.line) {
            let found = self.loom.lone(strand);
            if self.skim.is_in(&self.walk.block[strand.line.range()]) {
                self.found.suspects.push(found);
            }
            return true;
        }
        if strand.origin == Origin::NOBODY {
            if self.skim.is_in(&self.walk.block[strand.line.range()]) {
                self.found.torn.push(strand.line.start);
            }
            return true;
        }
        self.walk.is_claimed(strand) || self.found.covers(strand)
    }

    /// Takes in the record that a line belongs to. Gives how far it and nothing else reaches.
    fn add(&mut self, strand: &Strand, reading: Reading) -> Option<usize> {
        let end = self.found.take(strand.origin, reading)?;
        let found = self.found.known.last()?;
        let raw = self.loom.raw_of(found.units.clone());
        let bytes: usize = raw.iter().map(|range| range.len()).sum();
        let reach = (bytes == found.range.len()).then_some(end);
        if is_suspect(self.skim, self.loom, found, self.walk.block) {
            let found = found.clone();
            self.found.suspects.push(found);
        }
        reach
    }
}

/// Whether an anchor is in the record's own lines.
pub(super) fn is_suspect(skim: &Skim, loom: &Loom, found: &Found, block: &[u8]) -> bool {
    loom.own_raw(found).any(|range| skim.is_in(&block[range]))
}

impl Loom {
    /// A line beyond its bound, as a record.
    fn lone(&mut self, strand: &Strand) -> Found {
        let (pieces, units, raw, text) = (
            self.pieces.len(),
            self.units.len(),
            self.raw.len(),
            self.text.len(),
        );
        let range = strand.line.range();
        self.raw.push(range.clone());
        self.units.push(super::gather::Unit {
            text: text..text,
            raw: raw..raw + 1,
            end: range.end,
            extent: Extent::Event,
            is_cut: false,
        });
        self.pieces.push(Piece {
            line: crate::line::Line {
                start: text,
                text_end: text,
                end: text,
                complete: true,
            },
            seen: Seen::Text,
        });
        Found {
            origin: strand.origin,
            range,
            units: units..units + 1,
            pieces: pieces..pieces + 1,
            oversize: true,
            is_mixed: false,
            machine: None,
            rest: None,
        }
    }
}

impl Following {
    /// The verdict on a record that has outgrown its bounds: it passes, and so does the rest of it.
    pub(super) fn of_outgrown(found: &Found) -> Option<Following> {
        Some(Following {
            origin: found.origin,
            from: found.range.end,
            apart: 0,
            machine: found.machine.clone()?,
            fate: Fate::Pass,
        })
    }
}
