//! One stream: its sources in order, the pipeline, and the outlet, held together by one loop that waits in one place.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clock::WallClock;
use super::outlet::{Outlet, Valve, sink_error};
use super::{Tone, Voice};
use crate::pipeline::{Held, Ledger, Options, Pipeline};
use crate::rule::RuleSet;
use crate::system::PIPE_BYTES;
use crate::system::signal::Signal;
use crate::system::sink::SinkError;
use crate::system::source::{Fill, Source};
use crate::system::wait::{Wait, Wake};

/// How one source came to its end.
#[derive(Debug)]
pub enum Ended {
    /// It was read to its end.
    Whole,
    /// It could not be read any further; what had been read is out.
    Unreadable(io::Error),
    /// A signal asked for the end; what had come in is out.
    Signalled(Signal),
}

/// One stream on its way.
pub struct Lane<'a> {
    pipeline: Pipeline,
    outlet: Outlet,
    wait: Wait,
    voice: &'a mut dyn Voice,
    /// Brings new rules on SIGHUP; `None`, after it said why, if they are no good.
    reload: &'a mut dyn FnMut(&mut dyn Voice) -> Option<Arc<RuleSet>>,
    linger: Duration,
    /// Bytes the pipeline is done with: where it stands in the stream.
    done: u64,
    window: Window,
    clock: WallClock,
    /// It was said that the input is no UTF-8.
    warned_wide: bool,
}

/// What is known of the input since its last byte.
#[derive(Clone, Copy)]
enum Calm {
    /// More may be there already.
    No,
    /// There is nothing more for now; `Some` is when the held record has waited long enough.
    Since(Option<Instant>),
}

/// When the window ends, on a clock that cannot be set. The pipeline names the end by the clock on the wall; how far off
/// that is, is measured once per window, so setting that clock neither ends a window nor keeps it open for ever.
#[derive(Default)]
struct Window {
    ends_at: Option<i64>,
    deadline: Option<Instant>,
}

impl Window {
    /// Takes notice of the end that the pipeline names.
    fn follow(&mut self, ends_at: Option<i64>, now: i64) {
        if self.ends_at != ends_at {
            self.ends_at = ends_at;
            let left = ends_at.map(|end| end.saturating_sub(now).max(0).unsigned_abs());
            self.deadline =
                left.and_then(|left| Instant::now().checked_add(Duration::from_micros(left)));
        }
    }

    /// The end of a window that is over.
    fn over(&self) -> Option<i64> {
        self.ends_at.filter(|_| {
            self.deadline
                .is_some_and(|deadline| deadline <= Instant::now())
        })
    }
}

