//! The account: what came in, what passed, what was held back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::episode::Summary;
use crate::episode::figures::Total;
use crate::episode::likely::{Likely, likely};
use crate::rule::{Rule, Tier};

/// Bytes, lines and records.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Bytes.
    pub bytes: u64,
    /// Line endings, so that a last line without one is not counted.
    pub lines: u64,
    /// Records that were looked at: those with an anchor in them. The fast path does not count the others.
    pub records: u64,
}

/// Everything that was counted.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// What was read.
    pub input: Amount,
    /// What was written as it was.
    pub passed: Amount,
    /// What was held back, each record in exactly one summary's count.
    pub suppressed: Amount,
    /// Summaries.
    pub summaries: u64,
    /// Records that passed unjudged because they outgrew a bound.
    pub oversize: u64,
    /// Lines and records that passed unread because their envelope is damaged, as far as they hold an anchor.
    pub malformed: u64,
    /// Kinds given up because the table was full.
    pub evicted: u64,
    /// Held back, by rule.
    pub by_rule: BTreeMap<String, Amount>,
    /// Held back, by tier.
    pub by_tier: BTreeMap<Tier, Amount>,
    /// Held back, by cause.
    pub by_cause: BTreeMap<String, Amount>,
    /// Of each rule, the figures of its trickle and of its surges.
    #[serde(skip)]
    pub figures: BTreeMap<String, [Option<Total>; 2]>,
}

impl Amount {
    /// Adds another amount.
    pub fn add(&mut self, other: Amount) {
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.records += other.records;
    }
}

impl Ledger {
    /// Counts bytes that were passed on.
    pub fn pass(&mut self, bytes: &[u8]) {
        let newlines = memchr::memchr_iter(b'\n', bytes).count() as u64;
        let amount = Amount {
            bytes: bytes.len() as u64,
            lines: newlines,
            records: 0,
        };
        self.input.add(amount);
        self.passed.add(amount);
    }

    /// Counts a record that was looked at and passed on, unjudged if it has outgrown a bound.
    pub fn keep(&mut self, oversize: bool) {
        self.input.records += 1;
        self.passed.records += 1;
        self.oversize += u64::from(oversize);
    }

    /// Counts what was held back under a rule.
    pub fn suppress(&mut self, rule: &Rule, amount: Amount) {
        self.input.add(amount);
        self.suppressed.add(amount);
        for (name, table) in [
            (&rule.id, &mut self.by_rule),
            (&rule.cause, &mut self.by_cause),
        ] {
            match table.get_mut(name) {
                Some(sum) => sum.add(amount),
                None => drop(table.insert(name.clone(), amount)),
            }
        }
        self.by_tier.entry(rule.tier).or_default().add(amount);
    }

    /// Counts a summary: its figures are told at the end.
    pub fn summarise(&mut self, summary: &Summary) {
        self.summaries += 1;
        let total = Total::of(&summary.figures(), summary.written);
        let own = match self.figures.get_mut(&summary.rule) {
            Some(own) => own,
            None => self.figures.entry(summary.rule.clone()).or_default(),
        };
        add(own, usize::from(summary.surge.is_some()), &total);
    }

    /// What likely stands behind each rule's records: behind its trickle, and behind its surges.
    #[must_use]
    pub fn likely(&self) -> Vec<(&str, &Total, Likely)> {
        let totals = self.figures.iter().flat_map(|(rule, totals)| {
            let totals = totals.iter().flatten();
            totals.map(move |total| (rule.as_str(), total, likely(&total.figures())))
        });
        totals.collect()
    }

    /// Adds another account, of another file.
    pub fn add(&mut self, other: &Ledger) {
        self.input.add(other.input);
        self.passed.add(other.passed);
        self.suppressed.add(other.suppressed);
        self.summaries += other.summaries;
        self.oversize += other.oversize;
        self.malformed += other.malformed;
        self.evicted += other.evicted;
        for (from, to) in [
            (&other.by_rule, &mut self.by_rule),
            (&other.by_cause, &mut self.by_cause),
        ] {
            for (name, amount) in from {
                to.entry(name.clone()).or_default().add(*amount);
            }
        }
        for (rule, totals) in &other.figures {
            let own = self.figures.entry(rule.clone()).or_default();
            for (at, total) in totals.iter().enumerate() {
                if let Some(total) = total {
                    add(own, at, total);
                }
            }
        }
        for (tier, amount) in &other.by_tier {
            self.by_tier.entry(*tier).or_default().add(*amount);
        }
    }
}

/// Adds to the total of the trickle (0) or of the surges (1).
fn add(totals: &mut [Option<Total>; 2], at: usize, more: &Total) {
    match totals.get_mut(at) {
        Some(Some(total)) => total.add(more),
        Some(empty) => *empty = Some(more.clone()),
        None => {}
    }
}
