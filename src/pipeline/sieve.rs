//! Looks for any number of literals at once by looking at every fifth place of a text only.
//!
//! Of any ten bytes in a row, one of the places that are looked at has six bytes within them. So the first ten bytes of
//! each literal are cut into their five pieces of six; a text without any of these pieces at the places that are looked
//! at holds none of the literals. Pieces are looked up by their hash in a table that stays in the first cache, so that
//! the cost does not grow with their number until the table is crowded; then it is larger.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

use crate::rule::anchor::{PIECE_BYTES, WINDOW_BYTES};

/// From one place that is looked at to the next.
const STRIDE: usize = WINDOW_BYTES - PIECE_BYTES + 1;

/// Bytes that are read at one place, of which a piece is the first six.
const READ_BYTES: usize = 8;

/// Places that are looked at before it is asked whether one has struck: what lies between two questions is read
/// without a branch.
const PLACES: usize = 8;
const STRETCH: usize = STRIDE * PLACES;

/// Bytes that are read for one stretch.
const REACH: usize = STRETCH - STRIDE + READ_BYTES;

/// The small table takes half of any first cache; the large one is for rule sets of thousands.
const SMALL: usize = 1 << 14;
const LARGE: usize = 1 << 20;

/// Pieces from which on the large table is used: one place in eight would strike in the small one.
const SMALL_PIECES_MAX: usize = SMALL / 8;

/// What the table holds where no piece is, and where several pieces meet.
const NONE: u8 = 0;
const SEVERAL: u8 = u8::MAX;

/// A search for literals of at least `WINDOW_BYTES` bytes each.
#[derive(Debug)]
pub(super) struct Sieve {
    table: Table,
    /// Where in which literals a piece stands.
    pieces: HashMap<u64, Vec<Spot>, FixedState>,
    literals: Vec<Box<[u8]>>,
}

/// A place in a literal.
#[derive(Debug)]
struct Spot {
    literal: usize,
    offset: usize,
}

#[derive(Debug)]
enum Table {
    Small(Box<[u8; SMALL]>),
    Large(Box<[u8; LARGE]>),
}

impl Sieve {
    /// A search for these literals, each of which has at least `WINDOW_BYTES` bytes; shorter ones are not found.
    pub fn new<'l>(literals: impl IntoIterator<Item = &'l [u8]>) -> Sieve {
        let literals: Vec<Box<[u8]>> = literals.into_iter().map(Box::from).collect();
        let mut pieces: HashMap<u64, Vec<Spot>, FixedState> = HashMap::default();
        for (literal, text) in literals.iter().enumerate() {
            for (offset, bytes) in text.windows(PIECE_BYTES).take(STRIDE).enumerate() {
                let spots = pieces.entry(piece_at(bytes)).or_default();
                spots.push(Spot { literal, offset });
            }
        }
        let table = if pieces.len() <= SMALL_PIECES_MAX {
            Table::Small(filled(pieces.keys()))
        } else {
            Table::Large(filled(pieces.keys()))
        };
        Sieve {
            table,
            pieces,
            literals,
        }
    }

    /// Where the first literal at or behind `from` starts.
    pub fn find(&self, block: &[u8], from: usize) -> Option<usize> {
        match &self.table {
            Table::Small(table) => self.find_by(table, block, from),
            Table::Large(table) => self.find_by(table, block, from),
        }
    }

    fn find_by<const N: usize>(&self, table: &[u8; N], block: &[u8], from: usize) -> Option<usize> {
        let text = block.get(from..)?;
        let mut base = 0;
        while let Some(stretch) = text.get(base..base + REACH) {
            let mut struck = NONE;
            for place in (0..STRETCH).step_by(STRIDE) {
                struck |= table[slot::<N>(read(&stretch[place..place + READ_BYTES]))];
            }
            if struck != NONE
                && let Some(start) = self.find_at(table, text, base..base + STRETCH)
            {
                return Some(from + start);
            }
            base += STRETCH;
        }
        let start = self.find_at(table, text, base..text.len())?;
        Some(from + start)
    }

    /// Where the first literal starts that has a piece at one of these places.
    fn find_at<const N: usize>(
        &self,
        table: &[u8; N],
        text: &[u8],
        places: Range<usize>,
    ) -> Option<usize> {
        places.step_by(STRIDE).find_map(|at| {
            let piece = piece_at(text.get(at..at + PIECE_BYTES)?);
            let mark = table[slot::<N>(piece)];
            let known = mark == SEVERAL || mark == mark_of(piece);
            known.then(|| self.start_of(text, at, piece)).flatten()
        })
    }

    /// Where the first literal starts that has this piece at this place.
    fn start_of(&self, text: &[u8], at: usize, piece: u64) -> Option<usize> {
        let starts = self.pieces.get(&piece)?.iter().filter_map(|spot| {
            let start = at.checked_sub(spot.offset)?;
            let literal = self.literals.get(spot.literal)?;
            text[start..].starts_with(literal).then_some(start)
        });
        starts.min()
    }
}

