//! One file being drained: read, filtered, committed, given back, through its rotations.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Asked;
use super::intake::{Intake, Looked};
use super::ladder::{Halt, Ladder};
use super::origin::{begin, beginning, go_on, lock, open_source};
use super::step::Stairs;
use super::target::Target;
use crate::command::clock::WallClock;
use crate::command::rulebook::Rulebook;
use crate::command::{Ending, Tone, Voice};
use crate::pipeline::{Held, Pipeline};
use crate::rule::RuleSet;
use crate::system::checkpoint::Slots;
use crate::system::reclaim::{Birth, Mark};
use crate::system::shown;
use crate::system::signal::Signal;

/// How much is consumed at most before it is committed; never more than a quarter of what is given back at once.
const BATCH_BYTES: u64 = 4 << 20;

/// How long something consumed waits at most before it is committed.
const BATCH_TIME: Duration = Duration::from_secs(1);

/// How long the file before a rotation must have been silent, where nobody can tell whether it still has writers.
const ROTATE_WAIT: Duration = Duration::from_secs(5);

/// How long a stuck output is left alone at most.
const STUCK_LONGEST: Duration = Duration::from_secs(5);

/// What a turn came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Turn {
    /// There is more to do at once.
    Busy,
    /// Everything that is there is consumed.
    Idle,
}

