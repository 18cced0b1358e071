//! One source after the other, read to its end: the loop of a program with one lane.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;

use super::account::status;
use super::lane::{Fed, Lane, Surroundings};
use super::outlet::Outlet;
use super::{Tone, Voice};
use crate::rule::RuleSet;
use crate::system::PIPE_BYTES;
use crate::system::signal::Signal;
use crate::system::sink::SinkError;
use crate::system::source::{Fill, Source};
use crate::system::wait::Wake;

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

/// A lane, its outlet, and all it takes to answer what happens.
pub struct Reading<'a> {
    /// The stream.
    pub lane: Lane,
    /// Where it goes.
    pub outlet: Outlet,
    /// What it stands in.
    pub around: Surroundings<'a>,
    /// Brings new rules on SIGHUP; `None`, after it said why, if they are no good.
    pub reload: &'a mut dyn FnMut(&mut dyn Voice) -> Option<Arc<RuleSet>>,
}

impl Reading<'_> {
    /// Reads a source to its end.
    ///
    /// # Errors
    /// The output cannot be written; nothing more can be done.
    pub fn run(&mut self, source: &mut Source) -> Result<Ended, SinkError> {
        let ended = loop {
            let service = &mut self.around.service;
            service.note(self.lane.done_bytes());
            service.tend(self.lane.done_bytes(), || {
                status(&self.lane.ledger(), self.lane.done_bytes())
            });
            let wakes = [
                self.lane.wakes_at(),
                service.wakes_at(),
                self.outlet.wakes_at(),
            ];
            let deadline = wakes.into_iter().flatten().min();
            match self.around.wait.on(Some(source.as_fd()), deadline) {
                Ok(Wake::Signal(signal)) if signal.ends() => {
                    self.around.service.stopping();
                    self.drain(source)?;
                    break Ended::Signalled(signal);
                }
                Ok(Wake::Signal(signal)) => self.answer(signal, source)?,
                Ok(Wake::Deadline) => {
                    self.make_room(source)?;
                    self.lane.rest(source, &mut self.outlet, &mut self.around)?;
                }
                Ok(Wake::Readable) => match source.fill() {
                    Ok(Fill::Data) => self.feed(source)?,
                    Ok(Fill::WouldBlock) => {}
                    Ok(Fill::End) => break Ended::Whole,
                    Err(cause) => break Ended::Unreadable(cause),
                },
                Err(cause) => break Ended::Unreadable(cause),
            }
        };
        self.make_room(source)?;
        self.lane.end(source, &mut self.outlet, &mut self.around)?;
        Ok(ended)
    }

    /// Writes the summaries that are due, after the last source.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn finish(&mut self) -> Result<(), SinkError> {
        self.lane.finish(&mut self.outlet, &mut self.around)
    }

    /// Feeds what has been read, and rotates the output where it is full.
    fn feed(&mut self, source: &mut Source) -> Result<(), SinkError> {
        while self.lane.feed(source, &mut self.outlet, &mut self.around)? == Fed::Full {
            self.rotate()?;
        }
        Ok(())
    }

    /// Rotates the output where what is held does not go into it any more.
    fn make_room(&mut self, source: &Source) -> Result<(), SinkError> {
        if self.lane.outgrows(source, &self.outlet) {
            self.rotate()?;
        }
        Ok(())
    }

    /// Rotates the output, its summaries in it.
    fn rotate(&mut self) -> Result<(), SinkError> {
        self.lane.report(&mut self.outlet, &mut self.around)?;
        self.outlet.rotate(self.around.voice);
        Ok(())
    }

    /// Answers a signal that does not end us.
    fn answer(&mut self, signal: Signal, source: &Source) -> Result<(), SinkError> {
        debug_assert!(!signal.ends());
        if signal == Signal::Reload {
            self.around.service.reloading();
        }
        self.lane.report(&mut self.outlet, &mut self.around)?;
        if signal == Signal::Reload {
            let voice = &mut *self.around.voice;
            self.outlet.reopen(voice);
            if self.outlet.is_fed_by(source) {
                let text = format!("{}: this is now the output, too", source.name());
                voice.say(Tone::Error, &text);
            }
            if let Some(rules) = (self.reload)(voice) {
                self.lane.set_rules(rules);
            }
            self.around.service.ready();
        }
        Ok(())
    }

    /// Takes what had been written to us when the signal came: a service and its filter are told to end at the same moment,
    /// and what the service says last matters most. At most what a pipe holds, and for an unfinished line no longer
    /// than the linger. A regular file is left where it is.
    fn drain(&mut self, source: &mut Source) -> Result<(), SinkError> {
        let until = source.offset() + source.block().len() as u64 + PIPE_BYTES as u64;
        let patience = Instant::now() + self.lane.linger();
        while !source.is_regular() && source.offset() + (source.block().len() as u64) < until {
            let torn = source.block().last().is_some_and(|last| *last != b'\n');
            let deadline = if torn { patience } else { Instant::now() };
            let wake = self.around.wait.on(Some(source.as_fd()), Some(deadline));
            match wake {
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
}
