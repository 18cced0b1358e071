//! What the lines of a captured log are, by the labels beside it, and what of them an output still holds.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use libtest_mimic::Failed;

/// What a line is, for the count of what was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It may not be lost.
    Kept,
    /// It should be.
    Noise,
    /// It may be.
    Open,
}

/// What a log's labels say.
pub struct Labels {
    /// Of each line.
    pub kinds: Vec<Kind>,
    /// The rows of noise, by their lines, counted from zero.
    pub noise: Vec<Range<usize>>,
}

/// What is left of a log, held against its labels.
#[derive(Debug, PartialEq)]
pub struct Score {
    /// Lines that are gone although they are not noise.
    pub lost: Vec<Vec<u8>>,
    /// Lines of noise that are still there.
    pub left: usize,
}

/// What each line of the log is, from the labels beside it.
pub fn read(folder: &Path, log: &[u8]) -> Result<Labels, Failed> {
    let open: Vec<String> = match fs::read_to_string(folder.join("ambiguous.tsv")) {
        Ok(text) => rows(&text).map(|(range, _)| range.to_owned()).collect(),
        Err(_) => Vec::new(),
    };
    let mut kinds = vec![Kind::Kept; lines(log).count()];
    let mut noise = Vec::new();
    let labels = fs::read_to_string(folder.join("labels.tsv"))?;
    for (range, label) in rows(&labels) {
        let kind = match label {
            _ if open.iter().any(|open| open == range) => Kind::Open,
            "noise" => Kind::Noise,
            _ => Kind::Kept,
        };
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (from, to): (usize, usize) = (from.parse()?, to.parse()?);
        if from == 0 || from > to || to > kinds.len() {
            let lines = kinds.len();
            return Err(format!("the label {range} is outside the log's {lines} lines").into());
        }
        kinds[from - 1..to].fill(kind);
        if kind == Kind::Noise {
            noise.push(from - 1..to);
        }
    }
    Ok(Labels { kinds, noise })
}

/// The rows of a table: lines, and the label if it has one.
fn rows(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
        .map(|line| {
            let mut fields = line.split('\t');
            (
                fields.next().unwrap_or_default(),
                fields.next().unwrap_or_default(),
            )
        })
}

/// The lines of a text, without their ends.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

/// Counts by text, since a line of the output does not say where it stood: what may not be lost is served first.
pub fn score(log: &[u8], out: &[u8], kinds: &[Kind]) -> Score {
    let mut there: HashMap<&[u8], usize> = HashMap::new();
    for line in lines(out) {
        *there.entry(line).or_default() += 1;
    }
    let mut takes = |line: &[u8]| match there.get_mut(line) {
        Some(times) if *times > 0 => {
            *times -= 1;
            true
        }
        _ => false,
    };
    let of_kind = |kind: Kind| {
        lines(log)
            .zip(kinds)
            .filter(move |(_, of)| **of == kind)
            .map(|(line, _)| line)
    };
    let lost = of_kind(Kind::Kept)
        .filter(|line| !takes(line))
        .map(<[u8]>::to_vec)
        .collect();
    for line in of_kind(Kind::Open) {
        takes(line);
    }
    let left = of_kind(Kind::Noise).filter(|line| takes(line)).count();
    Score { lost, left }
}
