//! Judges what was found in a block, in the order in which it begins, and lets the rest pass.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::claims::HeldBack;
use super::collect::{Collection, Collector, is_suspect};
use super::gather::{Found, Loom};
use super::lay::row_text;
use super::walk::{Claim, Walk};
use crate::format::Wear;
use crate::format::json::Entry;
use crate::limits::FOLLOWING_MAX;
use crate::pipeline::Gear;
use crate::pipeline::flow::Pipeline;
use crate::pipeline::passage::{Fate, Following, Passage, Taken};
use crate::pipeline::suspect::{Amounts, Suspect, Worn};
use crate::record::Extent;

/// When what stands in a block is to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) enum Until {
    /// When it is known to be whole.
    Whole,
    /// As it stands: the input ends.
    End,
    /// As it stands, although more may come.
    Release,
}

impl Pipeline {
    /// Reads a block from `start` on, writer by writer. Gives how far it is decided.
    pub(in crate::pipeline) fn weave(
        &mut self,
        passage: &mut Passage<'_>,
        start: usize,
        until: Until,
    ) -> io::Result<usize> {
        let mut loom = std::mem::take(&mut self.loom);
        loom.clear();
        let claims = std::mem::take(&mut self.ahead.claims);
        let skim = Arc::clone(&self.skim);
        let last = until != Until::Whole;
        let mut walk = Walk::new(
            passage.rows,
            passage.begun,
            last,
            self.format,
            self.ahead.below,
            &claims,
        );
        let mut collector = Collector {
            walk: &mut walk,
            loom: &mut loom,
            skim: &skim,
            start,
            searched: passage.searched,
            found: Collection::default(),
        };
        collector.follow(std::mem::take(&mut self.followings));
        if self.options.gear == Gear::Step || until == Until::Release {
            collector.step();
        } else {
            collector.skim();
        }
        let decided = collector.found.decided(collector.walk);
        if self.options.gear == Gear::Skim {
            collector.look_over(decided);
        }
        let found = collector.found;
        let (end, ends) = (walk.end, walk.ends);
        self.ahead.claims = claims
            .iter()
            .filter(|claim| claim.range.end > decided)
            .cloned()
            .collect();
        self.give_verdicts(&mut loom, found, passage, decided, until)?;
        self.loom = loom;
        if ends && !last {
            // A line beyond all bounds has begun behind the last whole one.
            self.ledger.oversize += 1;
            self.mid_line = true;
            return Ok(passage.block.len());
        }
        debug_assert!(decided <= end);
        Ok(decided)
    }

    /// Judges the suspects that begin before `decided` and keeps in mind what reaches over it.
    fn give_verdicts(
        &mut self,
        loom: &mut Loom,
        found: Collection,
        passage: &mut Passage<'_>,
        decided: usize,
        until: Until,
    ) -> io::Result<()> {
        for (following, lines) in &found.followed {
            if let Fate::Hold(taken) = &following.fate {
                let amounts = self.hold_woven(loom, lines, 0, passage, taken, false);
                self.collapse
                    .extend(&taken.key, amounts.lines, amounts.bytes);
            }
        }
        let torn = found.torn.iter().filter(|at| **at < decided).count();
        self.ledger.malformed += torn as u64;
        self.ledger.oversize += found.outgrown.len() as u64;
        self.followings = found.following;
        self.followings
            .extend(found.outgrown.iter().filter_map(Following::of_outgrown));
        let mut queue: BTreeMap<usize, Found> = found
            .suspects
            .into_iter()
            .map(|found| (found.range.start, found))
            .collect();
        let mut fates: BTreeMap<usize, Fate> = BTreeMap::new();
        while let Some((start, suspect)) = queue.pop_first() {
            if start >= decided {
                break;
            }
            let (from, fate) = self.judge_woven(loom, &suspect, passage)?;
            if let Fate::Hold(taken) = &fate {
                self.hold_woven(loom, &suspect, from, passage, taken, from == 0);
                for between in self.read_between(loom, &suspect, from, passage.block) {
                    queue.insert(between.range.start, between);
                }
            }
            if suspect.range.end > decided || until == Until::Release {
                fates.insert(start, fate);
            }
        }
        let known = found.known.iter().chain(&found.outgrown);
        for known in known.filter(|known| known.range.start < decided && known.range.end > decided)
        {
            self.claim(loom, known, fates.get(&known.range.start));
        }
        if until == Until::Release {
            self.follow_on(&found.known, &fates);
        }
        Ok(())
    }

