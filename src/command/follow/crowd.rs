//! The loop over all followed files.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;
use std::time::Instant;

use super::checkpoint::{Checkpoint, Found};
use super::file::{Followed, Turn};
use super::party::Party;
use crate::command::lane::Surroundings;
use crate::command::lookout::{Lookout, Stirred};
use crate::command::outlet::Outlet;
use crate::command::terms::Stats;
use crate::command::{Ending, Tone, Voice};
use crate::pipeline::Ledger;
use crate::system::signal::Signal;
use crate::system::sink::SinkError;
use crate::system::tail::Start;
use crate::system::wait::Wake;

/// Turns that a file gets at most after a signal has asked for the end: what was written until then is read, what is
/// written on and on is not.
const LAST_TURNS: usize = 64;

/// All followed files, and where they go.
pub(super) struct Crowd<'a> {
    parties: Vec<Party<'a>>,
    files: Vec<Followed>,
    /// The paths of all files that were taken in or refused.
    followed: HashSet<PathBuf>,
    outlets: Vec<Outlet>,
    around: Surroundings<'a>,
    lookout: Lookout,
    /// Files to be looked at, and files to be read: by number.
    stirred: BTreeSet<usize>,
    reading: BTreeSet<usize>,
    /// When files want to be read although nothing was heard of them.
    resting: BTreeSet<(Instant, usize)>,
    /// Room for reading, which they share.
    spare: Vec<u8>,
    /// What refusing some of them has made of the end.
    ending: Ending,
    /// Where it is kept how far reading has come, if it is.
    checkpoint: Option<Checkpoint>,
    /// What was kept by the run before.
    found: Found,
    /// When to commit what was written since the last time.
    commits_at: Option<Instant>,
    /// When that was done last, or tried.
    committed: Option<Instant>,
    /// Committing failed, and that was said.
    is_uncommitted: bool,
}

mod admit;
mod commit;

