//! The journal through the filter: `journalctl` reads it, we read what that writes, in the journal's own export format.
//!
//! How far reading has come is kept as the cursor of the last entry that is done with; where nothing is kept, `journalctl`
//! begins where its own flags say.

mod state;

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::account::{account, status};
use super::lane::{Fed, Lane, Surroundings};
use super::outlet::{Outlet, Place};
use super::terms::Terms;
use super::{Ending, Tone, Voice, rulebook};
use crate::limits::{BLOCK_BYTES, COMMIT_EVERY};
use crate::system::child::Reader;
use crate::system::signal::Signal;
use crate::system::sink::SinkError;
use crate::system::source::{Fill, Name, Source};
use crate::system::wait::{Wait, Wake};
use state::{Cursors, State};

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The units; all if there are none.
    pub units: Vec<String>,
    /// Whether to wait for more at the end.
    pub follow: bool,
    /// Further flags for `journalctl`.
    pub options: Vec<OsString>,
    /// The folder in which it is kept how far reading has come.
    pub state: Option<PathBuf>,
    /// Where it goes.
    pub output: Place,
    /// Where what is taken out is kept, if it is.
    pub attic: Option<PathBuf>,
    /// Under what terms.
    pub terms: Terms,
    /// The name of the command that calls [`launch`](super::run::launch).
    pub launcher: &'static str,
}

/// Reads the journal until its end, or until a signal asks for ours.
pub fn journal(asked: &Asked, voice: &mut dyn Voice) -> Ending {
    let rules = match asked.terms.rules.load() {
        Ok(rules) => Arc::new(rules),
        Err(errors) => {
            rulebook::complain(&errors, voice);
            return Ending::Refused;
        }
    };
    let lane = Lane::new(rules, asked.terms.options, asked.terms.linger);
    let mut reading = match Reading::open(asked, lane, voice) {
        Ok(reading) => reading,
        Err(error) => {
            voice.say(Tone::Error, &error.to_string());
            return Ending::SomeFailed;
        }
    };
    let ending = match reading.run() {
        Ok(ending) => ending,
        Err(error) => match error.downcast_ref::<SinkError>() {
            Some(SinkError::ReaderGone) => Ending::Fine,
            _ => {
                reading.around.voice.say(Tone::Error, &error.to_string());
                Ending::SomeFailed
            }
        },
    };
    if let Some(stats) = asked.terms.stats {
        let account = account(&reading.lane.ledger(), stats);
        reading.around.voice.show(&account);
    }
    ending
}

/// How to call `journalctl`.
fn arguments(asked: &Asked, cursor: Option<&str>) -> Vec<OsString> {
    let mut all: Vec<OsString> = vec!["--output=export".into(), "--no-pager".into()];
    all.extend(
        asked
            .units
            .iter()
            .map(|unit| format!("--unit={unit}").into()),
    );
    if asked.follow {
        all.push("--follow".into());
    }
    all.extend(asked.options.iter().cloned());
    match cursor {
        // Everything since then, however much that is.
        Some(cursor) => all.extend([
            format!("--after-cursor={cursor}").into(),
            "--lines=all".into(),
        ]),
        // From the beginning where it is kept how far that came: nothing is skipped.
        None if asked.state.is_some() => all.push("--lines=all".into()),
        None => {}
    }
    all
}

/// The journal on its way.
struct Reading<'a> {
    asked: &'a Asked,
    lane: Lane,
    source: Source,
    reader: Reader,
    outlet: Outlet,
    around: Surroundings<'a>,
    cursors: Cursors,
    state: Option<State>,
    /// When to write down how far reading has come.
    commits_at: Option<Instant>,
}

