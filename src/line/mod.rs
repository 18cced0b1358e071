//! Bytes become lines.
//!
//! In comes a block of bytes, out go lines: ranges of that block, and the time a line says it was written.
//!
//! Invariant: nothing here knows what a record, a trace or a rule is, and nothing is copied.
//! The smallest file, and the one to imitate, is `cut.rs`.

pub mod cut;
pub mod latin;
pub mod stamp;

pub use cut::{Line, line_at, line_before, line_start, place_in};
pub use stamp::{Lacks, Layout, Stamp};
