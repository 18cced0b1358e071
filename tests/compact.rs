//! Finished files rewritten small, and everything put back: with real files, real kills and real logrotate. What is tried
//! where:
//!
//! - killed at every step and at any moment, what is left over is cleaned up by the next run: `kills`
//! - a file that grows, is exchanged or is opened for writing while it is read, one that is young, one that another quell has: `faults`
//! - owner, mode, times, access lists, attributes: `faults`; labels, protected files: `disks`; hard links: `faults`
//! - links, others' links on the way, folders of strangers: `faults`
//! - members and frames in a row, something behind them, cut off, wrong sums, names with paths, windows: `faults`
//! - bombs, by what comes out at all: `faults`; for each byte: `src/system/compress/tests.rs`
//! - full disks, no inodes, read-only folders, attics on other disks: `disks`; names too long for an attic: `faults`
//! - a file that is half compressed: `faults`
//! - not tried, for want of such a file system: one that has no files without a name

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
// What disks do to them.
#[path = "compact/disks.rs"]
mod disks;
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
