//! Records become verdicts.
//!
//! In comes a record, out goes a verdict: keep it, and why, or collapse it, under which rule, for which cause, and
//! what tells its kind from others.
//!
//! Invariant: a verdict depends on the record and the rules alone, not on time, counts or earlier records. Nothing
//! here writes.
//! The smallest file, and the one to imitate, is `pattern.rs`.

mod again;
pub mod anchor;
mod bar;
pub mod builtin;
pub mod cause;
mod compile;
pub mod draft;
pub mod error;
pub mod file;
mod folded;
mod grams;
mod judge;
mod lookup;
pub mod owner;
pub mod pattern;
mod ports;
pub mod proof;
mod reason;
mod refusal;
mod set;
mod signs;
mod template;
mod traits;
mod types;

pub use error::RuleError;
pub use file::{Side, Tier};
pub use judge::{Finding, Verdict};
pub use reason::{Condition, Reason};
pub use set::{Rule, RuleSet, Selection};
pub use signs::{Call, Signs};
pub use traits::Memory;
