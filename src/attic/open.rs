//! An attic being read.

use std::io::{self, Read, Seek, SeekFrom};

use thiserror::Error;

use super::book::{ATTIC_VERSION, Book, Place};
use super::chunk::Chunk;
use super::frame::{
    BOOK_MAGIC, FOOTER_BYTES, HEADER_MAGIC, MARK_BYTES, Mark, SKIP_BYTES, row_bytes,
    skippable_front, table_bytes,
};
use super::grown::{self, Grown};
use super::number::Damage;
use super::restore::Stretch;
use super::stock::Stocks;
use super::store::HEADER_TAG;
use crate::limits::{ATTIC_BOOK_BYTES_MAX, ATTIC_FRAME_BYTES_MAX};

/// Bytes of the hash before the book.
const BOOK_HASH_BYTES: usize = 32;

/// Why an attic cannot be read.
#[derive(Debug, Error)]
pub enum AtticError {
    /// Reading failed.
    #[error("reading failed ({0})")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("this is no attic")]
    Foreign,
    /// A newer quell has made it.
    #[error("this attic has version {0}, read it with a newer quell")]
    Newer(u32),
    /// Its bytes have changed, or some are missing.
    #[error("this attic is damaged ({}), what is sound in it can be had with --salvage", .0.0)]
    Damaged(Damage),
}

impl From<Damage> for AtticError {
    fn from(damage: Damage) -> AtticError {
        AtticError::Damaged(damage)
    }
}

/// An open attic.
#[derive(Debug)]
pub struct Attic<R> {
    from: R,
    book: Book,
    /// What it proves, in order.
    stretches: Vec<Stretch>,
    /// How many of its bytes count, if it grows.
    grown_bytes: Option<u64>,
    /// What is known from the chunks that were read last.
    stocks: Stocks,
}

impl<R: Read + Seek> Attic<R> {
    /// Opens an attic and reads its book; its chunks are read when they are asked for.
    ///
    /// # Errors
    /// See [`AtticError`].
    pub fn open(mut from: R) -> Result<Attic<R>, AtticError> {
        read_header(&mut from)?;
        if let Some(Grown {
            book,
            stretches,
            bytes,
        }) = grown::read(&mut from)?
        {
            return Ok(Attic {
                from,
                book,
                stretches,
                grown_bytes: Some(bytes),
                stocks: Stocks::default(),
            });
        }
        let book = read_book(&mut from)?;
        Ok(Attic {
            from,
            stretches: vec![Stretch::whole(&book)],
            book,
            grown_bytes: None,
            stocks: Stocks::default(),
        })
    }

    /// What it proves, in order: all of its log, or, if it grows, what came to it at once.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// How many bytes of it count, if it is one that grows: what stands behind them was being written when somebody was
    /// killed. `None` for one that is finished.
    pub fn grown_bytes(&self) -> Option<u64> {
        self.grown_bytes
    }

    /// What it says of itself.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// How many chunks there are.
    pub fn len(&self) -> usize {
        self.book.chunks.len()
    }

    /// Whether nothing was taken out.
    pub fn is_empty(&self) -> bool {
        self.book.chunks.is_empty()
    }

    /// Reads a chunk.
    ///
    /// # Errors
    /// See [`AtticError`].
    pub fn chunk(&mut self, number: usize) -> Result<Chunk, AtticError> {
        let payload = self.payload(number)?;
        let chunk = match Chunk::unpack(&payload, &mut self.stocks) {
            Err(_) if !Chunk::stands_alone(&payload) => {
                self.read_series(number)?;
                Chunk::unpack(&payload, &mut self.stocks)?
            }
            unpacked => unpacked?,
        };
        let place = self.book.chunks.get(number);
        if place.is_some_and(|place| is_at(&chunk, place)) {
            Ok(chunk)
        } else {
            Err(Damage("a part stands in another's place").into())
        }
    }

    /// Reads what comes before a chunk, from the last one on that stands alone.
    fn read_series(&mut self, number: usize) -> Result<(), AtticError> {
        let mut first = number;
        while first > 0 {
            first -= 1;
            if Chunk::stands_alone(&self.payload(first)?) {
                break;
            }
        }
        for number in first..number {
            Chunk::unpack(&self.payload(number)?, &mut self.stocks)?;
        }
        Ok(())
    }

