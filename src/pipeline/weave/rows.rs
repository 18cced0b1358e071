//! What a block is made of: its lines, or the entries of a stream that is none of lines.

use crate::line::{Line, line_at, line_before, line_start};

/// The rows of a block.
#[derive(Clone, Copy, Debug)]
pub(in crate::pipeline) struct Rows<'b> {
    pub block: &'b [u8],
    /// The entries, in order and without gaps; `None` for a block of lines.
    pub entries: Option<&'b [Line]>,
}

impl<'b> Rows<'b> {
    /// The row that starts at `start`.
    pub fn at(&self, start: usize) -> Option<Line> {
        match self.entries {
            None => line_at(self.block, start),
            Some(entries) => {
                let place = entries.partition_point(|row| row.start < start);
                entries.get(place).copied()
            }
        }
    }

    /// The row that ends where the one at `start` begins, none before `floor`.
    pub fn before(&self, start: usize, floor: usize) -> Option<Line> {
        match self.entries {
            None => line_before(self.block, start, floor),
            Some(entries) => {
                let place = entries.partition_point(|row| row.start < start);
                let row = entries.get(place.checked_sub(1)?)?;
                Some(*row).filter(|row| row.start >= floor)
            }
        }
    }

    /// Where the row that holds the byte `at` starts, looking back no further than `floor`.
    pub fn start(&self, at: usize, floor: usize) -> usize {
        match self.entries {
            None => line_start(self.block, at, floor),
            Some(entries) => {
                let place = entries.partition_point(|row| row.end <= at);
                entries.get(place).map_or(at, |row| row.start)
            }
        }
    }

    /// Where the first row at or behind `from` starts, before `to`.
    pub fn from(&self, from: usize, to: usize) -> Option<usize> {
        match self.entries {
            None => {
                let Some(before) = from.checked_sub(1) else {
                    return Some(from);
                };
                Some(from + memchr::memchr(b'\n', self.block.get(before..to)?)?)
            }
            Some(entries) => {
                let place = entries.partition_point(|row| row.start < from);
                entries
                    .get(place)
                    .map(|row| row.start)
                    .filter(|start| *start < to)
            }
        }
    }

    /// How many rows start in `from..to`.
    pub fn count(&self, from: usize, to: usize) -> usize {
        match self.entries {
            None => {
                let stretch = self.block.get(from..to).unwrap_or_default();
                memchr::memchr_iter(b'\n', stretch).count()
            }
            Some(entries) => {
                let place = |at: usize| entries.partition_point(|row| row.start < at);
                place(to).saturating_sub(place(from))
            }
        }
    }

    /// Behind the last whole row.
    pub fn complete(&self, floor: usize) -> usize {
        match self.entries {
            None => {
                let rest = self.block.get(floor..).unwrap_or_default();
                memchr::memrchr(b'\n', rest).map_or(floor, |newline| floor + newline + 1)
            }
            Some(entries) => entries.last().map_or(floor, |row| row.end),
        }
    }
}
