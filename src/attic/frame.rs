//! Frames: what an attic's file is made of. Together they are a valid zstd file in the seekable format.
//!
//! A *skippable* frame holds what other zstd programs pass over; a *packed* one is ordinary zstd. Each packed frame has
//! a mark before it, a skippable frame with its length and its hash, so that it can be found and proven even where
//! everything around it is lost.

use std::io::{self, Read};

use super::number::Damage;
use crate::limits::{ATTIC_FRAME_BYTES_MAX, ATTIC_PAYLOAD_BYTES_MAX};

/// First frame of the file: what it is, and its version.
pub const HEADER_MAGIC: u32 = 0x184D_2A51;
/// Frame before a packed one.
pub const MARK_MAGIC: u32 = 0x184D_2A52;
/// Frame that holds the book.
pub const BOOK_MAGIC: u32 = 0x184D_2A53;
/// Frame that ends a stretch in an attic that grows.
pub const SEAL_MAGIC: u32 = 0x184D_2A54;
/// Last frame of the file: the seek table, by the rules of the seekable format.
pub const TABLE_MAGIC: u32 = 0x184D_2A5E;

/// Ends the file; also by the rules of the seekable format.
const SEEKABLE_MAGIC: u32 = 0x8F92_EAB1;

/// Bytes before the payload of a skippable frame: its magic number and its length.
pub const SKIP_BYTES: usize = 8;

/// Bytes at the end of the file: the number of frames, one byte of flags, the magic number.
pub const FOOTER_BYTES: usize = 9;

/// Bytes of one row in the seek table: two lengths, no checksum (the marks have better ones).
const ROW_BYTES: usize = 8;

/// What a mark begins with, so that it is found in a damaged file.
pub const MARK_TAG: &[u8; 8] = b"quellchk";

/// Bytes of a hash in a mark: half of the whole one is more than enough against accidents.
const MARK_HASH_BYTES: usize = 16;

/// Bytes of a mark with its frame's own: tag, length and hash of the packed frame that follows.
pub const MARK_BYTES: usize = SKIP_BYTES + MARK_TAG.len() + 4 + MARK_HASH_BYTES;

/// How hard zstd tries for what has been packed well already: there is little of it.
const LEVEL_SMALL: i32 = 9;
/// How hard it tries for what could not be.
const LEVEL_LARGE: i32 = 3;
/// Bytes up to which a payload is small.
const SMALL_BYTES: usize = 512 * 1024;

/// A skippable frame.
pub fn skippable(magic: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(SKIP_BYTES + payload.len());
    frame.extend_from_slice(&magic.to_le_bytes());
    frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// The magic number and the payload's length that a skippable frame begins with.
pub fn skippable_front(front: &[u8]) -> Option<(u32, usize)> {
    Some((number_at(front, 0)?, number_at(front, 4)? as usize))
}

/// A packed frame with its mark.
///
/// # Errors
/// zstd has no memory left.
pub fn packed(payload: &[u8]) -> io::Result<Vec<u8>> {
    let level = if payload.len() <= SMALL_BYTES {
        LEVEL_SMALL
    } else {
        LEVEL_LARGE
    };
    let frame = zstd::bulk::compress(payload, level)?;
    let mut mark = MARK_TAG.to_vec();
    mark.extend_from_slice(&(frame.len() as u32).to_le_bytes());
    mark.extend_from_slice(&mark_hash(&frame));
    let mut bytes = skippable(MARK_MAGIC, &mark);
    bytes.extend_from_slice(&frame);
    Ok(bytes)
}

/// A mark that was read: how long the packed frame behind it is, and what its hash must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Bytes of the packed frame.
    pub bytes: usize,
    hash: [u8; MARK_HASH_BYTES],
}

impl Mark {
    /// Reads a mark, its frame's front included.
    ///
    /// # Errors
    /// It is none.
    pub fn read(bytes: &[u8]) -> Result<Mark, Damage> {
        let none = Damage("there is no mark before it");
        let front = skippable_front(bytes).ok_or(none)?;
        let mark = bytes.get(SKIP_BYTES..MARK_BYTES).ok_or(none)?;
        let rest = mark.strip_prefix(MARK_TAG).ok_or(none)?;
        let length = number_at(rest, 0).ok_or(none)? as usize;
        let hash = rest.get(4..).and_then(|hash| hash.try_into().ok());
        if front != (MARK_MAGIC, mark.len()) || length > ATTIC_FRAME_BYTES_MAX {
            return Err(none);
        }
        Ok(Mark {
            bytes: length,
            hash: hash.ok_or(none)?,
        })
    }

    /// The payload of the packed frame that this mark stood before.
    ///
    /// # Errors
    /// It is another frame, or one whose payload is larger than any.
    pub fn open(&self, frame: &[u8]) -> Result<Vec<u8>, Damage> {
        if mark_hash(frame) != self.hash {
            return Err(Damage("its bytes have changed"));
        }
        let wrong = |_| Damage("zstd cannot read it");
        let decoder = zstd::stream::read::Decoder::with_buffer(frame).map_err(wrong)?;
        let mut payload = Vec::new();
        let limit = ATTIC_PAYLOAD_BYTES_MAX as u64 + 1;
        let read = decoder.single_frame().take(limit).read_to_end(&mut payload);
        read.map_err(wrong)?;
        if payload.len() > ATTIC_PAYLOAD_BYTES_MAX {
            return Err(Damage("it is larger than any"));
        }
        Ok(payload)
    }
}

fn mark_hash(frame: &[u8]) -> [u8; MARK_HASH_BYTES] {
    let mut half = [0; MARK_HASH_BYTES];
    for (to, from) in half.iter_mut().zip(blake3::hash(frame).as_bytes()) {
        *to = *from;
    }
    half
}

/// The seek table's frame for frames with these lengths, packed and unpacked.
pub fn seek_table(frames: &[(u32, u32)]) -> Vec<u8> {
    let mut table = Vec::with_capacity(frames.len() * ROW_BYTES + FOOTER_BYTES);
    for (packed, unpacked) in frames {
        table.extend_from_slice(&packed.to_le_bytes());
        table.extend_from_slice(&unpacked.to_le_bytes());
    }
    table.extend_from_slice(&(frames.len() as u32).to_le_bytes());
    table.push(0);
    table.extend_from_slice(&SEEKABLE_MAGIC.to_le_bytes());
    skippable(TABLE_MAGIC, &table)
}

/// Bytes of the seek table's frame, from the footer that ends it.
///
/// # Errors
/// It is no footer.
pub fn table_bytes(footer: &[u8]) -> Result<u64, Damage> {
    let frames = number_at(footer, 0).filter(|_| number_at(footer, 5) == Some(SEEKABLE_MAGIC));
    let frames = frames.ok_or(Damage("its end is missing"))?;
    Ok(SKIP_BYTES as u64 + u64::from(frames) * ROW_BYTES as u64 + FOOTER_BYTES as u64)
}

/// Bytes of the last frame in a seek table, its row being given: the book's.
pub fn row_bytes(row: &[u8]) -> Option<u64> {
    number_at(row, 0).map(u64::from)
}

fn number_at(bytes: &[u8], at: usize) -> Option<u32> {
    let number = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(number.try_into().ok()?))
}
