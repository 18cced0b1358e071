//! The fast path: where in a block something may be noise.

use aho_corasick::packed::{self, Searcher};
use memchr::memmem::Finder;

/// Anchors that one vectorised search looks for at once: up to 16 it has a bucket for each pair of them, up to 32 it works
/// on half as many bytes at a time. Measured over a clean log with 41 anchors, three small searches are as fast as two
/// large ones; beyond 48 the large ones win.
const SHARD_ANCHORS_SMALL: usize = 16;
const SHARD_ANCHORS_LARGE: usize = 32;
const SMALL_SHARDS_MAX: usize = 3;

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
    /// A few anchors, or a machine without the vector instructions: one after the other.
    Single(Finder<'static>),
    Packed(Searcher),
}

impl Skim {
    /// A skim for these anchors. Anchors that begin alike share a shard, so that its buckets stay selective.
    pub fn new(anchors: &[Vec<u8>]) -> Skim {
        let mut sorted: Vec<&Vec<u8>> = anchors.iter().collect();
        sorted.sort();
        let small = sorted.len() <= SHARD_ANCHORS_SMALL * SMALL_SHARDS_MAX;
        let shard = if small {
            SHARD_ANCHORS_SMALL
        } else {
            SHARD_ANCHORS_LARGE
        };
        let mut shards = Vec::new();
        for group in sorted.chunks(shard) {
            let searcher = (group.len() > 1)
                .then(|| {
                    packed::Config::new()
                        .builder()
                        .extend(group.iter().map(|anchor| anchor.as_slice()))
                        .build()
                })
                .flatten();
            match searcher {
                Some(searcher) => shards.push(Shard::Packed(searcher)),
                None => shards.extend(
                    group
                        .iter()
                        .map(|anchor| Shard::Single(Finder::new(anchor.as_slice()).into_owned())),
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