    fn judge_woven(
        &mut self,
        loom: &Loom,
        found: &Found,
        passage: &mut Passage<'_>,
    ) -> io::Result<(usize, Fate)> {
        let raw = loom.raw_of(found.units.start..found.units.start + 1);
        let first = raw
            .first()
            .map_or(&[][..], |row| row_text(passage.block, row));
        let wear = Wear::of(first, self.format);
        let unit = loom.units.get(found.units.start);
        let inner = unit.map(|unit| loom.inner(unit, passage.block, self.format));
        let inner = inner.unwrap_or_default();
        let entry = Entry::read(&inner);
        let suspect = Suspect {
            block: &loom.text,
            pieces: &loom.pieces[found.pieces.clone()],
            assembly: None,
            oversize: found.oversize,
            is_mixed: found.is_mixed,
            start: found.range.start,
            amounts: [
                amounts(loom, found, 0, passage.block),
                amounts(loom, found, 1, passage.block),
            ],
            worn: wear.as_ref().map(|wear| Worn {
                line: first,
                wear,
                inner: &inner,
                entry: entry.as_ref(),
            }),
        };
        self.judge(&suspect, passage)
    }

    /// Holds back the lines of a record from its piece number `from` on.
    fn hold_woven(
        &mut self,
        loom: &Loom,
        found: &Found,
        from: usize,
        passage: &mut Passage<'_>,
        taken: &Taken,
        mut begins: bool,
    ) -> Amounts {
        let kind = taken.kind;
        let mut ranges = loom.own_raw_from(found, from).peekable();
        // Lines that follow each other are handed over in one piece.
        while let Some(Range { start, mut end }) = ranges.next() {
            while let Some(next) = ranges.next_if(|next| next.start == end) {
                end = next.end;
            }
            self.ahead
                .held
                .insert(start, HeldBack { end, kind, begins });
            begins = false;
        }
        let amounts = amounts(loom, found, from, passage.block);
        self.ledger.suppress(&taken.rule, amounts.of(0));
        amounts
    }

    /// The lines of the same writer that stand between two lines of a record that is held back, as records: without it
    /// they stand alone.
    fn read_between(
        &self,
        loom: &mut Loom,
        found: &Found,
        from: usize,
        block: &[u8],
    ) -> Vec<Found> {
        let mut records = Vec::new();
        let pieces = loom.pieces[found.pieces.clone()].to_vec();
        for pair in pieces.windows(2).skip(from) {
            let (mut at, to) = (pair[0].line.end, pair[1].line.start);
            while at < to {
                let Extent::Whole { end } = loom.assembly.read(&loom.text[..to], at, true) else {
                    break;
                };
                let base = found.units.start;
                let units = loom.unit_at(base, at)..loom.unit_at(base, end);
                let record = loom.found(found.origin, units);
                if is_suspect(&self.skim, loom, &record, block) {
                    records.push(record);
                }
                at = end.max(at + 1);
            }
        }
        records
    }

    /// Keeps in mind that the lines of a record are dealt with.
    fn claim(&mut self, loom: &Loom, found: &Found, fate: Option<&Fate>) {
        let origin = found.origin;
        if let Some(Fate::Hold(_)) = fate {
            for range in loom.own_raw(found) {
                self.ahead.claims.push(Claim { origin, range });
            }
        } else {
            self.ahead.claims.push(Claim {
                origin,
                range: found.range.clone(),
            });
        }
    }

    /// Lets what comes later and continues the last record of a writer follow its verdict.
    fn follow_on(&mut self, known: &[Found], fates: &BTreeMap<usize, Fate>) {
        let mut met = Vec::new();
        for found in known.iter().rev() {
            if met.contains(&found.origin) || met.len() >= FOLLOWING_MAX {
                continue;
            }
            met.push(found.origin);
            let Some(machine) = found.machine.clone() else {
                continue;
            };
            self.followings.push(Following {
                origin: found.origin,
                from: found.range.end,
                apart: 0,
                machine,
                fate: fates.get(&found.range.start).cloned().unwrap_or(Fate::Pass),
            });
        }
    }
}

/// How much of the block the lines of a record are, from its piece number `from` on.
fn amounts(loom: &Loom, found: &Found, from: usize, block: &[u8]) -> Amounts {
    let mut amounts = Amounts::default();
    for range in loom.own_raw_from(found, from) {
        amounts.bytes += range.len() as u64;
        amounts.lines += memchr::memchr_iter(b'\n', &block[range]).count() as u64;
    }
    amounts
}