/// One file.
pub struct Drained {
    ladder: Ladder,
    intake: Intake,
    pipeline: Pipeline,
    clock: WallClock,
    linger: Duration,
    /// When something new was read last.
    read_at: Instant,
    /// When was committed last, and how much was consumed since.
    committed_at: Instant,
    uncommitted: u64,
    /// What came last was let go of as it stood.
    released: bool,
    /// When a stuck output is tried again, and the pause before the time after that.
    stuck: Option<(Instant, Duration)>,
    unreclaimable: bool,
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
        let found = slots.read();
        let mut pipeline = Pipeline::new(rules, asked.terms.options);
        let (source, mark) = match found.as_deref().map(Mark::decode) {
            None => begin(path)?,
            Some(Ok((mark, rest))) => {
                restore(&mut pipeline, rest)
                    .map_err(|text| format!("{}: {text}", shown(&state)))?;
                go_on(path, mark, voice)?
            }
            Some(Err(error)) => return Err(format!("{}: {error}", shown(&state))),
        };
        lock(&source)?;
        let target = Target::open(&asked.output(path), &mark).map_err(|error| error.to_string())?;
        if target.birth() == mark.source {
            return Err("this file is also the output, name another one".to_owned());
        }
        let mut drained = Drained {
            intake: Intake::at(&mark),
            ladder: Ladder {
                path: path.to_owned(),
                source,
                mark,
                slots,
                target,
                policy: asked.policy,
                stairs: Stairs::new(asked.stop),
                due: Vec::new(),
                uncollapsible: false,
                alignment: 0,
                unreclaimable: None,
            },
            pipeline,
            clock: WallClock::new(),
            linger: asked.terms.linger,
            read_at: Instant::now(),
            committed_at: Instant::now(),
            uncommitted: 0,
            released: true,
            stuck: None,
            unreclaimable: false,
        };
        if drained.ladder.mark.consumed == 0 {
            drained.finish_file();
        }
        // Before anything is written: what a kill leaves behind in the output must be known as ours.
        drained.commit(voice).map_err(|halt| halt.to_string())?;
        Ok(drained)
    }

    /// What the file is called in messages.
    pub fn name(&self) -> String {
        shown(&self.ladder.path)
    }

    /// Does what there is to do now.
    ///
    /// # Errors
    /// The file cannot be gone on with.
    pub fn turn(&mut self, voice: &mut dyn Voice) -> Result<Turn, Halt> {
        if self.is_stuck(voice)? {
            return Ok(Turn::Idle);
        }
        let looked = self
            .intake
            .look(&self.ladder.source)
            .map_err(Halt::Source)?;
        let turn = match looked {
            Looked::More => {
                self.feed();
                Turn::Busy
            }
            Looked::Shorter => {
                self.restart(voice);
                Turn::Busy
            }
            Looked::Nothing => self.rest(voice)?,
        };
        if self.intake.was_surprised() && !self.ladder.mark.only_punch {
            self.ladder.mark.only_punch = true;
            let text = "a writer keeps a position of its own: from here on holes are punched, the file keeps its length";
            self.say(Tone::Note, text, voice);
        }
        self.write(voice)?;
        let late = self.uncommitted > 0 && self.committed_at.elapsed() >= BATCH_TIME;
        if self.stuck.is_none() && (late || self.uncommitted >= self.batch_bytes()) {
            self.commit(voice)?;
        }
        Ok(turn)
    }

    /// Writes what is due at the end, and commits. What is not a whole line stays in the file.
    pub fn end(&mut self, voice: &mut dyn Voice) -> Ending {
        let flushed = self.release(true);
        let ended = flushed
            .and_then(|()| self.ladder.write())
            .and_then(|()| self.commit(voice));
        match ended {
            Ok(()) => Ending::Fine,
            Err(halt) => {
                self.say(Tone::Error, &halt.to_string(), voice);
                Ending::SomeFailed
            }
        }
    }

    /// Answers a signal that does not end us.
    pub fn answer(&mut self, signal: Signal, rules: &Rulebook, voice: &mut dyn Voice) {
        let now = self.clock.now();
        // Into memory: it cannot fail.
        let _ = self.pipeline.flush(now, &mut self.ladder.due);
        if signal == Signal::Reload
            && let Some(rules) = rules.reload(voice)
        {
            self.pipeline.set_rules(rules);
        }
    }

    fn say(&self, tone: Tone, text: &str, voice: &mut dyn Voice) {
        voice.say(tone, &format!("{}: {text}", self.name()));
    }

    fn feed(&mut self) {
        let now = self.clock.now();
        let block = self.intake.block();
        // Into memory: it cannot fail.
        let done = self.pipeline.feed(block, now, &mut self.ladder.due);
        self.consume(done.unwrap_or(0));
        self.read_at = Instant::now();
        self.released = false;
    }

    fn consume(&mut self, bytes: usize) {
        self.intake.consume(bytes);
        self.uncommitted += bytes as u64;
    }

    /// Nothing new is there: lets go of what need not be held, ends a window that is over, looks for a rotation.
    fn rest(&mut self, voice: &mut dyn Voice) -> Result<Turn, Halt> {
        let now = self.clock.now();
        let held = if self.released {
            Held::Nothing
        } else {
            self.pipeline.held(self.intake.block())
        };
        let wait = match held {
            Held::Nothing => None,
            Held::Plain => Some(Duration::ZERO),
            Held::Suspect => Some(self.linger),
        };
        if wait.is_some_and(|wait| self.read_at.elapsed() >= wait) {
            self.release(false)?;
        }
        // Into memory: it cannot fail.
        let _ = self.pipeline.tick(now, &mut self.ladder.due);
        self.rotate(voice)
    }

    /// Judges what is held as it stands; with `last`, writes the summaries as well.
    fn release(&mut self, last: bool) -> Result<(), Halt> {
        let now = self.clock.now();
        let block = self.intake.block();
        let done = self.pipeline.release(block, now, &mut self.ladder.due);
        self.consume(done.map_err(Halt::Stuck)?);
        self.released = true;
        if last {
            let flushed = self.pipeline.flush(now, &mut self.ladder.due);
            flushed.map_err(Halt::Stuck)?;
        }
        Ok(())
    }

    /// Whether the output still takes nothing.
    fn is_stuck(&mut self, voice: &mut dyn Voice) -> Result<bool, Halt> {
        if self.stuck.is_some_and(|(until, _)| Instant::now() < until) {
            return Ok(true);
        }
        if self.stuck.is_some() {
            self.write(voice)?;
        }
        Ok(self.stuck.is_some())
    }

    /// Writes what is due. A stuck output is said once, and tried again later.
    fn write(&mut self, voice: &mut dyn Voice) -> Result<(), Halt> {
        let written = self.ladder.write();
        self.unstick(written, voice)
    }

    fn unstick(&mut self, written: Result<(), Halt>, voice: &mut dyn Voice) -> Result<(), Halt> {
        match written {
            Err(Halt::Stuck(cause)) => {
                let pause = self
                    .stuck
                    .map_or(Duration::from_millis(100), |(_, pause)| pause);
                if self.stuck.is_none() {
                    self.say(Tone::Error, &Halt::Stuck(cause).to_string(), voice);
                }
                self.stuck = Some((Instant::now() + pause, (pause * 2).min(STUCK_LONGEST)));
                Ok(())
            }
            Ok(()) => {
                if self.stuck.take().is_some() {
                    self.say(Tone::Note, "the output goes on", voice);
                }
                Ok(())
            }
            other => other,
        }
    }

    fn commit(&mut self, voice: &mut dyn Voice) -> Result<(), Halt> {
        let state = self.pipeline.save();
        let committed = self.ladder.commit(&self.intake, &state);
        if matches!(committed, Err(Halt::Stuck(_))) {
            return self.unstick(committed, voice);
        }
        committed?;
        (self.committed_at, self.uncommitted) = (Instant::now(), 0);
        let base = self.ladder.mark.base;
        let given = self.ladder.give_back(&state)?;
        debug_assert_eq!(self.ladder.mark.base - base, given);
        self.intake.shift(given);
        if let Some(cause) = self.ladder.unreclaimable.take()
            && !self.unreclaimable
        {
            self.unreclaimable = true;
            let text = format!(
                "its space cannot be given back here ({cause}); it is filtered all the same"
            );
            self.say(Tone::Error, &text, voice);
        }
        Ok(())
    }

    fn batch_bytes(&self) -> u64 {
        BATCH_BYTES.min(self.ladder.policy.chunk / 4)
    }

    /// Somebody truncated the source. What was read of it before is finished, and it is read from its beginning.
    fn restart(&mut self, voice: &mut dyn Voice) {
        self.finish_file();
        let mark = &mut self.ladder.mark;
        (mark.consumed, mark.punched, mark.base, mark.gap) = (0, 0, 0, None);
        mark.truncations += 1;
        self.intake = Intake::at(mark);
        self.uncommitted = 1;
        let text = "somebody truncated this file: lines written between the last look and that are lost. Do not use \
                    copytruncate beside drain";
        self.say(Tone::Error, text, voice);
    }

    /// No record goes on from here, and what comes next does not go on with an unfinished line.
    fn finish_file(&mut self) {
        let now = self.clock.now();
        let rest = self.intake.block();
        // Into memory: it cannot fail.
        let _ = self.pipeline.end_of_file(rest, now, &mut self.ladder.due);
        self.consume(self.intake.block().len());
        if self.pipeline.mend() {
            self.ladder.due.push(b'\n');
        }
    }

    /// Goes on with the file that took this one's name, once this one is done with.
    fn rotate(&mut self, voice: &mut dyn Voice) -> Result<Turn, Halt> {
        let Ok(next) = open_source(&self.ladder.path) else {
            return Ok(Turn::Idle);
        };
        let birth = Birth::of(&next).map_err(Halt::Source)?;
        if birth == self.ladder.mark.source {
            return Ok(Turn::Idle);
        }
        if let Err(text) = lock(&next) {
            return Err(Halt::Source(std::io::Error::other(text)));
        }
        let silent = self.read_at.elapsed();
        let left = crate::system::reclaim::Writers::of(self.ladder.mark.source)
            .is_ok_and(|writers| writers.appending + writers.positioned == 0 && !writers.hidden);
        if !left && silent < ROTATE_WAIT {
            return Ok(Turn::Idle);
        }
        self.finish_file();
        self.write(voice)?;
        if self.stuck.is_some() {
            return Ok(Turn::Idle);
        }
        self.ladder.commit(&self.intake, &self.pipeline.save())?;
        self.ladder.source = next;
        self.ladder.mark = Mark {
            source: birth,
            ..beginning(&self.ladder.mark)
        };
        self.intake = Intake::at(&self.ladder.mark);
        self.ladder.uncollapsible = false;
        self.commit(voice)?;
        Ok(Turn::Busy)
    }
}

/// Goes on with what was held back and counted when the state was written; one that says nothing is a beginning.
fn restore(pipeline: &mut Pipeline, saved: &[u8]) -> Result<(), String> {
    if saved.is_empty() {
        return Ok(());
    }
    pipeline.restore(saved).map_err(|error| {
        format!("what was held back cannot be read ({error}), go on with the quell that wrote it")
    })
}
