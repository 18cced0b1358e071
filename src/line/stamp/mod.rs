//! When a line says it was written.
//!
//! In comes one line, out goes a [`Stamp`], the moment the line names, and its [`Layout`], in
//! which any other moment can be written so that it looks as if the same server had printed it.
//!
//! Invariant: no clock, no environment, no time zone database and no locale is known here. Where a
//! stamp does not say its zone, its wall time is read as if it were UTC; where it lacks a year or a
//! date, [`Stamp::resolve`] takes the moment to lie near from its caller. Nothing allocates while
//! reading.
//!
//! The smallest file, `word.rs`, is the one to imitate. A new layout is a row in `layout.rs` and a
//! row in `read.rs`.

mod civil;
#[cfg(test)]
mod laws;
mod layout;
mod lead;
mod read;
mod sample;
#[cfg(test)]
mod tests;
mod word;
mod zone;

pub use layout::Layout;

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A stamp found by [`Stamp::find`] begins within this many bytes of its line.
///
/// Level, pid, thread and a container's name take less than that in all servers seen; a date
/// further in is part of the message.
pub const STAMP_SEARCH_BYTES: usize = 96;

/// The moment a line names, and how it is written there.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct Stamp {
    /// Microseconds since 1970-01-01T00:00:00Z, wall time read as UTC where no offset is named. A
    /// missing year reads as 1972 (which has a 29 February), a missing date as 1970-01-01. Digits
    /// beyond the microsecond are cut off.
    pub micros: i64,
    /// What the stamp does not say.
    pub lacks: Lacks,
    /// How it is written.
    pub layout: Layout,
    /// Where in the line it stands, its zone included, brackets around it not.
    pub range: Range<usize>,
}

/// What a stamp leaves to its reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub enum Lacks {
    /// It names a full date.
    Nothing,
    /// It names month and day, as syslog does.
    Year,
    /// It names the time of day only.
    Date,
}

impl Stamp {
    /// The first stamp of a line: at its start, or behind what servers print before one (brackets,
    /// a level, a pid, a container's name and a pipe, a thread in brackets, colours, logfmt's
    /// `ts=`), beginning within the first [`STAMP_SEARCH_BYTES`]. Dates in the message are not
    /// stamps, except an access log's `[22/Nov/2026:…`.
    pub fn find(line: &[u8]) -> Option<Stamp> {
        lead::find(line).filter(|stamp| stamp.range.start < STAMP_SEARCH_BYTES)
    }

    /// The stamp right at `line[at..]`; `None` too when `at` lies beyond the line.
    ///
    /// A time without date and epoch seconds are too common in messages to be taken anywhere: `at`
    /// has to be 0, or the byte before it a `[`. A caller that has opened an envelope passes the
    /// inner line.
    pub fn at(line: &[u8], at: usize) -> Option<Stamp> {
        read::at(line, at)
    }

    /// The stamp's moment in microseconds, a missing year or date filled in so that it lies nearest
    /// to `clock` (microseconds since 1970, taken as within 1970..=2099). Of two equally near
    /// moments it is the earlier.
    pub fn resolve(&self, clock: i64) -> i64 {
        match self.lacks {
            Lacks::Nothing => self.micros,
            Lacks::Year => civil::nearest_year(self.micros, clock),
            Lacks::Date => civil::nearest_day(self.micros, clock),
        }
    }
}
