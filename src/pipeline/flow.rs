//! One stream on its way from block to output.

use std::io;
use std::sync::Arc;

use super::time::Marks;
use super::{Amount, Gear, Ledger, Options, Output, Skim};
use crate::episode::key::KeyBuilder;
use crate::episode::{Clock, Collapse, Sighting, Summary, Treatment, clock::Moved};
use crate::line::{Layout, line_start};
use crate::record::{Assembly, Extent, Machine, Record, fence};
use crate::rule::{Memory, Reason, RuleSet, Tier, Verdict};

/// The filter for one stream.
#[derive(Debug)]
pub struct Pipeline {
    rules: Arc<RuleSet>,
    skim: Arc<Skim>,
    options: Options,
    clock: Clock,
    marks: Marks,
    collapse: Collapse,
    key: KeyBuilder,
    assembly: Assembly,
    /// How the stream writes its times, as it was seen last.
    layout: Option<Layout>,
    following: Option<Following>,
    /// A line beyond all bounds is passing; its end was not seen yet.
    mid_line: bool,
    /// Offset in the stream of the next block's first byte.
    offset: u64,
    /// When what is held back began to be, by the clock on the wall.
    open_since: Option<i64>,
    ledger: Ledger,
    due: Vec<Summary>,
    memory: Memory,
}

/// A record whose verdict was given before its end was seen: what comes later and continues it follows that verdict.
#[derive(Debug)]
struct Following {
    machine: Machine,
    fate: Fate,
}

/// What becomes of the lines of a record.
#[derive(Clone, Debug)]
enum Fate {
    Pass,
    Hold(Box<Taken>),
}

/// Under what a record was taken.
#[derive(Clone, Debug)]
struct Taken {
    key: Box<[u8]>,
    rule: String,
    tier: Tier,
    cause: String,
}

/// What the end of the input so far is, which a later line may continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// No complete line is held.
    Nothing,
    /// A record that announces no trace: nothing is lost if it goes out at once.
    Plain,
    /// A record that may be noise, or the beginning of it.
    Suspect,
}

/// How far a block is done with.
struct Place<'b> {
    block: &'b [u8],
    /// Everything before it was passed on or held back.
    passed: usize,
    /// Time was read from everything before it.
    marked: usize,
}

impl Pipeline {
    /// A filter with these rules, at the beginning of a stream.
    pub fn new(rules: Arc<RuleSet>, options: Options) -> Pipeline {
        Pipeline {
            skim: Arc::new(Skim::new(rules.anchors())),
            rules,
            collapse: Collapse::new(options.settings),
            options,
            clock: Clock::default(),
            marks: Marks::default(),
            key: KeyBuilder::default(),
            assembly: Assembly::default(),
            layout: None,
            following: None,
            mid_line: false,
            offset: 0,
            open_since: None,
            ledger: Ledger::default(),
            due: Vec::new(),
            memory: Memory::default(),
        }
    }

    /// Takes new rules; what is held back stays counted.
    pub fn set_rules(&mut self, rules: Arc<RuleSet>) {
        self.skim = Arc::new(Skim::new(rules.anchors()));
        self.rules = rules;
        self.memory = Memory::default();
    }

