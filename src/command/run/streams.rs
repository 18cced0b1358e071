//! The two streams of a program that runs: read as they come, until the program has ended and nobody writes any more.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Instant;

use rustix::event::epoll;

use crate::command::Tone;
use crate::command::lane::{Fed, Lane, Surroundings};
use crate::command::outlet::Outlet;
use crate::command::terms::Terms;
use crate::limits::{AFTERLIFE, BLOCK_BYTES};
use crate::pipeline::Ledger;
use crate::rule::RuleSet;
use crate::system::child::{Child, End, Outputs};
use crate::system::signal::Signal;
use crate::system::sink::SinkError;
use crate::system::source::{Fill, Name, Source};
use crate::system::wait::Wake;

/// One output of the program.
struct Stream {
    lane: Lane,
    /// `None` when it has ended.
    source: Option<Source>,
    /// Which of the outlets it goes to.
    outlet: usize,
}

/// A program that runs, and what comes of it.
pub(super) struct Run {
    child: Child,
    /// Ready when one of the streams is, or the child has ended.
    ready: OwnedFd,
    streams: [Stream; 2],
    outlets: Vec<Outlet>,
}

impl Run {
    pub(super) fn new(
        child: Child,
        outputs: Outputs,
        outlets: Vec<Outlet>,
        terms: &Terms,
        rules: &Arc<RuleSet>,
    ) -> io::Result<Run> {
        let ready = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let data = epoll::EventData::new_u64(0);
        epoll::add(&ready, &child, data, epoll::EventFlags::IN)?;
        let stream = |number: u32, fd: OwnedFd, name: &'static str| {
            epoll::add(&ready, &fd, data, epoll::EventFlags::IN)?;
            let source =
                Source::new(fd, Name::Child(name), BLOCK_BYTES).map_err(io::Error::other)?;
            let lane = Lane::new(Arc::clone(rules), terms.options, terms.linger);
            Ok::<Stream, io::Error>(Stream {
                lane: lane.numbered(number),
                source: Some(source),
                outlet: (number as usize).min(outlets.len().saturating_sub(1)),
            })
        };
        let streams = [
            stream(0, outputs.stdout, "the program's standard output")?,
            stream(1, outputs.stderr, "the program's standard error")?,
        ];
        Ok(Run {
            child,
            ready,
            streams,
            outlets,
        })
    }

    /// Reads until the program has ended and its streams have, or nobody writes to them any more for a while.
    pub(super) fn read_all(
        &mut self,
        terms: &Terms,
        around: &mut Surroundings<'_>,
    ) -> io::Result<End> {
        let mut until: Option<Instant> = None;
        let end = loop {
            let open = self.streams.iter().any(|stream| stream.source.is_some());
            match (self.child.end(), until) {
                (Some(end), _) if !open => break end,
                (Some(end), Some(until)) if until <= Instant::now() => {
                    let text = "the program has ended; others that it started hold its output open and are not waited for";
                    around.voice.say(Tone::Note, text);
                    break end;
                }
                (Some(_), None) => {
                    // Its news would be there for ever.
                    epoll::delete(&self.ready, &self.child)?;
                    until = Instant::now().checked_add(AFTERLIFE);
                }
                _ => {}
            }
            let deadline = self.wakes_at().into_iter().chain(until).min();
            match around.wait.on(Some(self.ready.as_fd()), deadline)? {
                Wake::Readable => self.read(around),
                Wake::Signal(signal) => self.answer(signal, terms, around),
                Wake::Deadline => (0..self.streams.len()).for_each(|at| self.rest(at, around)),
            }
            self.tend(around);
        };
        for at in 0..self.streams.len() {
            self.close(at, around);
        }
        for outlet in &mut self.outlets {
            bear(outlet.flush(around), around);
            outlet.end(around.voice);
        }
        Ok(end)
    }

    /// When to stop waiting for something to read.
    fn wakes_at(&self) -> Option<Instant> {
        let open = self.streams.iter().filter(|stream| stream.source.is_some());
        let lanes = open.filter_map(|stream| stream.lane.wakes_at());
        lanes
            .chain(self.outlets.iter().filter_map(Outlet::wakes_at))
            .min()
    }

    /// Reads from each stream once, so that none waits for the other. One that brings nothing is at rest, whatever the
    /// other brings.
    fn read(&mut self, around: &mut Surroundings<'_>) {
        for at in 0..self.streams.len() {
            let source = self.streams.get_mut(at).and_then(|it| it.source.as_mut());
            match source.map(Source::fill) {
                None => {}
                Some(Ok(Fill::WouldBlock)) => self.rest(at, around),
                Some(Ok(Fill::Data)) => self.feed(at, around),
                Some(Ok(Fill::End)) => self.close(at, around),
                Some(Err(cause)) => {
                    let text = format!("the program's output cannot be read any more ({cause})");
                    around.voice.say(Tone::Error, &text);
                    self.close(at, around);
                }
            }
        }
    }

    /// Feeds what a stream has brought, and rotates the output where it is full.
    fn feed(&mut self, at: usize, around: &mut Surroundings<'_>) {
        loop {
            let Some((lane, Some(source), outlet)) =
                parts(&mut self.streams, &mut self.outlets, at)
            else {
                return;
            };
            match lane.feed(source, outlet, around) {
                Ok(Fed::All) => return,
                Ok(Fed::Full) => self.rotate(at, around),
                Err(error) => return bear(Err(error), around),
            }
        }
    }

    /// Rotates the output of a stream, when all that write to it have said what they hold back.
    fn rotate(&mut self, at: usize, around: &mut Surroundings<'_>) {
        let which = self.streams.get(at).map(|stream| stream.outlet);
        let Some(outlet) = which.and_then(|which| self.outlets.get_mut(which)) else {
            return;
        };
        for stream in &mut self.streams {
            if Some(stream.outlet) == which {
                bear(stream.lane.report(outlet, around), around);
            }
        }
        outlet.rotate(around.voice);
    }

    /// Rotates the output of a stream where what is held does not go into it any more.
    fn make_room(&mut self, at: usize, around: &mut Surroundings<'_>) {
        if let Some((lane, Some(source), outlet)) = parts(&mut self.streams, &mut self.outlets, at)
            && lane.outgrows(source, outlet)
        {
            self.rotate(at, around);
        }
    }

    /// Ends a stream, if it is open.
    fn close(&mut self, at: usize, around: &mut Surroundings<'_>) {
        self.make_room(at, around);
        if let Some((lane, source, outlet)) = parts(&mut self.streams, &mut self.outlets, at) {
            if let Some(source) = source {
                bear(lane.end(source, outlet, around), around);
            }
            bear(lane.finish(outlet, around), around);
        }
        if let Some(stream) = self.streams.get_mut(at) {
            stream.source = None;
        }
    }

    /// Lets go of what a stream has held long enough.
    fn rest(&mut self, at: usize, around: &mut Surroundings<'_>) {
        self.make_room(at, around);
        if let Some((lane, Some(source), outlet)) = parts(&mut self.streams, &mut self.outlets, at)
            && lane.wakes_at().is_some_and(|at| at <= Instant::now())
        {
            bear(lane.rest(source, outlet, around), around);
        }
    }

    /// Looks after outputs that failed.
    fn tend(&mut self, around: &mut Surroundings<'_>) {
        for outlet in &mut self.outlets {
            if outlet.wakes_at().is_some_and(|at| at <= Instant::now()) {
                bear(outlet.flush(around), around);
            }
        }
    }

    /// Answers a signal; those that are the program's have been passed on already.
    fn answer(&mut self, signal: Signal, terms: &Terms, around: &mut Surroundings<'_>) {
        if signal.ends() {
            return;
        }
        for at in 0..self.streams.len() {
            if let Some((lane, _, outlet)) = parts(&mut self.streams, &mut self.outlets, at) {
                bear(lane.report(outlet, around), around);
            }
        }
        if signal == Signal::Reload {
            for outlet in &mut self.outlets {
                outlet.reopen(around.voice);
            }
            if let Some(rules) = terms.rules.reload(around.voice) {
                for stream in &mut self.streams {
                    stream.lane.set_rules(Arc::clone(&rules));
                }
            }
        }
    }

    /// The account of both streams.
    pub(super) fn account(&self) -> Ledger {
        let mut sum = Ledger::default();
        for stream in &self.streams {
            sum.add(&stream.lane.ledger());
        }
        sum
    }
}

/// A stream's lane, its source if it is open, and its outlet.
fn parts<'a>(
    streams: &'a mut [Stream; 2],
    outlets: &'a mut [Outlet],
    at: usize,
) -> Option<(&'a mut Lane, Option<&'a mut Source>, &'a mut Outlet)> {
    let stream = streams.get_mut(at)?;
    let outlet = outlets.get_mut(stream.outlet)?;
    Some((&mut stream.lane, stream.source.as_mut(), outlet))
}

/// Says what an outlet returns, which bears its failures itself, and goes on.
fn bear(written: Result<(), SinkError>, around: &mut Surroundings<'_>) {
    if let Err(error) = written {
        around.voice.say(Tone::Error, &error.to_string());
    }
}
