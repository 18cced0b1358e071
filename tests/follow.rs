//! Files that are followed through all that befalls them, by the real program. What is tried where:
//!
//! - renamed and created, once and twice between two looks, in chains: `files`, `state`; compressed or removed meanwhile: `state`
//! - cut short, grown again, copied first and compressed, holes, inodes used again, replaced by an editor or by links: `files`, `state`
//! - files, folders and links that come, go and turn elsewhere, what is no file, what may not be read: `ways`
//! - hints that are lost, no watches or no instances left, polling, times that are set back: `files`, `ways`
//! - files that an overlay copies when they are written to: `ways`, where one can be mounted
//! - the real logrotate each second under a fast writer, with kills: `logrotate`; all of it in random order, with kills: `model`
//! - a second program on one state, damaged, torn and foreign states, a state that cannot be written, kills, outputs that others
//!   changed or rotated: `state`
//! - full disks, outputs kept to a size: `live/sized`; pipes, slow and gone readers, signals, descriptors: `cli/faults_pipe`, `cli/live`
//! - not tried: a quota, since root has none; NFS and FUSE, which a test cannot mount (polling is what is used there); errors of
//!   a disk, which need one; cut and grown again to the very same text, which cannot be seen; writing through a mapping, which
//!   makes a file grow before there is text in it, so that NULs pass

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