    /// What a chunk's frame holds.
    fn payload(&mut self, number: usize) -> Result<Vec<u8>, AtticError> {
        let place = self.book.chunks.get(number);
        let place = place.ok_or(Damage("a part is missing"))?;
        let bytes = usize::try_from(place.bytes).unwrap_or(usize::MAX);
        if bytes > MARK_BYTES + ATTIC_FRAME_BYTES_MAX {
            return Err(Damage("a part is larger than any").into());
        }
        Ok(payload_of(&read_at(&mut self.from, place.at, bytes)?)?)
    }
}

/// The chunk that a mark and its frame hold.
pub(super) fn open_chunk(bytes: &[u8], stocks: &mut Stocks) -> Result<Chunk, Damage> {
    Chunk::unpack(&payload_of(bytes)?, stocks)
}

fn payload_of(bytes: &[u8]) -> Result<Vec<u8>, Damage> {
    let mark = Mark::read(bytes)?;
    let frame = bytes.get(MARK_BYTES..MARK_BYTES.saturating_add(mark.bytes));
    mark.open(frame.ok_or(Damage("it ends too early"))?)
}

fn is_at(chunk: &Chunk, place: &Place) -> bool {
    let (original, filtered) = chunk.ends();
    place.original == [chunk.original_at, original]
        && place.filtered == [chunk.filtered_at, filtered]
}

/// Sees to it that this is an attic, and one that can be read here.
fn read_header(from: &mut impl Read) -> Result<(), AtticError> {
    let mut header = [0; SKIP_BYTES + HEADER_TAG.len() + 4];
    match from.read_exact(&mut header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(AtticError::Foreign);
        }
        read => read?,
    }
    let (front, rest) = header.split_at(SKIP_BYTES);
    let version = rest
        .strip_prefix(HEADER_TAG)
        .and_then(|version| version.try_into().ok());
    match (skippable_front(front), version.map(u32::from_le_bytes)) {
        (Some((HEADER_MAGIC, bytes)), Some(ATTIC_VERSION)) if bytes == rest.len() => Ok(()),
        (Some((HEADER_MAGIC, _)), Some(version)) if version > ATTIC_VERSION => {
            Err(AtticError::Newer(version))
        }
        _ => Err(AtticError::Foreign),
    }
}

/// Finds the book, which stands before the seek table at the end.
fn read_book<R: Read + Seek>(from: &mut R) -> Result<Book, AtticError> {
    let cut = Damage("its end is missing");
    let end = from.seek(SeekFrom::End(0))?;
    let back = |end: u64, bytes: u64| end.checked_sub(bytes).ok_or(cut);
    let footer_at = back(end, FOOTER_BYTES as u64)?;
    let footer = read_at(from, footer_at, FOOTER_BYTES)?;
    let table_at = back(end, table_bytes(&footer)?)?;
    let row = read_at(from, back(footer_at, 8)?, 8)?;
    let bytes = row_bytes(&row)
        .filter(|bytes| *bytes <= ATTIC_BOOK_BYTES_MAX)
        .ok_or(cut)?;
    let book_at = back(table_at, bytes)?;
    let frame = read_at(from, book_at, usize::try_from(bytes).unwrap_or_default())?;
    let front = skippable_front(&frame);
    let payload = frame.get(SKIP_BYTES..).unwrap_or_default();
    if front != Some((BOOK_MAGIC, payload.len())) {
        return Err(cut.into());
    }
    let (hash, text) = payload.split_at_checked(BOOK_HASH_BYTES).ok_or(cut)?;
    if blake3::hash(text).as_bytes() != hash {
        return Err(Damage("its list of parts has changed").into());
    }
    serde_json::from_slice(text).map_err(|_| Damage("its list of parts has changed").into())
}

fn read_at<R: Read + Seek>(from: &mut R, at: u64, bytes: usize) -> Result<Vec<u8>, AtticError> {
    from.seek(SeekFrom::Start(at))?;
    let mut read = Vec::new();
    from.take(bytes as u64).read_to_end(&mut read)?;
    if read.len() == bytes {
        Ok(read)
    } else {
        Err(Damage("it ends too early").into())
    }
}
