//! What keeps running: sized outputs, programs behind the filter, services. Real processes, files and signals.

#[path = "cli/kit.rs"]
mod kit;
// Outputs that are kept to their size.
#[path = "live/sized.rs"]
mod sized;
