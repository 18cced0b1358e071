//! Verdicts given ahead of the stream: what of judging a part of it depends on that part alone, so that several parts
//! can be judged at once, and counted in order.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::fate::count;
use super::flow::Pipeline;
use super::passage::{Fate, Passage};
use super::scan::{is_own, is_suspect};
use super::suspect::{Suspect, extent_of};
use super::weave::{Ahead, Rows, walk};
use super::{Gear, Output, Skim};
use crate::episode::Sighting;
use crate::episode::key::KeyBuilder;
use crate::format::Format;
use crate::line::{Stamp, line_start};
use crate::record::{Assembly, Extent, Piece, Record, fence};
use crate::rule::{Finding, Memory, Rule, RuleSet, Signs, Verdict};

/// Judges parts of a stream, each of which begins and ends between records.
#[derive(Debug)]
pub struct Scout {
    rules: Arc<RuleSet>,
    skim: Arc<Skim>,
    format: Format,
    key: KeyBuilder,
    memory: Memory,
    assembly: Assembly,
}

/// The suspect records of one part, with their verdicts.
#[derive(Debug)]
pub struct Scouted {
    sights: Vec<Sight>,
}

/// One suspect record.
#[derive(Debug)]
struct Sight {
    pieces: Vec<Piece>,
    oversize: bool,
    /// When it says that it was written.
    stamp: Option<Stamp>,
    /// What a rule found, if one takes it.
    found: Option<Found>,
}

/// What a rule found, and under which key it is counted; copied, since the part goes its own way.
#[derive(Debug)]
struct Found {
    rule: Arc<Rule>,
    key: Box<[u8]>,
    error: Vec<u8>,
    message: Vec<u8>,
    owner: Vec<u8>,
    peer: Option<Vec<u8>>,
    path: Option<Vec<u8>>,
    signs: Signs,
}

impl Scout {
    /// Judges one part. `None` if lines in it wear something: whose record goes on where is known in order only.
    #[must_use]
    pub fn scout(&mut self, part: &[u8]) -> Option<Scouted> {
        let mut assembly = std::mem::take(&mut self.assembly);
        let mut sights = Vec::new();
        let skim = Arc::clone(&self.skim);
        let mut hits = skim.hits(part);
        let mut bare = 0..0;
        let mut at = 0;
        while let Some(hit) = hits.from(at) {
            let record = fence::before(part, line_start(part, hit, at), at);
            at = self.read_to(&mut assembly, part, record, hit, &mut bare)?;
            if is_own(&assembly, hit) || is_suspect(&skim, &assembly, part) {
                let sight = self.judge(&assembly, part);
                if sight.found.is_some() {
                    assembly.remember(part);
                }
                sights.push(sight);
            }
        }
        self.assembly = assembly;
        Some(Scouted { sights })
    }

    /// Reads records from `start` on until one reaches behind `hit`, and gives where that ends.
    fn read_to(
        &self,
        assembly: &mut Assembly,
        part: &[u8],
        start: usize,
        hit: usize,
        bare: &mut Range<usize>,
    ) -> Option<usize> {
        let mut record = start;
        loop {
            // With the end of the part as the end of the input, no record stays open.
            let Extent::Whole { end } = assembly.read(part, record, true) else {
                return None;
            };
            if end > hit {
                let looked_at = record..assembly.reach;
                let known = assembly.recalled();
                let is_bare = walk::is_bare_around(bare, part, looked_at, known, 0, self.format);
                return is_bare.then_some(end);
            }
            record = end.max(record + 1);
        }
    }

    fn judge(&mut self, assembly: &Assembly, part: &[u8]) -> Sight {
        let outline = assembly.outline(part);
        let found = match self.judge_again(assembly, &outline) {
            Some(found) => Some(found),
            None => self.judge_in_full(assembly, part),
        };
        let stamp = outline.head.as_ref().and_then(|head| head.stamp.clone());
        Sight {
            pieces: assembly.pieces.clone(),
            oversize: assembly.oversize,
            stamp,
            found,
        }
    }

    /// What is found where the record's trace was judged before.
    fn judge_again(&mut self, assembly: &Assembly, outline: &Record<'_>) -> Option<Found> {
        let rules = Arc::clone(&self.rules);
        let finding = rules.judge_again(outline, assembly.trace()?, &self.memory)?;
        Some(Found::new(&mut self.key, outline, finding))
    }

