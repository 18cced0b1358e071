//! Where in a block the records are that must be looked at.

use std::io;
use std::sync::Arc;

use super::Skim;
use super::fate::extent_of;
use super::flow::{Fate, Following, Passage, Pipeline};
use crate::line::line_start;
use crate::record::{Assembly, Extent, fence};

impl Pipeline {
    /// Looks only around anchors. Gives how far the block is decided.
    pub(super) fn skim(
        &mut self,
        assembly: &mut Assembly,
        passage: &mut Passage<'_>,
        start: usize,
        last: bool,
    ) -> io::Result<usize> {
        let block = passage.block;
        let skim = Arc::clone(&self.skim);
        let mut hits = skim.hits(block);
        let mut at = start;
        let end = loop {
            let hit = hits.from(at);
            // Without a hit there is still the record at the end, which more lines may continue.
            let target = match hit {
                Some(hit) => hit,
                None if last || at >= block.len() => break block.len(),
                None => block.len() - 1,
            };
            let mut record = fence::before(block, line_start(block, target, at), at);
            let open = loop {
                match assembly.read(block, record, last) {
                    Extent::Open => break Some(self.leave_open(assembly, record, block)),
                    Extent::Whole { end } if end <= target => record = end.max(record + 1),
                    Extent::Whole { end } => {
                        at = end;
                        break None;
                    }
                }
            };
            if let Some(end) = open {
                break end;
            }
            if let Some(hit) =
                hit.filter(|hit| is_own(assembly, *hit) || is_suspect(&skim, assembly, block))
            {
                debug_assert!(hit < at, "the record that holds the hit ends behind it");
                self.judge(assembly, passage)?;
            }
        };
        Ok(end)
    }

    /// Assembles every record. Gives how far the block is decided.
    pub(super) fn step(
        &mut self,
        assembly: &mut Assembly,
        passage: &mut Passage<'_>,
        start: usize,
        last: bool,
    ) -> io::Result<usize> {
        let mut at = start;
        while at < passage.block.len() {
            match assembly.read(passage.block, at, last) {
                Extent::Open => return Ok(self.leave_open(assembly, at, passage.block)),
                Extent::Whole { end } => {
                    self.decide(assembly, passage)?;
                    at = end.max(at + 1);
                }
            }
        }
        Ok(at)
    }

    /// What is left for the next block when a record is still open: all of it, unless it has outgrown its bounds.
    pub(super) fn leave_open(&mut self, assembly: &Assembly, start: usize, block: &[u8]) -> usize {
        if !assembly.oversize {
            return start;
        }
        self.ledger.oversize += 1;
        match (assembly.machine(), assembly.pieces.last()) {
            (Some(machine), Some(piece)) => {
                self.following = Some(Following {
                    machine: machine.clone(),
                    fate: Fate::Pass,
                });
                piece.line.end
            }
            _ => {
                self.mid_line = true;
                block.len()
            }
        }
    }

    /// Lets the lines that continue an earlier block's record follow its verdict. Gives where they end.
    pub(super) fn follow(
        &mut self,
        assembly: &mut Assembly,
        passage: &mut Passage<'_>,
        last: bool,
    ) -> io::Result<usize> {
        let start = passage.passed;
        let Some(following) = self.following.take() else {
            return Ok(start);
        };
        let extent = assembly.resume(following.machine, passage.block, start, last);
        let end = assembly.pieces.last().map_or(start, |piece| piece.line.end);
        if let Fate::Hold(taken) = &following.fate {
            self.hold(assembly, 0, passage, taken, false)?;
            let (lines, bytes) = extent_of(assembly, 0);
            self.collapse.extend(&taken.key, lines, bytes);
        }
        passage.marked = passage.marked.max(end);
        if extent == Extent::Open
            && let Some(machine) = assembly.machine()
        {
            self.following = Some(Following {
                machine: machine.clone(),
                fate: following.fate,
            });
        }
        Ok(end)
    }

    pub(super) fn decide(
        &mut self,
        assembly: &Assembly,
        passage: &mut Passage<'_>,
    ) -> io::Result<Fate> {
        if is_suspect(&self.skim, assembly, passage.block) {
            self.judge(assembly, passage)
        } else {
            Ok(Fate::Pass)
        }
    }
}

/// Whether a position is in one of the record's own lines, not in a line between two of them.
fn is_own(assembly: &Assembly, at: usize) -> bool {
    let next = assembly
        .pieces
        .partition_point(|piece| piece.line.end <= at);
    assembly
        .pieces
        .get(next)
        .is_some_and(|piece| piece.line.start <= at)
}

/// Whether an anchor is in the record's own lines.
fn is_suspect(skim: &Skim, assembly: &Assembly, block: &[u8]) -> bool {
    assembly
        .pieces
        .iter()
        .any(|piece| skim.is_in(piece.line.text(block)))
}
