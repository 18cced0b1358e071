//! Finished files rewritten small, and everything put back: with real files, real kills and real logrotate.

#[path = "cli/kit.rs"]
mod kit;
// Files that are rewritten, and what is found in them afterwards.
#[path = "compact/files.rs"]
mod files;
// What must not harm them.
#[path = "compact/faults.rs"]
mod faults;
// Attics beside outputs that are still written.
#[path = "compact/growing.rs"]
mod growing;
// Killed at any moment.
#[path = "compact/kills.rs"]
mod kills;
// How small an attic is.
#[path = "compact/flood.rs"]
mod flood;
// The recipes for logrotate, and the timer.
#[path = "compact/logrotate.rs"]
mod logrotate;
// What the tests share.
#[path = "compact/shelf.rs"]
mod shelf;
