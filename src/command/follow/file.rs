//! One followed file: looked at, read, and fed to its lane.

use std::time::Instant;

use super::words::words;
use crate::command::Tone;
use crate::command::lane::{Fed, Lane, Surroundings};
use crate::command::outlet::Outlet;
use crate::system::shown;
use crate::system::sink::SinkError;
use crate::system::tail::{Notice, Step, Tail};

/// Blocks that are read of one file before another has its turn.
const TURN_BLOCKS: usize = 4;

/// How far a turn came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// There may be more.
    More,
    /// There is no more for now.
    Rest,
    /// The output is full: all lanes that write to it are to report, then it is to be rotated, then this goes on.
    Full,
}

/// One followed file.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) tail: Tail,
    pub(super) lane: Lane,
    /// Number of its party.
    pub(super) party: usize,
    /// Number of its outlet.
    pub(super) out: usize,
    /// When it wants to be read although nothing was heard of it.
    pub(super) wakes_at: Option<Instant>,
    /// Something has changed since it was written down.
    pub(super) is_dirty: bool,
    /// The output had no room for all that was read.
    is_full: bool,
    /// Reading failed, and that was said.
    failing: bool,
}

impl Followed {
    pub(super) fn new(tail: Tail, lane: Lane, party: usize, out: usize) -> Followed {
        Followed {
            tail,
            lane,
            party,
            out,
            wakes_at: None,
            is_dirty: true,
            is_full: false,
            failing: false,
        }
    }

    /// Looks what has become of it, and says so. Gives whether something else than growth has.
    pub(super) fn look(&mut self, now: Instant, around: &mut Surroundings<'_>) -> bool {
        let before = self.tail.identity();
        let notices = self.tail.look(now);
        self.say(&notices, around);
        self.is_dirty |= before != self.tail.identity();
        !notices.is_empty() || before != self.tail.identity()
    }

    fn say(&self, notices: &[Notice], around: &mut Surroundings<'_>) {
        for notice in notices {
            let (tone, text) = words(self.tail.path(), notice);
            around.voice.say(tone, &text);
        }
    }

    /// Reads for one turn.
    ///
    /// # Errors
    /// The output cannot be written.
    pub(super) fn read(
        &mut self,
        now: Instant,
        out: &mut Outlet,
        spare: &mut Vec<u8>,
        around: &mut Surroundings<'_>,
    ) -> Result<Turn, SinkError> {
        if std::mem::take(&mut self.is_full) && self.feed(out, around)? == Fed::Full {
            return Ok(Turn::Full);
        }
        for _ in 0..TURN_BLOCKS {
            if let Some(source) = self.tail.source() {
                source.unpark(std::mem::take(spare));
            }
            let step = match self.tail.read(now) {
                Ok(step) => {
                    self.failing = false;
                    step
                }
                Err(cause) => {
                    if !std::mem::replace(&mut self.failing, true) {
                        let name = shown(self.tail.path());
                        let text = format!(
                            "{name}: cannot be read now ({cause}), it is tried again until it can"
                        );
                        around.voice.say(Tone::Error, &text);
                    }
                    Step::Quiet
                }
            };
            let notices = self.tail.unsaid();
            self.say(&notices, around);
            self.is_dirty |= step != Step::Quiet;
            match (step, self.tail.source()) {
                (Step::Data, _) => {
                    if self.feed(out, around)? == Fed::Full {
                        return Ok(Turn::Full);
                    }
                }
                (Step::Over, Some(source)) => {
                    self.lane.end(source, out, around)?;
                    self.lane.mend(out, around)?;
                    *spare = source.park();
                    self.tail.next(now);
                }
                (Step::Turn, _) => self.lane.turn(out, around)?,
                _ => {
                    self.rest(now, out, spare, around)?;
                    return Ok(Turn::Rest);
                }
            }
        }
        Ok(Turn::More)
    }

    /// Feeds what was read.
    fn feed(&mut self, out: &mut Outlet, around: &mut Surroundings<'_>) -> Result<Fed, SinkError> {
        let Some(source) = self.tail.source() else {
            return Ok(Fed::All);
        };
        let fed = self.lane.feed(source, out, around)?;
        self.is_full = fed == Fed::Full;
        Ok(fed)
    }

    /// Nothing more comes for now.
    ///
    /// # Errors
    /// The output cannot be written.
    pub(super) fn rest(
        &mut self,
        now: Instant,
        out: &mut Outlet,
        spare: &mut Vec<u8>,
        around: &mut Surroundings<'_>,
    ) -> Result<(), SinkError> {
        let summaries = self.lane.summaries();
        match self.tail.source() {
            Some(source) => {
                let before = source.offset();
                self.lane.rest(source, out, around)?;
                self.is_dirty |= before != source.offset();
                let room = source.park();
                if room.len() > spare.len() {
                    *spare = room;
                }
            }
            None => self.lane.tick(out, around)?,
        }
        self.is_dirty |= summaries != self.lane.summaries();
        let times = [self.lane.wakes_at(), self.tail.wakes_at(now)];
        self.wakes_at = times.into_iter().flatten().min();
        Ok(())
    }

    /// Summarises what is held back, at the end. If another run goes on here, an unfinished line and a record that may not
    /// be finished are left to it; otherwise they are written as they stand.
    ///
    /// # Errors
    /// The output cannot be written.
    pub(super) fn end(
        &mut self,
        goes_on: bool,
        out: &mut Outlet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), SinkError> {
        self.is_dirty = true;
        if goes_on {
            return self.lane.report(out, around);
        }
        if let Some(source) = self.tail.source() {
            self.lane.end(source, out, around)?;
        }
        self.lane.finish(out, around)
    }

    /// Whether it must be looked at from time to time.
    pub(super) fn wants_polling(&self) -> bool {
        self.failing || self.tail.wants_polling()
    }

    /// Says that it cannot be followed.
    pub(super) fn refuse(path: &std::path::Path, what: &str, around: &mut Surroundings<'_>) {
        let text = format!("{}: {what}", shown(path));
        around.voice.say(Tone::Error, &text);
    }

    /// Says that it is waited for, if it is not there.
    pub(super) fn say_if_awaited(&self, around: &mut Surroundings<'_>) {
        if self.tail.identity().is_none() && !self.tail.is_troubled() {
            let (tone, text) = words(self.tail.path(), &Notice::Awaited);
            around.voice.say(tone, &text);
        }
    }
}
