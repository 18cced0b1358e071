//! What becomes of a suspect record, and what is written on the way.

use std::io;
use std::sync::Arc;

use super::flow::Pipeline;
use super::passage::{Fate, Passage, Taken};
use super::suspect::{Amounts, Suspect, Times, extent_of};
use super::{Output, Withheld};
use crate::episode::{Collapse, Sighting, Summary, SummaryStyle, Treatment, clock::Moved};
use crate::format::Clothes;
use crate::line::{Stamp, line_at};
use crate::record::{Assembly, Extent, Piece, Record, Seen};
use crate::rule::{Finding, Reason, RuleSet, Verdict};

impl Pipeline {
    /// Judges one suspect record and counts it. Gives from which of its lines on it is held back, if it is.
    pub(super) fn judge(
        &mut self,
        suspect: &Suspect<'_>,
        passage: &mut Passage<'_>,
    ) -> io::Result<(usize, Fate)> {
        self.read_marks(passage, suspect.start)?;
        let rules = Arc::clone(&self.rules);
        let outline = suspect.outline();
        let again = outline.as_ref().and_then(|(record, trace)| {
            Some((record, rules.judge_again(record, *trace, &self.memory)?))
        });
        let (from, fate) = match again {
            Some((record, finding)) => {
                let times = self.times_of(suspect, record, passage.now);
                self.take(suspect, record, finding, times)
            }
            None => self.judge_in_full(suspect, &rules, passage.now),
        };
        self.ledger.malformed += suspect.torn();
        self.note(&fate, from, suspect.start, suspect.oversize, passage)?;
        Ok((from, fate))
    }

    /// Judges a record of which nothing is known.
    fn judge_in_full(&mut self, suspect: &Suspect<'_>, rules: &RuleSet, now: i64) -> (usize, Fate) {
        let record = suspect.record();
        let times = self.times_of(suspect, &record, now);
        let verdict = if suspect.oversize || suspect.is_mixed {
            Verdict::Keep(Reason::Oversize)
        } else {
            rules.judge_with(&record, suspect.trace(), &mut self.memory)
        };
        match verdict {
            Verdict::Collapse(finding) => self.take(suspect, &record, finding, times),
            Verdict::Keep(Reason::NoRule) => self.judge_forms(suspect, times, rules),
            Verdict::Keep(_) => (usize::MAX, Fate::Pass),
        }
    }

    /// The times of a suspect record: its carrier's and its own.
    fn times_of(&mut self, suspect: &Suspect<'_>, record: &Record<'_>, now: i64) -> Times {
        let carried = suspect
            .worn
            .as_ref()
            .and_then(|worn| worn.wear.read_stamp(worn.line));
        let written = record.head.as_ref().and_then(|head| head.stamp.clone());
        let written = written.or_else(|| suspect.worn.as_ref()?.moment());
        self.read_times(carried.as_ref(), written.as_ref(), now)
    }

    /// Reads the times of a record: its carrier's stamp and its own. Ends the window that they end.
    pub(super) fn read_times(
        &mut self,
        carried: Option<&Stamp>,
        written: Option<&Stamp>,
        now: i64,
    ) -> Times {
        let unstamped = self.clock.micros().unwrap_or(now);
        let stamp = carried.or(written);
        let own = stamp.map_or(now, |stamp| stamp.resolve(unstamped));
        let micros = stamp.map_or(unstamped, |stamp| self.read_stamp(stamp, now));
        let ahead = match (carried, written) {
            (Some(_), Some(written)) => written.resolve(own) - own,
            _ => 0,
        };
        self.collapse
            .turn(self.clock.micros().unwrap_or(now), &mut self.due);
        Times {
            micros,
            stamp: own,
            ahead,
            layout: written.map(|stamp| stamp.layout),
        }
    }

    /// Writes the summaries that a record has made due, before it, and enters it in the account.
    pub(super) fn note(
        &mut self,
        fate: &Fate,
        from: usize,
        start: usize,
        oversize: bool,
        passage: &mut Passage<'_>,
    ) -> io::Result<()> {
        self.write_due_at(passage, start)?;
        match fate {
            Fate::Hold(taken) => {
                self.open_since = self.open_since.or(Some(passage.now));
                let records = u64::from(from == 0);
                self.ledger
                    .suppress(&taken.rule, Amounts::default().of(records));
            }
            Fate::Pass => self.ledger.keep(oversize),
        }
        Ok(())
    }

