//! An attic that grows while its log does, and that is gone on with after a kill.

use std::io;
use std::sync::Arc;

use super::chunk::Chunk;
use super::frame::{HEADER_MAGIC, skippable};
use super::number::Damage;
use super::restore::Sum;
use super::seal::{SEAL_BYTES, Seal};
use super::stock::Stock;
use super::store::{Gather, PackedChunk, header};
use crate::limits::{ATTIC_GROWING_BYTES, ATTIC_GROWING_PARTS};

/// An attic that is being written, stretch by stretch. Whoever has the file appends what is [due](Growing::due), and
/// remembers how long the file is then: up to there it is whole after any kill, and from there it is [gone on
/// with](Growing::resume). What was appended behind that is to be cut off.
#[derive(Debug)]
pub struct Growing {
    gather: Gather,
    /// What the stretch comes to so far.
    original: Sum,
    filtered: Sum,
    /// Where it begins, in the original and in what is left.
    begun: (u64, u64),
    /// Whether anything was taken out or put in.
    has_news: bool,
    due: Vec<u8>,
    series: Series,
}

/// The chunks since one that stands alone.
#[derive(Debug, Default)]
struct Series {
    stock: Arc<Stock>,
    chunks: usize,
    bytes: usize,
}

impl Series {
    /// Packs the next chunk. From time to time one stands alone, so that damage does not reach beyond it.
    fn pack(&mut self, chunk: &Chunk) -> io::Result<PackedChunk> {
        if self.chunks >= ATTIC_GROWING_PARTS || self.bytes >= ATTIC_GROWING_BYTES {
            *self = Series::default();
        }
        let packed = PackedChunk::new(chunk, &self.stock)?;
        self.chunks += 1;
        self.bytes += packed.bytes().len();
        self.stock = packed.behind().unwrap_or_else(|| Arc::clone(&self.stock));
        Ok(packed)
    }
}

impl Growing {
    /// At the beginning of a log.
    #[must_use]
    pub fn new() -> Growing {
        let mut growing = Growing::at_places((0, 0));
        growing.due = skippable(HEADER_MAGIC, &header());
        growing.close_stretch();
        growing
    }

    /// Behind the last seal that is in the file: `end` is what the file ends with, at least [`SEAL_BYTES`] of it.
    ///
    /// # Errors
    /// It does not end with a seal.
    pub fn resume(end: &[u8]) -> Result<Growing, Damage> {
        let front = end.len().saturating_sub(SEAL_BYTES);
        let seal = Seal::read(end.get(front..).unwrap_or_default())?;
        Ok(Growing::at_places((seal.original[1], seal.filtered[1])))
    }

    fn at_places((original, filtered): (u64, u64)) -> Growing {
        Growing {
            gather: Gather::at(original, filtered),
            original: Sum::default(),
            filtered: Sum::default(),
            begun: (original, filtered),
            has_news: false,
            due: Vec::new(),
            series: Series::default(),
        }
    }

    /// How far it is, in the original and in what is left of it.
    #[must_use]
    pub fn at(&self) -> (u64, u64) {
        (
            self.begun.0.saturating_add(self.original.bytes()),
            self.begun.1.saturating_add(self.filtered.bytes()),
        )
    }

    /// Whether anything was taken out or put in since the last seal. If not, none is needed: what only passed can be
    /// [skipped](Growing::skip) after a kill.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.has_news
    }

    /// So many bytes stand in both files that nobody shows us: what was there before, or passed before a kill. Nothing
    /// proves them, but they come back as they stand.
    ///
    /// # Errors
    /// zstd has no memory left.
    pub fn skip(&mut self, bytes: u64) -> io::Result<()> {
        self.seal()?;
        let (original, filtered) = self.begun;
        self.begun = (
            original.saturating_add(bytes),
            filtered.saturating_add(bytes),
        );
        self.gather = Gather::at(self.begun.0, self.begun.1);
        Ok(())
    }

    /// These bytes passed as they were.
    pub fn pass(&mut self, bytes: &[u8]) {
        self.gather.pass(bytes.len() as u64);
        self.original.add(bytes);
        self.filtered.add(bytes);
    }

    /// These bytes of a record of that kind were taken out; whether the record begins with them.
    ///
    /// # Errors
    /// zstd has no memory left.
    pub fn take(&mut self, text: &[u8], kind: u64, begins: bool) -> io::Result<()> {
        self.has_news = true;
        self.original.add(text);
        let chunk = self.gather.take(text, kind, begins);
        self.add(chunk)
    }

    /// A summary of that kind was put in.
    ///
    /// # Errors
    /// zstd has no memory left.
    pub fn put_in(&mut self, text: &[u8], kind: u64) -> io::Result<()> {
        self.has_news = true;
        self.filtered.add(text);
        let chunk = self.gather.put_in(text, kind);
        self.add(chunk)
    }

    /// Ends the stretch: once what is due now is in the file, everything up to here is kept. Short stretches make large
    /// attics: 128 bytes for each, and a mark.
    ///
    /// # Errors
    /// zstd has no memory left.
    pub fn seal(&mut self) -> io::Result<()> {
        if self.at() != self.begun {
            let chunk = self.gather.end();
            self.add(chunk)?;
            self.close_stretch();
        }
        Ok(())
    }

    /// What is to be appended to the file; whoever has written it takes it away.
    pub fn due(&mut self) -> &mut Vec<u8> {
        &mut self.due
    }

    fn add(&mut self, chunk: Option<Chunk>) -> io::Result<()> {
        if let Some(chunk) = chunk {
            self.due
                .extend_from_slice(self.series.pack(&chunk)?.bytes());
        }
        Ok(())
    }

    fn close_stretch(&mut self) {
        let end = self.at();
        let seal = Seal {
            original: [self.begun.0, end.0],
            filtered: [self.begun.1, end.1],
            hashes: [self.original.hash(), self.filtered.hash()],
        };
        self.due.extend_from_slice(&seal.write());
        self.begun = end;
        self.original = Sum::default();
        self.filtered = Sum::default();
        self.has_news = false;
    }
}

impl Default for Growing {
    fn default() -> Growing {
        Growing::new()
    }
}

#[cfg(test)]
mod tests;
