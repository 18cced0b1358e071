//! Files that are followed through all that befalls them, by the real program. What is tried where:
//!
//! - renamed and created, once and twice between two looks, in chains: `files`, `state`; compressed or removed meanwhile: `state`
//! - cut short, grown again, copied first, holes, inodes used again, replaced by an editor or by links: `files`
//! - files, folders and links that come, go and turn elsewhere, what is no file, what may not be read: `ways`
//! - hints that are lost, polling, times that are set back: `files`; all of it in random order: `model`
//! - a second program on one state, damaged, torn and foreign states, kills, outputs that others changed or rotated: `state`
//! - not tried, for want of the means: files on NFS and FUSE, copies that an overlay makes, mapped writers, a quota

#[path = "cli/kit.rs"]
mod kit;
// What happens to a file that is followed.
#[path = "follow/files.rs"]
mod files;
// What happens to the names, the folders and the links on the way to it.
#[path = "follow/ways.rs"]
mod ways;
// Random lists of what may happen, against a model.
#[path = "follow/model.rs"]
mod model;
// The same by the real logrotate, under a fast writer.
#[path = "follow/logrotate.rs"]
mod logrotate;
// What survives the program.
#[path = "follow/state.rs"]
mod state;
// Where the lines of many files go.
#[path = "follow/outputs.rs"]
mod outputs;
