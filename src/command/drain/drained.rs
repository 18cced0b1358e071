//! One file being drained: read, filtered, and handed on to be committed and given back.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Asked;
use super::attic::AtticFile;
use super::intake::{Intake, Looked};
use super::ladder::{Halt, Ladder};
use super::left::Leftovers;
use super::neighbours::warnings;
use super::origin::{self, Opened, lock};
use super::target::Target;
use crate::command::clock::WallClock;
use crate::command::lane::portion;
use crate::command::window::Window;
use crate::command::{Ending, Tone, Voice};
use crate::limits::{DRAIN_BATCH_BYTES, DRAIN_BATCH_TIME};
use crate::pipeline::{Held, Ledger, Pipeline};
use crate::rule::RuleSet;
use crate::system::checkpoint::Slots;
use crate::system::reclaim::Mark;
use crate::system::shown;
use crate::system::signal::Signal;

/// What a turn came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Turn {
    /// There is more to do at once.
    Busy,
    /// Everything that is there is consumed.
    Idle,
}

/// One file.
#[derive(Debug)]
pub struct Drained {
    pub(super) ladder: Ladder,
    pub(super) intake: Intake,
    pub(super) pipeline: Pipeline,
    clock: WallClock,
    linger: Duration,
    window: Window,
    /// When something new was read last.
    pub(super) read_at: Instant,
    /// When was committed last, and whether anything was consumed or written since.
    pub(super) committed_at: Instant,
    pub(super) uncommitted: u64,
    pub(super) dirty: bool,
    /// When what is held is let go of as it stands; `None` if nothing is, or it was.
    released_at: Option<Instant>,
    /// Nothing was read since what is held was looked at.
    calm: bool,
    /// When a stuck output is tried again, and the pause before the time after that.
    pub(super) stuck: Option<(Instant, Duration)>,
    /// The output is to be opened again as soon as it takes everything.
    pub(super) reopens: bool,
    pub(super) unreclaimable: bool,
    /// The name does not lead to this file any more: when to look again whether it is done with.
    pub(super) astray: Option<Instant>,
    /// Those that were left for it.
    pub(super) left: Leftovers,
}

