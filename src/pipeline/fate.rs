//! What becomes of a suspect record, and what is written on the way.

use std::io;
use std::sync::Arc;

use super::flow::{Fate, Pipeline, Place, Taken};
use super::{Amount, Output};
use crate::episode::{Sighting, Treatment, clock::Moved};
use crate::record::{Assembly, Extent, Record};
use crate::rule::{Finding, Reason, Verdict};

impl Pipeline {
    /// Judges one suspect record, and shows it, keeps it or holds it back.
    pub(super) fn judge(
        &mut self,
        assembly: &Assembly,
        place: &mut Place<'_>,
        now: i64,
        out: &mut dyn Output,
    ) -> io::Result<Fate> {
        let Some(first) = assembly.pieces.first() else {
            return Ok(Fate::Pass);
        };
        let start = first.line.start;
        self.read_marks(place, start, now, out)?;
        let record = Record::parse(place.block, &assembly.pieces);
        let stamp = record.head.as_ref().and_then(|head| head.stamp.as_ref());
        let unstamped = self.clock.micros().unwrap_or(now);
        let own = stamp.map_or(now, |stamp| stamp.resolve(unstamped));
        let micros = stamp.map_or(unstamped, |stamp| self.read_stamp(stamp, now));
        self.collapse
            .turn(self.clock.micros().unwrap_or(now), &mut self.due);
        let rules = Arc::clone(&self.rules);
        let verdict = if assembly.oversize {
            Verdict::Keep(Reason::Oversize)
        } else {
            rules.judge_with(&record, &mut self.memory)
        };
        let (from, fate) = match verdict {
            Verdict::Collapse(finding) => self.take(assembly, &record, finding, (micros, own)),
            Verdict::Keep(_) => (usize::MAX, Fate::Pass),
        };
        self.write_due_at(place, start, out)?;
        match &fate {
            Fate::Hold(taken) => {
                self.open_since = self.open_since.or(Some(now));
                self.hold(assembly, from, place, taken, now, out)?;
                let records = u64::from(from == 0);
                let amount = Amount {
                    records,
                    ..Amount::default()
                };
                self.ledger.suppress(&taken.rule, amount);
            }
            Fate::Pass => self.ledger.keep(assembly.oversize),
        }
        Ok(fate)
    }

