//! What is recorded of a file that is left for its successor: a program that keeps it open may still write to it.

use serde::{Deserialize, Serialize};

use super::mark::{Birth, Mark, Phase};
use super::seam::Seam;

/// Where it was left.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Rest {
    /// Which file.
    pub source: Birth,
    /// Offset in it of the first byte that was not consumed.
    pub consumed: u64,
    /// The bytes before it.
    pub seam: Seam,
    /// Bytes that were taken out of its front.
    pub base: u64,
    /// How many bytes of its front were given back as a hole.
    pub punched: u64,
    /// It has a writer whose position a collapse would betray.
    pub only_punch: bool,
    /// When it was written last, as far as that was seen.
    pub modified: i64,
    /// It was compressed meanwhile, and offsets are in its text.
    #[serde(default)]
    pub packed: bool,
}

impl Rest {
    /// Of the file that is drained now.
    #[must_use]
    pub fn of(mark: &Mark) -> Rest {
        Rest {
            source: mark.source,
            consumed: mark.consumed,
            seam: mark.seam,
            base: mark.base,
            punched: mark.punched,
            only_punch: mark.only_punch,
            modified: mark.modified,
            packed: mark.packed,
        }
    }
}

impl Mark {
    /// The record of a file that was left, gone on with; what was counted in all stays the same.
    #[must_use]
    pub fn turned_to(&self, rest: &Rest) -> Mark {
        let rest = rest.clone();
        let consumed = rest.base + rest.consumed;
        let given = rest.base + rest.punched;
        Mark {
            source: rest.source,
            consumed: rest.consumed,
            seam: rest.seam,
            base: rest.base,
            punched: rest.punched,
            only_punch: rest.only_punch,
            modified: rest.modified,
            packed: rest.packed,
            head: Seam::default(),
            phase: Phase::Idle,
            gap: None,
            consumed_before: self.all_consumed().saturating_sub(consumed),
            given_before: self.all_given_back().saturating_sub(given),
            ..self.clone()
        }
    }

    /// The record of the same file where it was compressed, `consumed` bytes of its text behind us.
    #[must_use]
    pub fn compressed_to(&self, file: Birth, consumed: u64) -> Mark {
        Mark {
            source: file,
            consumed,
            base: 0,
            punched: 0,
            packed: true,
            phase: Phase::Idle,
            consumed_before: self.all_consumed().saturating_sub(consumed),
            given_before: self.all_given_back(),
            ..self.clone()
        }
    }
}
