//! Where in a block the records are that must be looked at.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::Skim;
use super::flow::Pipeline;
use super::passage::{Fate, Following, Passage};
use super::suspect::extent_of;
use super::weave::walk::{self, Below};
use super::weave::{Loom, Rows, Until, Walk};
use crate::format::{Format, Origin};
use crate::line::line_start;
use crate::record::{Assembly, Extent, fence};

impl Pipeline {
    /// Looks only around anchors. Gives how far the block is decided.
    ///
    /// Records are read as they stand as long as the lines around them wear nothing. From the first that does, the
    /// block is read writer by writer, which gives the same where there is but one.
    pub(super) fn skim(&mut self, passage: &mut Passage<'_>, last: bool) -> io::Result<usize> {
        let until = if last { Until::End } else { Until::Whole };
        let mut at = passage.passed;
        if !self.stands_alone() {
            return self.weave(passage, at, until);
        }
        let mut assembly = std::mem::take(&mut self.assembly);
        let end = match self.follow(&mut assembly, passage, last)? {
            None => None,
            Some(end) if !self.followings.is_empty() => Some(end),
            Some(end) => {
                at = end;
                self.skim_bare(&mut assembly, passage, &mut at, last)?
            }
        };
        self.assembly = assembly;
        match end {
            Some(end) => Ok(end),
            None => self.weave(passage, at, until),
        }
    }

    /// The same as long as nothing wears anything; `None` from there on, with `at` where the block is not read yet.
    fn skim_bare(
        &mut self,
        assembly: &mut Assembly,
        passage: &mut Passage<'_>,
        at: &mut usize,
        last: bool,
    ) -> io::Result<Option<usize>> {
        let block = passage.block;
        let skim = Arc::clone(&self.skim);
        let mut hits = skim.hits(block);
        loop {
            let hit = hits.from(*at);
            passage.searched = hit.unwrap_or(block.len());
            // Without a hit there is still the record at the end, which more lines may continue.
            let target = match hit {
                Some(hit) => hit,
                None if last || *at >= block.len() => return Ok(Some(block.len())),
                None => block.len() - 1,
            };
            let mut record = fence::before(block, line_start(block, target, *at), *at);
            let end = loop {
                match assembly.read(block, record, last) {
                    Extent::Open => break None,
                    Extent::Whole { end } if end <= target => record = end.max(record + 1),
                    Extent::Whole { end } => break Some(end),
                }
            };
            let reach = end.map_or(block.len(), |_| assembly.reach);
            // Only what wears nothing is remembered below.
            if !self.is_bare_around(passage, record..reach, assembly.recalled()) {
                return Ok(None);
            }
            let Some(end) = end else {
                return Ok(Some(self.leave_open(assembly, record, block)));
            };
            *at = end;
            if let Some(hit) =
                hit.filter(|hit| is_own(assembly, *hit) || is_suspect(&skim, assembly, block))
            {
                debug_assert!(hit < *at, "the record that holds the hit ends behind it");
                if let Fate::Hold(_) = self.judge_bare(assembly, passage)? {
                    assembly.remember(block);
                }
            }
        }
    }

    /// What is left for the next block when a record is still open: all of it, unless it has outgrown its bounds.
    fn leave_open(&mut self, assembly: &Assembly, start: usize, block: &[u8]) -> usize {
        if !assembly.oversize {
            return start;
        }
        self.ledger.oversize += 1;
        match (assembly.machine(), assembly.pieces.last()) {
            (Some(machine), Some(piece)) => {
                self.followings = vec![Following {
                    origin: Origin::PLAIN,
                    from: piece.line.end,
                    apart: 0,
                    machine: machine.clone(),
                    fate: Fate::Pass,
                }];
                piece.line.end
            }
            _ => {
                self.mid_line = true;
                block.len()
            }
        }
    }

