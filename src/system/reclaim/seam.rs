//! The bytes just before a position, by which it is known again.

use std::io;
use std::os::fd::AsFd;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::calls::read_at;
use super::mark::Gap;

/// How many bytes before a position are looked at. At least so many stay in the file when its front is given back.
pub const SEAM_BYTES: u64 = 4096;

/// A fingerprint of the bytes before a position: it tells another content at the same place, not identical lines.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Seam {
    /// How many bytes it is of; fewer than [`SEAM_BYTES`] only near the beginning.
    pub bytes: u64,
    /// Their XXH3 hash.
    pub hash: u64,
}

impl Seam {
    /// Of the last bytes of this text.
    #[must_use]
    pub fn of(text: &[u8]) -> Seam {
        let from = text.len().saturating_sub(SEAM_BYTES as usize);
        let last = text.get(from..).unwrap_or_default();
        Seam {
            bytes: last.len() as u64,
            hash: xxh3_64(last),
        }
    }

    /// Reads it: of the bytes before `end`, those in `gap` left out as if they were not there. `None` if the file has not
    /// so many bytes.
    ///
    /// # Errors
    /// Whatever the system says of the read.
    pub fn before(file: impl AsFd, end: u64, gap: Option<Gap>) -> io::Result<Option<Seam>> {
        let mut text = Vec::new();
        let mut end = end;
        if let Some(gap) = gap.filter(|gap| gap.at < end) {
            let behind = end.saturating_sub(gap.at + gap.bytes).min(SEAM_BYTES);
            if !read_range(&file, end - behind, behind, &mut text)? {
                return Ok(None);
            }
            end = gap.at;
        }
        let bytes = end.min(SEAM_BYTES - text.len() as u64);
        let mut front = Vec::new();
        if !read_range(&file, end - bytes, bytes, &mut front)? {
            return Ok(None);
        }
        front.append(&mut text);
        Ok(Some(Seam::of(&front)))
    }
}

/// Whether the file has all of these bytes, which are appended to `text`.
fn read_range(file: impl AsFd, at: u64, bytes: u64, text: &mut Vec<u8>) -> io::Result<bool> {
    let start = text.len();
    // At most SEAM_BYTES: it fits wherever memory is addressed with 32 bits or more.
    text.resize(start + bytes as usize, 0);
    let read = read_at(file, at, &mut text[start..])?;
    Ok(read as u64 == bytes)
}
