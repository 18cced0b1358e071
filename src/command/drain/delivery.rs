//! What was filtered, on its way into the output and into the record: written, committed, and what is done where the output
//! takes nothing, is full, or is to be another one.

use std::time::Instant;

use super::drained::Drained;
use super::ladder::Halt;
use crate::command::{Tone, Voice};
use crate::limits::{STUCK_PAUSE, STUCK_PAUSE_MAX};

impl Drained {
    /// Whether the output still takes nothing.
    pub(super) fn is_stuck(&mut self, voice: &mut dyn Voice) -> Result<bool, Halt> {
        if self.stuck.is_some_and(|(until, _)| Instant::now() < until) {
            return Ok(true);
        }
        if self.stuck.is_some() {
            self.write(voice)?;
        }
        Ok(self.stuck.is_some())
    }

    /// Writes what is due. A stuck output is said once, and tried again later.
    pub(super) fn write(&mut self, voice: &mut dyn Voice) -> Result<(), Halt> {
        self.dirty |= !self.ladder.due.bytes.is_empty();
        let written = self.ladder.write();
        self.unstick(written, voice)
    }

    fn unstick(&mut self, written: Result<(), Halt>, voice: &mut dyn Voice) -> Result<(), Halt> {
        match written {
            Err(Halt::Stuck(cause)) => {
                let pause = self.stuck.map_or(STUCK_PAUSE, |(_, pause)| pause);
                if self.stuck.is_none() {
                    self.say(Tone::Error, &Halt::Stuck(cause).to_string(), voice);
                }
                self.stuck = Some((Instant::now() + pause, (pause * 2).min(STUCK_PAUSE_MAX)));
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

    /// Makes what was consumed certain, and gives back its space. Where the output takes nothing, nothing is committed and
    /// [`stuck`](Drained::stuck) says so.
    pub(super) fn commit(&mut self, voice: &mut dyn Voice) -> Result<(), Halt> {
        let state = self.pipeline.save();
        let committed = self.ladder.commit(&self.intake, &state);
        if matches!(committed, Err(Halt::Stuck(_))) {
            return self.unstick(committed, voice);
        }
        committed?;
        (self.committed_at, self.uncommitted, self.dirty) = (Instant::now(), 0, false);
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

    /// Puts the full output away, its summaries in it, and goes on in a fresh one.
    pub(super) fn rotate_output(&mut self, voice: &mut dyn Voice) -> Result<(), Halt> {
        self.report();
        if !self.settle(voice)? {
            return Ok(());
        }
        let before = self.ladder.target.birth();
        for text in self.ladder.target.rotate()? {
            voice.say(Tone::Error, &text);
        }
        self.ladder.begin_attic(before)?;
        self.commit(voice)
    }

    /// Opens the output again if that was asked for and another file bears its name now.
    pub(super) fn reopen_if_asked(&mut self, voice: &mut dyn Voice) -> Result<(), Halt> {
        if !self.reopens || !self.settle(voice)? {
            return Ok(());
        }
        self.reopens = false;
        let before = self.ladder.target.birth();
        if let Err(error) = self.ladder.target.reopen() {
            let text = format!("{error}; the old file is written on");
            self.say(Tone::Error, &text, voice);
        }
        self.ladder.begin_attic(before)?;
        self.commit(voice)
    }

    /// Commits everything. Says whether the output took it.
    pub(super) fn settle(&mut self, voice: &mut dyn Voice) -> Result<bool, Halt> {
        self.write(voice)?;
        if self.stuck.is_none() {
            self.commit(voice)?;
        }
        Ok(self.stuck.is_none())
    }
}
