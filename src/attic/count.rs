//! Which records a summary speaks of.

use std::collections::HashMap;
use std::io::{Read, Seek};

use super::chunk::Event;
use super::open::{Attic, AtticError};

/// A summary, and what is counted in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The how many-th summary of the file it is, from 1 on; 0 for what is in none, because only later lines of records
    /// whose head was shown were taken.
    pub number: u64,
    /// Its text, as it stands in the file.
    pub text: Vec<u8>,
    /// The number of its kind.
    pub kind: u64,
    /// Records that were taken out.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The events that make it up: from the first to the summary itself, as numbers of chunk and event.
    pub span: [(usize, usize); 2],
}

/// Gives each summary of an attic in order, then what is in none. Memory: one chunk and a row for each kind.
///
/// # Errors
/// See [`AtticError`], and what `each` gives.
pub fn summaries<R: Read + Seek, E: From<AtticError>>(
    attic: &mut Attic<R>,
    mut each: impl FnMut(&Counted) -> Result<(), E>,
) -> Result<(), E> {
    let mut open: HashMap<u64, Counted> = HashMap::new();
    let mut number = 0;
    let mut end = (0, 0);
    for at in 0..attic.len() {
        let chunk = attic.chunk(at)?;
        for (row, (_, event)) in chunk.events().enumerate() {
            end = (at, row);
            match event {
                Event::Taken { text, kind, begins } => {
                    let counted = open.entry(kind).or_insert_with(|| Counted::new(kind, end));
                    counted.records += u64::from(begins);
                    counted.bytes += text.len() as u64;
                }
                Event::PutIn { text, kind } => {
                    let counted = open.remove(&kind);
                    let mut counted = counted.unwrap_or_else(|| Counted::new(kind, end));
                    number += 1;
                    counted.number = number;
                    counted.text = text.to_vec();
                    counted.span[1] = end;
                    each(&counted)?;
                }
            }
        }
    }
    let mut left: Vec<Counted> = open.into_values().collect();
    left.sort_by_key(|counted| counted.span[0]);
    for mut counted in left {
        counted.span[1] = end;
        each(&counted)?;
    }
    Ok(())
}

impl Counted {
    fn new(kind: u64, first: (usize, usize)) -> Counted {
        Counted {
            number: 0,
            text: Vec::new(),
            kind,
            records: 0,
            bytes: 0,
            span: [first, first],
        }
    }
}

/// Gives the bytes that a summary speaks of, in order.
///
/// # Errors
/// See [`AtticError`], and what `each` gives.
pub fn records<R: Read + Seek, E: From<AtticError>>(
    attic: &mut Attic<R>,
    counted: &Counted,
    mut each: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let [first, last] = counted.span;
    for at in first.0..=last.0 {
        let chunk = attic.chunk(at)?;
        for (row, (_, event)) in chunk.events().enumerate() {
            match event {
                Event::Taken { text, kind, .. }
                    if kind == counted.kind && (first..=last).contains(&(at, row)) =>
                {
                    each(text)?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}
