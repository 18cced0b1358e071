//! An arbitrary text is loaded as a user's rule file.
//!
//! Laws: no text panics; every mistake names the file, and a place that is in it, on one line; what loads has
//! anchors that the search can look for, and its rules can be asked about any record.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use quell::pipeline::{Options, Pipeline};
use quell::rule::file::UserFile;
use quell::rule::{RuleError, RuleSet, Selection};

const NAME: &str = "user.toml";

fuzz_target!(|text: &str| {
    let file = UserFile {
        name: NAME.to_owned(),
        text: text.to_owned(),
    };
    match RuleSet::load(&[file], &Selection::default()) {
        Ok(rules) => try_out(rules, text),
        Err(errors) => {
            assert!(!errors.is_empty(), "a refusal has a reason");
            errors.iter().for_each(|error| check(error, text));
        }
    }
});

fn check(error: &RuleError, text: &str) {
    assert_eq!(error.file, NAME);
    let message = error.to_string();
    assert!(message.starts_with(NAME), "{message}");
    assert!(!message.contains('\n'), "one line: {message}");
    if let Some((line, column)) = error.at {
        assert!((1..=text.split('\n').count()).contains(&line), "{message}");
        assert!(
            (1..=text.chars().count() + 1).contains(&column),
            "{message}"
        );
    }
}

/// The file itself serves as a log: its own proofs are in it.
fn try_out(rules: RuleSet, text: &str) {
    assert!(
        rules.anchors().iter().all(|anchor| anchor.len() >= 4),
        "anchors are long enough"
    );
    let options = Options {
        account: true,
        ..Options::default()
    };
    let mut pipeline = Pipeline::new(Arc::new(rules), options);
    let mut out = Vec::new();
    pipeline
        .finish(text.as_bytes(), 0, &mut out)
        .expect("a vector takes every write");
    assert_eq!(pipeline.ledger().input.bytes, text.len() as u64);
}
