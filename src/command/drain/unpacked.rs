//! The text of a file that was compressed after it had lost the name.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use crate::system::compress::{Bounds, Expanded};
use crate::system::reclaim::Seam;
use crate::system::reclaim::seam::SEAM_BYTES;

/// It is read once, from a place on to its end. All offsets are in the text, which is what the file held.
pub struct Unpacked {
    text: Expanded,
    /// The last bytes that were consumed.
    before: Vec<u8>,
    /// Why its end cannot be read.
    damage: Option<io::Error>,
}

impl Unpacked {
    /// Opens it behind what was consumed; `None` if its text is shorter, or something else than `seam` stands there.
    ///
    /// # Errors
    /// It cannot be read, or is damaged before that place.
    pub fn open(file: File, consumed: u64, seam: Option<Seam>) -> io::Result<Option<Unpacked>> {
        let mut text = Expanded::new(file, Bounds::default())?;
        let near = consumed.min(SEAM_BYTES);
        let mut front = text.by_ref().take(consumed - near);
        io::copy(&mut front, &mut io::sink())?;
        let mut before = Vec::new();
        text.by_ref().take(near).read_to_end(&mut before)?;
        let found = Seam::of(&before);
        let fits = found.bytes == near && seam.is_none_or(|seam| seam == found);
        Ok(fits.then_some(Unpacked {
            text,
            before,
            damage: None,
        }))
    }

    /// Appends up to `most` bytes to `block`; none at the end, or where it is damaged.
    pub fn read(&mut self, block: &mut Vec<u8>, most: u64) {
        let read = self.text.by_ref().take(most).read_to_end(block);
        if let Err(cause) = read {
            self.damage = Some(cause);
        }
    }

    /// Passes over some bytes.
    pub fn pass(&mut self, bytes: u64) {
        let passed = io::copy(&mut self.text.by_ref().take(bytes), &mut io::sink());
        if let Err(cause) = passed {
            self.damage = Some(cause);
        }
    }

    /// Takes notice of bytes that were consumed.
    pub fn consume(&mut self, bytes: &[u8]) {
        // Never more than a gap's NULs or a block.
        self.before.extend_from_slice(bytes);
        let surplus = self.before.len().saturating_sub(SEAM_BYTES as usize);
        self.before.drain(..surplus);
    }

    /// The bytes before the place that was consumed.
    #[must_use]
    pub fn seam(&self) -> Seam {
        Seam::of(&self.before)
    }

    /// Why its end cannot be read, once.
    pub fn damage(&mut self) -> Option<io::Error> {
        self.damage.take()
    }
}

impl fmt::Debug for Unpacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacked").finish_non_exhaustive()
    }
}
