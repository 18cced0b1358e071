//! Where among the lines of one writer a record certainly begins.

use super::gather::Loom;
use super::lay::{Pull, unit_start};
use super::walk::{Next, Strand, Walk};
use crate::limits::FENCE_LINES;
use crate::record::Seen;

impl Loom {
    /// The last line at or before `target` where a record of its writer certainly begins; see `record::fence`.
    pub(super) fn fence(&mut self, walk: &mut Walk<'_>, target: &Strand, floor: usize) -> usize {
        let origin = target.origin;
        let mut at = target.clone();
        let mut texts = 0;
        let mut texts_start = at.line.start;
        // Of the line behind the one that is looked at.
        let mut resumes = self.next_seen(walk, target).map(Seen::resumes);
        loop {
            let seen = self.seen(walk, &at);
            match seen {
                None => return at.line.start,
                Some(Seen::Head | Seen::Summary) if resumes == Some(false) => return at.line.start,
                Some(Seen::Text) => {
                    if texts == 0 {
                        texts_start = at.line.start;
                    }
                    texts += 1;
                    if texts > FENCE_LINES {
                        return texts_start;
                    }
                }
                Some(_) => texts = 0,
            }
            resumes = seen.map(Seen::resumes);
            match walk.before(origin, at.line.start, floor) {
                Some(strand) => at = unit_start(walk, &strand, floor),
                None => return at.line.start,
            }
        }
    }

    /// What the unit that begins with this line looks like; `None` if the block ends in it.
    fn seen(&mut self, walk: &mut Walk<'_>, strand: &Strand) -> Option<Seen> {
        let (text, raw) = (self.text.len(), self.raw.len());
        let pulled = self.unit(walk, strand.clone());
        let seen = match pulled {
            Pull::Unit(unit) => Some(Seen::of(&self.text[unit.text.start..unit.text.end - 1])),
            Pull::Over | Pull::Unknown => None,
        };
        self.text.truncate(text);
        self.raw.truncate(raw);
        seen
    }

    /// What the unit behind the one that begins with this line looks like.
    fn next_seen(&mut self, walk: &mut Walk<'_>, strand: &Strand) -> Option<Seen> {
        let (text, raw) = (self.text.len(), self.raw.len());
        let end = match self.unit(walk, strand.clone()) {
            Pull::Unit(unit) => Some(unit.end),
            Pull::Over | Pull::Unknown => None,
        };
        self.text.truncate(text);
        self.raw.truncate(raw);
        match walk.next(strand.origin, end?) {
            Next::Line(next) => self.seen(walk, &next),
            Next::Over | Next::Unknown => None,
        }
    }
}
