//! quell takes a server's log, recognises the records that say no more than "the other end hung up", shows the first of
//! each kind, and replaces the repeats by one-line counted summaries. Everything else passes byte for byte, in order.
//!
//! ```text
//! Source ─► Block ─► skim ─┬─ Plain   ───────────── copied verbatim ─────────────► Sink
//!                          └─ Suspect ─► assemble ─► judge ─► collapse ─► Summary ─► Sink
//! ```
//!
//! The house has floors. A floor may use those below it, never one above:
//!
//! ```text
//! main ─► cli ─► command ─┬─► pipeline ─► episode ─► rule ─► record ─► format ─► line ─► limits   pure: no file, no clock
//!                         └─► system                                                              the machine: knows no rules
//! ```
//!
//! The modules in the order in which to read them, from the ground up:

// Every bound and default, with its unit and its reason.
pub mod limits;
// Bytes become lines, and lines say when they were written.
pub mod line;
// What a line wears.
pub mod format;
// Lines become records.
pub mod record;
// Records become verdicts.
pub mod rule;
// Verdicts become summaries.
pub mod episode;
// The flow, where the stages meet.
pub mod pipeline;
// What was taken out, kept so that it can be put back.
pub mod attic;
// The machine: descriptors, signals, waiting.
pub mod system;
// What can be asked.
pub mod command;
// How it is asked.
pub mod cli;
