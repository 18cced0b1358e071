//! The floors: who may use whom, and who knows the machine.

use regex::Regex;

use super::source::{Source, item_end};
use super::{assert_none, found_in, sources};

/// What each floor may use. Skipping downwards is fine, upwards never.
const FLOORS: [(&str, &[&str]); 14] = [
    ("limits", &[]),
    ("line", &["limits"]),
    ("format", &["limits", "line"]),
    ("record", &["limits", "line", "format"]),
    ("rule", &["limits", "line", "format", "record"]),
    ("episode", &["limits", "line", "format", "record", "rule"]),
    (
        "pipeline",
        &["limits", "line", "format", "record", "rule", "episode"],
    ),
    ("attic", &["limits", "line"]),
    ("system", &["limits", "line"]),
    (
        "command",
        &[
            "limits", "line", "format", "record", "rule", "episode", "pipeline", "attic", "system",
        ],
    ),
    (
        "cli",
        &[
            "limits", "line", "format", "record", "rule", "episode", "pipeline", "attic", "system",
            "command",
        ],
    ),
    (
        "lib",
        &[
            "limits", "line", "format", "record", "rule", "episode", "pipeline", "attic", "system",
            "command", "cli",
        ],
    ),
    ("main", &["limits", "command", "cli"]),
    ("bin", &["limits", "command", "cli"]),
];
/// Floors that know no machine.
const PURE: [&str; 8] = [
    "limits", "line", "format", "record", "rule", "episode", "pipeline", "attic",
];
/// The machine, by its names.
const MACHINE: &str = r"(?-u)\bstd::(fs|env|net|thread|process)\b|\b(SystemTime|Instant)\b|\bio::(stdin|stdout|stderr)\b|\bprintln!|\beprintln!";

#[test]
fn floors_use_what_lies_below_them_only() {
    assert_none(sources().iter().flat_map(climbs).collect());
}

#[test]
fn a_floor_that_reaches_up_is_found() {
    let up = |path: &str, text: &str| climbs(&Source::new(path, text)).len();
    assert_eq!(up("line/cut.rs", "use crate::record::Head;"), 1);
    assert_eq!(
        up(
            "line/cut.rs",
            "use crate::{limits::A, rule::{B, C}, record};"
        ),
        2
    );
    assert_eq!(
        up("line/stamp/read.rs", "use super::super::super::rule::Rule;"),
        1
    );
    assert_eq!(up("main.rs", "fn main() { quell::system::x() }"), 1);
    assert_eq!(up("novel/mod.rs", "use crate::line::Line;"), 1);
    assert_eq!(
        up(
            "rule/mod.rs",
            "use crate::record::{Head, Seen}; use super::line::Line;"
        ),
        0
    );
    assert_eq!(
        up("rule/judge.rs", "use super::rule; // crate::pipeline"),
        0
    );
}

/// Where a file uses a floor that is not below its own.
fn climbs(source: &Source) -> Vec<String> {
    let floor = source.floor();
    let Some((_, below)) = FLOORS.iter().find(|(name, _)| *name == floor) else {
        return vec![format!("{}: no such floor: {floor}", source.path)];
    };
    let named = |name: &&str| FLOORS.iter().any(|(floor, _)| floor == name);
    used(source)
        .iter()
        .map(String::as_str)
        .filter(named)
        .filter(|name| *name != floor && !below.contains(name))
        .map(|name| format!("{}: {floor} uses {name}", source.path))
        .collect()
}

/// The first names of all paths from the crate's root.
fn used(source: &Source) -> Vec<String> {
    let root = Regex::new(r"(?-u)\b(?:crate|quell)::(\w+|\{)|((?:\bsuper::)+)(\w+)").unwrap();
    let mut names = Vec::new();
    for found in root.captures_iter(&source.code) {
        match (found.get(1), found.get(2), found.get(3)) {
            (Some(name), ..) if name.as_str() == "{" => {
                names.extend(group(&source.code, name.start()))
            }
            (Some(name), ..) => names.push(name.as_str().to_owned()),
            (_, Some(supers), Some(name))
                if supers.as_str().matches("super").count() >= source.depth() =>
            {
                names.push(name.as_str().to_owned());
            }
            _ => {}
        }
    }
    names
}

/// The first names within a group in braces.
fn group(code: &str, open: usize) -> Vec<String> {
    let mut depth = 0;
    let mut names = vec![String::new()];
    let mut in_first = true;
    for character in code[open..item_end(code, open)].chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                names.push(String::new());
                in_first = true;
            }
            ':' => in_first = false,
            other if depth == 1 && in_first && !other.is_whitespace() => {
                if let Some(name) = names.last_mut() {
                    name.push(other);
                }
            }
            _ => {}
        }
    }
    names
}

#[test]
fn pure_floors_know_no_machine() {
    let machine = Regex::new(MACHINE).unwrap();
    let pure = sources()
        .into_iter()
        .filter(|source| PURE.contains(&source.floor()));
    assert_none(
        pure.flat_map(|source| found_in(&source, &machine))
            .collect(),
    );
}

#[test]
fn a_clock_in_a_pure_floor_is_found() {
    let machine = Regex::new(MACHINE).unwrap();
    let faults = |text: &str| found_in(&Source::new("episode/clock.rs", text), &machine).len();
    assert_eq!(faults("use std::time::Instant;"), 1);
    assert_eq!(faults("use std::time::Duration; // std::fs"), 0);
    assert_eq!(faults("#[cfg(test)]\nmod tests { use std::fs; }"), 0);
}