impl<'a> Lane<'a> {
    /// A stream with these rules into this outlet.
    pub fn new(
        rules: Arc<RuleSet>,
        options: Options,
        linger: Duration,
        outlet: Outlet,
        wait: Wait,
        voice: &'a mut dyn Voice,
        reload: &'a mut dyn FnMut(&mut dyn Voice) -> Option<Arc<RuleSet>>,
    ) -> Lane<'a> {
        Lane {
            pipeline: Pipeline::new(rules, options),
            outlet,
            wait,
            voice,
            reload,
            linger,
            done: 0,
            window: Window::default(),
            clock: WallClock::new(),
            warned_wide: false,
        }
    }

    /// Who talks to people.
    pub fn voice(&mut self) -> &mut dyn Voice {
        self.voice
    }

    /// Where the output goes.
    #[must_use]
    pub fn outlet(&self) -> &Outlet {
        &self.outlet
    }

    /// The account so far.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.pipeline.ledger()
    }

    /// Reads a source to its end. No record goes on from one source into the next; kinds and windows do.
    ///
    /// # Errors
    /// The output cannot be written; nothing more is to be done with this lane.
    pub fn run(&mut self, source: &mut Source) -> Result<Ended, SinkError> {
        let mut calm = Calm::No;
        let ended = loop {
            let deadline = self.deadline(calm);
            match self.wait.on(Some(source_fd(source)), deadline) {
                Ok(Wake::Signal(signal)) if signal.ends() => {
                    self.drain(source)?;
                    break Ended::Signalled(signal);
                }
                Ok(Wake::Signal(signal)) => self.answer(signal, source)?,
                Ok(Wake::Deadline) => calm = self.rest(source, calm)?,
                Ok(Wake::Readable) => match source.fill() {
                    Ok(Fill::Data) => {
                        self.feed(source)?;
                        calm = Calm::No;
                    }
                    Ok(Fill::WouldBlock) => {}
                    Ok(Fill::End) => break Ended::Whole,
                    Err(cause) => break Ended::Unreadable(cause),
                },
                Err(cause) => break Ended::Unreadable(cause),
            }
        };
        self.feed_last(source)?;
        Ok(ended)
    }

    /// Writes the summaries that are due, after the last source.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn finish(&mut self) -> Result<(), SinkError> {
        self.pipe(None, |pipeline, _, now, out| pipeline.finish(&[], now, out))?;
        self.outlet.flush(&mut self.wait, self.voice)
    }

    /// When to stop waiting for input. As long as more may be there, at once: what has come in is not kept from the
    /// reader for the sake of what has not.
    fn deadline(&self, calm: Calm) -> Option<Instant> {
        match calm {
            Calm::No => Some(Instant::now()),
            Calm::Since(linger) => [linger, self.window.deadline].into_iter().flatten().min(),
        }
    }

    /// Feeds what has been read.
    fn feed(&mut self, source: &mut Source) -> Result<(), SinkError> {
        if source.offset() == 0 && is_wide(source.block()) && !self.warned_wide {
            self.warned_wide = true;
            let text = "the input looks like UTF-16, in which nothing is recognised: it passes as it is; \
                        put `iconv -f UTF-16 -t UTF-8` before quell";
            self.voice.say(Tone::Note, text);
        }
        let done = self.pipe(Some(source), |pipeline, block, now, out| {
            pipeline.feed(block, now, out)
        })?;
        self.consume(source, done);
        Ok(())
    }

    /// Feeds what is left at the end of a source.
    fn feed_last(&mut self, source: &mut Source) -> Result<(), SinkError> {
        self.pipe(Some(source), |pipeline, block, now, out| {
            pipeline.end_of_file(block, now, out)
        })?;
        self.consume(source, source.block().len());
        self.outlet.flush(&mut self.wait, self.voice)
    }

    /// Nothing more comes for now: lets go of what need not be held, ends the window if it is over, and writes out.
    fn rest(&mut self, source: &mut Source, calm: Calm) -> Result<Calm, SinkError> {
        let mut linger = match calm {
            Calm::Since(linger) => linger,
            Calm::No => match self.pipeline.held(source.block()) {
                Held::Nothing => None,
                Held::Plain => Some(Instant::now()),
                Held::Suspect => Instant::now().checked_add(self.linger),
            },
        };
        if linger.is_some_and(|linger| linger <= Instant::now()) {
            let done = self.pipe(Some(source), |pipeline, block, now, out| {
                pipeline.release(block, now, out)
            })?;
            self.consume(source, done);
            linger = None;
        }
        self.window
            .follow(self.pipeline.ends_at(), self.clock.now());
        if let Some(end) = self.window.over() {
            self.pipe(None, |pipeline, _, now, out| {
                pipeline.tick(now.max(end), out)
            })?;
            self.window
                .follow(self.pipeline.ends_at(), self.clock.now());
        }
        self.outlet.flush(&mut self.wait, self.voice)?;
        Ok(Calm::Since(linger))
    }

    /// Answers a signal that does not end us.
    fn answer(&mut self, signal: Signal, source: &Source) -> Result<(), SinkError> {
        debug_assert!(!signal.ends());
        self.pipe(None, |pipeline, _, now, out| pipeline.flush(now, out))?;
        self.outlet.flush(&mut self.wait, self.voice)?;
        if signal == Signal::Reload {
            self.outlet.reopen(self.voice);
            if self.outlet.is_fed_by(source) {
                let text = format!("{}: this is now the output, too", source.name());
                self.voice.say(Tone::Error, &text);
            }
            if let Some(rules) = (self.reload)(self.voice) {
                self.pipeline.set_rules(rules);
            }
        }
        Ok(())
    }

    /// Takes what had been written to us when the signal came: a service and its filter are told to end at the same moment,
    /// and what the service says last matters most. At most what a pipe holds, and for an unfinished line no longer
    /// than the linger. A regular file is left where it is.
    fn drain(&mut self, source: &mut Source) -> Result<(), SinkError> {
        let until = source.offset() + source.block().len() as u64 + PIPE_BYTES as u64;
        let patience = Instant::now() + self.linger;
        while !source.is_regular() && source.offset() + (source.block().len() as u64) < until {
            let torn = source.block().last().is_some_and(|last| *last != b'\n');
            let deadline = if torn { patience } else { Instant::now() };
            match self.wait.on(Some(source_fd(source)), Some(deadline)) {
                Ok(Wake::Readable) => match source.fill() {
                    Ok(Fill::Data) => self.feed(source)?,
                    _ => break,
                },
                Ok(Wake::Signal(_)) => {}
                Ok(Wake::Deadline) | Err(_) => break,
            }
        }
        Ok(())
    }

    /// Lets the pipeline work on what has been read, or on nothing.
    fn pipe<T>(
        &mut self,
        source: Option<&Source>,
        work: impl FnOnce(&mut Pipeline, &[u8], i64, &mut Valve<'_>) -> io::Result<T>,
    ) -> Result<T, SinkError> {
        let mut valve = Valve {
            outlet: &mut self.outlet,
            source,
            stream_at: self.done,
            wait: &mut self.wait,
            voice: self.voice,
        };
        let block = source.map_or(&[][..], Source::block);
        work(&mut self.pipeline, block, self.clock.now(), &mut valve).map_err(sink_error)
    }

    fn consume(&mut self, source: &mut Source, bytes: usize) {
        source.consume(bytes);
        self.done += bytes as u64;
    }
}

fn source_fd(source: &Source) -> std::os::fd::BorrowedFd<'_> {
    std::os::fd::AsFd::as_fd(source)
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