    /// Judges a record that is one line in the other forms that a rule may know it in.
    fn judge_forms(
        &mut self,
        suspect: &Suspect<'_>,
        times: Times,
        rules: &RuleSet,
    ) -> (usize, Fate) {
        let ([piece], Some(worn)) = (suspect.pieces, &suspect.worn) else {
            return (usize::MAX, Fate::Pass);
        };
        for form in worn.forms(piece.line.text(suspect.block)) {
            let Some(line) = line_at(&form, 0) else {
                continue;
            };
            let seen = Seen::of(line.text(&form));
            let pieces = [Piece { line, seen }];
            let record = Record::parse(&form, &pieces);
            if let Verdict::Collapse(finding) = rules.judge_with(&record, None, &mut self.memory) {
                return self.take(suspect, &record, finding, times);
            }
        }
        (usize::MAX, Fate::Pass)
    }

    /// Counts a record that a rule takes. Gives what becomes of it, and from which of its lines on.
    fn take<'b>(
        &mut self,
        suspect: &Suspect<'_>,
        record: &Record<'b>,
        finding: Finding<'_, 'b>,
        times: Times,
    ) -> (usize, Fate) {
        let [Amounts { lines, bytes }, rest] = suspect.amounts;
        let clothes = suspect
            .worn
            .as_ref()
            .and_then(|worn| Clothes::of(worn.line, worn.wear, worn.inner));
        let clothes = clothes.map(|clothes| self.wardrobe.share(clothes));
        let (key, path) = self.key.build(record, &finding);
        let message = finding.message;
        let words = suspect.worn.as_ref().map(|worn| worn.own_words(message));
        let sighting = Sighting {
            words: words.unwrap_or(message),
            micros: times.micros,
            stamp: times.stamp,
            layout: times.layout,
            ahead: times.ahead,
            clothes,
            lines,
            bytes,
            peer: finding.peer.or_else(|| record.peer()),
            path,
            finding,
        };
        count(&mut self.collapse, &mut self.due, key, &sighting, rest)
    }

    /// Judges a record whose lines stand in the block as they are, and holds it back or lets it pass.
    pub(super) fn judge_bare(
        &mut self,
        assembly: &Assembly,
        passage: &mut Passage<'_>,
    ) -> io::Result<Fate> {
        let (from, fate) = self.judge(&Suspect::bare(assembly, passage.block), passage)?;
        if let Fate::Hold(taken) = &fate {
            self.hold(assembly, from, passage, taken, from == 0)?;
        }
        Ok(fate)
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
        self.ledger
            .suppress(&taken.rule, extent_of(assembly, from).of(0));
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
        while to > passage.passed {
            let held = self.ahead.held.first_entry();
            let Some((start, held)) = held
                .filter(|held| *held.key() < to)
                .map(|held| held.remove_entry())
            else {
                return self.pass_whole(passage, to);
            };
            self.pass_whole(passage, start)?;
            passage.passed = held.end;
            self.hold_back(passage, start, held.kind, held.begins)?;
        }
        Ok(())
    }

    /// Passes on everything up to `to`, of which nothing is held back.
    fn pass_whole(&mut self, passage: &mut Passage<'_>, to: usize) -> io::Result<()> {
        let stretch = passage.block.get(passage.passed..to).unwrap_or_default();
        if stretch.is_empty() {
            return Ok(());
        }
        if self.options.account {
            self.ledger.pass(stretch);
        }
        passage
            .out
            .pass(stretch, self.offset + passage.passed as u64)?;
        self.torn = !stretch.ends_with(b"\n");
        passage.passed = to;
        Ok(())
    }

    /// Reads the time from what lies before `to`, and ends the window where it is over. It is read whether or not
    /// anything is held back: records without a time of their own have the clock's.
    pub(super) fn read_marks(&mut self, passage: &mut Passage<'_>, to: usize) -> io::Result<()> {
        while passage.marked < to {
            let found =
                self.marks
                    .find(&passage.rows, passage.marked, to, self.offset, self.format);
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

/// Counts a record under its key. Gives from which of its lines on it is held back, and what becomes of it; `rest` is what
/// comes behind its first line.
pub(super) fn count(
    collapse: &mut Collapse,
    due: &mut Vec<Summary>,
    key: &[u8],
    sighting: &Sighting<'_>,
    rest: Amounts,
) -> (usize, Fate) {
    let (from, kind) = match collapse.take(key, sighting, due) {
        Treatment::Show => return (usize::MAX, Fate::Pass),
        Treatment::ShowLine { kind } => {
            collapse.extend(key, rest.lines, rest.bytes);
            (1, kind)
        }
        Treatment::Hold { kind } => (0, kind),
    };
    let taken = Taken {
        key: key.into(),
        rule: Arc::clone(sighting.finding.rule),
        kind,
    };
    (from, Fate::Hold(taken))
}
