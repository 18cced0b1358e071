//! Commits what was written, and tells the service manager how it goes.

use std::time::Instant;

use super::Crowd;
use crate::command::Tone;
use crate::command::account::status;
use crate::limits::{COMMIT_AFTER, COMMIT_EVERY};
use crate::pipeline::Ledger;
use crate::system::sink::SinkError;

impl Crowd<'_> {
    /// Commits, if something was written and has waited long enough.
    pub(super) fn commit_if_due(&mut self) -> Result<(), SinkError> {
        if self.checkpoint.is_none() {
            return Ok(());
        }
        let now = Instant::now();
        match self.commits_at {
            Some(at) if at <= now => self.commit(false),
            Some(_) => Ok(()),
            None => {
                let any = self.files.iter().any(|file| file.is_dirty);
                let next = self.committed.map_or(now, |at| at + COMMIT_EVERY);
                self.commits_at = any.then(|| next.max(now + COMMIT_AFTER));
                Ok(())
            }
        }
    }

    /// Commits what was written so far, if it is kept how far reading has come. What cannot be committed now will be later;
    /// until then a kill costs work, and no line.
    pub(super) fn commit(&mut self, ended: bool) -> Result<(), SinkError> {
        let Some(checkpoint) = &mut self.checkpoint else {
            return Ok(());
        };
        for outlet in &mut self.outlets {
            outlet.flush(&mut self.around)?;
        }
        self.commits_at = None;
        self.committed = Some(Instant::now());
        let voice = &mut *self.around.voice;
        match checkpoint.commit(&mut self.files, &self.outlets, ended) {
            Ok(()) => {
                if std::mem::take(&mut self.is_uncommitted) {
                    voice.say(Tone::Note, "how far reading has come is kept again");
                }
            }
            Err(error) => {
                self.commits_at = Some(Instant::now() + COMMIT_EVERY);
                if !std::mem::replace(&mut self.is_uncommitted, true) {
                    let text = format!("{error}; it is tried again every second");
                    voice.say(Tone::Error, &text);
                }
            }
        }
        Ok(())
    }

    /// Tells the service manager that we are alive, and how it goes.
    pub(super) fn tell_service(&mut self) {
        let files = &self.files;
        let read = files.iter().map(|file| file.lane.done_bytes()).sum();
        let service = &mut self.around.service;
        service.note(read);
        service.tend(read, || {
            let mut ledger = Ledger::default();
            files
                .iter()
                .for_each(|file| ledger.add(&file.lane.ledger()));
            status(&ledger, read)
        });
    }
}