fn filled<'p, const N: usize>(pieces: impl Iterator<Item = &'p u64>) -> Box<[u8; N]> {
    let mut table = Box::new([NONE; N]);
    for piece in pieces {
        let mark = &mut table[slot::<N>(*piece)];
        *mark = if *mark == NONE {
            mark_of(*piece)
        } else {
            SEVERAL
        };
    }
    table
}

/// The eight bytes that a slice of as many or more begins with.
#[inline(always)]
fn read(b: &[u8]) -> u64 {
    u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])
}

/// The piece that `bytes` begin with, as a number.
fn piece_at(bytes: &[u8]) -> u64 {
    let piece = bytes.iter().take(PIECE_BYTES).rev();
    piece.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A piece's hash: a product in whose upper bits every bit of the piece has its part, and what is read behind the piece
/// has none.
#[inline(always)]
fn hash(read: u64) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    read.wrapping_mul(FACTOR << (8 * (READ_BYTES - PIECE_BYTES)))
}

/// A piece's place in a table of `N` entries, a power of two.
#[inline(always)]
fn slot<const N: usize>(read: u64) -> usize {
    (hash(read) >> (u64::BITS - N.trailing_zeros())) as usize & (N - 1)
}

/// What the table holds for a piece that is alone in its place: neither `NONE` nor `SEVERAL`.
fn mark_of(piece: u64) -> u8 {
    (hash(piece) >> 20) as u8 >> 1 | 0x40
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// What the sieve finds, told by looking at every place for every literal.
    fn first(literals: &[Vec<u8>], text: &[u8], from: usize) -> Option<usize> {
        let starts = from..text.len();
        starts.into_iter().find(|start| {
            literals
                .iter()
                .any(|literal| text[*start..].starts_with(literal))
        })
    }

    /// Few letters, so that pieces are there without their literal, and literals lie across each other.
    fn letters(bytes: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<u8>> {
        vec(prop_oneof![9 => Just(b'a'), 1 => Just(b'b')], bytes)
    }

    proptest! {
        #[test]
        fn finds_the_first_literal_wherever_it_stands(
            literals in vec(letters(WINDOW_BYTES..16), 1..6),
            text in letters(0..200),
            from in 0..200_usize,
        ) {
            let sieve = Sieve::new(literals.iter().map(Vec::as_slice));
            let from = from.min(text.len());
            prop_assert_eq!(sieve.find(&text, from), first(&literals, &text, from));
        }
    }

    #[test]
    fn thousands_of_literals_are_found_as_well() {
        let literals: Vec<String> = (0..3000).map(|at| format!("rule {at:05} ended")).collect();
        let sieve = Sieve::new(literals.iter().map(String::as_bytes));
        assert!(matches!(sieve.table, Table::Large(_)));
        for (at, literal) in literals.iter().enumerate() {
            let text = format!("{}{literal}", "x".repeat(at % 100));
            assert_eq!(sieve.find(text.as_bytes(), 0), Some(at % 100));
        }
        assert_eq!(sieve.find(b"rule 03000 ended, and no other", 0), None);
    }
}
