//! Traces that were read before: a flood repeats them to the letter, behind heads that differ.
//!
//! What a machine makes of a line depends on the lines before it alone, as long as no line of another writer is stepped
//! over. So where the same text follows a machine in the same state, it need not be read line by line again.

use std::hash::BuildHasher;

use super::assemble::Piece;
use super::machine::Machine;
use crate::limits::{RECALLED_BYTES_MAX, RECALLED_MAX};
use crate::line::Line;

/// Traces read before, those met more often nearer to the front.
#[derive(Debug, Default)]
pub(super) struct Recall {
    traces: Vec<Trace>,
    /// How many were kept so far.
    kept: u64,
    /// Makes numbers that no other recall gives to its traces.
    numbers: foldhash::quality::RandomState,
}

/// The lines behind a record's first.
#[derive(Debug)]
pub(super) struct Trace {
    /// Under which number others may keep what they know of it.
    pub number: u64,
    /// The machine before them.
    before: Machine,
    text: Box<[u8]>,
    /// The lines, counted from the trace's start.
    pieces: Box<[Piece]>,
    /// The machine behind them.
    pub after: Machine,
}

impl Recall {
    /// The trace that `text` begins with, if it was read before by a machine like this.
    pub fn find(&mut self, machine: &Machine, text: &[u8]) -> Option<&Trace> {
        let mut traces = self.traces.iter();
        let at = traces.position(|trace| trace.begins(text) && trace.before == *machine)?;
        let nearer = at.saturating_sub(1);
        self.traces.swap(nearer, at);
        self.traces.get(nearer)
    }

    /// Keeps the lines `pieces[1..]` of a record; unless a line of another writer stands between them, or they are few
    /// or many. The trace that was met least gives way.
    pub fn keep(&mut self, block: &[u8], before: Machine, pieces: &[Piece], after: &Machine) {
        let own = pieces.get(1..).unwrap_or_default();
        let (Some(first), Some(last)) = (own.first(), own.last()) else {
            return;
        };
        let bytes: usize = own
            .iter()
            .map(|piece| piece.line.end - piece.line.start)
            .sum();
        let text = block.get(first.line.start..last.line.end);
        let Some(text) = text.filter(|text| text.len() == bytes && text.ends_with(b"\n")) else {
            return;
        };
        if bytes + std::mem::size_of_val(own) > RECALLED_BYTES_MAX {
            return;
        }
        self.traces.truncate(RECALLED_MAX - 1);
        self.kept += 1;
        self.traces.push(Trace {
            number: self.numbers.hash_one(self.kept),
            before,
            text: text.into(),
            pieces: own
                .iter()
                .map(|piece| piece.back(first.line.start))
                .collect(),
            after: after.clone(),
        });
    }
}

impl Trace {
    /// Whether `text` begins with it. The end is looked at first: traces of one program begin alike.
    fn begins(&self, text: &[u8]) -> bool {
        const END_BYTES: usize = 16;
        let from = self.text.len().saturating_sub(END_BYTES);
        text.get(from..self.text.len()) == self.text.get(from..) && text.starts_with(&self.text)
    }

    /// Its lines, where the first begins at `start`.
    pub fn pieces(&self, start: usize) -> impl Iterator<Item = Piece> + '_ {
        self.pieces.iter().map(move |piece| piece.on(start))
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }
}

impl Piece {
    /// The same line of a block that lacks the first `bytes`.
    fn back(&self, bytes: usize) -> Piece {
        self.moved(|at| at - bytes)
    }

    /// The same line of a block with `bytes` more in front.
    fn on(&self, bytes: usize) -> Piece {
        self.moved(|at| at + bytes)
    }

    fn moved(&self, to: impl Fn(usize) -> usize) -> Piece {
        Piece {
            line: Line {
                start: to(self.line.start),
                text_end: to(self.line.text_end),
                end: to(self.line.end),
                complete: self.line.complete,
            },
            seen: self.seen,
        }
    }
}
