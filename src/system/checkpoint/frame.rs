//! What stands at the head of a slot, and how it tells whether the slot is whole.

use xxhash_rust::xxh3::xxh3_64;

/// Bytes of a header. All numbers in it are little-endian:
///
/// ```text
///  0  magic "quellck\n"      16  seq       32  room      48  checksum of the payload (XXH3)
///  8  version (u32), 0 (u32) 24  at        40  length    56  checksum of the 56 bytes before
/// ```
pub(super) const HEADER_BYTES: usize = 64;

/// Version of the format.
pub(super) const VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"quellck\n";

/// What a look at a slot gives.
#[derive(Debug)]
pub(super) enum Look {
    /// A whole state and its payload.
    Whole(Frame, Vec<u8>),
    /// It was begun, or damaged later.
    Torn,
    /// A later version of the format.
    Newer(u32),
    /// No slot of ours, or one that was never written.
    Foreign,
}

/// A header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Number of the state.
    pub(super) seq: u64,
    /// Offset of its payload in the file.
    pub(super) at: u64,
    /// Bytes that are set aside there, at least `length`.
    pub(super) room: u64,
    /// Bytes of the payload.
    pub(super) length: u64,
    /// Checksum of the payload.
    checksum: u64,
}

impl Frame {
    /// The header for this payload.
    pub(super) fn of(seq: u64, at: u64, room: u64, payload: &[u8]) -> Frame {
        debug_assert!(payload.len() as u64 <= room);
        Frame {
            seq,
            at,
            room,
            length: payload.len() as u64,
            checksum: xxh3_64(payload),
        }
    }

    /// As it stands in the file.
    pub(super) fn bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        for number in [self.seq, self.at, self.room, self.length, self.checksum] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&xxh3_64(&bytes).to_le_bytes());
        let mut header = [0; HEADER_BYTES];
        header.copy_from_slice(&bytes);
        header
    }

    /// Reads a header, or says what else stands there.
    pub(super) fn parse(header: &[u8]) -> Result<Frame, Look> {
        if !header.starts_with(&MAGIC) {
            return Err(Look::Foreign);
        }
        let Some((own, _)) = header
            .split_last_chunk::<8>()
            .filter(|(own, sum)| header.len() == HEADER_BYTES && xxh3_64(own) == number(sum))
        else {
            return Err(Look::Torn);
        };
        let mut numbers = own
            .chunks_exact(8)
            .filter_map(|chunk| chunk.try_into().ok());
        let mut next = || numbers.next().map_or(0, |chunk: &[u8; 8]| number(chunk));
        let (_magic, version) = (next(), next());
        // The upper half is kept at zero.
        let version = u32::try_from(version).unwrap_or(u32::MAX);
        if version != VERSION {
            return Err(Look::Newer(version));
        }
        let frame = Frame {
            seq: next(),
            at: next(),
            room: next(),
            length: next(),
            checksum: next(),
        };
        if frame.length > frame.room {
            return Err(Look::Torn);
        }
        Ok(frame)
    }

    /// Holds a payload against the header.
    pub(super) fn hold(self, payload: Vec<u8>) -> Look {
        if payload.len() as u64 == self.length && xxh3_64(&payload) == self.checksum {
            Look::Whole(self, payload)
        } else {
            Look::Torn
        }
    }
}

fn number(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
}
