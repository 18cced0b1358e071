//! The flow, where all stages meet.
//!
//! In comes a block of bytes, out go bytes: untouched stretches verbatim, records shown, summaries.
//!
//! ```text
//! block ─► skim ─┬─ plain ──────────────────────────────────► out
//!                └─ suspect ─► assemble ─► judge ─► collapse ─► out
//! ```
//!
//! Invariant: nothing here reads a file, a clock or the machine; the time comes in as an argument. The output does not
//! depend on how the input is cut into blocks, nor on which gear is used.
//! The smallest file, and the one to imitate, is `ledger.rs`.

mod cut;
mod fate;
mod flow;
pub mod ledger;
mod passage;
mod saved;
mod scan;
mod scout;
mod sieve;
pub mod skim;
mod suspect;
mod time;
mod weave;

use std::io;

pub use cut::cut;
pub use flow::{Held, Pipeline};
pub use ledger::{Amount, Ledger};
pub use saved::{RestoreError, SAVED_VERSION};
pub use scout::{Scout, Scouted};
pub use skim::Skim;
pub use weave::{Case, Reader};

use crate::episode::{Settings, SummaryStyle};
use crate::format::Format;

/// Where the output goes.
pub trait Output {
    /// Untouched input: `bytes`, which stand at the offset `at` of the input.
    ///
    /// # Errors
    /// Whatever writing gives.
    fn pass(&mut self, bytes: &[u8], at: u64) -> io::Result<()>;

    /// A summary.
    ///
    /// # Errors
    /// Whatever writing gives.
    fn summary(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Input that is held back, in order with what passes. Whoever keeps it can put it back.
    ///
    /// # Errors
    /// Whatever keeping it gives.
    fn hold_back(&mut self, _withheld: &Withheld<'_>) -> io::Result<()> {
        Ok(())
    }

    /// What was held back of a kind up to here is counted in this summary: the text that `summary` is given next, alone
    /// or before that of other kinds; empty if summaries are not written.
    ///
    /// # Errors
    /// Whatever keeping it gives.
    fn close(&mut self, _kind: u64, _summary: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

/// Input that does not pass: a record, or some lines of one.
#[derive(Clone, Copy, Debug)]
pub struct Withheld<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Where they stand in the input.
    pub at: u64,
    /// Of which kind it is: a number that no other kind has, and that the summary is closed under.
    pub kind: u64,
    /// Whether a record begins here; else it goes on, or its head was shown.
    pub begins: bool,
}

impl Output for Vec<u8> {
    fn pass(&mut self, bytes: &[u8], _at: u64) -> io::Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }

    fn summary(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

/// How suspects are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gear {
    /// By their anchors; what lies between is not looked at.
    #[default]
    Skim,
    /// Every record is assembled. Slower, and the same output: the reference that the skim is held against.
    Step,
}

/// How a pipeline works.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How suspects are found.
    pub gear: Gear,
    /// How repeats are counted.
    pub settings: Settings,
    /// How summaries are written.
    pub style: SummaryStyle,
    /// Which envelopes are opened.
    pub format: Format,
    /// Whether what passes is counted: the only thing that looks at every byte a second time.
    pub account: bool,
}
