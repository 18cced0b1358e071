//! Counting by name with a bound on the names.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::limits::NAMES_MAX;
use crate::line::latin;

/// Counts of peers, or of paths: the first `NAMES_MAX` by name, the rest together.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(from = "SavedNames", into = "SavedNames")]
pub struct Names {
    counts: HashMap<Box<[u8]>, u64, foldhash::fast::RandomState>,
    others: u64,
}

/// Counts as they are written down: as pairs, since a name may be any bytes.
#[derive(Deserialize, Serialize)]
struct SavedNames {
    counts: Vec<(String, u64)>,
    others: u64,
}

impl From<Names> for SavedNames {
    fn from(names: Names) -> SavedNames {
        let mut counts: Vec<(String, u64)> = names
            .counts
            .iter()
            .map(|(name, count)| (latin::text(name), *count))
            .collect();
        counts.sort();
        SavedNames {
            counts,
            others: names.others,
        }
    }
}

impl From<SavedNames> for Names {
    fn from(saved: SavedNames) -> Names {
        let counts = saved.counts.into_iter().filter_map(|(name, count)| {
            let name = latin::bytes(&name)?;
            Some((name.into_boxed_slice(), count))
        });
        Names {
            counts: counts.take(NAMES_MAX).collect(),
            others: saved.others,
        }
    }
}

impl Names {
    /// Counts one more of `name`.
    pub fn count(&mut self, name: &[u8]) {
        if let Some(count) = self.counts.get_mut(name) {
            *count += 1;
        } else if self.counts.len() < NAMES_MAX {
            self.counts.insert(name.into(), 1);
        } else {
            self.others += 1;
        }
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &Names) {
        for (name, count) in &other.counts {
            if let Some(own) = self.counts.get_mut(name) {
                *own += count;
            } else if self.counts.len() < NAMES_MAX {
                self.counts.insert(name.clone(), *count);
            } else {
                self.others += count;
            }
        }
        self.others += other.others;
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.counts.values().sum::<u64>() + self.others
    }

    /// How many different names there are; at least so many if `is_full`.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Whether there were more names than are counted apart.
    pub fn is_full(&self) -> bool {
        self.others > 0
    }

    /// The `most` commonest, with their counts; equal counts in the order of their names.
    pub fn top(&self, most: usize) -> Vec<(&[u8], u64)> {
        let mut all: Vec<(&[u8], u64)> = self
            .counts
            .iter()
            .map(|(name, count)| (&**name, *count))
            .collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.truncate(most);
        all
    }

    /// Forgets all counts.
    pub fn clear(&mut self) {
        self.counts.clear();
        self.others = 0;
    }
}
