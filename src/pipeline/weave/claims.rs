//! What is already known of the lines behind the place up to which a block is done with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::walk::{Below, Claim};

/// What was decided of lines that are still to come, as positions in the next block.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(in crate::pipeline) struct Ahead {
    /// Lines that belong to records whose verdict is given.
    pub claims: Vec<Claim>,
    /// Those of them that are held back, by where they start.
    pub held: BTreeMap<usize, HeldBack>,
    /// Whose a line without an envelope is at the start of the block.
    pub below: Below,
}

/// Lines in a row that are held back.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(in crate::pipeline) struct HeldBack {
    /// Behind the last of them.
    pub end: usize,
    /// Number of their kind.
    pub kind: u64,
    /// Whether they begin a record.
    pub begins: bool,
}

impl Ahead {
    /// Whether nothing is known, so that the block may be read as if it stood alone.
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty() && self.held.is_empty() && self.below == Below::default()
    }

    /// Forgets what lies before `done` and counts from there.
    pub fn advance(&mut self, done: usize) {
        self.claims.retain_mut(|claim| {
            claim.range.start = claim.range.start.saturating_sub(done);
            claim.range.end = claim.range.end.saturating_sub(done);
            claim.range.end > 0
        });
        let held = std::mem::take(&mut self.held);
        self.held = held
            .into_iter()
            .filter(|(_, held)| held.end > done)
            .map(|(start, held)| {
                let end = held.end - done;
                (start.saturating_sub(done), HeldBack { end, ..held })
            })
            .collect();
    }
}
