//! What may be done to a file, by its file system and its writers.

use std::fs::File;
use std::io;

use rustix::io::Errno;

use crate::system::reclaim::{Ground, Mark};
use crate::system::writers::Writers;

/// When a file is made shorter, instead of getting a hole at its front.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Shrink {
    /// Where a kill cannot hurt it, and all writers certainly append.
    #[default]
    Auto,
    /// On every file system that can, if all writers append as far as is known.
    Always,
    /// Never.
    Never,
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// About how many bytes are consumed before their space is given back.
    pub chunk: u64,
    /// Whether the file may become shorter.
    pub shrink: Shrink,
    /// The user vouches for it that every writer appends.
    pub appends: bool,
}

impl Policy {
    /// Whether the source may be made shorter now.
    #[must_use]
    pub fn shrinks(&self, source: &File, mark: &Mark) -> bool {
        let ground = Ground::of(source).unwrap_or(Ground::Other);
        let able = match self.shrink {
            Shrink::Never => false,
            Shrink::Auto => ground == Ground::Ext,
            Shrink::Always => true,
        };
        // Looked for at each turn: a writer may have come meanwhile.
        let append = || Writers::others_of(mark.source.identity()).all_append();
        able && !mark.only_punch && (self.appends || append())
    }

    /// Whether the system will always refuse to punch holes into this file.
    #[must_use]
    pub fn is_refusal(cause: &io::Error) -> bool {
        let never = [Errno::OPNOTSUPP, Errno::PERM, Errno::NOSYS, Errno::TXTBSY];
        never
            .iter()
            .any(|errno| cause.raw_os_error() == Some(errno.raw_os_error()))
    }
}
