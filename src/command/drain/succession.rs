//! What becomes of a file that was renamed or truncated.

use std::time::{Duration, Instant};

use super::drained::{Drained, Turn};
use super::intake::Intake;
use super::ladder::Halt;
use super::origin::{beginning, lock, open_source, skipped};
use super::successor::successor;
use crate::command::{Tone, Voice};
use crate::limits::{DRAIN_ROTATE_WAIT, WRITERS_EVERY};
use crate::system::reclaim::{Birth, Mark};
use crate::system::writers::Writers;
use crate::system::{Facts, shown};

impl Drained {
    /// Somebody truncated the source. What was read of it before is finished, and it is read from its beginning.
    pub(super) fn restart(&mut self, voice: &mut dyn Voice) {
        self.finish_file();
        let mark = &mut self.ladder.mark;
        *mark = Mark {
            source: mark.source,
            modified: mark.modified,
            truncations: mark.truncations + 1,
            only_punch: mark.only_punch,
            ..beginning(mark)
        };
        self.intake = Intake::at(mark);
        self.dirty = true;
        let text = "somebody truncated this file: lines written between the last look and that are lost. Do not use \
                    copytruncate beside drain";
        self.say(Tone::Error, text, voice);
    }

    /// Goes on with the file that took this one's name, or with one that bore it in between, once this one is done with.
    pub(super) fn succeed(&mut self, voice: &mut dyn Voice) -> Result<Turn, Halt> {
        if self.astray.is_some_and(|at| Instant::now() < at) {
            return Ok(Turn::Idle);
        }
        let named = open_source(&self.ladder.path).ok();
        let birth = named.map(Birth::of).transpose().map_err(Halt::Source)?;
        if birth == Some(self.ladder.mark.source) {
            self.astray = None;
            return self.tend_left(voice);
        }
        self.astray = Some(Instant::now() + WRITERS_EVERY);
        let Some(birth) = birth else {
            return self.tend_left(voice);
        };
        // This one was gone back to for its late lines; or it follows one that has such.
        if let Some(at) = self.left.position(birth).or_else(|| self.left.grown()) {
            if self.may_turn() || self.silence() >= DRAIN_ROTATE_WAIT {
                return self.turn_to(at, voice);
            }
            return Ok(Turn::Idle);
        }
        if self.silence() < self.patience() {
            return Ok(Turn::Idle);
        }
        // What was written between the last look and the last writer's leaving.
        if self.look(voice)? {
            return Ok(Turn::Busy);
        }
        self.leave(voice)
    }

    /// Leaves this file for the next in turn.
    fn leave(&mut self, voice: &mut dyn Voice) -> Result<Turn, Halt> {
        self.finish_file();
        if !self.settle(voice)? {
            return Ok(Turn::Idle);
        }
        let facts = Facts::of(&self.ladder.source).map_err(Halt::Source)?;
        // Giving back has changed the file's own time since.
        let old = Facts {
            modified: self.written_at(),
            ..facts
        };
        let (mark, source) = (&self.ladder.mark, &self.ladder.source);
        let next = successor(
            &self.ladder.path,
            (&old, Some(source)),
            mark,
            |path, cause| {
                let text = format!("{}: {}", shown(path), skipped(cause));
                voice.say(Tone::Error, &text);
            },
        );
        let Some(next) = next else {
            return Ok(Turn::Idle);
        };
        if let Err(text) = lock(&next.source) {
            return Err(Halt::Source(std::io::Error::other(text)));
        }
        let mark = next.mark(beginning(&self.ladder.mark));
        let intake = Intake::of(&mark, next.unpacked);
        self.exchange((next.source, mark, intake), voice)
    }

    /// How long a renamed file must have been silent.
    fn patience(&self) -> Duration {
        if self.ladder.mark.packed {
            return Duration::ZERO;
        }
        let found = Writers::others_of(self.ladder.mark.source.identity());
        if found.are_none() {
            Duration::ZERO
        } else {
            DRAIN_ROTATE_WAIT
        }
    }
}
