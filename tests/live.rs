//! What keeps running: sized outputs, programs behind the filter, services. Real processes, files and signals.

#[path = "cli/kit.rs"]
mod kit;
// Programs behind the filter.
#[path = "live/run.rs"]
mod run;
// Outputs that are kept to their size.
#[path = "live/sized.rs"]
mod sized;
