//! The lines of a block with the writers they belong to, forwards and backwards.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use foldhash::fast::FixedState;
use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

use super::rows::Rows;
use crate::format::{Format, Origin, Wear};
use crate::limits::{APART_LINES_MAX, FOLLOWERS_MAX, LINE_BYTES_MAX, WORN_LINES_MAX};
use crate::line::{Line, line_at, line_before};
use crate::record::{Head, Seen};

/// One line of the block.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Strand {
    /// Where it stands.
    pub line: Line,
    /// Whose it is.
    pub origin: Origin,
    /// What it wears.
    pub wear: Option<Wear>,
}

/// What comes next of one writer.
#[derive(Debug)]
pub(in crate::pipeline) enum Next {
    /// A line.
    Line(Strand),
    /// None: whatever stood before is over.
    Over,
    /// The block ends too early to tell.
    Unknown,
}

/// Whose a line without an envelope is when it stands where reading begins.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(in crate::pipeline) struct Below {
    /// The writer of the enveloped line above.
    pub origin: Origin,
    /// How many lines have followed that one.
    pub lines: usize,
}

/// Lines that were dealt with earlier, and whose they are. To the lines around them they are a boundary.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(in crate::pipeline) struct Claim {
    pub origin: Origin,
    pub range: Range<usize>,
}

/// Reads the lines of a block.
#[derive(Debug)]
pub(in crate::pipeline) struct Walk<'b> {
    pub block: &'b [u8],
    pub rows: Rows<'b>,
    pub format: Format,
    /// Nothing before it is asked for.
    pub floor: usize,
    /// Behind the last line that can be read.
    pub end: usize,
    /// What stands there will not go on.
    pub ends: bool,
    pub below: Below,
    pub claims: &'b [Claim],
    run: Option<Run>,
    /// What lines wear that were looked at, by where they start: neighbours of one line are neighbours of the next.
    worn: HashMap<usize, (Origin, Option<Wear>), FixedState>,
}

/// Lines in a row without an envelope, and whose they are.
#[derive(Clone, Copy, Debug)]
struct Run {
    from: usize,
    to: usize,
    below: Below,
}

impl<'b> Walk<'b> {
    /// A walk over `block[floor..]`. With `last`, an unfinished line at its end counts as a whole one.
    pub fn new(
        rows: Rows<'b>,
        floor: usize,
        last: bool,
        format: Format,
        below: Below,
        claims: &'b [Claim],
    ) -> Walk<'b> {
        let block = rows.block;
        let complete = rows.complete(floor);
        let giant = line_at(block, complete).is_some_and(|line| is_giant(&line));
        // The lines of a block that ends are all there; of a stream of entries the last may lack its end.
        let end = if last && rows.entries.is_none() {
            block.len()
        } else {
            complete
        };
        Walk {
            block,
            rows,
            format,
            floor,
            end,
            ends: last || giant,
            below,
            claims,
            run: None,
            worn: HashMap::default(),
        }
    }

    /// The line that starts at `start`.
    pub fn at(&mut self, start: usize) -> Option<Strand> {
        let line = self.rows.at(start).filter(|line| line.end <= self.end)?;
        Some(self.strand(line))
    }

    /// The next line of `origin` at or behind `from`.
    pub fn next(&mut self, origin: Origin, from: usize) -> Next {
        self.next_within(origin, from, 0)
    }

    /// The same where `apart` lines of others stood before `from`.
    pub fn next_within(&mut self, origin: Origin, from: usize, apart: usize) -> Next {
        let mut at = from;
        for _ in apart..=APART_LINES_MAX {
            let Some(strand) = self.at(at) else {
                return if self.ends { Next::Over } else { Next::Unknown };
            };
            if is_giant(&strand.line) {
                return Next::Over;
            }
            if strand.origin == origin {
                return if self.is_claimed(&strand) {
                    Next::Over
                } else {
                    Next::Line(strand)
                };
            }
            at = strand.line.end;
        }
        Next::Over
    }

    /// The last line of `origin` before `start`, none before `floor`.
    pub fn before(&mut self, origin: Origin, start: usize, floor: usize) -> Option<Strand> {
        let mut at = start;
        for _ in 0..=APART_LINES_MAX {
            let line = self.rows.before(at, floor)?;
            if is_giant(&line) {
                return None;
            }
            let strand = self.strand(line);
            if strand.origin == origin {
                return Some(strand).filter(|strand| !self.is_claimed(strand));
            }
            at = line.start;
        }
        None
    }

    /// Whether a line was dealt with earlier.
    pub fn is_claimed(&self, strand: &Strand) -> bool {
        self.claims
            .iter()
            .any(|claim| claim.origin == strand.origin && claim.range.contains(&strand.line.start))
    }

    /// Whose a line without an envelope would be if it stood at `start` and opened nothing.
    pub fn below(&mut self, start: usize) -> Below {
        let mut at = start;
        let mut lines = 0;
        let found = loop {
            if let Some(run) = self.run.filter(|run| run.from < at && at <= run.to) {
                // Every line of a run lies as far below the same line.
                let behind = if at == run.to { lines } else { 0 };
                break Below {
                    origin: run.below.origin,
                    lines: run.below.lines + behind,
                };
            }
            lines += 1;
            if lines > FOLLOWERS_MAX {
                break Below::default();
            }
            let Some(line) = self.rows.before(at, self.floor) else {
                break Below {
                    origin: self.below.origin,
                    lines: self.below.lines + lines - 1,
                };
            };
            match owner(self.block, &line, self.format) {
                Some(origin) => {
                    break Below {
                        origin,
                        lines: lines - 1,
                    };
                }
                None => at = line.start,
            }
        };
        if found.lines > FOLLOWERS_MAX {
            return Below::default();
        }
        self.run = Some(Run {
            from: at,
            to: start,
            below: found,
        });
        found
    }

    fn strand(&mut self, line: Line) -> Strand {
        if let Some((origin, wear)) = self.worn.get(&line.start).cloned() {
            return Strand { line, origin, wear };
        }
        let (origin, wear) = self.look_at(&line);
        if self.worn.len() >= WORN_LINES_MAX {
            self.worn.clear();
        }
        self.worn.insert(line.start, (origin, wear.clone()));
        Strand { line, origin, wear }
    }

    /// Whose a line is, and what it wears.
    fn look_at(&mut self, line: &Line) -> (Origin, Option<Wear>) {
        let text = line.text(self.block);
        let wear = if is_giant(line) {
            None
        } else {
            Wear::of(text, self.format)
        };
        let origin = match &wear {
            Some(wear) if is_summary(text, wear) => Origin::SUMMARY,
            Some(wear) => wear.origin,
            None if self.rows.entries.is_some() => Origin::NOBODY,
            None if Head::parse(text).is_some() => Origin::PLAIN,
            None => self.below(line.start).origin,
        };
        (origin, wear)
    }
}

