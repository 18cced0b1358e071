//! The loop over all drained files: each has its turn when there is something to do, and there is one place that waits.

use std::collections::BTreeSet;
use std::time::Instant;

use super::Asked;
use super::drained::{Drained, Turn};
use super::metrics::Metrics;
use super::status::gist;
use crate::command::lane::Surroundings;
use crate::command::lookout::Lookout;
use crate::command::{Ending, Tone};
use crate::pipeline::Ledger;
use crate::system::signal::Signal;
use crate::system::wait::Wake;

/// All drained files.
pub struct Rounds<'a> {
    asked: &'a Asked,
    /// By number; one that has ended is gone.
    files: Vec<Option<Drained>>,
    around: Surroundings<'a>,
    lookout: Lookout,
    metrics: Metrics,
    /// Whose turn it is, by number.
    stirred: BTreeSet<usize>,
    /// What those have counted that have ended.
    ledger: Ledger,
    ending: Ending,
}

impl<'a> Rounds<'a> {
    /// Takes these files in.
    pub fn new(asked: &'a Asked, files: Vec<Drained>, around: Surroundings<'a>) -> Rounds<'a> {
        let mut lookout = Lookout::new(None, Instant::now());
        for (number, file) in files.iter().enumerate() {
            lookout.place(number, file.path());
        }
        Rounds {
            asked,
            stirred: (0..files.len()).collect(),
            files: files.into_iter().map(Some).collect(),
            around,
            lookout,
            metrics: Metrics::new(),
            ledger: Ledger::default(),
            ending: Ending::Fine,
        }
    }

    /// The account of all files.
    pub fn ledger(&self) -> Ledger {
        let mut ledger = self.ledger.clone();
        let left = self.files.iter().flatten();
        left.for_each(|file| ledger.add(&file.ledger()));
        ledger
    }

    /// Drains until all have ended, or a signal asks for the end.
    pub fn run(&mut self) -> Ending {
        let ending = self.rounds();
        self.metrics
            .write(self.asked, &self.files, self.around.voice);
        ending
    }

    fn rounds(&mut self) -> Ending {
        self.around.service.ready();
        loop {
            for text in self.lookout.unsaid() {
                self.around.voice.say(Tone::Note, &text);
            }
            for number in std::mem::take(&mut self.stirred) {
                self.turn(number);
            }
            if self.files.iter().all(Option::is_none) {
                break;
            }
            self.tell();
            match self.wait() {
                Ok(Wake::Signal(signal)) if signal.ends() => {
                    self.around.service.stopping();
                    (0..self.files.len()).for_each(|number| self.end(number));
                    return Ending::Signalled(signal).and(self.ending);
                }
                Ok(Wake::Signal(signal)) => self.answer(signal),
                Ok(Wake::Deadline | Wake::Readable) => {}
                Err(cause) => {
                    let text = format!("waiting failed ({cause})");
                    self.around.voice.say(Tone::Error, &text);
                    return Ending::SomeFailed;
                }
            }
        }
        self.ending
    }

    fn turn(&mut self, number: usize) {
        let Some(file) = self.files.get_mut(number).and_then(Option::as_mut) else {
            return;
        };
        match file.turn(self.around.voice) {
            Ok(Turn::Busy) => {
                self.stirred.insert(number);
            }
            Ok(Turn::Idle) if self.asked.once => self.end(number),
            Ok(Turn::Idle) => {
                if file.is_moved() {
                    self.lookout.place(number, file.path());
                }
            }
            Err(halt) => {
                let text = format!("{}: {halt}", file.name());
                self.around.voice.say(Tone::Error, &text);
                self.ending = Ending::SomeFailed;
                self.drop_file(number);
            }
        }
    }

    fn end(&mut self, number: usize) {
        if let Some(file) = self.files.get_mut(number).and_then(Option::as_mut) {
            self.ending = self.ending.and(file.end(self.around.voice));
            self.drop_file(number);
        }
    }

    fn drop_file(&mut self, number: usize) {
        if let Some(file) = self.files.get_mut(number).and_then(Option::take) {
            self.ledger.add(&file.ledger());
        }
    }

    /// Tells the service manager how it goes.
    fn tell(&mut self) {
        let consumed = self.files.iter().flatten().map(Drained::consumed).sum();
        let service = &mut self.around.service;
        service.note(consumed);
        service.tend(consumed, || gist(&self.files));
        self.metrics
            .tend(self.asked, &self.files, self.around.voice);
    }

    /// Waits until there is something to do, and finds out for whom.
    fn wait(&mut self) -> std::io::Result<Wake> {
        let files = &self.files;
        let file = |number: usize| files.get(number).and_then(Option::as_ref);
        let wants = |number: usize| file(number).is_some_and(Drained::is_moved);
        let any_wants = files.iter().flatten().any(Drained::is_moved);
        let wakes = files.iter().flatten().filter_map(Drained::wakes_at);
        let now = Instant::now();
        let deadline = if self.stirred.is_empty() {
            let service = self.around.service.wakes_at();
            let lookout = self.lookout.wakes_at(any_wants);
            let metrics = self.metrics.wakes_at(self.asked);
            wakes
                .chain(service)
                .chain(metrics)
                .fold(lookout, Instant::min)
        } else {
            now
        };
        let hints: Vec<_> = self.lookout.fd().into_iter().collect();
        let (wake, ready) = self.around.wait.among(&hints, Some(deadline))?;
        let now = Instant::now();
        if ready.first() == Some(&true) {
            self.stirred.extend(self.lookout.hints(now)?.files);
        }
        self.stirred.extend(self.lookout.due(now, wants).files);
        let due = |number: &usize| {
            let at = file(*number).and_then(Drained::wakes_at);
            at.is_some_and(|at| at <= now)
        };
        self.stirred.extend((0..files.len()).filter(due));
        Ok(wake)
    }

    /// Answers a signal that does not ask for the end.
    fn answer(&mut self, signal: Signal) {
        let mut rules = None;
        if signal == Signal::Reload {
            self.around.service.reloading();
            rules = self.asked.terms.rules.reload(self.around.voice);
        }
        for file in self.files.iter_mut().flatten() {
            file.answer(signal, rules.as_ref());
        }
        self.stirred.extend(0..self.files.len());
        if signal == Signal::Reload {
            self.around.service.ready();
        }
    }
}
