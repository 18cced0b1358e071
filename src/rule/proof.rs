//! A rule cannot exist without its proof: records that it must take, and look-alikes that no rule may take.

use std::ops::Range;

use super::compile::span_of;
use super::error::RuleError;
use super::file::{RuleFile, RuleText, UserFile};
use super::judge::Verdict;
use super::set::RuleSet;
use crate::record::{Assembly, Extent, Record};

/// How many examples of each sort a rule needs.
pub const EXAMPLES_MIN: usize = 2;

/// Everything that is wrong with the proofs of one file, held against all rules.
pub fn check(set: &RuleSet, source: &UserFile, file: &RuleFile) -> Vec<RuleError> {
    check_part(set, source, file, 0..file.rule.len())
}

/// Everything that is wrong with the proofs of these rules of one file.
pub(super) fn check_part(
    set: &RuleSet,
    source: &UserFile,
    file: &RuleFile,
    part: Range<usize>,
) -> Vec<RuleError> {
    let mut errors = Vec::new();
    let rules = file.rule.iter().enumerate();
    for (at, rule) in rules.skip(part.start).take(part.len()) {
        let mut fail = |list: &str, item: Option<usize>, what: String| {
            let item = item.map(|item| item.to_string());
            let path: Vec<&str> = ["proof", list].into_iter().chain(item.as_deref()).collect();
            let text = format!("rule {:?}: {what}", rule.id);
            errors.push(RuleError::at(
                &source.name,
                &source.text,
                span_of(&source.text, at, &path),
                text,
            ));
        };
        for (list, examples) in [("quiet", &rule.proof.quiet), ("loud", &rule.proof.loud)] {
            if examples.len() < EXAMPLES_MIN {
                fail(
                    list,
                    None,
                    format!(
                        "a rule needs {EXAMPLES_MIN} examples in `{list}`; it has {}",
                        examples.len()
                    ),
                );
            }
        }
        for (item, example) in rule.proof.quiet.iter().enumerate() {
            if let Err(what) = takes(set, rule, example) {
                fail("quiet", Some(item), what);
            }
        }
        for (item, example) in rule.proof.loud.iter().enumerate() {
            if let Some(taker) = taken_by(set, example) {
                fail(
                    "loud",
                    Some(item),
                    format!("this record must be kept, but {taker:?} takes it"),
                );
            }
        }
    }
    errors
}

/// Whether the rule itself takes the whole example as one record, a rule of the same cause takes it when all are in
/// force, and an anchor is in it.
fn takes(set: &RuleSet, rule: &RuleText, example: &str) -> Result<(), String> {
    let block = example.trim_matches('\n').as_bytes();
    let mut assembly = Assembly::default();
    let extent = assembly.read(block, 0, true);
    if extent != (Extent::Whole { end: block.len() }) {
        let line = assembly.pieces.len() + 1;
        return Err(format!(
            "this is more than one record: line {line} begins another"
        ));
    }
    let record = Record::parse(block, &assembly.pieces);
    if let Verdict::Keep(reason) = set.judge_alone(&record, &rule.id) {
        return Err(format!("the rule does not take this record: {reason}"));
    }
    match set.judge(&record) {
        // A more particular rule may come first; what matters is that the record is known for what it is.
        Verdict::Collapse(finding) if finding.rule.cause == rule.cause => {}
        Verdict::Collapse(finding) => {
            return Err(format!("{:?} takes this record instead", finding.rule.id));
        }
        Verdict::Keep(reason) => return Err(format!("no rule takes this record: {reason}")),
    }
    let is_in = |anchor: &Vec<u8>| memchr::memmem::find(block, anchor).is_some();
    let own = set
        .rule(&rule.id)
        .is_some_and(|rule| rule.anchors.iter().any(is_in));
    if own || set.anchors().iter().any(is_in) {
        Ok(())
    } else {
        Err("none of the anchors is in this record".to_owned())
    }
}

/// Whether a rule takes any record of the example.
#[must_use]
pub fn takes_any(set: &RuleSet, example: &str) -> bool {
    taken_by(set, example).is_some()
}

/// The first rule that takes any record of the example.
fn taken_by(set: &RuleSet, example: &str) -> Option<String> {
    let block = example.trim_matches('\n').as_bytes();
    let mut assembly = Assembly::default();
    let mut at = 0;
    while at < block.len() {
        let Extent::Whole { end } = assembly.read(block, at, true) else {
            break;
        };
        let record = Record::parse(block, &assembly.pieces);
        if let Verdict::Collapse(finding) = set.judge(&record) {
            return Some(finding.rule.id.clone());
        }
        at = end.max(at + 1);
    }
    None
}