/// Whose the lines below this one are; `None` where it is itself one of those.
fn owner(block: &[u8], line: &Line, format: Format) -> Option<Origin> {
    if is_giant(line) {
        return Some(Origin::PLAIN);
    }
    let text = line.text(block);
    match Wear::of(text, format) {
        Some(wear) if wear.has_followers() => Some(wear.origin),
        Some(_) => Some(Origin::PLAIN),
        None => Head::parse(text).map(|_| Origin::PLAIN),
    }
}

/// Whether a line is beyond its bound: it passes, and nothing goes on behind it.
pub(super) fn is_giant(line: &Line) -> bool {
    line.text_end - line.start > LINE_BYTES_MAX
}

/// Whether the lines of `block[from..to]` wear nothing.
pub(in crate::pipeline) fn is_bare(block: &[u8], from: usize, to: usize, format: Format) -> bool {
    // One search for colours instead of one in each line.
    let stretch = block.get(from..to.min(block.len())).unwrap_or_default();
    let has_colours = memchr::memchr(ESCAPE, stretch).is_some();
    let mut at = from;
    while at < to {
        let Some(line) = line_at(block, at) else {
            break;
        };
        let is_naked = if has_colours {
            is_naked(&line, block, format)
        } else {
            is_giant(&line) || Wear::of(line.text(block), format).is_none()
        };
        if !is_naked {
            return false;
        }
        at = line.end;
    }
    true
}

/// Whether the lines of a range, and those before it that could tell of another writer, wear nothing. `bare` are lines that
/// are known to wear nothing; it grows with what is found. Those of `known` need not be looked at again. No line begins
/// before `begun`.
pub(in crate::pipeline) fn is_bare_around(
    bare: &mut Range<usize>,
    block: &[u8],
    lines: Range<usize>,
    known: Range<usize>,
    begun: usize,
    format: Format,
) -> bool {
    let Range { start, end } = lines;
    let adjoins = bare.start < bare.end && bare.start <= start && start <= bare.end;
    if !adjoins {
        match bare_from(block, start, begun, format) {
            Some(from) => *bare = from..start,
            None => return false,
        }
    }
    // Up to what is known, over it, and on.
    for (to, behind) in [(known.start.min(end), known.end), (end, end)] {
        if bare.end < to {
            if !is_bare(block, bare.end, to, format) {
                return false;
            }
            bare.end = to;
        }
        if bare.end == to {
            bare.end = bare.end.max(behind.min(end));
        }
    }
    true
}

/// What colours begin with.
const ESCAPE: u8 = 0x1b;

/// Whether a line wears nothing, not even colours.
fn is_naked(line: &Line, block: &[u8], format: Format) -> bool {
    let text = line.text(block);
    is_giant(line) || Wear::of(text, format).is_none() && memchr::memchr(ESCAPE, text).is_none()
}

/// Where the lines begin that must wear nothing for a record at `start` to be read without looking for writers: far
/// enough back for any other writer's record to show, and for an enveloped line whose followers these are. `None` if
/// one of them wears something.
pub(in crate::pipeline) fn bare_from(
    block: &[u8],
    start: usize,
    floor: usize,
    format: Format,
) -> Option<usize> {
    let mut at = start;
    for lines in 1..=FOLLOWERS_MAX {
        let Some(line) = line_before(block, at, floor) else {
            break;
        };
        if !is_giant(&line) && Wear::of(line.text(block), format).is_some() {
            return None;
        }
        at = line.start;
        if lines > APART_LINES_MAX && Head::parse(line.text(block)).is_some() {
            break;
        }
    }
    // One search for colours instead of one in each line.
    let has_colours = memchr::memchr(ESCAPE, &block[at..start]).is_some();
    (!has_colours || is_bare(block, at, start, format)).then_some(at)
}

/// Whether a writer's envelope holds a summary of ours, which belongs to nobody's record.
fn is_summary(line: &[u8], wear: &Wear) -> bool {
    static NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("quell"));
    if NAME.find(line).is_none() {
        return false;
    }
    let mut text = Vec::with_capacity(line.len());
    wear.write_inner(line, &mut text);
    Seen::of(&text) == Seen::Summary
}