    /// Reads a block and says how many of its bytes are done with. The caller keeps the rest and offers it again,
    /// with more behind it. `now` is the time of day, in microseconds since 1970.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn feed(&mut self, block: &[u8], now: i64, out: &mut dyn Output) -> io::Result<usize> {
        self.advance(block, now, false, out)
    }

    /// Reads the last of one file when another may follow: no record goes on from one into the next, but what is held
    /// back stays counted.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn end_of_file(&mut self, block: &[u8], now: i64, out: &mut dyn Output) -> io::Result<()> {
        let done = self.advance(block, now, true, out)?;
        debug_assert_eq!(done, block.len(), "nothing is held at the end of the input");
        self.mid_line = false;
        Ok(())
    }

    /// Reads the last of the input and writes every summary that is due.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn finish(&mut self, block: &[u8], now: i64, out: &mut dyn Output) -> io::Result<()> {
        self.end_of_file(block, now, out)?;
        self.flush(now, out)
    }

    /// Writes the summaries of everything held back so far.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn flush(&mut self, now: i64, out: &mut dyn Output) -> io::Result<()> {
        self.collapse
            .flush(self.clock.micros().unwrap_or(now), &mut self.due);
        self.write_due(out)
    }

    /// Ends the window by the clock on the wall, when nothing comes whose stamps would end it.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn tick(&mut self, now: i64, out: &mut dyn Output) -> io::Result<()> {
        if !self.mid_line && self.ends_at().is_some_and(|end| now >= end) {
            self.flush(now, out)?;
        }
        Ok(())
    }

    /// When the window ends by the clock on the wall, if anything is held back.
    pub fn ends_at(&self) -> Option<i64> {
        let every = i64::try_from(self.options.settings.every.as_micros()).unwrap_or(i64::MAX);
        self.open_since
            .filter(|_| self.collapse.is_open())
            .map(|since| since.saturating_add(every))
    }

    /// What the lines are that `feed` left.
    pub fn held(&self, block: &[u8]) -> Held {
        let Some(complete) = complete_lines(block) else {
            return Held::Nothing;
        };
        if self.skim.is_in(complete) {
            return Held::Suspect;
        }
        let mut assembly = Assembly::default();
        assembly.read(complete, 0, false);
        let suspect = assembly
            .machine()
            .is_some_and(|machine| machine.expects_trace() || machine.in_trace());
        if suspect || assembly.pieces.len() > 1 {
            Held::Suspect
        } else {
            Held::Plain
        }
    }

    /// Judges what `feed` left as it stands, as nothing came for a while. Lines that come later and continue its last
    /// record follow its verdict. Says how many bytes are done with: all but an unfinished line.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn release(&mut self, block: &[u8], now: i64, out: &mut dyn Output) -> io::Result<usize> {
        let Some(complete) = complete_lines(block) else {
            return Ok(0);
        };
        let mut place = Place {
            block: complete,
            passed: 0,
            marked: 0,
        };
        let mut assembly = std::mem::take(&mut self.assembly);
        let mut at = self.follow(&mut assembly, &mut place, true, out)?;
        while at < complete.len() {
            let Extent::Whole { end } = assembly.read(complete, at, true) else {
                break;
            };
            let fate = self.decide(&assembly, &mut place, now, out)?;
            let machine = assembly
                .machine()
                .filter(|machine| machine.is_open())
                .cloned();
            self.following = machine.map(|machine| Following { machine, fate });
            at = end.max(at + 1);
        }
        self.assembly = assembly;
        self.settle(&mut place, complete.len(), now, out)?;
        Ok(place.passed)
    }

    /// The account so far.
    pub fn ledger(&self) -> Ledger {
        Ledger {
            evicted: self.collapse.evicted(),
            ..self.ledger.clone()
        }
    }

    fn advance(
        &mut self,
        block: &[u8],
        now: i64,
        last: bool,
        out: &mut dyn Output,
    ) -> io::Result<usize> {
        let mut place = Place {
            block,
            passed: 0,
            marked: 0,
        };
        if self.mid_line {
            let end = memchr::memchr(b'\n', block).map(|newline| newline + 1);
            self.pass(&mut place, end.unwrap_or(block.len()), out)?;
            place.marked = place.passed;
            self.mid_line = end.is_none();
        }
        let mut assembly = std::mem::take(&mut self.assembly);
        let start = self.follow(&mut assembly, &mut place, last, out)?;
        let end = if self.following.is_some() {
            start
        } else if self.options.gear == Gear::Step {
            self.step(&mut assembly, &mut place, start, last, now, out)?
        } else {
            self.skim(&mut assembly, &mut place, start, last, now, out)?
        };
        self.assembly = assembly;
        self.settle(&mut place, end, now, out)?;
        Ok(place.passed)
    }

    /// Passes everything up to `end` on and moves the stream's offset.
    fn settle(
        &mut self,
        place: &mut Place<'_>,
        end: usize,
        now: i64,
        out: &mut dyn Output,
    ) -> io::Result<()> {
        if !self.mid_line {
            self.read_marks(place, end, now, out)?;
        }
        self.pass(place, end, out)?;
        self.offset += place.passed as u64;
        Ok(())
    }

    /// Looks only around anchors. Gives how far the block is decided.
    fn skim(
        &mut self,
        assembly: &mut Assembly,
        place: &mut Place<'_>,
        start: usize,
        last: bool,
        now: i64,
        out: &mut dyn Output,
    ) -> io::Result<usize> {
        let block = place.block;
        let skim = Arc::clone(&self.skim);
        let mut hits = skim.hits(block);
        let mut at = start;
        let end = loop {
            let hit = hits.from(at);
            // Without a hit there is still the record at the end, which more lines may continue.
            let target = match hit {
                Some(hit) => hit,
                None if last || at >= block.len() => break block.len(),
                None => block.len() - 1,
            };
            let mut record = fence::before(block, line_start(block, target, at), at);
            let open = loop {
                match assembly.read(block, record, last) {
                    Extent::Open => break Some(self.leave_open(assembly, record, block)),
                    Extent::Whole { end } if end <= target => record = end.max(record + 1),
                    Extent::Whole { end } => {
                        at = end;
                        break None;
                    }
                }
            };
            if let Some(end) = open {
                break end;
            }
            if let Some(hit) =
                hit.filter(|hit| is_own(assembly, *hit) || is_suspect(&skim, assembly, block))
            {
                debug_assert!(hit < at, "the record that holds the hit ends behind it");
                self.judge(assembly, place, now, out)?;
            }
        };
        Ok(end)
    }

    /// Assembles every record. Gives how far the block is decided.
    fn step(
        &mut self,
        assembly: &mut Assembly,
        place: &mut Place<'_>,
        start: usize,
        last: bool,
        now: i64,
        out: &mut dyn Output,
    ) -> io::Result<usize> {
        let mut at = start;
        while at < place.block.len() {
            match assembly.read(place.block, at, last) {
                Extent::Open => return Ok(self.leave_open(assembly, at, place.block)),
                Extent::Whole { end } => {
                    self.decide(assembly, place, now, out)?;
                    at = end.max(at + 1);
                }
            }
        }
        Ok(at)
    }

    /// What is left for the next block when a record is still open: all of it, unless it has outgrown its bounds.
    fn leave_open(&mut self, assembly: &Assembly, start: usize, block: &[u8]) -> usize {
        if !assembly.oversize {
            return start;
        }
        self.ledger.oversize += 1;
        match (assembly.machine(), assembly.pieces.last()) {
            (Some(machine), Some(piece)) => {
                self.following = Some(Following {
                    machine: machine.clone(),
                    fate: Fate::Pass,
                });
                piece.line.end
            }
            _ => {
                self.mid_line = true;
                block.len()
            }
        }
    }

    /// Lets the lines that continue an earlier block's record follow its verdict. Gives where they end.
    fn follow(
        &mut self,
        assembly: &mut Assembly,
        place: &mut Place<'_>,
        last: bool,
        out: &mut dyn Output,
    ) -> io::Result<usize> {
        let start = place.passed;
        let Some(following) = self.following.take() else {
            return Ok(start);
        };
        let extent = assembly.resume(following.machine, place.block, start, last);
        let end = assembly.pieces.last().map_or(start, |piece| piece.line.end);
        if let Fate::Hold(taken) = &following.fate {
            self.hold(assembly, 0, place, taken, 0, out)?;
            let (lines, bytes) = extent_of(assembly, 0);
            self.collapse.extend(&taken.key, lines, bytes);
        }
        place.marked = place.marked.max(end);
        if extent == Extent::Open
            && let Some(machine) = assembly.machine()
        {
            self.following = Some(Following {
                machine: machine.clone(),
                fate: following.fate,
            });
        }
        Ok(end)
    }

    fn decide(
        &mut self,
        assembly: &Assembly,
        place: &mut Place<'_>,
        now: i64,
        out: &mut dyn Output,
    ) -> io::Result<Fate> {
        if is_suspect(&self.skim, assembly, place.block) {
            self.judge(assembly, place, now, out)
        } else {
            Ok(Fate::Pass)
        }
    }

    /// Judges one suspect record, and shows it, keeps it or holds it back.
    fn judge(
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
        let micros = match stamp {
            Some(stamp) => self.read_stamp(stamp, now),
            None => self.clock.micros().unwrap_or(now),
        };
        self.collapse
            .turn(self.clock.micros().unwrap_or(now), &mut self.due);
        let rules = Arc::clone(&self.rules);
        let verdict = if assembly.oversize {
            Verdict::Keep(Reason::Oversize)
        } else {
            rules.judge_with(&record, &mut self.memory)
        };
        let Verdict::Collapse(finding) = verdict else {
            self.ledger.oversize += u64::from(assembly.oversize);
            self.ledger.keep();
            self.write_due_at(place, start, out)?;
            return Ok(Fate::Pass);
        };
        let (lines, bytes) = extent_of(assembly, 0);
        let (key, path) = self.key.build(&record, &finding);
        let peer = finding.peer.or_else(|| record.peer());
        let rule = finding.rule;
        let layout = stamp.map(|stamp| stamp.layout);
        let sighting = Sighting {
            finding,
            micros,
            layout,
            lines,
            bytes,
            peer,
            path,
        };
        let treatment = self.collapse.take(key, &sighting, &mut self.due);
        let taken = || Taken {
            key: key.into(),
            rule: rule.id.clone(),
            tier: rule.tier,
            cause: rule.cause.clone(),
        };
        let (from, fate) = match treatment {
            Treatment::Show => (usize::MAX, Fate::Pass),
            Treatment::ShowLine => (1, Fate::Hold(Box::new(taken()))),
            Treatment::Hold => (0, Fate::Hold(Box::new(taken()))),
        };
        self.write_due_at(place, start, out)?;
        match &fate {
            Fate::Hold(taken) => {
                self.open_since = self.open_since.or(Some(now));
                self.hold(assembly, from, place, taken, u64::from(from == 0), out)?;
            }
            Fate::Pass => self.ledger.keep(),
        }
        Ok(fate)
    }
}