    /// Counts a record that a rule takes. Gives what becomes of it, and from which of its lines on.
    fn take<'b>(
        &mut self,
        assembly: &Assembly,
        record: &Record<'b>,
        finding: Finding<'_, 'b>,
        (micros, stamp): (i64, i64),
    ) -> (usize, Fate) {
        let (lines, bytes) = extent_of(assembly, 0);
        let (key, path) = self.key.build(record, &finding);
        let layout = record
            .head
            .as_ref()
            .and_then(|head| head.stamp.as_ref())
            .map(|stamp| stamp.layout);
        let sighting = Sighting {
            micros,
            stamp,
            layout,
            lines,
            bytes,
            peer: finding.peer.or_else(|| record.peer()),
            path,
            finding,
        };
        let from = match self.collapse.take(key, &sighting, &mut self.due) {
            Treatment::Show => return (usize::MAX, Fate::Pass),
            Treatment::ShowLine => {
                let (lines, bytes) = extent_of(assembly, 1);
                self.collapse.extend(key, lines, bytes);
                1
            }
            Treatment::Hold => 0,
        };
        let rule = Arc::clone(sighting.finding.rule);
        (
            from,
            Fate::Hold(Taken {
                key: key.into(),
                rule,
            }),
        )
    }

    /// Holds back the lines of a record from its piece number `from` on; what lies between them passes.
    pub(super) fn hold(
        &mut self,
        assembly: &Assembly,
        from: usize,
        place: &mut Place<'_>,
        taken: &Taken,
        now: i64,
        out: &mut dyn Output,
    ) -> io::Result<()> {
        for (at, piece) in assembly.pieces.iter().enumerate().skip(from) {
            if at > from {
                self.judge_between(place, piece.line.start, now, out)?;
            }
            self.pass(place, piece.line.start, out)?;
            place.passed = piece.line.end;
        }
        place.marked = place.marked.max(place.passed);
        let (lines, bytes) = extent_of(assembly, from);
        self.ledger.suppress(
            &taken.rule,
            Amount {
                bytes,
                lines,
                records: 0,
            },
        );
        Ok(())
    }

    /// Judges the lines of others between two lines of a record that is held back: without it they stand alone.
    fn judge_between(
        &mut self,
        place: &mut Place<'_>,
        to: usize,
        now: i64,
        out: &mut dyn Output,
    ) -> io::Result<()> {
        let mut assembly = Assembly::default();
        let mut at = place.passed;
        while at < to {
            let Extent::Whole { end } = assembly.read(&place.block[..to], at, true) else {
                break;
            };
            self.decide(&assembly, place, now, out)?;
            at = end.max(at + 1);
        }
        Ok(())
    }

    /// Passes on everything up to `to` that was not passed on or held back yet.
    pub(super) fn pass(
        &mut self,
        place: &mut Place<'_>,
        to: usize,
        out: &mut dyn Output,
    ) -> io::Result<()> {
        if to > place.passed {
            let stretch = &place.block[place.passed..to];
            if self.options.account {
                self.ledger.pass(stretch);
            }
            out.pass(stretch, self.offset + place.passed as u64)?;
            self.torn = !stretch.ends_with(b"\n");
            place.passed = to;
        }
        Ok(())
    }

    /// Reads the time from what lies before `to`, and ends the window where it is over. It is read whether or not
    /// anything is held back: records without a time of their own have the clock's.
    pub(super) fn read_marks(
        &mut self,
        place: &mut Place<'_>,
        to: usize,
        now: i64,
        out: &mut dyn Output,
    ) -> io::Result<()> {
        while place.marked < to {
            let found = self.marks.find(place.block, place.marked, to, self.offset);
            let Some((at, stamp)) = found else { break };
            place.marked = at;
            self.read_stamp(&stamp, now);
            self.collapse
                .turn(self.clock.micros().unwrap_or(now), &mut self.due);
            self.write_due_at(place, at, out)?;
        }
        place.marked = place.marked.max(to);
        Ok(())
    }

    /// Moves the log's clock, and ends the window if it leaps.
    pub(super) fn read_stamp(&mut self, stamp: &crate::line::Stamp, now: i64) -> i64 {
        self.layout = Some(stamp.layout);
        let before = self.clock.micros();
        let (micros, moved) = self.clock.read(stamp, now);
        if moved == Moved::Leapt {
            self.collapse.flush(before.unwrap_or(micros), &mut self.due);
        }
        micros
    }

    /// Writes the summaries that are due, before the byte `at` of the block.
    pub(super) fn write_due_at(
        &mut self,
        place: &mut Place<'_>,
        at: usize,
        out: &mut dyn Output,
    ) -> io::Result<()> {
        if self.due.is_empty() {
            return Ok(());
        }
        self.pass(place, at, out)?;
        self.write_due(out)
    }

    pub(super) fn write_due(&mut self, out: &mut dyn Output) -> io::Result<()> {
        let mut bytes = Vec::new();
        for summary in self.due.drain(..) {
            summary.dress(self.options.style, self.layout.as_ref(), &mut bytes);
            self.ledger.summaries += 1;
        }
        if !self.collapse.is_open() {
            self.open_since = None;
        }
        if bytes.is_empty() {
            return Ok(());
        }
        // An input may end without a line ending; a summary is a line of its own all the same.
        if std::mem::take(&mut self.torn) {
            bytes.insert(0, b'\n');
        }
        out.summary(&bytes)
    }
}

/// Lines and bytes of a record from its piece number `from` on.
pub(super) fn extent_of(assembly: &Assembly, from: usize) -> (u64, u64) {
    let own = assembly.pieces.get(from..).unwrap_or_default();
    (
        own.iter().filter(|piece| piece.line.complete).count() as u64,
        own.iter()
            .map(|piece| (piece.line.end - piece.line.start) as u64)
            .sum(),
    )
}