impl Drained {
    /// Opens the file, its output and its state, and puts right what an earlier run left.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn open(
        path: &Path,
        asked: &Asked,
        rules: Arc<RuleSet>,
        voice: &mut dyn Voice,
    ) -> Result<Drained, String> {
        let state = asked.state(path);
        let mut slots = Slots::open(&state).map_err(|error| error.to_string())?;
        let mut pipeline = Pipeline::new(rules, asked.terms.options);
        let mut opened = origin::open(path, &state, slots.read(), &mut pipeline, voice)?;
        lock(&opened.source)?;
        let left = Leftovers::open(path, &opened.mark)?;
        opened.mark.left = left.rests();
        let Opened {
            source,
            mark,
            unpacked,
        } = opened;
        let target = Target::open(&asked.output(path), asked.sizing, &mark);
        let target = target.map_err(|error| error.to_string())?;
        if target.birth() == mark.source {
            return Err("this file is also the output, name another one".to_owned());
        }
        let attic = open_attic(path, asked, &mark, &target, voice)?;
        let mut drained = Drained {
            intake: Intake::of(&mark, unpacked),
            ladder: Ladder::new(path, (source, mark), slots, target, attic, asked),
            pipeline,
            clock: WallClock::new(),
            linger: asked.terms.linger,
            window: Window::default(),
            read_at: Instant::now(),
            committed_at: Instant::now(),
            uncommitted: 0,
            dirty: false,
            released_at: None,
            calm: true,
            stuck: None,
            reopens: false,
            unreclaimable: false,
            astray: None,
            left,
        };
        if drained.ladder.mark.consumed == 0 {
            drained.finish_file();
        }
        for text in warnings(path, drained.ladder.mark.source) {
            drained.say(Tone::Note, &text, voice);
        }
        // Before anything is written: what a kill leaves behind in the output must be known as ours.
        drained.commit(voice).map_err(|halt| halt.to_string())?;
        Ok(drained)
    }

    /// What the file is called in messages.
    pub fn name(&self) -> String {
        shown(&self.ladder.path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.ladder.path
    }

    /// Bytes that were consumed in all.
    pub fn consumed(&self) -> u64 {
        self.ladder.mark.all_consumed()
    }

    /// How far it has come.
    pub fn mark(&self) -> &Mark {
        &self.ladder.mark
    }

    /// Bytes that wait to be consumed; 0 where that is not known, of a compressed file.
    pub fn waiting(&self) -> u64 {
        if self.ladder.mark.packed {
            return 0;
        }
        let size = self.ladder.source.metadata().map_or(0, |stat| stat.len());
        size.saturating_sub(self.intake.offset())
    }

    /// Whether its output takes no more for now.
    pub fn is_waiting(&self) -> bool {
        self.stuck.is_some()
    }

    /// Whether the name leads elsewhere, or nowhere, by now.
    pub fn is_moved(&self) -> bool {
        self.astray.is_some()
    }

    /// The account so far.
    pub fn ledger(&self) -> Ledger {
        self.pipeline.ledger()
    }

    /// When it wants its turn although nothing was heard of it.
    pub fn wakes_at(&self) -> Option<Instant> {
        if let Some((until, _)) = self.stuck {
            return Some(until);
        }
        let commit = self.dirty.then(|| self.committed_at + DRAIN_BATCH_TIME);
        let times = [
            commit,
            self.released_at,
            self.window.deadline(),
            self.astray,
            self.left.wakes_at(),
        ];
        times.into_iter().flatten().min()
    }

    /// Does what there is to do now.
    ///
    /// # Errors
    /// The file cannot be gone on with.
    pub fn turn(&mut self, voice: &mut dyn Voice) -> Result<Turn, Halt> {
        if self.is_stuck(voice)? {
            return Ok(Turn::Idle);
        }
        self.reopen_if_asked(voice)?;
        let turn = if self.look(voice)? {
            Turn::Busy
        } else {
            self.rest(voice)?
        };
        if self.intake.was_surprised() && !self.ladder.mark.only_punch {
            self.ladder.mark.only_punch = true;
            let text = "a writer keeps a position of its own: from here on holes are punched, the file keeps its length";
            self.say(Tone::Note, text, voice);
        }
        self.write(voice)?;
        let late = self.dirty && self.committed_at.elapsed() >= DRAIN_BATCH_TIME;
        if self.stuck.is_none() && (late || self.uncommitted >= self.batch_bytes()) {
            self.commit(voice)?;
        }
        Ok(turn)
    }

    /// Writes what is due at the end, and commits. What is not a whole line stays in the file.
    pub fn end(&mut self, voice: &mut dyn Voice) -> Ending {
        self.release();
        self.report();
        let ended = self.ladder.write().and_then(|()| self.commit(voice));
        match ended {
            Ok(()) if self.stuck.is_none() => Ending::Fine,
            Ok(()) => Ending::SomeFailed,
            Err(halt) => {
                self.say(Tone::Error, &halt.to_string(), voice);
                Ending::SomeFailed
            }
        }
    }

    /// Answers a signal that does not end us; with SIGHUP may come new rules.
    pub fn answer(&mut self, signal: Signal, rules: Option<&Arc<RuleSet>>) {
        self.report();
        self.reopens |= signal == Signal::Reload;
        if let Some(rules) = rules {
            self.pipeline.set_rules(Arc::clone(rules));
        }
    }

    pub(super) fn say(&self, tone: Tone, text: &str, voice: &mut dyn Voice) {
        voice.say(tone, &format!("{}: {text}", self.name()));
    }

    /// Looks whether there is more, and feeds it.
    pub(super) fn look(&mut self, voice: &mut dyn Voice) -> Result<bool, Halt> {
        let looked = self.intake.look(&self.ladder.source);
        match looked.map_err(Halt::Source)? {
            Looked::More => self.feed(voice)?,
            Looked::Shorter => self.restart(voice),
            Looked::Nothing => {
                if let Some(cause) = self.intake.damage() {
                    let text = format!("the end of the compressed file cannot be read ({cause})");
                    self.say(Tone::Error, &text, voice);
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Feeds what was read, as far as the output has room for it before it is to be rotated.
    fn feed(&mut self, voice: &mut dyn Voice) -> Result<(), Halt> {
        self.read_at = Instant::now();
        self.calm = false;
        let mut least = 0;
        loop {
            let block = self.intake.block();
            let offered = portion(block, self.ladder.room(), least);
            let whole = offered == block.len();
            let now = self.clock.now();
            let text = block.get(..offered).unwrap_or_default();
            // Into memory: it cannot fail.
            let fed = self.pipeline.feed(text, now, &mut self.ladder.due);
            let done = fed.unwrap_or(0);
            self.consume(done);
            match done {
                _ if whole => return Ok(()),
                0 if self.ladder.may_rotate() => {
                    self.rotate_output(voice)?;
                    if self.stuck.is_some() {
                        return Ok(());
                    }
                }
                // As in a lane: growing by shares keeps a long record from being read once for each of its lines.
                0 => least = offered + offered / 8 + 1,
                _ => least = 0,
            }
        }
    }

    fn consume(&mut self, bytes: usize) {
        self.intake.consume(bytes);
        self.uncommitted += bytes as u64;
        self.dirty |= bytes > 0;
    }

    /// Nothing new is there: lets go of what need not be held, ends a window that is over, looks for a rotation.
    fn rest(&mut self, voice: &mut dyn Voice) -> Result<Turn, Halt> {
        if !self.calm {
            self.calm = true;
            self.released_at = match self.pipeline.held(self.intake.block()) {
                Held::Nothing => None,
                Held::Plain => Some(Instant::now()),
                Held::Suspect => Some(self.read_at + self.linger),
            };
        }
        if self.released_at.is_some_and(|at| at <= Instant::now()) {
            let outgrows = self.intake.block().len() > self.ladder.room();
            if outgrows && self.ladder.may_rotate() {
                self.rotate_output(voice)?;
            }
            self.release();
        }
        let now = self.clock.now();
        self.window.follow(self.pipeline.ends_at(), now);
        if let Some(end) = self.window.over() {
            // Into memory: it cannot fail.
            let _ = self.pipeline.tick(now.max(end), &mut self.ladder.due);
            self.window.follow(self.pipeline.ends_at(), now);
        }
        self.succeed(voice)
    }

    /// Judges what is held as it stands.
    fn release(&mut self) {
        let now = self.clock.now();
        let block = self.intake.block();
        // Into memory: it cannot fail.
        let done = self.pipeline.release(block, now, &mut self.ladder.due);
        self.consume(done.unwrap_or(0));
        self.released_at = None;
    }

    /// Writes the summaries of everything that is held back.
    pub(super) fn report(&mut self) {
        let now = self.clock.now();
        // Into memory: it cannot fail.
        let _ = self.pipeline.flush(now, &mut self.ladder.due);
    }

    /// No record goes on from here, and what comes next does not go on with an unfinished line.
    pub(super) fn finish_file(&mut self) {
        let now = self.clock.now();
        let rest = self.intake.block();
        // Into memory: it cannot fail.
        let _ = self.pipeline.end_of_file(rest, now, &mut self.ladder.due);
        self.consume(self.intake.block().len());
        if self.pipeline.mend() {
            self.ladder.due.mend();
        }
    }

    fn batch_bytes(&self) -> u64 {
        DRAIN_BATCH_BYTES.min(self.ladder.policy.chunk / 4)
    }
}

/// Opens the attic of a file's output, if one is to be kept.
fn open_attic(
    path: &Path,
    asked: &Asked,
    mark: &Mark,
    target: &Target,
    voice: &mut dyn Voice,
) -> Result<Option<AtticFile>, String> {
    let Some(place) = asked.attic(path) else {
        return Ok(None);
    };
    let opened = AtticFile::open(&place, mark, target);
    let (attic, is_gone) = opened.map_err(|error| error.to_string())?;
    if is_gone {
        let text =
            "the attic is gone, what was taken out before cannot be put back; another one is begun";
        voice.say(Tone::Error, &format!("{}: {text}", shown(&place)));
    }
    Ok(Some(attic))
}
