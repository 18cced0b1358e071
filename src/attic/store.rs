//! An attic being filled.

use std::io::{self, Write};
use std::sync::Arc;

use super::book::{ATTIC_VERSION, Book, Content, Place, Stored};
use super::chunk::{Chunk, Event};
use super::frame::{BOOK_MAGIC, HEADER_MAGIC, MARK_BYTES, packed, seek_table, skippable};
use super::stock::Stock;
use crate::limits::RECORD_BYTES_MAX;

/// What the header says before its version.
pub const HEADER_TAG: &[u8; 12] = b"quell attic\n";

/// Gathers what happens to a log until there is enough for a chunk.
#[derive(Debug, Default)]
pub struct Gather {
    chunk: Chunk,
    /// Bytes that passed since the last event.
    gap: u64,
}

impl Gather {
    /// At the beginning of a log.
    pub fn new() -> Gather {
        Gather::default()
    }

    /// In the midst of a log, at these places of the original and of what is left.
    pub fn at(original: u64, filtered: u64) -> Gather {
        Gather {
            chunk: Chunk::new(original, filtered),
            gap: 0,
        }
    }

    /// So many bytes passed as they were.
    pub fn pass(&mut self, bytes: u64) {
        self.gap += bytes;
    }

    /// These bytes were taken out. Gives the chunk if it is full now.
    pub fn take(&mut self, text: &[u8], kind: u64, mut begins: bool) -> Option<Chunk> {
        // However long, a text never makes a chunk larger than may be read.
        for text in text.chunks(RECORD_BYTES_MAX) {
            let event = Event::Taken { text, kind, begins };
            self.chunk.add(std::mem::take(&mut self.gap), event);
            begins = false;
        }
        self.full()
    }

    /// A summary was put in. Gives the chunk if it is full now.
    pub fn put_in(&mut self, text: &[u8], kind: u64) -> Option<Chunk> {
        let event = Event::PutIn { text, kind };
        self.chunk.add(std::mem::take(&mut self.gap), event);
        self.full()
    }

    /// What there is; nothing if nothing happened. What passed behind it is not part of it.
    pub fn rest(&mut self) -> Option<Chunk> {
        let next = self.chunk.next();
        let rest = std::mem::replace(&mut self.chunk, next);
        (!rest.is_empty()).then_some(rest)
    }

    /// What there is, and what passed behind it: the next chunk begins here.
    pub fn end(&mut self) -> Option<Chunk> {
        let rest = self.rest();
        let gap = std::mem::take(&mut self.gap);
        self.chunk.original_at = self.chunk.original_at.saturating_add(gap);
        self.chunk.filtered_at = self.chunk.filtered_at.saturating_add(gap);
        rest
    }

    fn full(&mut self) -> Option<Chunk> {
        self.chunk.is_full().then(|| self.rest()).flatten()
    }
}

/// A chunk that is ready to be stored.
#[derive(Debug)]
pub struct PackedChunk {
    bytes: Vec<u8>,
    payload_bytes: usize,
    original: [u64; 2],
    filtered: [u64; 2],
    records: u64,
    taken: u64,
    summaries: u64,
    behind: Option<Arc<Stock>>,
}

impl PackedChunk {
    /// Packs a chunk that begins with a stock: the costly part, which depends on nothing else.
    ///
    /// # Errors
    /// zstd has no memory left.
    pub fn new(chunk: &Chunk, stock: &Stock) -> io::Result<PackedChunk> {
        let (payload, behind) = chunk.pack(stock);
        let (original, filtered) = chunk.ends();
        Ok(PackedChunk {
            bytes: packed(&payload)?,
            payload_bytes: payload.len(),
            original: [chunk.original_at, original],
            filtered: [chunk.filtered_at, filtered],
            records: chunk.records(),
            taken: chunk.taken(),
            summaries: chunk.summaries(),
            behind: behind.map(Arc::new),
        })
    }

    /// What the next one may begin with instead, if anything new came.
    pub fn behind(&self) -> Option<Arc<Stock>> {
        self.behind.clone()
    }

    /// The chunk as it stands in the file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What an attic begins with.
pub(super) fn header() -> Vec<u8> {
    let mut header = HEADER_TAG.to_vec();
    header.extend_from_slice(&ATTIC_VERSION.to_le_bytes());
    header
}

/// What is known only when all is done.
#[derive(Clone, Debug, Default)]
pub struct Belongs {
    /// The log as it was.
    pub original: Content,
    /// What is left of it.
    pub filtered: Content,
    /// The file that the original was in.
    pub was: Option<Stored>,
    /// The file that the filtered log is in.
    pub is: Option<Stored>,
}

/// An attic that is being written.
#[derive(Debug)]
pub struct Store<W> {
    out: W,
    at: u64,
    book: Book,
    /// Lengths of the frames so far, packed and unpacked.
    frames: Vec<(u32, u32)>,
}

impl<W: Write> Store<W> {
    /// Begins an attic.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn new(out: W) -> io::Result<Store<W>> {
        let mut store = Store {
            out,
            at: 0,
            book: Book {
                version: ATTIC_VERSION,
                ..Book::default()
            },
            frames: Vec::new(),
        };
        store.write(&skippable(HEADER_MAGIC, &header()), 0)?;
        Ok(store)
    }

    /// Adds a chunk; they come in the order in which they were gathered.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn put(&mut self, chunk: &PackedChunk) -> io::Result<()> {
        let at = self.at;
        let (mark, frame) = chunk.bytes.split_at(chunk.bytes.len().min(MARK_BYTES));
        self.write(mark, 0)?;
        self.write(frame, chunk.payload_bytes)?;
        self.book.records += chunk.records;
        self.book.taken += chunk.taken;
        self.book.summaries += chunk.summaries;
        self.book.chunks.push(Place {
            at,
            bytes: chunk.bytes.len() as u64,
            original: chunk.original,
            filtered: chunk.filtered,
            records: chunk.records,
        });
        Ok(())
    }

    /// Ends the attic, and gives back what it was written to. Nothing is flushed or synced.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn finish(mut self, belongs: Belongs) -> io::Result<W> {
        self.book.original = belongs.original;
        self.book.filtered = belongs.filtered;
        self.book.was = belongs.was;
        self.book.is = belongs.is;
        let text = serde_json::to_vec(&self.book)?;
        let mut payload = blake3::hash(&text).as_bytes().to_vec();
        payload.extend_from_slice(&text);
        self.write(&skippable(BOOK_MAGIC, &payload), 0)?;
        let table = seek_table(&self.frames);
        self.out.write_all(&table)?;
        Ok(self.out)
    }

    fn write(&mut self, frame: &[u8], unpacked: usize) -> io::Result<()> {
        self.out.write_all(frame)?;
        self.at += frame.len() as u64;
        self.frames.push((frame.len() as u32, unpacked as u32));
        Ok(())
    }
}
