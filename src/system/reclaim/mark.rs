//! What is recorded of a file whose front is given back.

use std::io;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, StatxFlags};
use serde::{Deserialize, Serialize};

use super::rest::Rest;
use super::seam::Seam;
use crate::system::Identity;

/// Version of the record; a newer one is refused.
pub const MARK_VERSION: u32 = 1;

/// Which file it is, told from one that got its inode number later. As with [`Identity`], the device does not matter where
/// it is known when the file was born: it may have another number after the machine was started again.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Birth {
    /// Number of the device.
    pub device: u64,
    /// Number of the inode.
    pub inode: u64,
    /// When it was born, in nanoseconds since 1970; 0 where the file system does not say.
    pub born: i128,
}

impl PartialEq for Birth {
    fn eq(&self, other: &Birth) -> bool {
        let is_dated = self.born != 0;
        (self.born, self.inode) == (other.born, other.inode)
            && (is_dated || self.device == other.device)
    }
}

impl Eq for Birth {}

impl Birth {
    /// Its device and inode: what it is as long as it is open.
    #[must_use]
    pub fn identity(self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// Of an open file.
    ///
    /// # Errors
    /// Whatever the system says of `statx`.
    pub fn of(file: impl AsFd) -> io::Result<Birth> {
        let mask = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
        let stat = rustix::fs::statx(file, c"", AtFlags::EMPTY_PATH, mask)?;
        let born = stat.stx_mask & StatxFlags::BTIME.bits() != 0;
        let nanos =
            i128::from(stat.stx_btime.tv_sec) * 1_000_000_000 + i128::from(stat.stx_btime.tv_nsec);
        Ok(Birth {
            device: rustix::fs::makedev(stat.stx_dev_major, stat.stx_dev_minor),
            inode: stat.stx_ino,
            born: if born { nanos } else { 0 },
        })
    }
}

impl From<Identity> for Birth {
    fn from(identity: Identity) -> Birth {
        Birth {
            device: identity.device,
            inode: identity.inode,
            born: identity.born.into(),
        }
    }
}

impl From<Birth> for Identity {
    fn from(birth: Birth) -> Identity {
        Identity {
            device: birth.device,
            inode: birth.inode,
            // What does not fit in 64 bits is further away than any file system counts.
            born: i64::try_from(birth.born).unwrap_or_default(),
        }
    }
}

/// NULs that an interrupted call, or a writer with a position of its own, left in the midst of a file.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Gap {
    /// Where they begin.
    pub at: u64,
    /// How many they are.
    pub bytes: u64,
}

/// How far a giving back has come.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// None is under way.
    #[default]
    Idle,
    /// A collapse may have begun.
    Intent {
        /// How many bytes it takes out.
        cut: u64,
    },
}

/// Everything that must be known of a file after a kill or a power loss.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Mark {
    /// [`MARK_VERSION`].
    pub version: u32,
    /// Which file is read.
    pub source: Birth,
    /// Offset in it of the first byte that was not consumed.
    pub consumed: u64,
    /// The bytes before it.
    pub seam: Seam,
    /// Bytes that were taken out of its front so far: its first byte once was at this offset.
    pub base: u64,
    /// How many bytes of its front were given back as a hole.
    pub punched: u64,
    /// How far the last giving back has come.
    pub phase: Phase,
    /// NULs that lie before the end and are no content.
    pub gap: Option<Gap>,
    /// This file has a writer whose position a collapse would betray.
    pub only_punch: bool,
    /// How often the file was found shorter than what was consumed: something may have been lost then, not by us.
    pub truncations: u64,
    /// When it was written last, as far as that was seen, in nanoseconds since 1970.
    #[serde(default)]
    pub modified: i64,
    /// Its first bytes, as long as they were there.
    #[serde(default)]
    pub head: Seam,
    /// It is a compressed file, and offsets are in its text.
    #[serde(default)]
    pub packed: bool,
    /// Files that bore its name before, were read to their ends, and may still be written to.
    #[serde(default)]
    pub left: Vec<Rest>,
    /// Bytes that were consumed of the files that bore its name before it, and of it before it was truncated.
    #[serde(default)]
    pub consumed_before: u64,
    /// Bytes of those whose space was given back.
    #[serde(default)]
    pub given_before: u64,
    /// Which file is written.
    pub output: Birth,
    /// How many bytes of it are committed.
    pub output_bytes: u64,
    /// The bytes before its committed end.
    pub output_seam: Seam,
    /// Which file keeps what was taken out, if any does.
    #[serde(default)]
    pub attic: Birth,
    /// How many bytes of it are committed.
    #[serde(default)]
    pub attic_bytes: u64,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// It was written by a newer program.
    #[error("it was written by a newer quell (version {0}), use that one")]
    Newer(u32),
    /// It is no such record.
    #[error("it is not a record of this kind ({0})")]
    Foreign(serde_json::Error),
}

impl Mark {
    /// Bytes that were consumed, of all files that bore the name.
    #[must_use]
    pub fn all_consumed(&self) -> u64 {
        self.consumed_before + self.base + self.consumed
    }

    /// Bytes whose space was given back, of all files that bore the name.
    #[must_use]
    pub fn all_given_back(&self) -> u64 {
        self.given_before + self.base + self.punched
    }

    /// As bytes: one line of JSON, and behind it `rest`, which belongs to somebody else.
    #[must_use]
    pub fn encode(&self, rest: &[u8]) -> Vec<u8> {
        // Numbers and names only: nothing in it can fail to be written as JSON.
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend_from_slice(rest);
        bytes
    }

    /// From bytes; gives what stands behind it as well.
    ///
    /// # Errors
    /// They are of a newer version, or no such record.
    pub fn decode(bytes: &[u8]) -> Result<(Mark, &[u8]), MarkError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        let line = &bytes[..end];
        let Version { version } = serde_json::from_slice(line).map_err(MarkError::Foreign)?;
        if version > MARK_VERSION {
            return Err(MarkError::Newer(version));
        }
        let mark = serde_json::from_slice(line).map_err(MarkError::Foreign)?;
        Ok((mark, bytes.get(end + 1..).unwrap_or_default()))
    }
}
