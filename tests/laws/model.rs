//! What a log consists of, read from its start without any of the pipeline's shortcuts.

use std::collections::HashSet;
use std::ops::Range;

use quell::episode::key::KeyBuilder;
use quell::record::{Assembly, Extent, Record, Seen};
use quell::rule::{RuleSet, Verdict};

/// One record of the log.
#[derive(Debug)]
pub struct Entry {
    /// From its first byte to one past its last, other writers' lines in its midst included.
    pub range: Range<usize>,
    /// Its own lines.
    pub lines: Vec<Range<usize>>,
    /// Its kind, if a rule takes it.
    pub key: Option<Vec<u8>>,
    /// Whether it is the first of its kind.
    pub is_first: bool,
    /// From the last head at or before it to the next one: what an early release amid it may read in another way.
    pub reach: Range<usize>,
}

/// Reads all of it.
pub fn read(rules: &RuleSet, log: &[u8]) -> Vec<Entry> {
    let mut assembly = Assembly::default();
    let mut keys = KeyBuilder::default();
    let mut met = HashSet::new();
    let mut entries = Vec::new();
    let mut at = 0;
    let mut reach_start = 0;
    while at < log.len() {
        let Extent::Whole { end } = assembly.read(log, at, true) else {
            panic!("a record is open at the end of the input, from byte {at} on");
        };
        assert!(end > at, "a record of no bytes at {at}");
        let record = Record::parse(log, &assembly.pieces);
        let key = match rules.judge(&record) {
            Verdict::Collapse(finding) if !assembly.oversize => {
                Some(keys.build(&record, &finding).0.to_vec())
            }
            _ => None,
        };
        let is_first = key.clone().is_some_and(|key| met.insert(key));
        let lines = assembly
            .pieces
            .iter()
            .map(|piece| piece.line.range())
            .collect();
        if matches!(assembly.pieces.first(), Some(piece) if piece.seen == Seen::Head) {
            reach_start = at;
        }
        entries.push(Entry {
            range: at..end,
            lines,
            key,
            is_first,
            reach: reach_start..log.len(),
        });
        at = end;
    }
    let mut reach_end = log.len();
    for entry in entries.iter_mut().rev() {
        entry.reach.end = reach_end;
        if entry.reach.start == entry.range.start {
            reach_end = entry.range.start;
        }
    }
    entries
}
