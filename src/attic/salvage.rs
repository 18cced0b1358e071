//! What is sound in a damaged attic.

use std::io::{self, Read};

use memchr::memmem::Finder;

use super::chunk::Chunk;
use super::frame::{MARK_BYTES, MARK_TAG, Mark, SKIP_BYTES};
use super::open::open_chunk;
use super::stock::Stocks;

/// Bytes that are read at once.
const READ_BYTES: usize = 256 * 1024;

/// Looks through the bytes of an attic, whatever has become of them, for marks, and gives each chunk whose hash proves it,
/// in the order in which they stand. Memory: one chunk.
///
/// # Errors
/// Reading failed.
pub fn salvage<E: From<io::Error>>(
    from: &mut dyn Read,
    mut found: impl FnMut(Chunk) -> Result<(), E>,
) -> Result<(), E> {
    let finder = Finder::new(MARK_TAG);
    let mut window = Window::new(from);
    let mut stocks = Stocks::default();
    loop {
        let Some(tag) = finder.find(&window.bytes) else {
            // A tag may lie across the end of what is there; nothing else is of use.
            window.forget(
                window
                    .bytes
                    .len()
                    .saturating_sub(MARK_TAG.len() + SKIP_BYTES),
            );
            if window.read()? == 0 {
                return Ok(());
            }
            continue;
        };
        let Some(start) = tag.checked_sub(SKIP_BYTES) else {
            window.forget(tag + 1);
            continue;
        };
        window.forget(start);
        window.read_to(MARK_BYTES)?;
        let Ok(mark) = Mark::read(&window.bytes) else {
            window.forget(SKIP_BYTES + 1);
            continue;
        };
        window.read_to(MARK_BYTES + mark.bytes)?;
        match open_chunk(&window.bytes, &mut stocks) {
            Ok(chunk) => {
                found(chunk)?;
                window.forget(MARK_BYTES + mark.bytes);
            }
            Err(_) => window.forget(SKIP_BYTES + 1),
        }
    }
}

/// A part of what is read.
struct Window<'a> {
    from: &'a mut dyn Read,
    bytes: Vec<u8>,
}

impl Window<'_> {
    fn new(from: &mut dyn Read) -> Window<'_> {
        Window {
            from,
            bytes: Vec::new(),
        }
    }

    /// Lets go of so many bytes.
    fn forget(&mut self, bytes: usize) {
        self.bytes.drain(..bytes.min(self.bytes.len()));
    }

    /// Reads on, and says how far it came.
    fn read(&mut self) -> io::Result<usize> {
        let limit = READ_BYTES as u64;
        (&mut *self.from).take(limit).read_to_end(&mut self.bytes)
    }

    /// Reads until so many bytes are there, or the end is.
    fn read_to(&mut self, bytes: usize) -> io::Result<()> {
        while self.bytes.len() < bytes && self.read()? > 0 {}
        Ok(())
    }
}
