//! What becomes of a suspect record, and what is written on the way.

use std::io;
use std::sync::Arc;

use super::flow::{Fate, Passage, Pipeline, Taken};
use super::{Amount, Output, Withheld};
use crate::episode::{Sighting, SummaryStyle, Treatment, clock::Moved};
use crate::record::{Assembly, Extent, Record};
use crate::rule::{Finding, Reason, Verdict};

impl Pipeline {
    /// Judges one suspect record, and shows it, keeps it or holds it back.
    pub(super) fn judge(
        &mut self,
        assembly: &Assembly,
        passage: &mut Passage<'_>,
    ) -> io::Result<Fate> {
        let Some(first) = assembly.pieces.first() else {
            return Ok(Fate::Pass);
        };
        let start = first.line.start;
        self.read_marks(passage, start)?;
        let record = Record::parse(passage.block, &assembly.pieces);
        let stamp = record.head.as_ref().and_then(|head| head.stamp.as_ref());
        let unstamped = self.clock.micros().unwrap_or(passage.now);
        let own = stamp.map_or(passage.now, |stamp| stamp.resolve(unstamped));
        let micros = stamp.map_or(unstamped, |stamp| self.read_stamp(stamp, passage.now));
        self.collapse
            .turn(self.clock.micros().unwrap_or(passage.now), &mut self.due);
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
        self.write_due_at(passage, start)?;
        match &fate {
            Fate::Hold(taken) => {
                self.open_since = self.open_since.or(Some(passage.now));
                self.hold(assembly, from, passage, taken, from == 0)?;
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
        let (from, kind) = match self.collapse.take(key, &sighting, &mut self.due) {
            Treatment::Show => return (usize::MAX, Fate::Pass),
            Treatment::ShowLine { kind } => {
                let (lines, bytes) = extent_of(assembly, 1);
                self.collapse.extend(key, lines, bytes);
                (1, kind)
            }
            Treatment::Hold { kind } => (0, kind),
        };
        let rule = Arc::clone(sighting.finding.rule);
        (
            from,
            Fate::Hold(Taken {
                key: key.into(),
                rule,
                kind,
            }),
        )
    }

    /// Holds back the lines of a record from its piece number `from` on; what lies between them passes.
    pub(super) fn hold(
        &mut self,
        assembly: &Assembly,
        from: usize,
        passage: &mut Passage<'_>,
        taken: &Taken,
        mut begins: bool,
    ) -> io::Result<()> {
        // Lines that follow each other are handed over in one piece.
        let mut start = None;
        for piece in assembly.pieces.iter().skip(from) {
            match start {
                None => {
                    self.pass(passage, piece.line.start)?;
                    start = Some(piece.line.start);
                }
                Some(at) if piece.line.start > passage.passed => {
                    self.hold_back(passage, at, taken.kind, begins)?;
                    begins = false;
                    self.judge_between(passage, piece.line.start)?;
                    self.pass(passage, piece.line.start)?;
                    start = Some(piece.line.start);
                }
                Some(_) => {}
            }
            passage.passed = piece.line.end;
        }
        if let Some(at) = start {
            self.hold_back(passage, at, taken.kind, begins)?;
        }
        passage.marked = passage.marked.max(passage.passed);
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

    /// Hands over what is held back from `from` on.
    fn hold_back(
        &self,
        passage: &mut Passage<'_>,
        from: usize,
        kind: u64,
        begins: bool,
    ) -> io::Result<()> {
        passage.out.hold_back(&Withheld {
            bytes: &passage.block[from..passage.passed],
            at: self.offset + from as u64,
            kind,
            begins,
        })
    }

    /// Judges the lines of others between two lines of a record that is held back: without it they stand alone.
    fn judge_between(&mut self, passage: &mut Passage<'_>, to: usize) -> io::Result<()> {
        let mut assembly = Assembly::default();
        let mut at = passage.passed;
        while at < to {
            let Extent::Whole { end } = assembly.read(&passage.block[..to], at, true) else {
                break;
            };
            self.decide(&assembly, passage)?;
            at = end.max(at + 1);
        }
        Ok(())
    }

    /// Passes on everything up to `to` that was not passed on or held back yet.
    pub(super) fn pass(&mut self, passage: &mut Passage<'_>, to: usize) -> io::Result<()> {
        if to > passage.passed {
            let stretch = &passage.block[passage.passed..to];
            if self.options.account {
                self.ledger.pass(stretch);
            }
            passage
                .out
                .pass(stretch, self.offset + passage.passed as u64)?;
            self.torn = !stretch.ends_with(b"\n");
            passage.passed = to;
        }
        Ok(())
    }

    /// Reads the time from what lies before `to`, and ends the window where it is over. It is read whether or not
    /// anything is held back: records without a time of their own have the clock's.
    pub(super) fn read_marks(&mut self, passage: &mut Passage<'_>, to: usize) -> io::Result<()> {
        while passage.marked < to {
            let found = self
                .marks
                .find(passage.block, passage.marked, to, self.offset);
            let Some((at, stamp)) = found else { break };
            passage.marked = at;
            self.read_stamp(&stamp, passage.now);
            self.collapse
                .turn(self.clock.micros().unwrap_or(passage.now), &mut self.due);
            self.write_due_at(passage, at)?;
        }
        passage.marked = passage.marked.max(to);
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
    pub(super) fn write_due_at(&mut self, passage: &mut Passage<'_>, at: usize) -> io::Result<()> {
        if self.due.is_empty() {
            return Ok(());
        }
        self.pass(passage, at)?;
        self.write_due(passage.out)
    }

    pub(super) fn write_due(&mut self, out: &mut dyn Output) -> io::Result<()> {
        let mut bytes = Vec::new();
        for summary in self.due.drain(..) {
            let start = bytes.len();
            // An input may end without a line ending; a summary is a line of its own all the same.
            if self.torn && self.options.style != SummaryStyle::None {
                bytes.push(b'\n');
                self.torn = false;
            }
            summary.dress(self.options.style, self.layout.as_ref(), &mut bytes);
            self.ledger.summarise(&summary);
            out.close(summary.kind, &bytes[start..])?;
        }
        if !self.collapse.is_open() {
            self.open_since = None;
        }
        if bytes.is_empty() {
            return Ok(());
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
