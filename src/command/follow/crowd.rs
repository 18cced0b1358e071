//! The loop over all followed files.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::file::{Followed, Turn};
use super::names::{Name, Pattern, name};
use super::{Asked, Outputs};
use crate::command::lane::{Lane, Surroundings};
use crate::command::lookout::{Lookout, Stirred};
use crate::command::outlet::Outlet;
use crate::command::{Ending, Tone, Voice};
use crate::pipeline::Ledger;
use crate::system::shown;
use crate::system::signal::Signal;
use crate::system::sink::SinkError;
use crate::system::tail::{Start, Tail};
use crate::system::wait::Wake;

/// Turns that a file gets at most after a signal has asked for the end: what was written until then is read, what is
/// written on and on is not.
const LAST_TURNS: usize = 64;

/// All followed files, and where they go.
pub(super) struct Crowd<'a> {
    asked: &'a Asked,
    /// The lane that all others are like.
    model: Lane,
    patterns: Vec<Pattern>,
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
    ending: Ending,
}

impl<'a> Crowd<'a> {
    /// Takes in all files that are named, and opens where they go.
    ///
    /// # Errors
    /// An output cannot be opened.
    pub(super) fn open(
        asked: &'a Asked,
        model: Lane,
        around: Surroundings<'a>,
    ) -> Result<Crowd<'a>, SinkError> {
        let mut outlets = Vec::new();
        if let Outputs::One(place) = &asked.outputs {
            outlets.push(Outlet::open(place, asked.terms.summaries.as_ref())?);
        }
        let mut crowd = Crowd {
            asked,
            model,
            patterns: Vec::new(),
            files: Vec::new(),
            followed: HashSet::new(),
            outlets,
            around,
            lookout: Lookout::new(asked.poll, Instant::now()),
            stirred: BTreeSet::new(),
            reading: BTreeSet::new(),
            resting: BTreeSet::new(),
            spare: Vec::new(),
            ending: Ending::Fine,
        };
        for given in &asked.names {
            match name(given.clone()) {
                Name::File(path) => {
                    let inside = PathBuf::from(path.file_name().unwrap_or_default());
                    crowd.add(path, &inside, &asked.start)?;
                }
                Name::Pattern(pattern) => {
                    crowd.lookout.place_pattern(&pattern.root, pattern.is_flat);
                    crowd.patterns.push(pattern);
                }
            }
        }
        crowd.add_new(&asked.start)?;
        Ok(crowd)
    }

    /// Follows until the end.
    ///
    /// # Errors
    /// An output cannot be written.
    pub(super) fn run(&mut self) -> Result<Ending, SinkError> {
        self.look_at(BTreeSet::from_iter(0..self.files.len()))?;
        for file in &self.files {
            file.say_if_awaited(&mut self.around);
        }
        loop {
            let now = Instant::now();
            for text in self.lookout.unsaid() {
                self.around.voice.say(Tone::Note, &text);
            }
            let stirred = std::mem::take(&mut self.stirred);
            self.look_at(stirred)?;
            self.read_in_turn(now)?;
            match self.wait()? {
                Wake::Signal(signal) if signal.ends() => {
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

    /// The account of each file.
    pub(super) fn ledgers(&self) -> impl Iterator<Item = Ledger> + '_ {
        self.files.iter().map(|file| file.lane.ledger())
    }

    /// Waits until there is something to do, and finds out what.
    fn wait(&mut self) -> Result<Wake, SinkError> {
        let wants = self.files.iter().any(Followed::wants_polling);
        let mut deadline = self.lookout.wakes_at(wants);
        if let Some((first, _)) = self.resting.first() {
            deadline = deadline.min(*first);
        }
        if !self.reading.is_empty() || !self.stirred.is_empty() {
            deadline = Instant::now();
        }
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
            self.add_new(&Start::Beginning)?;
        }
        Ok(())
    }

    /// Takes in the files that patterns name and nobody follows yet.
    fn add_new(&mut self, start: &Start) -> Result<(), SinkError> {
        for pattern in std::mem::take(&mut self.patterns) {
            for path in pattern.files(|path| self.followed.contains(path)) {
                let inside = pattern.below(&path).to_owned();
                self.add(path, &inside, start)?;
            }
            self.patterns.push(pattern);
        }
        Ok(())
    }

    /// Takes in one file; `inside` is its path in the folder of outputs.
    fn add(&mut self, path: PathBuf, inside: &Path, start: &Start) -> Result<(), SinkError> {
        let number = self.files.len();
        if !self.followed.insert(path.clone()) {
            return Ok(());
        }
        let out = match &self.asked.outputs {
            Outputs::One(_) => 0,
            Outputs::Each(folder) => {
                let place = folder.inside(inside);
                if let Some(file) = place.file()
                    && let Some(folder) = file.parent()
                {
                    // What is wrong with it is said when the file cannot be opened.
                    let _ = std::fs::create_dir_all(folder);
                }
                let taken = self.files.iter().any(|file| {
                    self.outlets
                        .get(file.out)
                        .is_some_and(|outlet| outlet.is_at(&place))
                });
                if taken {
                    let what = "another followed file has the same name and so the same output, follow them apart";
                    Followed::refuse(&path, what, &mut self.around);
                    self.ending = Ending::SomeFailed;
                    return Ok(());
                }
                self.outlets
                    .push(Outlet::open(&place, self.asked.terms.summaries.as_ref())?);
                self.outlets.len() - 1
            }
        };
        let is_output = |outlet: &Outlet| outlet.is_file(&path);
        if self.outlets.iter().any(is_output) {
            let what = "this file is also the output, name another file for one of them";
            Followed::refuse(&path, what, &mut self.around);
            self.ending = Ending::SomeFailed;
            return Ok(());
        }
        let title = self.title(&path);
        let lane = self
            .model
            .beside(u32::try_from(number).unwrap_or(u32::MAX), title);
        let tail = Tail::new(path, start.clone());
        self.lookout.place(number, tail.path());
        self.files.push(Followed::new(tail, lane, out));
        self.stirred.insert(number);
        Ok(())
    }

    /// The title above a file's lines, where several files share an output.
    fn title(&self, path: &Path) -> Vec<u8> {
        let alone =
            self.asked.names.len() == 1 && self.patterns.is_empty() && self.files.is_empty();
        match self.asked.outputs {
            Outputs::One(_) if !alone => format!("==> {} <==\n", shown(path)).into_bytes(),
            _ => Vec::new(),
        }
    }

    fn look_at(&mut self, files: BTreeSet<usize>) -> Result<(), SinkError> {
        let now = Instant::now();
        for number in files {
            if let Some(file) = self.files.get_mut(number) {
                if file.look(now, &mut self.around) {
                    self.lookout.place(number, file.tail.path());
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

    /// Rotates the output of a file, after everything that goes there has been summarised.
    fn rotate(&mut self, number: usize) -> Result<(), SinkError> {
        let Some(out) = self.files.get(number).map(|file| file.out) else {
            return Ok(());
        };
        self.report(Some(out))?;
        if let Some(outlet) = self.outlets.get_mut(out) {
            outlet.rotate(self.around.voice);
        }
        Ok(())
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
        self.report(None)?;
        if signal == Signal::Reload {
            for outlet in &mut self.outlets {
                outlet.reopen(self.around.voice);
            }
            if let Some(rules) = self.asked.terms.rules.reload(self.around.voice) {
                self.model.set_rules(rules);
                for file in &mut self.files {
                    file.lane.set_rules_of(&self.model);
                }
            }
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
        for file in &mut self.files {
            let Some(outlet) = self.outlets.get_mut(file.out) else {
                continue;
            };
            if let Some(source) = file.tail.source() {
                file.lane.end(source, outlet, &mut self.around)?;
            }
            file.lane.finish(outlet, &mut self.around)?;
        }
        Ok(())
    }
}
