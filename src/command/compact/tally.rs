//! What became of many files, as a table and as JSON.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::outcome::{Gain, Outcome, RewriteError};
use crate::episode::summary::size;
use crate::pipeline::Ledger;
use crate::system::shown;

/// Version of the object that `--json` prints.
pub const TALLY_VERSION: u32 = 1;

/// What became of some files.
#[derive(Debug, Default)]
pub struct Tally {
    rows: Vec<Row>,
    ledger: Ledger,
}

/// One file.
#[derive(Debug, Serialize)]
struct Row {
    path: String,
    /// `compacted`, `nothing` (there is no noise that repeats), `already`, `later` (it is
    /// not finished) or `failed`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    compression: &'static str,
    bytes_before: u64,
    bytes_after: u64,
    attic_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    attic: Option<String>,
    /// Records, lines and bytes that were taken out.
    records: u64,
    lines: u64,
    bytes: u64,
    summaries: u64,
}

#[derive(Serialize)]
struct Object<'a> {
    version: u32,
    dry_run: bool,
    files: &'a [Row],
    bytes_before: u64,
    bytes_after: u64,
    attic_bytes: u64,
    failed: usize,
}

impl Tally {
    /// Adds a file.
    pub fn add(&mut self, path: &Path, rewritten: Result<Outcome, RewriteError>) {
        let bytes = path.metadata().map_or(0, |stat| stat.len());
        let mut row = Row {
            path: shown(path),
            state: "nothing",
            reason: None,
            compression: "",
            bytes_before: bytes,
            bytes_after: bytes,
            attic_bytes: 0,
            attic: None,
            records: 0,
            lines: 0,
            bytes: 0,
            summaries: 0,
        };
        match rewritten {
            Ok(Outcome::Nothing) => {}
            Ok(Outcome::Already(attic)) => row.is_already(&attic),
            Ok(Outcome::Later(reason)) => {
                row.state = "later";
                row.reason = Some(reason);
            }
            Ok(Outcome::Compacted(gain)) => {
                self.ledger.add(&gain.ledger);
                row.gains(*gain);
            }
            Err(error) => {
                row.state = "failed";
                row.reason = Some(error.to_string());
            }
        }
        self.rows.push(row);
    }

    /// How many were left because something is wrong.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.rows.iter().filter(|row| row.state == "failed").count()
    }

    /// The account of all that were rewritten.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// One object on one line.
    #[must_use]
    pub fn json(&self, dry_run: bool) -> String {
        let object = Object {
            version: TALLY_VERSION,
            dry_run,
            files: &self.rows,
            bytes_before: self.sum(|row| row.bytes_before),
            bytes_after: self.sum(|row| row.bytes_after),
            attic_bytes: self.sum(|row| row.attic_bytes),
            failed: self.failed(),
        };
        // Numbers and text only: nothing in it can fail to be written as JSON.
        serde_json::to_string(&object).unwrap_or_default() + "\n"
    }

    /// A table for people.
    #[must_use]
    pub fn table(&self, dry_run: bool) -> String {
        let width = self.rows.iter().map(|row| row.path.chars().count()).max();
        let width = width.unwrap_or_default().max("file".len());
        let mut text = format!(
            "{:<width$}  {:>9}  {:>9}  {:>9}  {:>9}\n",
            "file", "before", "after", "attic", "records"
        );
        for row in &self.rows {
            let _ = writeln!(text, "{:<width$}  {}", row.path, row.text());
        }
        let (before, after) = (
            self.sum(|row| row.bytes_before),
            self.sum(|row| row.bytes_after),
        );
        let attics = self.sum(|row| row.attic_bytes);
        let saved = before.saturating_sub(after + attics);
        let _ = writeln!(
            text,
            "{} {} of {}, {} %{}",
            if dry_run { "would save" } else { "saved" },
            size(saved),
            size(before),
            saved * 100 / before.max(1),
            if dry_run { "; nothing was changed" } else { "" }
        );
        text
    }

    fn sum(&self, number: impl Fn(&Row) -> u64) -> u64 {
        self.rows.iter().map(number).sum()
    }
}

impl Row {
    fn is_already(&mut self, attic: &Path) {
        self.state = "already";
        self.attic = Some(shown(attic));
    }

    fn gains(&mut self, gain: Gain) {
        self.state = "compacted";
        self.compression = gain.compression;
        self.bytes_before = gain.before;
        self.bytes_after = gain.after;
        self.attic_bytes = gain.attic_bytes;
        self.attic = gain.attic.as_deref().map(shown);
        self.records = gain.ledger.suppressed.records;
        self.lines = gain.ledger.suppressed.lines;
        self.bytes = gain.ledger.suppressed.bytes;
        self.summaries = gain.ledger.summaries;
    }

    fn text(&self) -> String {
        match self.state {
            "compacted" => format!(
                "{:>9}  {:>9}  {:>9}  {:>9}",
                size(self.bytes_before),
                size(self.bytes_after),
                size(self.attic_bytes),
                self.records
            ),
            "already" => format!("{:>9}  rewritten before", size(self.bytes_before)),
            "later" => format!("{:>9}  not finished yet", size(self.bytes_before)),
            "failed" => "left as it was, see above".to_owned(),
            _ => format!("{:>9}  nothing to take out", size(self.bytes_before)),
        }
    }
}
