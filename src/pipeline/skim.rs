//! The fast path: where in a block something may be noise.

use aho_corasick::packed::{self, Searcher};
use memchr::memmem::Finder;

use super::sieve::Sieve;
use crate::rule::anchor::WINDOW_BYTES;

/// Short anchors that one vectorised search looks for at once: up to 16 it has a bucket for each pair of them.
const SHARD_ANCHORS: usize = 16;

/// Looks for the anchors of all rules in force.
///
/// A skim may say "maybe" where nothing is, never "no" where something is: a record without an anchor is taken by no
/// rule, since the anchors of a rule are literals without which it cannot match.
#[derive(Debug)]
pub struct Skim {
    shards: Vec<Shard>,
}

#[derive(Debug)]
enum Shard {
    /// Anchors of eight bytes and more, however many.
    Sieve(Sieve),
    /// Shorter ones.
    Packed(Searcher),
    /// A few of them, or a machine without the vector instructions: one after the other.
    Single(Finder<'static>),
}

impl Skim {
    /// A skim for these anchors. Anchors that begin alike share a shard, so that its buckets stay selective.
    pub fn new(anchors: &[Vec<u8>]) -> Skim {
        let (long, mut short): (Vec<&[u8]>, Vec<&[u8]>) = anchors
            .iter()
            .map(Vec::as_slice)
            .partition(|anchor| anchor.len() >= WINDOW_BYTES);
        short.sort();
        let mut shards = Vec::new();
        if !long.is_empty() {
            shards.push(Shard::Sieve(Sieve::new(long)));
        }
        for group in short.chunks(SHARD_ANCHORS) {
            let builder = || packed::Config::new().builder().extend(group).build();
            match (group.len() > 1).then(builder).flatten() {
                Some(searcher) => shards.push(Shard::Packed(searcher)),
                None => shards.extend(
                    group
                        .iter()
                        .map(|anchor| Shard::Single(Finder::new(*anchor).into_owned())),
                ),
            }
        }
        Skim { shards }
    }

    /// Starts looking through a block.
    pub fn hits<'s, 'b>(&'s self, block: &'b [u8]) -> Hits<'s, 'b> {
        Hits {
            skim: self,
            block,
            next: vec![Next::Unknown; self.shards.len()],
        }
    }

    /// Whether any anchor is in `text`.
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.shards
            .iter()
            .any(|shard| shard.find(text, 0).is_some())
    }
}

impl Shard {
    fn find(&self, block: &[u8], from: usize) -> Option<usize> {
        match self {
            Shard::Sieve(sieve) => sieve.find(block, from),
            Shard::Single(finder) => finder.find(&block[from..]).map(|at| from + at),
            Shard::Packed(searcher) => searcher
                .find_in(block, (from..block.len()).into())
                .map(|found| found.start()),
        }
    }
}

/// The anchors of one block, in order. Each shard remembers its next hit, so that no byte is searched twice.
#[derive(Debug)]
pub struct Hits<'s, 'b> {
    skim: &'s Skim,
    block: &'b [u8],
    next: Vec<Next>,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    Unknown,
    At(usize),
    Never,
}

impl Hits<'_, '_> {
    /// The first anchor at or behind `from`, which never goes back.
    pub fn from(&mut self, from: usize) -> Option<usize> {
        let mut first: Option<usize> = None;
        for (shard, next) in self.skim.shards.iter().zip(&mut self.next) {
            let known = match *next {
                Next::Never => continue,
                Next::At(at) if at >= from => at,
                Next::At(_) | Next::Unknown => match shard.find(self.block, from) {
                    None => {
                        *next = Next::Never;
                        continue;
                    }
                    Some(at) => at,
                },
            };
            *next = Next::At(known);
            first = Some(first.map_or(known, |first| first.min(known)));
        }
        first
    }
}
