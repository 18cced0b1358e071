//! Verdicts become summaries.
//!
//! In comes a finding with its record's time and size, out goes whether the record is shown, and, when a window ends,
//! one summary for each kind that was held back.
//!
//! Invariant: nothing here reads input, a clock or the machine; time comes in as an argument. What is held back is
//! only counted: the text of a record is not kept.
//! The smallest file, and the one to imitate, is `clock.rs`.

pub mod clock;
pub mod collapse;
pub mod figures;
pub mod key;
pub mod likely;
pub mod mask;
pub mod names;
pub mod sighting;
pub mod summary;
pub mod surge;

pub use clock::Clock;
pub use collapse::{Collapse, First, Settings, Treatment};
pub use sighting::Sighting;
pub use summary::{Summary, SummaryStyle};
