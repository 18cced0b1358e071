//! Where among the lines of one writer a record certainly begins.

use super::gather::Loom;
use super::lay::{Pull, unit_start};
use super::own::Extent;
use super::walk::{Next, Strand, Walk};
use crate::format::{Origin, Wear};
use crate::limits::{FENCE_LINES, RECORD_BYTES_MAX, WORN_LINES_MAX};
use crate::record::Seen;

/// A unit, as far as fences go.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    /// A line that looks like this.
    Line(Seen),
    /// It is all of an event.
    Closed,
    /// It is several lines, and more may stand below.
    Lines,
    /// The block ends in it.
    Unknown,
}

/// How the record of a writer's last line before some place stands to that place.
pub(super) enum Tail {
    /// It starts there and may go on behind it.
    Open(usize),
    /// It ends before it.
    Within,
}

impl Loom {
    /// The last line at or before `target` where a record of its writer certainly begins; see `record::fence`.
    pub(super) fn fence(&mut self, walk: &mut Walk<'_>, target: &Strand, floor: usize) -> usize {
        let (look, end) = self.look(walk, target);
        let Look::Line(mut seen) = look else {
            return target.line.start;
        };
        let mut at = target.line.start;
        let mut texts = 0;
        let mut texts_start = at;
        // Of the line behind the one that is looked at.
        let mut resumes = match walk.next(target.origin, end) {
            Next::Line(next) => match self.look(walk, &next).0 {
                Look::Line(seen) => Some(seen.resumes()),
                Look::Closed | Look::Lines => Some(false),
                Look::Unknown => None,
            },
            Next::Over | Next::Unknown => None,
        };
        loop {
            match seen {
                Seen::Head | Seen::Summary if resumes == Some(false) => return at,
                Seen::Text => {
                    if texts == 0 {
                        texts_start = at;
                    }
                    texts += 1;
                    if texts > FENCE_LINES {
                        return texts_start;
                    }
                }
                _ => texts = 0,
            }
            resumes = Some(seen.resumes());
            let Some(before) = walk.before(target.origin, at, floor) else {
                return at;
            };
            let before = unit_start(walk, &before, floor);
            match self.look(walk, &before).0 {
                Look::Line(line) => seen = line,
                Look::Closed | Look::Lines | Look::Unknown => return at,
            }
            at = before.line.start;
        }
    }

    /// How the record of a line stands to `end`, before which it is the last of its writer; `earlier` are the lines before
    /// it, the last one first, as far as they count. Told by looks alone, `None` where that takes a reading.
    pub(super) fn tail(
        &mut self,
        walk: &mut Walk<'_>,
        last: &Strand,
        earlier: &[Strand],
        end: usize,
    ) -> Option<Tail> {
        if last.wear.as_ref().is_some_and(Wear::may_be_partial) {
            return None;
        }
        let seen = match self.look(walk, last).0 {
            Look::Closed => return Some(Tail::Within),
            Look::Line(seen @ (Seen::Head | Seen::Access)) => seen,
            Look::Line(_) | Look::Lines | Look::Unknown => return None,
        };
        if end < walk.end || walk.ends {
            let next = (seen == Seen::Head).then(|| walk.next(last.origin, last.line.end))?;
            return match next {
                Next::Over => Some(Tail::Within),
                Next::Unknown => None,
                Next::Line(next) => self.is_begun(walk, &next).then_some(Tail::Within),
            };
        }
        let start = last.line.start;
        (self.is_behind_event(walk, last.origin, earlier) && walk.end - start <= RECORD_BYTES_MAX)
            .then_some(Tail::Open(start))
    }

    /// Whether the last of a writer's lines is one that no trace goes on behind. Access-log lines may stand in a trace.
    fn is_behind_event(&mut self, walk: &mut Walk<'_>, origin: Origin, earlier: &[Strand]) -> bool {
        let mut own = earlier
            .iter()
            .filter(|line| line.origin == origin)
            .peekable();
        if own.peek().is_none() {
            return true;
        }
        own.find(|line| !matches!(self.look(walk, line).0, Look::Line(Seen::Access)))
            .is_some_and(|line| self.is_begun(walk, line))
    }

    /// Whether a line begins a record which the line of its writer before it is not part of, or is all of one.
    fn is_begun(&mut self, walk: &mut Walk<'_>, strand: &Strand) -> bool {
        !strand.wear.as_ref().is_some_and(Wear::may_be_partial)
            && matches!(
                self.look(walk, strand).0,
                Look::Line(Seen::Head) | Look::Closed
            )
    }

    /// Whether a line goes on with no record.
    pub(super) fn is_event(&mut self, walk: &mut Walk<'_>, strand: &Strand) -> bool {
        let is_access = |look| matches!(look, Look::Line(Seen::Access));
        self.is_begun(walk, strand)
            || !strand.wear.as_ref().is_some_and(Wear::may_be_partial)
                && is_access(self.look(walk, strand).0)
    }

    /// What the unit that begins with this line looks like, and where it ends.
    fn look(&mut self, walk: &mut Walk<'_>, strand: &Strand) -> (Look, usize) {
        let start = strand.line.start;
        if let Some(known) = self.looks.get(&start) {
            return *known;
        }
        let seen = self.look_at(walk, strand);
        if self.looks.len() >= WORN_LINES_MAX {
            self.looks.clear();
        }
        self.looks.insert(start, seen);
        seen
    }

    fn look_at(&mut self, walk: &mut Walk<'_>, strand: &Strand) -> (Look, usize) {
        let Pull::Unit(unit) = self.unit(walk, strand.clone()) else {
            return (Look::Unknown, strand.line.end);
        };
        let look = match unit.extent {
            Extent::Line => Look::Line(Seen::of(&self.text[unit.text.start..unit.text.end - 1])),
            Extent::Lines => Look::Lines,
            Extent::Event => Look::Closed,
        };
        self.give_back(&unit);
        (look, unit.end)
    }
}
