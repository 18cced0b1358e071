//! One stream: its pipeline, what it holds back, and when it has to let go. Whoever owns the loop tells it what happened.
//!
//! A program has one [`Surroundings`] and as many lanes as streams. The loop waits until a lane's source can be read or
//! [`Lane::wakes_at`] has come, and calls [`Lane::feed`], [`Lane::rest`] or [`Lane::end`]. The smallest such loop is in
//! `reading.rs`.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clock::WallClock;
use super::outlet::{Outlet, Valve, sink_error};
use super::window::Window;
use super::{Tone, Voice};
use crate::pipeline::{Held, Ledger, Options, Output, Pipeline};
use crate::rule::RuleSet;
use crate::system::sink::SinkError;
use crate::system::source::Source;
use crate::system::systemd::Service;
use crate::system::wait::Wait;

/// What all lanes of a program share.
pub struct Surroundings<'a> {
    /// The one place that waits, for input, for a moment, for a signal, and for room in a full output.
    pub wait: Wait,
    /// Who talks to people.
    pub voice: &'a mut dyn Voice,
    /// The clock on the wall.
    pub clock: WallClock,
    /// The service manager, if there is one: told by the loop, and by nobody else.
    pub service: Service,
}

impl<'a> Surroundings<'a> {
    /// These surroundings, with a clock in the zone of whoever started the program, and no service manager.
    pub fn new(wait: Wait, voice: &'a mut dyn Voice) -> Surroundings<'a> {
        Surroundings {
            wait,
            voice,
            clock: WallClock::new(),
            service: Service::default(),
        }
    }

    /// The same surroundings, with the service manager of this process if it has one.
    #[must_use]
    pub fn serving(self) -> Surroundings<'a> {
        Surroundings {
            service: Service::of_this_process(),
            ..self
        }
    }
}

/// How far feeding came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fed {
    /// Everything that was read has been offered.
    All,
    /// The output has reached its size at the end of a line: let every lane that writes to it [report](Lane::report),
    /// [rotate](Outlet::rotate) it, and feed again.
    Full,
}

/// One stream on its way.
#[derive(Debug)]
pub struct Lane {
    /// Which one it is among those that share an output: what one of them left unfinished, another does not write on.
    number: u32,
    /// What is written where the output turns to this lane from another; empty if it does so without a word.
    title: Box<[u8]>,
    pipeline: Pipeline,
    linger: Duration,
    /// Bytes the pipeline is done with: where it stands in the stream.
    done: u64,
    calm: Calm,
    window: Window,
    /// It was said that the input is no UTF-8.
    warned_wide: bool,
}

/// What is known of the input since its last byte.
#[derive(Clone, Copy, Debug)]
enum Calm {
    /// More may be there already.
    No,
    /// There is nothing more for now; `Some` is when the held record has waited long enough.
    Since(Option<Instant>),
}

impl Lane {
    /// A stream with these rules.
    #[must_use]
    pub fn new(rules: Arc<RuleSet>, options: Options, linger: Duration) -> Lane {
        Lane {
            number: 0,
            title: Box::default(),
            pipeline: Pipeline::new(rules, options),
            linger,
            done: 0,
            calm: Calm::No,
            window: Window::default(),
            warned_wide: false,
        }
    }

    /// The same lane under another number than 0, for one that shares its output with others.
    #[must_use]
    pub fn numbered(self, number: u32) -> Lane {
        Lane { number, ..self }
    }