impl Pipeline {
    /// Holds back the lines of a record from its piece number `from` on; what lies between them passes.
    fn hold(
        &mut self,
        assembly: &Assembly,
        from: usize,
        place: &mut Place<'_>,
        taken: &Taken,
        records: u64,
        out: &mut dyn Output,
    ) -> io::Result<()> {
        for piece in assembly.pieces.iter().skip(from) {
            self.pass(place, piece.line.start, out)?;
            place.passed = piece.line.end;
        }
        place.marked = place.marked.max(place.passed);
        let (lines, bytes) = extent_of(assembly, from);
        self.ledger.suppress(
            &taken.rule,
            taken.tier,
            &taken.cause,
            Amount {
                bytes,
                lines,
                records,
            },
        );
        Ok(())
    }

    /// Passes on everything up to `to` that was not passed on or held back yet.
    fn pass(&mut self, place: &mut Place<'_>, to: usize, out: &mut dyn Output) -> io::Result<()> {
        if to > place.passed {
            let stretch = &place.block[place.passed..to];
            if self.options.account {
                self.ledger.pass(stretch);
            }
            out.pass(stretch, self.offset + place.passed as u64)?;
            place.passed = to;
        }
        Ok(())
    }

    /// Reads the time from what lies before `to`, while something is held back, and ends the window where it is over.
    fn read_marks(
        &mut self,
        place: &mut Place<'_>,
        to: usize,
        now: i64,
        out: &mut dyn Output,
    ) -> io::Result<()> {
        while self.collapse.is_open() && place.marked < to {
            let Some((at, stamp)) = self.marks.find(place.block, place.marked, to, self.offset)
            else {
                break;
            };
            place.marked = at;
            self.read_stamp(&stamp, now);
            self.collapse
                .turn(self.clock.micros().unwrap_or(now), &mut self.due);
            self.write_due_at(place, at, out)?;
        }
        place.marked = place.marked.max(to);
        if !self.collapse.is_open() {
            self.marks.skip_to(self.offset + to as u64);
        }
        Ok(())
    }

