//! What folders say of themselves, and what things are called.

use regex::Regex;

use super::source::Source;
use super::{assert_none, found_in, sources};

#[test]
fn every_folder_says_what_goes_in_and_out() {
    assert_none(sources().iter().flat_map(silences).collect());
}

#[test]
fn a_folder_that_says_nothing_is_found() {
    let faults = |text: &str| silences(&Source::new("line/mod.rs", text)).len();
    assert_eq!(faults("//! Lines.\nmod cut;"), 3);
    assert_eq!(
        faults("//! Lines.\n//! In comes a block, out\n//! go lines.\n//! Invariant: none."),
        0
    );
    assert_eq!(
        silences(&Source::new("line/cut.rs", "")),
        Vec::<String>::new()
    );
}

fn silences(source: &Source) -> Vec<String> {
    if !source.path.ends_with("mod.rs") {
        return Vec::new();
    }
    let prose: Vec<&str> = source
        .text
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .collect();
    let prose = prose.join(" ").to_lowercase();
    let asked = [
        ("in come", "what comes in"),
        ("out go", "what goes out"),
        ("invariant:", "its invariant"),
    ];
    asked
        .iter()
        .filter(|(words, _)| !prose.contains(words))
        .map(|(_, what)| format!("{}: its opening does not say {what}", source.path))
        .collect()
}

#[test]
fn names_say_what_things_are() {
    assert_none(sources().iter().flat_map(empty_names).collect());
}

#[test]
fn an_empty_name_is_found() {
    let faults = |text: &str| empty_names(&Source::new("a.rs", text)).len();
    for bad in [
        "struct RuleManager;",
        "enum Util {}",
        "fn process(",
        "pub fn handle_line()",
        "fn do_it()",
        "mod helpers;",
        "struct ParseContext {",
        "trait Helper {}",
    ] {
        assert_eq!(faults(bad), 1, "{bad}");
    }
    for good in [
        "fn done()",
        "struct Utility;",
        "fn context_of()",
        "use anyhow::Context;",
        "fn double()",
        "// struct Manager",
    ] {
        assert_eq!(faults(good), 0, "{good}");
    }
}

fn empty_names(source: &Source) -> Vec<String> {
    let types = Regex::new(r"(?-u)\b(?:struct|enum|trait|type|union)\s+(\w*(?:Manager|Helper|Utils?|Context))(?:[A-Z]\w*)?\b").unwrap();
    let functions = Regex::new(r"(?-u)\bfn\s+(?:process|handle|do|manage)(?:_\w+)?\b").unwrap();
    let modules =
        Regex::new(r"(?-u)\bmod\s+(?:managers?|helpers?|utils?|contexts?|common|misc)\b").unwrap();
    [types, functions, modules]
        .iter()
        .flat_map(|pattern| found_in(source, pattern))
        .collect()
}
