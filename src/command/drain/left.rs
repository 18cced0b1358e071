//! Files that bore the name before and were drained to their ends: a program that keeps one open may still write to it.

use std::fs::File;
use std::io::{self, Seek};
use std::path::Path;
use std::time::{Duration, Instant};

use super::drained::{Drained, Turn};
use super::intake::Intake;
use super::ladder::Halt;
use super::origin::{find, lock};
use super::successor::compressed;
use super::unpacked::Unpacked;
use crate::command::{Tone, Voice};
use crate::limits::{DRAIN_LEFT_ASK, DRAIN_LEFT_EVERY, DRAIN_LEFT_MAX};
use crate::system::reclaim::{Birth, Mark, Resolved, Rest, resolve};
use crate::system::writers::Writers;

/// One of them.
#[derive(Debug)]
struct Left {
    /// Open, and locked: nobody else drains it.
    file: File,
    rest: Rest,
}

impl Left {
    /// Finds one that is recorded again. One that was compressed is of interest only if there is more in it.
    fn find(path: &Path, mark: &Mark, rest: &Rest) -> Option<Left> {
        if let Some(file) = find(path, rest.source) {
            let source = Birth::of(&file).ok()?;
            let rest = Rest {
                source,
                ..rest.clone()
            };
            return Some(Left { file, rest });
        }
        let (file, mark, mut text) = compressed(path, &mark.turned_to(rest))?;
        let mut more = Vec::new();
        text.read(&mut more, 1);
        let rest = Rest::of(&mark);
        (!more.is_empty()).then_some(Left { file, rest })
    }

    fn has_grown(&self) -> bool {
        let stat = self.file.metadata();
        self.rest.packed || stat.is_ok_and(|stat| stat.len() > self.rest.consumed)
    }

    /// What is to be read of it; `None` if somebody changed it.
    fn intake(&self, mark: &Mark) -> io::Result<Option<Intake>> {
        if self.rest.packed {
            let mut again = self.file.try_clone()?;
            again.rewind()?;
            let text = Unpacked::open(again, mark.consumed, Some(mark.seam))?;
            return Ok(text.map(|text| Intake::of(mark, Some(text))));
        }
        let found = resolve(mark, &self.file)?;
        Ok(matches!(found, Resolved::Whole(_)).then(|| Intake::at(mark)))
    }

    /// Whether somebody may write to it. One that has no name any more is let go of as soon as no writer is seen: it takes
    /// room as long as it is open.
    fn is_written(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let is_named = self.file.metadata().is_ok_and(|stat| stat.nlink() > 0);
        let writers = Writers::others_of(self.rest.source.identity());
        writers.are_found() || (is_named && !writers.are_none())
    }

    fn has_writers(&self) -> bool {
        Writers::others_of(self.rest.source.identity()).are_found()
    }
}

/// All of them, oldest first.
#[derive(Debug)]
pub(super) struct Leftovers {
    files: Vec<Left>,
    look_at: Instant,
    ask_at: Instant,
}

impl Leftovers {
    /// Opens those that are recorded again. What is nowhere any more was removed by whoever rotates.
    ///
    /// # Errors
    /// Somebody else drains one.
    pub(super) fn open(path: &Path, mark: &Mark) -> Result<Leftovers, String> {
        let mut files = Vec::new();
        for rest in &mark.left {
            if let Some(left) = Left::find(path, mark, rest) {
                lock(&left.file)?;
                files.push(left);
            }
        }
        let now = Instant::now();
        Ok(Leftovers {
            files,
            look_at: now,
            ask_at: now,
        })
    }

    /// What is to be recorded of them.
    pub(super) fn rests(&self) -> Vec<Rest> {
        self.files.iter().map(|left| left.rest.clone()).collect()
    }

