//! What was taken out of a file, looked at: nothing is changed.

use std::io::{self, BufWriter, Write};

use super::attics::Opened;
use super::clock::WallClock;
use super::restore::{Asked, Failure};
use super::span::{Span, Within};
use crate::attic::{Counted, RestoreError, records, restore, summaries};
use crate::episode::summary::{escape, size};
use crate::system::shown;

/// Shows the part of the original that was written in a span of time. All of it is restored on the way, and proven.
pub(super) fn part(asked: &Asked, span: Span) -> Result<(), Failure> {
    let mut opened = Opened::find(&asked.file, asked.attic.as_deref())?;
    let unrestored = |cause| match cause {
        RestoreError::Unwritable(cause) => Failure::of_stdout(cause),
        cause => Failure::Unrestored {
            path: shown(&asked.file),
            cause,
        },
    };
    let content = opened.content().map_err(RestoreError::Unreadable);
    let mut content = content.map_err(unrestored)?;
    let modified = opened.attic.book().is.as_ref().map(|is| is.modified);
    let clock = WallClock::new();
    let near = modified.map_or_else(|| clock.now(), |modified| clock.at(modified));
    let mut out = BufWriter::new(io::stdout().lock());
    let mut within = Within::new(span, near, &mut out);
    restore(&mut content, &mut opened.attic, &mut within).map_err(unrestored)?;
    within.finish().map_err(Failure::of_stdout)
}

/// Lists the summaries with their numbers.
pub(super) fn list(asked: &Asked) -> Result<(), Failure> {
    let mut opened = Opened::find(&asked.file, asked.attic.as_deref())?;
    let mut out = BufWriter::new(io::stdout().lock());
    writeln!(
        out,
        "{:>6}  {:>8}  {:>9}  summary",
        "number", "records", "bytes"
    )
    .map_err(Failure::of_stdout)?;
    summaries(&mut opened.attic, |counted| {
        let number = match counted.number {
            0 => "-".to_owned(),
            number => number.to_string(),
        };
        let text = match counted.text.trim_ascii() {
            b"" => "(no summary was written)".to_owned(),
            text => escape(text),
        };
        let (records, bytes) = (counted.records, size(counted.bytes));
        writeln!(out, "{number:>6}  {records:>8}  {bytes:>9}  {text}").map_err(Failure::of_stdout)
    })?;
    out.flush().map_err(Failure::of_stdout)
}

/// Shows the records that one summary speaks of.
pub(super) fn show(asked: &Asked, summary: &str) -> Result<(), Failure> {
    let mut opened = Opened::find(&asked.file, asked.attic.as_deref())?;
    let number = summary.parse::<u64>().ok();
    let finder = memchr::memmem::Finder::new(summary.as_bytes());
    let mut meant: Vec<Counted> = Vec::new();
    let mut count = 0;
    summaries(&mut opened.attic, |counted| {
        let fits = match number {
            Some(number) => counted.number == number,
            None => finder.find(&counted.text).is_some(),
        };
        count += usize::from(fits);
        if fits && meant.is_empty() {
            meant.push(counted.clone());
        }
        Ok::<(), Failure>(())
    })?;
    let Some(counted) = meant.first().filter(|_| count == 1) else {
        return Err(Failure::Unclear {
            what: escape(summary.as_bytes()),
            count,
        });
    };
    let mut out = BufWriter::new(io::stdout().lock());
    records(&mut opened.attic, counted, |record| {
        out.write_all(record).map_err(Failure::of_stdout)
    })?;
    out.flush().map_err(Failure::of_stdout)
}
