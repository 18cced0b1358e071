//! Time read from stretches in which nothing is suspected.

use serde::{Deserialize, Serialize};

use super::weave::Rows;
use crate::format::{Format, Wear, export};
use crate::limits::{LINE_BYTES_MAX, TIME_MARK_BYTES, TIME_MARK_LINES};
use crate::line::Stamp;
use crate::record::{Head, Seen};

/// Marks in the stream: one stamp is read in so many bytes, so that a window ends near its time although nothing suspect
/// comes by. Marks stand at fixed offsets of the stream, whatever the blocks.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Marks {
    /// Offset in the stream from which on the next stamp is looked for.
    next: u64,
    /// Lines that were looked at in vain since then.
    looked_at: u32,
}

impl Marks {
    /// The first stamped head at or behind the next mark in the rows of `from..to`, which begins and ends between two;
    /// `base` is the offset of the block in the stream. Gives the head's position and its stamp.
    pub fn find(
        &mut self,
        rows: &Rows<'_>,
        from: usize,
        to: usize,
        base: u64,
        format: Format,
    ) -> Option<(usize, Stamp)> {
        if format == Format::Export {
            return self.find_entry(rows, from, to, base);
        }
        let mut at = from;
        if base + to as u64 <= self.next {
            return None;
        }
        if base + (at as u64) < self.next {
            // The first row that starts at or behind the mark; the one that lies across it is not asked.
            let mark = usize::try_from(self.next - base).ok()?;
            at = rows.from(mark, to)?;
        }
        while let Some(row) = rows.at(at).filter(|row| row.start < to) {
            let text = row.text(rows.block);
            // A line beyond its bound may have left before its end was there, and is asked nothing either way.
            if text.len() > LINE_BYTES_MAX {
                at = row.end;
                continue;
            }
            if let Some(stamp) = stamp(text, format) {
                self.set_behind(base + row.start as u64);
                return Some((row.start, stamp));
            }
            self.looked_at += 1;
            at = row.end;
            if self.looked_at >= TIME_MARK_LINES {
                self.set_behind(base + at as u64);
                return self.find(rows, at, to, base, format);
            }
        }
        None
    }

    /// The next entry that bears a time. Each is asked: it is one of the first fields, and a summary must not bear an
    /// earlier one than the entry in front of it, or the journal it is put into is none.
    fn find_entry(
        &mut self,
        rows: &Rows<'_>,
        from: usize,
        to: usize,
        base: u64,
    ) -> Option<(usize, Stamp)> {
        let entries = std::iter::successors(rows.at(from), |row| rows.at(row.end));
        let entries = entries.take_while(|row| row.start < to);
        let mut unread = entries.skip_while(|row| base + (row.start as u64) < self.next);
        let (row, stamp) =
            unread.find_map(|row| Some((row, export::stamp(row.text(rows.block))?)))?;
        self.next = base + row.end as u64;
        Some((row.start, stamp))
    }

    fn set_behind(&mut self, offset: u64) {
        self.next = (offset / TIME_MARK_BYTES + 1) * TIME_MARK_BYTES;
        self.looked_at = 0;
    }
}

/// The time that a line's carrier gives, or the line itself if it opens an event.
fn stamp(text: &[u8], format: Format) -> Option<Stamp> {
    if let Some(stamp) = Wear::of(text, format).and_then(|wear| wear.read_stamp(text)) {
        return Some(stamp);
    }
    matches!(Seen::of(text), Seen::Head | Seen::Report)
        .then(|| Head::parse(text))
        .flatten()
        .and_then(|head| head.stamp)
}
