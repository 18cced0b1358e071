//! What keeps running: sized outputs, programs behind the filter, services. Real processes, files and signals.

#[path = "cli/kit.rs"]
mod kit;
// Programs behind the filter.
#[path = "live/run.rs"]
mod run;
// Many files in one process.
#[path = "live/config.rs"]
mod config;
#[path = "live/journal.rs"]
mod journal;
// What a service manager hears, and the units.
#[path = "live/systemd.rs"]
mod systemd;
// Outputs that are kept to their size.
#[path = "live/sized.rs"]
mod sized;
