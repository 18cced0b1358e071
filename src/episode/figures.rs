//! The figures of what was held back, of one window or of a whole log.

use serde::{Deserialize, Serialize};

use super::names::Names;
use crate::limits::LIKELY_AGES_MAX;
use crate::rule::{Call, Signs, Tier};

/// How the connections ended, counted.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// While reading.
    pub reads: u64,
    /// While writing.
    pub writes: u64,
    /// In the midst of making a page.
    pub renders: u64,
    /// The first `LIKELY_AGES_MAX` ages, in milliseconds.
    ages_ms: Vec<u64>,
}

/// The figures of one kind or rule, as far as a cause can be told from them.
#[derive(Clone, Copy, Debug)]
pub struct Figures<'a> {
    /// The cause that the rule stands for.
    pub cause: &'a str,
    /// How sure the rule is.
    pub tier: Tier,
    /// How many records.
    pub count: u64,
    /// In how many windows such records came, so far.
    pub windows: u64,
    /// How many times its running rate this was, if that is a surge.
    pub surge: Option<u64>,
    /// Who hung up.
    pub peers: &'a Names,
    /// How the connections ended.
    pub tally: &'a Tally,
}

/// The figures of all windows of one sort: of a rule's trickle, or of its surges.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Total {
    cause: String,
    tier: Tier,
    /// How many records.
    pub count: u64,
    /// In how many windows.
    pub windows: u64,
    /// The largest surge.
    pub surge: Option<u64>,
    /// When the last of these windows ended, in the log's time: kinds that end together share a window.
    ended: i64,
    peers: Names,
    tally: Tally,
}

impl Tally {
    /// Counts one record.
    pub fn count(&mut self, signs: &Signs) {
        match signs.call {
            Some(Call::Read) => self.reads += 1,
            Some(Call::Write) => self.writes += 1,
            None => {}
        }
        self.renders += u64::from(signs.renders);
        self.ages_ms.extend(signs.age_ms);
        self.ages_ms.truncate(LIKELY_AGES_MAX);
    }

    /// The middle of the known ages in milliseconds, how many are within a twentieth of it, and how many there are.
    #[must_use]
    pub fn common_age(&self) -> Option<(u64, u64, u64)> {
        let mut ages = self.ages_ms.clone();
        ages.sort_unstable();
        let middle = *ages.get(ages.len() / 2)?;
        let near = ages
            .iter()
            .filter(|age| age.abs_diff(middle) <= middle / 20);
        Some((middle, near.count() as u64, ages.len() as u64))
    }

    fn add(&mut self, other: &Tally) {
        self.reads += other.reads;
        self.writes += other.writes;
        self.renders += other.renders;
        self.ages_ms.extend_from_slice(&other.ages_ms);
        self.ages_ms.truncate(LIKELY_AGES_MAX);
    }
}

impl Figures<'_> {
    /// How often the commonest peer is there, and its name, safe to show.
    pub(super) fn most(&self) -> Option<(u64, String)> {
        let top = self.peers.top(1);
        let (name, count) = top.first()?;
        Some((*count, super::summary::escape(name)))
    }

    /// Whether one peer alone makes more than half of it.
    pub(super) fn is_one_sided(&self) -> bool {
        let top = self.peers.top(1);
        top.first().is_some_and(|(_, most)| most * 2 > self.count)
    }
}

impl Total {
    /// The total of one window, which ended at `ended`.
    #[must_use]
    pub fn of(window: &Figures<'_>, ended: i64) -> Total {
        Total {
            cause: window.cause.to_owned(),
            tier: window.tier,
            count: window.count,
            windows: 1,
            surge: window.surge,
            ended,
            peers: window.peers.clone(),
            tally: window.tally.clone(),
        }
    }

    /// Adds another total of the same sort.
    pub fn add(&mut self, other: &Total) {
        self.count += other.count;
        let same = self.ended == other.ended && other.windows == 1;
        self.windows += if same { 0 } else { other.windows };
        self.ended = other.ended;
        self.surge = self.surge.max(other.surge);
        self.peers.add(&other.peers);
        self.tally.add(&other.tally);
    }

    /// Its figures.
    #[must_use]
    pub fn figures(&self) -> Figures<'_> {
        Figures {
            cause: &self.cause,
            tier: self.tier,
            count: self.count,
            windows: self.windows,
            surge: self.surge,
            peers: &self.peers,
            tally: &self.tally,
        }
    }
}
