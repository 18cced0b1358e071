//! Finished files rewritten small, and everything put back: with real files, real kills and real logrotate.

#[path = "cli/kit.rs"]
mod kit;
// Files that are rewritten, and what is found in them afterwards.
#[path = "compact/files.rs"]
mod files;
// How small an attic is.
#[path = "compact/flood.rs"]
mod flood;
// What the tests share.
#[path = "compact/shelf.rs"]
mod shelf;