    /// Lets the lines that continue an earlier block's record follow its verdict. Gives where they end; `None` if
    /// something around them wears something.
    fn follow(
        &mut self,
        assembly: &mut Assembly,
        passage: &mut Passage<'_>,
        last: bool,
    ) -> io::Result<Option<usize>> {
        let start = passage.passed;
        let Some(following) = self.followings.pop() else {
            return Ok(Some(start));
        };
        let extent = assembly.resume(following.machine.clone(), passage.block, start, last);
        let end = assembly.pieces.last().map_or(start, |piece| piece.line.end);
        let reach = if extent == Extent::Open {
            passage.block.len()
        } else {
            assembly.reach
        };
        if !self.is_bare_around(passage, start..reach, 0..0) {
            self.followings.push(following);
            return Ok(None);
        }
        if let Fate::Hold(taken) = &following.fate {
            self.hold(assembly, 0, passage, taken, false)?;
            let amounts = extent_of(assembly, 0);
            self.collapse
                .extend(&taken.key, amounts.lines, amounts.bytes);
        }
        if extent == Extent::Open
            && let Some(machine) = assembly.machine()
        {
            self.followings.push(Following {
                from: end,
                machine: machine.clone(),
                ..following
            });
        }
        Ok(Some(end))
    }

    pub(super) fn decide(
        &mut self,
        assembly: &Assembly,
        passage: &mut Passage<'_>,
    ) -> io::Result<Fate> {
        if is_suspect(&self.skim, assembly, passage.block) {
            self.judge_bare(assembly, passage)
        } else {
            Ok(Fate::Pass)
        }
    }

    /// Judges a block in which nothing wears anything as it stands. Gives how far it is done with.
    pub(super) fn release_bare(&mut self, passage: &mut Passage<'_>) -> io::Result<usize> {
        let mut assembly = std::mem::take(&mut self.assembly);
        let mut at = self.follow(&mut assembly, passage, true)?.unwrap_or(0);
        while at < passage.block.len() {
            let Extent::Whole { end } = assembly.read(passage.block, at, true) else {
                break;
            };
            let fate = self.decide(&assembly, passage)?;
            let machine = assembly
                .machine()
                .filter(|machine| machine.is_open())
                .cloned();
            let following = machine.map(|machine| Following {
                origin: Origin::PLAIN,
                from: end,
                apart: 0,
                machine,
                fate,
            });
            self.followings = following.into_iter().collect();
            at = end.max(at + 1);
        }
        self.assembly = assembly;
        Ok(passage.block.len())
    }

    /// Whether nothing that is known of earlier lines says that any wore something.
    pub(super) fn stands_alone(&self) -> bool {
        let own = |following: &Following| following.origin == Origin::PLAIN && following.from == 0;
        self.format != Format::Export
            && self.ahead.is_empty()
            && self.followings.len() <= 1
            && self.followings.iter().all(own)
    }

    /// Whether these lines, and those before them that could tell of another writer, wear nothing; that those of `known`
    /// do not is known.
    fn is_bare_around(
        &self,
        passage: &mut Passage<'_>,
        lines: Range<usize>,
        known: Range<usize>,
    ) -> bool {
        let (block, begun) = (passage.block, passage.begun);
        walk::is_bare_around(&mut passage.bare, block, lines, known, begun, self.format)
    }

    /// Whether a block can be read as it stands, from its first line to its last.
    pub(super) fn is_bare(&self, passage: &mut Passage<'_>, end: usize) -> bool {
        self.stands_alone() && self.is_bare_around(passage, 0..end, 0..0)
    }

    /// Whose a line without an envelope would be behind `done`.
    pub(super) fn below(&self, passage: &Passage<'_>, done: usize) -> Below {
        if passage.bare.start < done && done <= passage.bare.end {
            return Below::default();
        }
        self.walk(passage.rows, passage.begun).below(done)
    }

    /// Whether one of these rows, which hold no anchor, may be the beginning of a record that is worth waiting for.
    pub(super) fn is_expecting(&self, rows: Rows<'_>) -> bool {
        Loom::default().is_expecting(&mut self.walk(rows, 0))
    }

    fn walk<'b>(&'b self, rows: Rows<'b>, floor: usize) -> Walk<'b> {
        let (format, below) = (self.format, self.ahead.below);
        Walk::new(rows, floor, false, format, below, &self.ahead.claims)
    }
}

/// Whether a position is in one of the record's own lines, not in a line between two of them.
pub(super) fn is_own(assembly: &Assembly, at: usize) -> bool {
    let next = assembly
        .pieces
        .partition_point(|piece| piece.line.end <= at);
    assembly
        .pieces
        .get(next)
        .is_some_and(|piece| piece.line.start <= at)
}

/// Whether an anchor is in the record's own lines.
pub(super) fn is_suspect(skim: &Skim, assembly: &Assembly, block: &[u8]) -> bool {
    assembly
        .pieces
        .iter()
        .any(|piece| skim.is_in(piece.line.text(block)))
}