impl Crowd<'_> {
    /// Follows until the end.
    ///
    /// # Errors
    /// An output cannot be written.
    pub(super) fn run(&mut self) -> Result<Ending, SinkError> {
        self.look_at(BTreeSet::from_iter(0..self.files.len()))?;
        // From here on what is written may have to be taken back, and files that are rotated must be found again.
        self.commit(false)?;
        for file in &self.files {
            file.say_if_awaited(&mut self.around);
        }
        if self.files.is_empty() && self.parties.iter().all(|party| party.patterns.is_empty()) {
            return Ok(self.ending);
        }
        self.around.service.ready();
        loop {
            let now = Instant::now();
            self.tell_service();
            for text in self.lookout.unsaid() {
                self.around.voice.say(Tone::Note, &text);
            }
            let stirred = std::mem::take(&mut self.stirred);
            self.look_at(stirred)?;
            self.read_in_turn(now)?;
            self.tend_outlets()?;
            self.commit_if_due()?;
            match self.wait()? {
                Wake::Signal(signal) if signal.ends() => {
                    self.around.service.stopping();
                    self.end()?;
                    return Ok(Ending::Signalled(signal));
                }
                Wake::Signal(signal) => self.answer(signal)?,
                Wake::Readable | Wake::Deadline => {}
            }
        }
    }

    /// Who talks to people.
    pub(super) fn voice(&mut self) -> &mut dyn Voice {
        self.around.voice
    }

    /// The account of each party that asked for one.
    pub(super) fn accounts(&self) -> Vec<(Ledger, Stats)> {
        let asked = self.parties.iter().enumerate();
        let asked = asked.filter_map(|(party, one)| Some((party, one.asked.terms.stats?)));
        let account = |(party, stats)| {
            let mut ledger = Ledger::default();
            let files = self.files.iter().filter(|file| file.party == party);
            files.for_each(|file| ledger.add(&file.lane.ledger()));
            (ledger, stats)
        };
        asked.map(account).collect()
    }

    /// Waits until there is something to do, and finds out what.
    fn wait(&mut self) -> Result<Wake, SinkError> {
        let wants = self.files.iter().any(Followed::wants_polling);
        let rests = self.resting.first().map(|(at, _)| *at);
        let busy = !self.reading.is_empty() || !self.stirred.is_empty();
        let times = [
            rests,
            self.commits_at,
            self.outlets.iter().filter_map(Outlet::wakes_at).min(),
            self.around.service.wakes_at(),
            busy.then(Instant::now),
        ];
        let deadline = self.lookout.wakes_at(wants);
        let deadline = times.into_iter().flatten().fold(deadline, Instant::min);
        let hints = self.lookout.fd();
        let gone = self.outlets.first().and_then(Outlet::hang_up);
        let inputs: Vec<_> = hints.into_iter().chain(gone).collect();
        let woken = self.around.wait.among(&inputs, Some(deadline));
        let (wake, ready) = woken.map_err(SinkError::Failed)?;
        if gone.is_some() && ready.last() == Some(&true) {
            return Err(SinkError::ReaderGone);
        }
        let now = Instant::now();
        if ready.first() == Some(&true) {
            let stirred = self.lookout.hints(now).map_err(SinkError::Failed)?;
            self.stir(stirred)?;
        }
        let files = &self.files;
        let due = self.lookout.due(now, |file| {
            files.get(file).is_some_and(Followed::wants_polling)
        });
        self.stir(due)?;
        while let Some((at, file)) = self.resting.first().copied() {
            if at > now {
                break;
            }
            self.resting.pop_first();
            self.reading.insert(file);
        }
        Ok(wake)
    }

    fn stir(&mut self, stirred: Stirred) -> Result<(), SinkError> {
        self.stirred.extend(stirred.files);
        if stirred.patterns {
            self.add_new(Some(&Start::Beginning))?;
        }
        Ok(())
    }

    fn look_at(&mut self, files: BTreeSet<usize>) -> Result<(), SinkError> {
        let now = Instant::now();
        for number in files {
            if let Some(file) = self.files.get_mut(number) {
                if file.look(now, &mut self.around) {
                    self.lookout.place(number, file.tail.path());
                    // What comes next may not be there to be read again after a kill.
                    self.commits_at = self.checkpoint.is_some().then_some(now);
                }
                self.reading.insert(number);
            }
        }
        Ok(())
    }

    /// Gives each file that has something to read its turn.
    fn read_in_turn(&mut self, now: Instant) -> Result<(), SinkError> {
        for number in std::mem::take(&mut self.reading) {
            match self.read(number, now)? {
                Turn::Rest => {}
                Turn::More => drop(self.reading.insert(number)),
                Turn::Full => {
                    self.rotate(number)?;
                    self.reading.insert(number);
                }
            }
        }
        Ok(())
    }

    fn read(&mut self, number: usize, now: Instant) -> Result<Turn, SinkError> {
        let Some(file) = self.files.get_mut(number) else {
            return Ok(Turn::Rest);
        };
        let Some(out) = self.outlets.get_mut(file.out) else {
            return Ok(Turn::Rest);
        };
        let rested = file.wakes_at.take();
        let turn = file.read(now, out, &mut self.spare, &mut self.around)?;
        if let Some(at) = rested {
            self.resting.remove(&(at, number));
        }
        if let Some(at) = file.wakes_at {
            self.resting.insert((at, number));
        }
        if turn == Turn::Rest {
            out.park();
        }
        Ok(turn)
    }

    /// Writes out what waits in an outlet whose time has come.
    fn tend_outlets(&mut self) -> Result<(), SinkError> {
        let now = Instant::now();
        for outlet in &mut self.outlets {
            if outlet.wakes_at().is_some_and(|at| at <= now) {
                outlet.flush(&mut self.around)?;
            }
        }
        Ok(())
    }

    /// Rotates the output of a file, after everything that goes there has been summarised.
    fn rotate(&mut self, number: usize) -> Result<(), SinkError> {
        let Some(out) = self.files.get(number).map(|file| file.out) else {
            return Ok(());
        };
        self.report(Some(out))?;
        // What is put away is committed whole, and what comes next belongs to the new file.
        self.commit(false)?;
        if let Some(outlet) = self.outlets.get_mut(out) {
            outlet.rotate(self.around.voice);
        }
        self.commit(false)
    }

    /// Writes the summaries of everything that goes to an outlet, or to any.
    fn report(&mut self, out: Option<usize>) -> Result<(), SinkError> {
        for file in &mut self.files {
            if out.is_none_or(|out| out == file.out)
                && let Some(outlet) = self.outlets.get_mut(file.out)
            {
                file.lane.report(outlet, &mut self.around)?;
            }
        }
        Ok(())
    }

    /// Answers a signal that does not ask for the end.
    fn answer(&mut self, signal: Signal) -> Result<(), SinkError> {
        if signal == Signal::Reload {
            self.around.service.reloading();
        }
        self.report(None)?;
        if signal == Signal::Reload {
            self.commit(false)?;
            for outlet in &mut self.outlets {
                outlet.reopen(self.around.voice);
            }
            for (number, party) in self.parties.iter_mut().enumerate() {
                if party.reload(self.around.voice) {
                    let files = self.files.iter_mut().filter(|file| file.party == number);
                    files.for_each(|file| file.lane.set_rules_of(&party.model));
                }
            }
            self.commit(false)?;
            self.around.service.ready();
        }
        Ok(())
    }

    /// Reads what was written until now, summarises, and ends.
    fn end(&mut self) -> Result<(), SinkError> {
        self.look_at(BTreeSet::from_iter(0..self.files.len()))?;
        for _ in 0..LAST_TURNS {
            if self.reading.is_empty() {
                break;
            }
            self.read_in_turn(Instant::now())?;
        }
        let goes_on = self.checkpoint.is_some();
        for file in &mut self.files {
            let Some(outlet) = self.outlets.get_mut(file.out) else {
                continue;
            };
            file.end(goes_on, outlet, &mut self.around)?;
        }
        for outlet in &mut self.outlets {
            outlet.end(self.around.voice);
        }
        self.commit(true)
    }
}