    /// When they are to be looked at next, if there are any.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        (!self.files.is_empty()).then_some(self.look_at)
    }

    /// Which of them this file is.
    pub(super) fn position(&self, birth: Birth) -> Option<usize> {
        self.files.iter().position(|left| left.rest.source == birth)
    }

    /// The first that has grown.
    pub(super) fn grown(&self) -> Option<usize> {
        self.files.iter().position(Left::has_grown)
    }

    /// Takes one in; whether it has writers is asked later. Says whether an older one, which has some, had to go for it.
    pub(super) fn add(&mut self, file: File, rest: Rest) -> bool {
        if rest.packed {
            return false;
        }
        if self.files.is_empty() {
            self.ask_at = Instant::now() + DRAIN_LEFT_ASK;
        }
        self.files.push(Left { file, rest });
        self.files.len() > DRAIN_LEFT_MAX && self.files.remove(0).has_writers()
    }
}

impl Drained {
    /// Looks after the files that were left, from time to time.
    pub(super) fn tend_left(&mut self, voice: &mut dyn Voice) -> Result<Turn, Halt> {
        let now = Instant::now();
        if self.left.wakes_at().is_none_or(|at| now < at) {
            return Ok(Turn::Idle);
        }
        self.left.look_at = now + DRAIN_LEFT_EVERY;
        if let Some(at) = self.left.grown() {
            return if self.may_turn() {
                self.turn_to(at, voice)
            } else {
                Ok(Turn::Idle)
            };
        }
        if now >= self.left.ask_at {
            self.left.ask_at = now + DRAIN_LEFT_ASK;
            let before = self.left.files.len();
            self.left
                .files
                .retain(|left| left.is_written() || left.has_grown());
            self.dirty |= self.left.files.len() < before;
            self.ladder.mark.left = self.left.rests();
        }
        Ok(Turn::Idle)
    }

    /// Whether another file can be read without tearing a line of this one.
    pub(super) fn may_turn(&self) -> bool {
        self.intake.block().is_empty() && self.intake.gap().is_none()
    }

    /// Leaves this file and goes on with one that was left before.
    pub(super) fn turn_to(&mut self, at: usize, voice: &mut dyn Voice) -> Result<Turn, Halt> {
        self.finish_file();
        if !self.settle(voice)? {
            return Ok(Turn::Idle);
        }
        let next = self.left.files.remove(at);
        let mark = self.ladder.mark.turned_to(&next.rest);
        let Some(intake) = next.intake(&mark).map_err(Halt::Source)? else {
            let text = "a file that bore this name before was changed by somebody: what was written to it since is not drained";
            self.say(Tone::Error, text, voice);
            self.ladder.mark.left = self.left.rests();
            return Ok(Turn::Idle);
        };
        self.exchange((next.file, mark, intake), voice)
    }

    /// Drains another file from here on, and leaves this one.
    pub(super) fn exchange(
        &mut self,
        (source, mark, intake): (File, Mark, Intake),
        voice: &mut dyn Voice,
    ) -> Result<Turn, Halt> {
        let rest = Rest::of(&self.ladder.mark);
        let file = std::mem::replace(&mut self.ladder.source, source);
        if self.left.add(file, rest) {
            let text = "a file that was renamed long ago is not looked at any more, though a program keeps it open";
            self.say(Tone::Note, text, voice);
        }
        let left = self.left.rests();
        self.ladder.mark = Mark { left, ..mark };
        self.intake = intake;
        self.ladder.uncollapsible = false;
        self.astray = None;
        self.commit(voice)?;
        Ok(Turn::Busy)
    }

    /// When this file was written last, as far as that was seen.
    pub(super) fn written_at(&self) -> i64 {
        let read = self.intake.modified();
        read.unwrap_or(self.ladder.mark.modified)
    }

    /// How long nothing was written to this file, as far as that was seen.
    pub(super) fn silence(&self) -> Duration {
        let since = std::time::UNIX_EPOCH
            + Duration::from_nanos(u64::try_from(self.written_at()).unwrap_or(0));
        // What was written before we began was silent before, too; a clock that was set back says nothing.
        let before = since.elapsed().unwrap_or_default();
        self.read_at.elapsed().max(before)
    }
}
