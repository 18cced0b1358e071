//! A block on its way to the output, and what becomes of records.

use std::ops::Range;
use std::sync::Arc;

use super::Output;
use super::weave::Rows;
use crate::format::Origin;
use crate::record::Machine;
use crate::rule::Rule;

/// One block on its way to the output.
pub(super) struct Passage<'b> {
    pub(super) block: &'b [u8],
    pub(super) rows: Rows<'b>,
    /// Where lines begin: behind what is left of one that is beyond all bounds.
    pub(super) begun: usize,
    /// Everything before it was passed on or held back.
    pub(super) passed: usize,
    /// Time was read from everything before it.
    pub(super) marked: usize,
    /// Lines that are known to wear nothing.
    pub(super) bare: Range<usize>,
    /// No anchor lies before it, from what is not read yet on.
    pub(super) searched: usize,
    /// The time of day, in microseconds since 1970.
    pub(super) now: i64,
    pub(super) out: &'b mut dyn Output,
}

impl<'b> Passage<'b> {
    pub(super) fn new(
        rows: Rows<'b>,
        begun: usize,
        now: i64,
        out: &'b mut dyn Output,
    ) -> Passage<'b> {
        Passage {
            block: rows.block,
            rows,
            begun,
            passed: 0,
            marked: 0,
            bare: 0..0,
            searched: 0,
            now,
            out,
        }
    }
}

/// A record whose verdict was given before its end was seen: what comes later and continues it follows that verdict.
#[derive(Clone, Debug)]
pub(super) struct Following {
    /// Whose record it is.
    pub(super) origin: Origin,
    /// Behind the last of its lines, in the block.
    pub(super) from: usize,
    /// Lines of others that came since, before the block.
    pub(super) apart: usize,
    pub(super) machine: Machine,
    pub(super) fate: Fate,
}

/// What becomes of the lines of a record.
#[derive(Clone, Debug)]
pub(super) enum Fate {
    Pass,
    Hold(Taken),
}

/// Under what a record was taken.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) key: Box<[u8]>,
    pub(super) rule: Arc<Rule>,
    /// The number of its kind.
    pub(super) kind: u64,
}