impl<'a> Reading<'a> {
    fn open(
        asked: &'a Asked,
        mut lane: Lane,
        voice: &'a mut dyn Voice,
    ) -> anyhow::Result<Reading<'a>> {
        // Signals first: one that comes while outputs are opened is answered, too.
        let wait = Wait::new()?;
        let mut state = asked.state.as_deref().map(State::open).transpose()?;
        for text in state
            .iter_mut()
            .map(|state| state.resume(&mut lane))
            .collect::<Result<Vec<_>, _>>()?
        {
            text.into_iter()
                .for_each(|text| voice.say(Tone::Note, &text));
        }
        let outlet = Outlet::open(&asked.output, asked.terms.summaries.as_ref())?;
        let outlet = match &asked.attic {
            Some(attic) => outlet.keeping(attic)?,
            None => outlet,
        };
        let cursor = state.as_ref().and_then(State::cursor);
        let (reader, fd) = Reader::start(
            asked.launcher,
            "journalctl".as_ref(),
            &arguments(asked, cursor),
        )?;
        let source = Source::new(fd, Name::Child("what journalctl writes"), BLOCK_BYTES)?;
        Ok(Reading {
            asked,
            lane,
            source,
            reader,
            outlet,
            around: Surroundings::new(wait, voice).serving(),
            cursors: Cursors::default(),
            state,
            commits_at: None,
        })
    }

    fn run(&mut self) -> anyhow::Result<Ending> {
        // From here on what is written may have to be taken back.
        self.commit(false)?;
        self.around.service.ready();
        let ended = loop {
            self.tend();
            let times = [
                self.lane.wakes_at(),
                self.around.service.wakes_at(),
                self.commits_at,
                self.outlet.wakes_at(),
            ];
            let deadline = times.into_iter().flatten().min();
            match self.around.wait.on(Some(self.source.as_fd()), deadline)? {
                Wake::Signal(signal) if signal.ends() => break Some(signal),
                Wake::Signal(signal) => self.answer(signal)?,
                Wake::Deadline => self.rest()?,
                Wake::Readable => match self.source.fill()? {
                    Fill::Data => self.feed()?,
                    Fill::WouldBlock => {}
                    Fill::End => break None,
                },
            }
        };
        if ended.is_some() {
            self.around.service.stopping();
        }
        self.end(ended)
    }

    /// Ends in order. An entry that is not whole is left to the next run, if there is a state for it to go on from.
    fn end(&mut self, ended: Option<Signal>) -> anyhow::Result<Ending> {
        let goes_on = ended.is_some() && self.state.is_some();
        if goes_on {
            self.lane.report(&mut self.outlet, &mut self.around)?;
        } else {
            self.lane
                .end(&mut self.source, &mut self.outlet, &mut self.around)?;
            self.lane.finish(&mut self.outlet, &mut self.around)?;
        }
        self.commit(true)?;
        self.outlet.end(self.around.voice);
        let Some(signal) = ended else {
            return Ok(self.outcome()?);
        };
        Ok(Ending::Signalled(signal))
    }

    /// What came of `journalctl`, which has said itself what was wrong. One that should have waited for more has failed.
    fn outcome(&mut self) -> io::Result<Ending> {
        let well = self.reader.wait()?;
        Ok(match well && !self.asked.follow {
            true => Ending::Fine,
            false => Ending::SomeFailed,
        })
    }

    fn feed(&mut self) -> anyhow::Result<()> {
        self.cursors.find(&self.source);
        while self
            .lane
            .feed(&mut self.source, &mut self.outlet, &mut self.around)?
            == Fed::Full
        {
            self.rotate()?;
        }
        self.note();
        Ok(())
    }

    fn rest(&mut self) -> anyhow::Result<()> {
        if self.lane.outgrows(&self.source, &self.outlet) {
            self.rotate()?;
        }
        self.lane
            .rest(&mut self.source, &mut self.outlet, &mut self.around)?;
        self.note();
        let times = [self.commits_at, self.outlet.wakes_at()];
        if times.iter().flatten().any(|at| *at <= Instant::now()) {
            self.commit(false)?;
        }
        Ok(())
    }

    fn rotate(&mut self) -> anyhow::Result<()> {
        self.lane.report(&mut self.outlet, &mut self.around)?;
        self.note();
        self.commit(false)?;
        self.outlet.rotate(self.around.voice);
        self.commit(false)
    }

    /// Takes notice of what is done with.
    fn note(&mut self) {
        let is_new = self.cursors.pass(self.source.offset());
        if is_new && self.state.is_some() && self.commits_at.is_none() {
            self.commits_at = Some(Instant::now() + COMMIT_EVERY);
        }
    }

    /// Writes down how far reading has come, if that is kept.
    fn commit(&mut self, ended: bool) -> anyhow::Result<()> {
        self.commits_at = None;
        self.note();
        self.commits_at = None;
        self.outlet.flush(&mut self.around)?;
        let Some(state) = &mut self.state else {
            return Ok(());
        };
        if let Err(error) = state.commit(self.cursors.last(), &self.lane, &self.outlet, ended) {
            self.commits_at = Some(Instant::now() + COMMIT_EVERY);
            let text = format!("{error}; it is tried again");
            self.around.voice.say(Tone::Error, &text);
        }
        Ok(())
    }

    fn answer(&mut self, signal: Signal) -> anyhow::Result<()> {
        if signal == Signal::Reload {
            self.around.service.reloading();
        }
        self.lane.report(&mut self.outlet, &mut self.around)?;
        if signal == Signal::Reload {
            self.commit(false)?;
            self.outlet.reopen(self.around.voice);
            if let Some(rules) = self.asked.terms.rules.reload(self.around.voice) {
                self.lane.set_rules(rules);
            }
            self.commit(false)?;
            self.around.service.ready();
        }
        Ok(())
    }

    fn tend(&mut self) {
        let (lane, service) = (&self.lane, &mut self.around.service);
        service.note(lane.done_bytes());
        service.tend(lane.done_bytes(), || {
            status(&lane.ledger(), lane.done_bytes())
        });
    }
}