    fn judge_in_full(&mut self, assembly: &Assembly, part: &[u8]) -> Option<Found> {
        if assembly.oversize {
            return None;
        }
        let record = assembly.record(part);
        let trace = assembly.trace();
        match self.rules.judge_with(&record, trace, &mut self.memory) {
            Verdict::Collapse(finding) => Some(Found::new(&mut self.key, &record, finding)),
            Verdict::Keep(_) => None,
        }
    }
}

impl Found {
    fn new<'b>(builder: &mut KeyBuilder, record: &Record<'b>, finding: Finding<'_, 'b>) -> Found {
        let (key, path) = builder.build(record, &finding);
        Found {
            rule: Arc::clone(finding.rule),
            key: key.into(),
            error: finding.error.to_vec(),
            message: finding.message.to_vec(),
            owner: finding.owner.to_vec(),
            peer: finding.peer.or_else(|| record.peer()).map(<[u8]>::to_vec),
            path: path.map(<[u8]>::to_vec),
            signs: finding.signs,
        }
    }

    fn finding(&self) -> Finding<'_, '_> {
        Finding {
            rule: &self.rule,
            error: &self.error,
            message: &self.message,
            owner: &self.owner,
            peer: self.peer.as_deref(),
            path: self.path.as_deref(),
            signs: self.signs,
        }
    }
}

impl Pipeline {
    /// A scout for this stream, under its rules.
    #[must_use]
    pub fn scout(&self) -> Scout {
        Scout {
            rules: Arc::clone(&self.rules),
            skim: Arc::clone(&self.skim),
            format: self.options.format,
            key: KeyBuilder::default(),
            memory: Memory::default(),
            assembly: Assembly::default(),
        }
    }

    /// Reads a part that a scout has judged, as [`end_of_part`](Pipeline::end_of_part) would; the output is the same.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn feed_scouted(
        &mut self,
        part: &[u8],
        scouted: Option<Scouted>,
        now: i64,
        out: &mut dyn Output,
    ) -> io::Result<()> {
        if self.is_fresh {
            self.meet(part, true);
        }
        let is_between = !self.mid_line && self.followings.is_empty() && self.stands_alone();
        let usable = scouted.filter(|_| is_between && self.options.gear == Gear::Skim);
        let Some(scouted) = usable else {
            return self.end_of_part(part, now, out);
        };
        let rows = Rows {
            block: part,
            entries: None,
        };
        let mut passage = Passage::new(rows, 0, now, out);
        let mut assembly = std::mem::take(&mut self.assembly);
        for sight in scouted.sights {
            assembly.pieces = sight.pieces;
            assembly.oversize = sight.oversize;
            self.settle_sight(
                &assembly,
                sight.stamp.as_ref(),
                sight.found.as_ref(),
                &mut passage,
            )?;
        }
        self.assembly = assembly;
        self.read_marks(&mut passage, part.len())?;
        self.pass(&mut passage, part.len())?;
        self.offset += part.len() as u64;
        // Nobody's record goes on behind a part.
        self.ahead = Ahead::default();
        Ok(())
    }

    /// Counts one record whose verdict is known, and holds it back or lets it pass.
    fn settle_sight(
        &mut self,
        assembly: &Assembly,
        stamp: Option<&Stamp>,
        found: Option<&Found>,
        passage: &mut Passage<'_>,
    ) -> io::Result<()> {
        let start = assembly.pieces.first().map_or(0, |first| first.line.start);
        self.read_marks(passage, start)?;
        let times = self.read_times(None, stamp, passage.now);
        let (from, fate) = match found {
            None => (usize::MAX, Fate::Pass),
            Some(found) => {
                let whole = extent_of(assembly, 0);
                let sighting = Sighting {
                    finding: found.finding(),
                    words: &found.message,
                    micros: times.micros,
                    stamp: times.stamp,
                    layout: times.layout,
                    ahead: times.ahead,
                    clothes: None,
                    lines: whole.lines,
                    bytes: whole.bytes,
                    peer: found.peer.as_deref(),
                    path: found.path.as_deref(),
                };
                let rest = extent_of(assembly, 1);
                count(
                    &mut self.collapse,
                    &mut self.due,
                    &found.key,
                    &sighting,
                    rest,
                )
            }
        };
        self.ledger.malformed += Suspect::bare(assembly, passage.block).torn();
        self.note(&fate, from, start, assembly.oversize, passage)?;
        match &fate {
            Fate::Hold(taken) => self.hold(assembly, from, passage, taken, from == 0),
            Fate::Pass => Ok(()),
        }
    }
}