    /// The account so far.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.pipeline.ledger()
    }

    /// Bytes that it is done with.
    #[must_use]
    pub fn done_bytes(&self) -> u64 {
        self.done
    }

    /// Takes new rules; what is held back stays counted.
    pub fn set_rules(&mut self, rules: Arc<RuleSet>) {
        self.pipeline.set_rules(rules);
    }

    /// When to stop waiting for input and call [`rest`](Lane::rest). As long as more may be there, at once: what has come in
    /// is not kept from the reader for the sake of what has not.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Instant> {
        match self.calm {
            Calm::No => Some(Instant::now()),
            Calm::Since(linger) => [linger, self.window.deadline()].into_iter().flatten().min(),
        }
    }

    /// Feeds what has been read, as far as the output has room before it is to be rotated.
    ///
    /// # Errors
    /// The output cannot be written; nothing more is to be done with this lane.
    pub fn feed(
        &mut self,
        source: &mut Source,
        out: &mut Outlet,
        around: &mut Surroundings<'_>,
    ) -> Result<Fed, SinkError> {
        self.calm = Calm::No;
        self.warn_if_wide(source, around.voice);
        // How much is offered whatever the room: grows where a line or a record is larger than an output may be.
        let mut least = 0;
        loop {
            let block = source.block();
            let offered = portion(block, out.room(), least);
            let whole = offered == block.len();
            let mut done = 0;
            if offered > 0 {
                done = self.pipe(Some((source, offered)), out, around, Pipeline::feed)?;
                self.consume(source, done);
            }
            match done {
                _ if whole => return Ok(Fed::All),
                0 if out.may_rotate() => return Ok(Fed::Full),
                // Growing by shares and not by lines keeps a long record from being read once for each of its lines.
                0 => least = offered + offered / 8 + 1,
                _ => least = 0,
            }
        }
    }

    /// Whether the output is to be rotated before what is still held can be written to it: to be asked before
    /// [`rest`](Lane::rest) and [`end`](Lane::end), which write whatever the room.
    #[must_use]
    pub fn outgrows(&self, source: &Source, out: &Outlet) -> bool {
        source.block().len() > out.room() && out.may_rotate()
    }

    /// Feeds what is left at the end of a source, and writes out. No record goes on from one source into the next; kinds
    /// and windows do.
    ///
    /// # Errors
    /// The output cannot be written; nothing more is to be done with this lane.
    pub fn end(
        &mut self,
        source: &mut Source,
        out: &mut Outlet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), SinkError> {
        let bytes = source.block().len();
        self.pipe(Some((source, bytes)), out, around, Pipeline::end_of_file)?;
        self.consume(source, bytes);
        self.calm = Calm::No;
        out.flush(around)
    }

    /// Writes the summaries that are due, after the last source.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn finish(
        &mut self,
        out: &mut Outlet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), SinkError> {
        self.pipe(None, out, around, Pipeline::finish)?;
        out.flush(around)
    }

    /// Writes the summaries of everything held back so far, and writes out.
    ///
    /// # Errors
    /// The output cannot be written; nothing more is to be done with this lane.
    pub fn report(
        &mut self,
        out: &mut Outlet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), SinkError> {
        self.pipe(None, out, around, |pipeline, _, now, out| {
            pipeline.flush(now, out)
        })?;
        out.flush(around)
    }

    /// Nothing more comes for now: lets go of what need not be held, ends the window if it is over, and writes out.
    ///
    /// # Errors
    /// The output cannot be written; nothing more is to be done with this lane.
    pub fn rest(
        &mut self,
        source: &mut Source,
        out: &mut Outlet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), SinkError> {
        let mut linger = match self.calm {
            Calm::Since(linger) => linger,
            Calm::No => match self.pipeline.held(source.block()) {
                Held::Nothing => None,
                Held::Plain => Some(Instant::now()),
                Held::Suspect => Instant::now().checked_add(self.linger),
            },
        };
        if linger.is_some_and(|linger| linger <= Instant::now()) {
            let bytes = source.block().len();
            let done = self.pipe(Some((source, bytes)), out, around, Pipeline::release)?;
            self.consume(source, done);
            linger = None;
        }
        self.calm = Calm::Since(linger);
        self.tick(out, around)
    }

    /// Ends the window if it is over, and writes out.
    ///
    /// # Errors
    /// The output cannot be written; nothing more is to be done with this lane.
    pub fn tick(
        &mut self,
        out: &mut Outlet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), SinkError> {
        if matches!(self.calm, Calm::No) {
            self.calm = Calm::Since(None);
        }
        let now = around.clock.now();
        self.window.follow(self.pipeline.ends_at(), now);
        if let Some(end) = self.window.over() {
            self.pipe(None, out, around, |pipeline, _, now, out| {
                pipeline.tick(now.max(end), out)
            })?;
            self.window.follow(self.pipeline.ends_at(), now);
        }
        out.flush(around)
    }

    /// How long an unfinished line or record is waited for.
    #[must_use]
    pub fn linger(&self) -> Duration {
        self.linger
    }

    /// Lets the pipeline work on so many bytes of what has been read, or on nothing.
    fn pipe<T>(
        &mut self,
        read: Option<(&Source, usize)>,
        outlet: &mut Outlet,
        around: &mut Surroundings<'_>,
        work: impl FnOnce(&mut Pipeline, &[u8], i64, &mut dyn Output) -> io::Result<T>,
    ) -> Result<T, SinkError> {
        let now = around.clock.now();
        let source = read.map(|(source, _)| source);
        let block = read.and_then(|(source, bytes)| source.block().get(..bytes));
        let mut valve = Valve {
            outlet,
            lane: self.number,
            title: &self.title,
            source,
            stream_at: self.done,
            around,
        };
        let block = block.unwrap_or_default();
        work(&mut self.pipeline, block, now, &mut valve).map_err(sink_error)
    }

    fn consume(&mut self, source: &mut Source, bytes: usize) {
        source.consume(bytes);
        self.done += bytes as u64;
    }

    fn warn_if_wide(&mut self, source: &Source, voice: &mut dyn Voice) {
        if source.offset() == 0 && !self.warned_wide && is_wide(source.block()) {
            self.warned_wide = true;
            let text = "the input looks like UTF-16, in which nothing is recognised: it passes as it is; \
                        put `iconv -f UTF-16 -t UTF-8` before quell";
            voice.say(Tone::Note, text);
        }
    }
}

/// How many bytes of a block are offered: all if there is room for them, else the lines for which there is; in any case
/// as many lines as it takes to reach `least`.
pub(super) fn portion(block: &[u8], room: usize, least: usize) -> usize {
    let Some(within) = block.get(..room).filter(|_| room < block.len()) else {
        return block.len();
    };
    let Some(from) = least.checked_sub(1) else {
        return memchr::memrchr(b'\n', within).map_or(0, |newline| newline + 1);
    };
    let rest = block.get(from..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(block.len(), |newline| least + newline)
}

/// Whether a text begins like UTF-16: with its byte order mark, or with every other byte NUL.
fn is_wide(block: &[u8]) -> bool {
    const LOOK_BYTES: usize = 64;
    let front = &block[..block.len().min(LOOK_BYTES)];
    let half =
        |from: usize| front.len() >= 8 && front.iter().skip(from).step_by(2).all(|b| *b == 0);
    let marked = front.starts_with(b"\xFF\xFE") || front.starts_with(b"\xFE\xFF");
    marked || half(1) != half(0)
}

mod beside;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_lines_are_offered_as_there_is_room_for() {
        let block = b"one\ntwo\nthree";
        for (room, least, expected) in [
            (100, 0, 13),
            (13, 0, 13),
            (12, 0, 8),
            (7, 0, 4),
            (3, 0, 0),
            (0, 0, 0),
            (0, 1, 4),
            (0, 4, 4),
            (5, 5, 8),
            (0, 9, 13),
            (0, 99, 13),
        ] {
            assert_eq!(portion(block, room, least), expected, "{room} {least}");
        }
        assert_eq!(portion(b"", 0, 0), 0);
    }
}
