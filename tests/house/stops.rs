//! What may stop the program.

use regex::Regex;

use super::source::Source;
use super::{assert_none, line_of, sources};

/// Places that may stop the program: file, the line's own text, and why it cannot come to that.
const STOPS: [(&str, &str, &str); 0] = [];

#[test]
fn nothing_stops_the_program() {
    assert_none(
        sources()
            .iter()
            .flat_map(|source| stops(source, &STOPS))
            .collect(),
    );
}

#[test]
fn what_stops_the_program_is_found() {
    let source = Source::new(
        "a.rs",
        "fn f() {\n a.unwrap();\n b.expect(\"c\");\n}\n#[cfg(test)]\nmod tests { fn g() { panic!() } }",
    );
    assert_eq!(stops(&source, &[]).len(), 2);
    assert_eq!(
        stops(&source, &[("a.rs", "a.unwrap()", "it is there")]).len(),
        1
    );
    assert_eq!(
        stops(&Source::new("a.rs", "a.unwrap_or(b); // .unwrap()"), &[]).len(),
        0
    );
}

fn stops(source: &Source, allowed: &[(&str, &str, &str)]) -> Vec<String> {
    let stop = Regex::new(r"(?-u)\.unwrap\(\)|\.expect\(|\.unwrap_err\(|\.expect_err\(|\b(?:panic|todo|unimplemented|unreachable)!").unwrap();
    let line = |at: usize| {
        source
            .text
            .lines()
            .nth(line_of(&source.own, at) - 1)
            .unwrap_or_default()
    };
    stop.find_iter(&source.own)
        .filter(|found| {
            !allowed.iter().any(|(path, text, why)| {
                *path == source.path && !why.is_empty() && line(found.start()).contains(text)
            })
        })
        .map(|found| {
            format!(
                "{}:{}: {}",
                source.path,
                line_of(&source.own, found.start()),
                line(found.start()).trim()
            )
        })
        .collect()
}

#[test]
fn nothing_is_allowed_that_is_not_there() {
    let sources = sources();
    let there = |path: &str, text: &str| {
        sources
            .iter()
            .any(|source| source.path == path && source.text.contains(text))
    };
    assert_none(
        STOPS
            .iter()
            .filter(|(path, text, _)| !there(path, text))
            .map(|(path, text, _)| format!("{path}: {text}"))
            .collect(),
    );
}
