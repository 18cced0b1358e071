//! Seals: what an attic that grows says after each stretch of its log, so that it can be proven, and gone on with, up to
//! there.

use super::book::Content;
use super::frame::{SEAL_MAGIC, SKIP_BYTES, skippable, skippable_front};
use super::number::Damage;

/// What a seal begins with, so that it is found in a damaged file.
pub const SEAL_TAG: &[u8; 8] = b"quellcut";

/// Bytes of a hash.
const HASH_BYTES: usize = 32;

/// Bytes of the hash that proves the seal itself.
const CHECK_BYTES: usize = 16;

/// Bytes of the four places.
const PLACES_BYTES: usize = 4 * 8;

/// Bytes of what a seal says: two hashes and four places.
const BODY_BYTES: usize = 2 * HASH_BYTES + PLACES_BYTES;

/// Bytes of a seal with its frame's own.
pub const SEAL_BYTES: usize = SKIP_BYTES + SEAL_TAG.len() + CHECK_BYTES + BODY_BYTES;

/// A stretch of a log, from where to where it reaches in the original and in what is left, and what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// From where to where it reaches in the original.
    pub original: [u64; 2],
    /// From where to where it reaches in what is left.
    pub filtered: [u64; 2],
    /// The BLAKE3 hashes of both.
    pub hashes: [[u8; HASH_BYTES]; 2],
}

impl Seal {
    /// The seal as a frame.
    pub fn write(&self) -> Vec<u8> {
        let mut body = self.hashes.concat();
        for place in [self.original, self.filtered].as_flattened() {
            body.extend_from_slice(&place.to_le_bytes());
        }
        let mut payload = SEAL_TAG.to_vec();
        payload.extend_from_slice(&check(&body));
        payload.extend_from_slice(&body);
        skippable(SEAL_MAGIC, &payload)
    }

    /// Reads a seal, its frame's front included.
    ///
    /// # Errors
    /// It is none.
    pub fn read(bytes: &[u8]) -> Result<Seal, Damage> {
        let none = Damage("there is no seal at its end");
        let payload = bytes.get(SKIP_BYTES..SEAL_BYTES).ok_or(none)?;
        if skippable_front(bytes) != Some((SEAL_MAGIC, payload.len())) {
            return Err(none);
        }
        let rest = payload.strip_prefix(SEAL_TAG).ok_or(none)?;
        let (proof, body) = rest.split_at_checked(CHECK_BYTES).ok_or(none)?;
        if check(body) != *proof {
            return Err(none);
        }
        let [original, filtered] = [0, HASH_BYTES].map(|at| array_at(body, at));
        let place = |number: usize| {
            let bytes = array_at(body, 2 * HASH_BYTES + number * 8);
            bytes.map(u64::from_le_bytes).ok_or(none)
        };
        let seal = Seal {
            original: [place(0)?, place(1)?],
            filtered: [place(2)?, place(3)?],
            hashes: [original.ok_or(none)?, filtered.ok_or(none)?],
        };
        let in_order = seal.original[0] <= seal.original[1] && seal.filtered[0] <= seal.filtered[1];
        in_order.then_some(seal).ok_or(none)
    }

    /// What stands in the stretch, in the original and in what is left.
    pub fn contents(&self) -> [Content; 2] {
        let content = |[from, to]: [u64; 2], hash: [u8; HASH_BYTES]| Content {
            bytes: to.saturating_sub(from),
            blake3: blake3::Hash::from_bytes(hash).to_hex().to_string(),
        };
        let [original, filtered] = self.hashes;
        [
            content(self.original, original),
            content(self.filtered, filtered),
        ]
    }
}

fn check(body: &[u8]) -> [u8; CHECK_BYTES] {
    array_at(blake3::hash(body).as_bytes(), 0).unwrap_or_default()
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}
