//! Keeps the house: reads the sources and says what stands where it should not.

#[path = "house/files.rs"]
mod files;
#[path = "house/floors.rs"]
mod floors;
#[path = "house/names.rs"]
mod names;
#[path = "house/sizes.rs"]
mod sizes;
#[path = "house/source.rs"]
mod source;
#[path = "house/stops.rs"]
mod stops;

use std::path::PathBuf;

use regex::Regex;
use source::Source;

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    source::read(&project().join("src"))
}

/// Fails with all faults at once.
fn assert_none(faults: Vec<String>) {
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Every match of the pattern in the code that is no test, as `file:line: match`.
fn found_in(source: &Source, pattern: &Regex) -> Vec<String> {
    pattern
        .find_iter(&source.own)
        .map(|found| {
            format!(
                "{}:{}: {}",
                source.path,
                line_of(&source.own, found.start()),
                found.as_str()
            )
        })
        .collect()
}
