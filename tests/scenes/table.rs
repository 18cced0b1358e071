//! The table of all captures in `docs/captures.md`: what is lost, what noise is left, and what may be left.
//!
//! What may be left is worked out from the labels alone, without asking quell what a kind is: the lines of each
//! record of noise whose text, numbers and paths aside, has not been there before.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libtest_mimic::Failed;
use regex::bytes::Regex;

use crate::labels::{Labels, lines};

/// One captured scene.
pub struct Row {
    /// `PROGRAM/SCENE`.
    pub name: String,
    /// Lines that are labelled as noise.
    pub noise: usize,
    /// Lines that are gone and should not be.
    pub lost: Vec<Vec<u8>>,
    /// Lines of noise that are still there.
    pub left: usize,
    /// Lines of the first record of each kind of noise.
    pub first: usize,
    /// How many more may be left, and why.
    pub beyond: Option<(usize, String)>,
}

const DOCUMENT: &str = "docs/captures.md";
const BEGIN: &str = "<!-- table of captures: BLESS=1 cargo test --test scenes -->\n";
const END: &str = "<!-- end of the table -->";

/// Holds the document against the table, or writes the table into it.
pub fn check(rows: &[Row]) -> Result<(), Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    let before = fs::read_to_string(&path)?;
    let cut = before
        .split_once(BEGIN)
        .and_then(|(head, rest)| Some((head, rest.split_once(END)?.1)));
    let (head, tail) = cut.ok_or_else(|| format!("{DOCUMENT} has lost its markers"))?;
    let now = format!("{head}{BEGIN}{}{END}{tail}", write(rows));
    if std::env::var_os("BLESS").is_some() {
        return Ok(fs::write(path, now)?);
    }
    if before == now {
        return Ok(());
    }
    let differs = before.lines().zip(now.lines()).find(|(was, is)| was != is);
    Err(format!("{DOCUMENT} is out of date, BLESS=1 writes it: {differs:?}").into())
}

fn write(rows: &[Row]) -> String {
    let mut text = "| capture | lines of noise | lost | left | first of each kind |\n|---|---:|---:|---:|---:|\n".to_owned();
    let mut notes = String::new();
    for row in rows {
        let lost = row.lost.len();
        let mark = if row.beyond.is_some() {
            " (see below)"
        } else {
            ""
        };
        let (name, noise, left, first) = (&row.name, row.noise, row.left, row.first);
        text += &format!("| {name} | {noise} | {lost} | {left}{mark} | {first} |\n");
        if let Some((more, why)) = &row.beyond {
            notes += &format!("- {name}, {more} more: {why}\n");
        }
    }
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    let (noise, lost, left, first) = (
        sum(|r| r.noise),
        sum(|r| r.lost.len()),
        sum(|r| r.left),
        sum(|r| r.first),
    );
    text += &format!(
        "| all {} | {noise} | {lost} | {left} | {first} |\n",
        rows.len()
    );
    if notes.is_empty() {
        text
    } else {
        format!("{text}\n{notes}")
    }
}

/// How many lines the first records of each kind of noise have.
///
/// A row of labels may hold several records: it is cut wherever a line stands that opens a row elsewhere.
pub fn first_of_each_kind(log: &[u8], labels: &Labels) -> usize {
    let masked: Vec<Vec<u8>> = lines(log).map(mask).collect();
    let heads: HashSet<&[u8]> = labels
        .noise
        .iter()
        .map(|row| masked[row.start].as_slice())
        .collect();
    let mut seen: HashSet<&[Vec<u8>]> = HashSet::new();
    let mut first = 0;
    for row in &labels.noise {
        let mut start = row.start;
        for at in row.start + 1..=row.end {
            if at == row.end || heads.contains(masked[at].as_slice()) {
                first += if seen.insert(&masked[start..at]) {
                    at - start
                } else {
                    0
                };
                start = at;
            }
        }
    }
    first
}

/// A line without its numbers, ids and paths.
fn mask(line: &[u8]) -> Vec<u8> {
    static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?-u)\b0x[0-9a-fA-F]+|\b[0-9a-f]{6,}\b|<[0-9A-Za-z+/]{12,}>|\d+([.:]\d+)*|/[^\s",')]+"#)
            .expect("a pattern")
    });
    VARIABLE.replace_all(line, &b"#"[..]).into_owned()
}

/// Two kinds, one of them twice; the second record stands behind the first in one row.
pub fn a_kind_is_counted_once() -> Result<(), Failed> {
    let log = b"a 1\n\tat x\na 2\n\tat x\nb\na 3\n\tat x\n";
    let labels = Labels {
        kinds: Vec::new(),
        noise: vec![0..2, 2..7],
    };
    assert_eq!(first_of_each_kind(log, &labels), 2 + 3);
    let labels = Labels {
        kinds: Vec::new(),
        noise: vec![0..2, 2..4, 4..5, 5..7],
    };
    assert_eq!(first_of_each_kind(log, &labels), 2 + 1);
    Ok(())
}