    /// Moves the log's clock, and ends the window if it leaps.
    fn read_stamp(&mut self, stamp: &crate::line::Stamp, now: i64) -> i64 {
        self.layout = Some(stamp.layout);
        let before = self.clock.micros();
        let (micros, moved) = self.clock.read(stamp, now);
        if moved == Moved::Leapt {
            self.collapse.flush(before.unwrap_or(micros), &mut self.due);
        }
        micros
    }

    /// Writes the summaries that are due, before the byte `at` of the block.
    fn write_due_at(
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

    fn write_due(&mut self, out: &mut dyn Output) -> io::Result<()> {
        let mut bytes = Vec::new();
        for summary in self.due.drain(..) {
            summary.dress(self.options.style, self.layout.as_ref(), &mut bytes);
            self.ledger.summaries += 1;
        }
        if !self.collapse.is_open() {
            self.open_since = None;
        }
        if bytes.is_empty() {
            Ok(())
        } else {
            out.summary(&bytes)
        }
    }
}

/// Whether a position is in one of the record's own lines, not in a line between two of them.
fn is_own(assembly: &Assembly, at: usize) -> bool {
    let next = assembly
        .pieces
        .partition_point(|piece| piece.line.end <= at);
    assembly
        .pieces
        .get(next)
        .is_some_and(|piece| piece.line.start <= at)
}

/// Whether an anchor is in the record's own lines.
fn is_suspect(skim: &Skim, assembly: &Assembly, block: &[u8]) -> bool {
    assembly
        .pieces
        .iter()
        .any(|piece| skim.is_in(piece.line.text(block)))
}

/// Lines and bytes of a record from its piece number `from` on.
fn extent_of(assembly: &Assembly, from: usize) -> (u64, u64) {
    let own = assembly.pieces.get(from..).unwrap_or_default();
    (
        own.len() as u64,
        own.iter()
            .map(|piece| (piece.line.end - piece.line.start) as u64)
            .sum(),
    )
}

/// The block up to its last line ending.
fn complete_lines(block: &[u8]) -> Option<&[u8]> {
    memchr::memrchr(b'\n', block).map(|newline| &block[..=newline])
}
