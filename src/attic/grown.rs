//! An attic that grows, being read: it has no book, so one is made by reading all of it.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::memmem::Finder;

use super::book::{ATTIC_VERSION, Book, Place};
use super::chunk::Chunk;
use super::frame::{MARK_BYTES, MARK_MAGIC, Mark, SEAL_MAGIC, SKIP_BYTES, skippable_front};
use super::number::Damage;
use super::open::{AtticError, open_chunk};
use super::restore::Stretch;
use super::seal::{SEAL_BYTES, SEAL_TAG, Seal};
use super::stock::Stocks;

/// Bytes that are searched at once.
const SEARCH_BYTES: usize = 256 * 1024;

/// What was found.
#[derive(Debug)]
pub(super) struct Grown {
    pub book: Book,
    pub stretches: Vec<Stretch>,
    /// Bytes of the file up to the end of the last sound seal.
    pub bytes: u64,
}

/// Reads an attic that grows, from behind its header on. `None` if it is of the other sort. What stands behind the last
/// seal was being written when somebody was killed, and does not count. Memory: one chunk and a row for each stretch.
///
/// # Errors
/// It cannot be read, or what is damaged is not its end.
pub(super) fn read<R: Read + Seek>(from: &mut R) -> Result<Option<Grown>, AtticError> {
    let mut at = from.stream_position()?;
    let mut grown = Grown {
        book: Book {
            version: ATTIC_VERSION,
            ..Book::default()
        },
        stretches: Vec::new(),
        bytes: at,
    };
    let mut open = Book::default();
    let mut stocks = Stocks::default();
    while let Some(piece) = next(from, &mut stocks)? {
        if grown.stretches.is_empty() && !matches!(piece, Piece::Seal(_)) {
            return Ok(None);
        }
        let (bytes, chunk) = match piece {
            Piece::Seal(seal) => {
                at += SEAL_BYTES as u64;
                grown.take(seal, &mut open, at)?;
                continue;
            }
            Piece::Chunk(bytes, chunk) => (bytes, chunk),
        };
        add(&mut open, at, bytes, &chunk);
        at += bytes;
    }
    if grown.stretches.is_empty() {
        return Ok(None);
    }
    if is_sealed_behind(from, grown.bytes)? {
        return Err(Damage("a part in its midst has changed").into());
    }
    Ok(Some(grown))
}

impl Grown {
    /// Takes what was read before a seal; the file is that long with it.
    fn take(&mut self, seal: Seal, open: &mut Book, bytes: u64) -> Result<(), Damage> {
        let ends = self.stretches.last().map_or((0, 0), |last| {
            let [original, filtered] = &last.contents;
            (
                last.begins.0.saturating_add(original.bytes),
                last.begins.1.saturating_add(filtered.bytes),
            )
        });
        let begins = (seal.original[0], seal.filtered[0]);
        // What nobody showed stands in both.
        let skipped = [begins.0.checked_sub(ends.0), begins.1.checked_sub(ends.1)];
        if skipped[0].is_none() || skipped[0] != skipped[1] {
            return Err(Damage("a stretch is missing"));
        }
        self.book.records += open.records;
        self.book.taken += open.taken;
        self.book.summaries += open.summaries;
        self.book.chunks.append(&mut open.chunks);
        *open = Book::default();
        self.book.original.bytes = seal.original[1];
        self.book.filtered.bytes = seal.filtered[1];
        self.stretches.push(Stretch {
            begins,
            contents: seal.contents(),
            chunks: self.book.chunks.len(),
        });
        self.bytes = bytes;
        Ok(())
    }
}

fn add(book: &mut Book, at: u64, bytes: u64, chunk: &Chunk) {
    let (original, filtered) = chunk.ends();
    book.records += chunk.records();
    book.taken += chunk.taken();
    book.summaries += chunk.summaries();
    book.chunks.push(Place {
        at,
        bytes,
        original: [chunk.original_at, original],
        filtered: [chunk.filtered_at, filtered],
        records: chunk.records(),
    });
}

/// What stands next in the file.
enum Piece {
    /// A chunk, sound, and its bytes with its mark's.
    Chunk(u64, Chunk),
    Seal(Seal),
}

/// The next piece; `None` where nothing sound comes.
fn next(from: &mut impl Read, stocks: &mut Stocks) -> io::Result<Option<Piece>> {
    let mut bytes = Vec::new();
    let mut read_to = |bytes: &mut Vec<u8>, end: usize| {
        let missing = end.saturating_sub(bytes.len()) as u64;
        from.by_ref().take(missing).read_to_end(bytes)
    };
    read_to(&mut bytes, SKIP_BYTES)?;
    match skippable_front(&bytes) {
        Some((SEAL_MAGIC, _)) => {
            read_to(&mut bytes, SEAL_BYTES)?;
            Ok(Seal::read(&bytes).ok().map(Piece::Seal))
        }
        Some((MARK_MAGIC, _)) => {
            read_to(&mut bytes, MARK_BYTES)?;
            let Ok(mark) = Mark::read(&bytes) else {
                return Ok(None);
            };
            read_to(&mut bytes, MARK_BYTES + mark.bytes)?;
            let chunk = open_chunk(&bytes, stocks).ok();
            Ok(chunk.map(|chunk| Piece::Chunk(bytes.len() as u64, chunk)))
        }
        _ => Ok(None),
    }
}

/// Whether a sound seal stands anywhere behind a place.
fn is_sealed_behind<R: Read + Seek>(from: &mut R, at: u64) -> io::Result<bool> {
    let finder = Finder::new(SEAL_TAG);
    from.seek(SeekFrom::Start(at))?;
    let mut window = Vec::new();
    loop {
        let read = from
            .by_ref()
            .take(SEARCH_BYTES as u64)
            .read_to_end(&mut window)?;
        let is_sealed = finder.find_iter(&window).any(|tag| {
            let seal = tag.checked_sub(SKIP_BYTES).and_then(|at| window.get(at..));
            seal.is_some_and(|seal| Seal::read(seal).is_ok())
        });
        if is_sealed || read == 0 {
            return Ok(is_sealed);
        }
        // A seal may lie across the end of what is there.
        window.drain(..window.len().saturating_sub(SEAL_BYTES));
    }
}
