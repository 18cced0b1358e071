//! What becomes of a file that was renamed or truncated.

use std::time::{Duration, Instant};

use super::drained::{Drained, Turn};
use super::intake::Intake;
use super::ladder::Halt;
use super::origin::{beginning, lock, open_source};
use crate::command::{Tone, Voice};
use crate::limits::{DRAIN_ROTATE_WAIT, DRAIN_ROTATE_WAIT_MAX, WRITERS_EVERY};
use crate::system::reclaim::{Birth, Mark};
use crate::system::writers::Writers;

impl Drained {
    /// Somebody truncated the source. What was read of it before is finished, and it is read from its beginning.
    pub(super) fn restart(&mut self, voice: &mut dyn Voice) {
        self.finish_file();
        let mark = &mut self.ladder.mark;
        *mark = Mark {
            source: mark.source,
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

    /// Goes on with the file that took this one's name, once this one is done with.
    pub(super) fn succeed(&mut self, voice: &mut dyn Voice) -> Result<Turn, Halt> {
        if self.astray.is_some_and(|at| Instant::now() < at) {
            return Ok(Turn::Idle);
        }
        let next = open_source(&self.ladder.path).ok();
        let birth = next.as_ref().map(Birth::of).transpose();
        let (Some(next), Some(birth)) = (next, birth.map_err(Halt::Source)?) else {
            self.astray = Some(Instant::now() + WRITERS_EVERY);
            return Ok(Turn::Idle);
        };
        if birth == self.ladder.mark.source {
            self.astray = None;
            return Ok(Turn::Idle);
        }
        if self.read_at.elapsed() < self.patience() {
            self.astray = Some(Instant::now() + WRITERS_EVERY);
            return Ok(Turn::Idle);
        }
        // What was written between the last look and the last writer's leaving.
        if self.look(voice)? {
            return Ok(Turn::Busy);
        }
        if let Err(text) = lock(&next) {
            return Err(Halt::Source(std::io::Error::other(text)));
        }
        self.finish_file();
        self.write(voice)?;
        if self.stuck.is_none() {
            self.commit(voice)?;
        }
        if self.stuck.is_some() {
            return Ok(Turn::Idle);
        }
        self.ladder.source = next;
        self.ladder.mark = Mark {
            source: birth,
            ..beginning(&self.ladder.mark)
        };
        self.intake = Intake::at(&self.ladder.mark);
        self.ladder.uncollapsible = false;
        self.astray = None;
        self.commit(voice)?;
        Ok(Turn::Busy)
    }

    /// How long a renamed file must have been silent.
    fn patience(&self) -> Duration {
        let found = Writers::others_of(self.ladder.mark.source.identity());
        if found.are_none() {
            Duration::ZERO
        } else if found.are_found() {
            DRAIN_ROTATE_WAIT_MAX
        } else {
            DRAIN_ROTATE_WAIT
        }
    }
}
