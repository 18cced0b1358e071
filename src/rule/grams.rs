//! Looks for many literals at once in one short text, such as the first line of a record.
//!
//! Of each literal the four bytes that are met least often are kept in a table that stays in the first cache; only where
//! they are met the literal is compared. An automaton over all literals would not fit there.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::anchor::frequency_of_four;
use super::folded::{Letter, Literal};

/// Bytes of a literal that the table is about.
pub(super) const GRAM_BYTES: usize = 4;

/// Bits of the table: 8 KiB.
const BITS: usize = 1 << 16;

/// A search for literals, each with a number of its owner's.
#[derive(Debug)]
pub(super) struct Grams {
    table: Box<[u64; BITS / 64]>,
    spots: HashMap<u32, Vec<Spot>, FixedState>,
}

/// A literal that holds the four bytes.
#[derive(Debug)]
struct Spot {
    literal: Literal,
    /// Where in the literal they end.
    end: usize,
    owner: usize,
}

impl Grams {
    /// A search for these literals; those of fewer than `GRAM_BYTES` bytes are not found.
    pub fn new(literals: impl IntoIterator<Item = (Literal, usize)>) -> Grams {
        let mut table = Box::new([0; BITS / 64]);
        let mut spots: HashMap<u32, Vec<Spot>, FixedState> = HashMap::default();
        for (literal, owner) in literals {
            let small: Vec<u8> = literal
                .iter()
                .map(|letter| letter.byte.to_ascii_lowercase())
                .collect();
            let grams = small.windows(GRAM_BYTES).enumerate();
            let Some((at, gram)) = grams.min_by_key(|(_, gram)| frequency_of_four(gram)) else {
                continue;
            };
            let gram = gram.iter().fold(0, |gram, byte| push(gram, *byte));
            let slot = slot(gram);
            table[slot / 64] |= 1 << (slot % 64);
            spots.entry(gram).or_default().push(Spot {
                end: at + GRAM_BYTES,
                literal,
                owner,
            });
        }
        Grams { table, spots }
    }

    /// The owners of the literals that are in `text`; one of them may come several times.
    pub fn owners<'g>(&'g self, text: &'g [u8]) -> impl Iterator<Item = usize> + 'g {
        let mut gram = 0;
        let ends = text.iter().enumerate().filter_map(move |(at, byte)| {
            gram = push(gram, byte.to_ascii_lowercase());
            let slot = slot(gram);
            (self.table[slot / 64] >> (slot % 64) & 1 == 1).then_some((at + 1, gram))
        });
        ends.flat_map(move |(end, gram)| {
            let spots = self.spots.get(&gram).map(Vec::as_slice).unwrap_or_default();
            let found = spots.iter().filter(move |spot| spot.is_in(text, end));
            found.map(|spot| spot.owner)
        })
    }
}

impl Spot {
    /// Whether the literal is in `text` where its four bytes end at `end`.
    fn is_in(&self, text: &[u8], end: usize) -> bool {
        let start = end.checked_sub(self.end);
        let place = start.and_then(|start| text.get(start..start + self.literal.len()));
        place.is_some_and(|place| {
            place
                .iter()
                .zip(&self.literal)
                .all(|(byte, letter)| letter.is(*byte))
        })
    }
}

impl Letter {
    fn is(self, byte: u8) -> bool {
        byte == self.byte || self.is_free && byte.to_ascii_lowercase() == self.byte
    }
}

#[inline(always)]
fn push(gram: u32, byte: u8) -> u32 {
    gram << 8 | u32::from(byte)
}

/// The place of four bytes in the table.
#[inline(always)]
fn slot(gram: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> (u32::BITS - BITS.trailing_zeros())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Every other literal is one whose letters may be large or small.
    fn written(literal: &str, at: usize) -> Literal {
        let literal = literal.bytes().map(|byte| Letter {
            byte: if at.is_multiple_of(2) {
                byte
            } else {
                byte.to_ascii_lowercase()
            },
            is_free: at % 2 == 1,
        });
        literal.collect()
    }

    proptest! {
        #[test]
        fn finds_what_is_there_and_nothing_else(
            literals in vec("[abAB ]{4,7}", 1..8),
            text in "[abAB ]{0,40}",
        ) {
            let numbered = literals.iter().enumerate();
            let numbered = numbered.map(|(at, literal)| (written(literal, at), at));
            let grams = Grams::new(numbered);
            let mut found: Vec<usize> = grams.owners(text.as_bytes()).collect();
            found.sort_unstable();
            found.dedup();
            let is_there = |at: &usize| {
                let mut places = text.as_bytes().windows(literals[*at].len());
                places.any(|place| match at % 2 {
                    0 => place == literals[*at].as_bytes(),
                    _ => place.eq_ignore_ascii_case(literals[*at].as_bytes()),
                })
            };
            let expected: Vec<usize> = (0..literals.len()).filter(is_there).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
