//! Where among the lines of one writer a record certainly begins.

use super::gather::Loom;
use super::lay::{Pull, unit_start};
use super::own::Extent;
use super::walk::{Next, Strand, Walk};
use crate::limits::FENCE_LINES;
use crate::record::Seen;

/// A unit, as far as fences go.
enum Look {
    /// A line that looks like this.
    Line(Seen),
    /// It stands for itself.
    Closed,
    /// The block ends in it.
    Unknown,
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
                Look::Closed => Some(false),
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
                Look::Closed | Look::Unknown => return at,
            }
            at = before.line.start;
        }
    }

    /// What the unit that begins with this line looks like, and where it ends.
    fn look(&mut self, walk: &mut Walk<'_>, strand: &Strand) -> (Look, usize) {
        let Pull::Unit(unit) = self.unit(walk, strand.clone()) else {
            return (Look::Unknown, strand.line.end);
        };
        let look = match unit.extent {
            Extent::Line => Look::Line(Seen::of(&self.text[unit.text.start..unit.text.end - 1])),
            Extent::Lines | Extent::Event => Look::Closed,
        };
        self.give_back(&unit);
        (look, unit.end)
    }
}
