//! The bytes just before a position, by which the position is known again.

use std::io;
use std::os::fd::AsFd;

use rustix::io::retry_on_intr;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::limits::FINGERPRINT_BYTES;

/// What stood just before a position. It tells other text at the same place, not the same text written again.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Fingerprint {
    /// How many bytes it is of: fewer than [`FINGERPRINT_BYTES`] only near the beginning of a file.
    pub bytes: u32,
    /// Their XXH3 hash.
    pub hash: u64,
}

impl Fingerprint {
    /// Of the end of this text.
    #[must_use]
    pub fn of(text: &[u8]) -> Fingerprint {
        let text = last(text);
        Fingerprint {
            // At most FINGERPRINT_BYTES.
            bytes: u32::try_from(text.len()).unwrap_or(u32::MAX),
            hash: xxh3_64(text),
        }
    }

    /// Reads the text before `offset` of a file; fewer bytes than there should be if the file does not reach so far.
    ///
    /// # Errors
    /// Whatever the system says of the read.
    pub fn text_before(file: impl AsFd, offset: u64) -> io::Result<Vec<u8>> {
        let bytes = usize::try_from(offset)
            .map_or(FINGERPRINT_BYTES, |offset| offset.min(FINGERPRINT_BYTES));
        let mut text = vec![0; bytes];
        let mut done = 0;
        while let Some(rest) = text.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset - (bytes - done) as u64;
            match retry_on_intr(|| rustix::io::pread(&file, &mut *rest, at))? {
                0 => break,
                more => done += more,
            }
        }
        text.truncate(done);
        Ok(text)
    }

    /// Whether this is what stands before `offset` of a file; gives the text if it is.
    ///
    /// # Errors
    /// Whatever the system says of the read.
    pub fn find(self, file: impl AsFd, offset: u64) -> io::Result<Option<Vec<u8>>> {
        let text = Fingerprint::text_before(file, offset)?;
        Ok((Fingerprint::of(&text) == self).then_some(text))
    }
}

/// The end of a text, as much of it as a fingerprint is made of.
fn last(text: &[u8]) -> &[u8] {
    text.get(text.len().saturating_sub(FINGERPRINT_BYTES)..)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn a_position_is_known_again_and_other_text_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let text: Vec<u8> = (0..5000_u32).flat_map(u32::to_le_bytes).collect();
        std::fs::write(&path, &text).unwrap();
        let file = File::open(&path).unwrap();
        for offset in [0, 1, 1023, 1024, 1025, 20_000] {
            let print = Fingerprint::of(&text[..offset]);
            let found = print.find(&file, offset as u64).unwrap();
            assert_eq!(found.as_deref(), Some(last(&text[..offset])));
            if offset > 0 {
                assert_eq!(print.find(&file, offset as u64 - 1).unwrap(), None);
            }
        }
        let end = Fingerprint::of(&text);
        assert_eq!(end.find(&file, text.len() as u64 + 9).unwrap(), None);
    }
}
