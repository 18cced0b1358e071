//! What is done about each change of a followed name.

use std::path::PathBuf;
use std::time::Instant;

use super::followed::{Notice, Start, Tail};
use super::generations::{between, generations};
use super::reader::{Point, Reader, Standing};
use super::start::last_lines;
use crate::limits::GENERATIONS_MAX;
use crate::system::Identity;
use crate::system::source::SourceError;

impl Tail {
    /// Opens what bears the name, and says why if that fails.
    fn open(&self, notices: &mut Vec<Notice>) -> Option<Reader> {
        match Reader::open(&self.path, Standing::Named) {
            Ok(reader) => Some(reader),
            // It was there a moment ago and is gone again: the next look tells.
            Err(SourceError::Missing(_)) => None,
            Err(error) => {
                if self.trouble.is_none() {
                    notices.push(Notice::Skipped(error));
                }
                None
            }
        }
    }

    pub(super) fn open_first(&mut self, notices: &mut Vec<Notice>) {
        let Some(mut reader) = self.open(notices) else {
            return;
        };
        if let Some(Start::Lines(lines)) = self.start {
            let size = reader.facts().size;
            let sought = last_lines(&reader.source, size, lines).and_then(|at| reader.seek(at));
            // A file that cannot be read here cannot be read from its beginning either: that will tell.
            drop(sought);
        }
        self.queue.push_back(reader);
    }

    /// The same file holds other bytes than were read.
    pub(super) fn begin_anew(&mut self, notices: &mut Vec<Notice>) {
        let Some(mut fresh) = self.open(notices) else {
            return;
        };
        let Some(mut last) = self.queue.pop_back() else {
            return;
        };
        let point = last.point();
        match self.copy_of(&point, last.identity()) {
            Some((copy, path)) => {
                notices.push(Notice::Copied(path));
                self.queue.push_back(copy);
            }
            None => {
                let bytes = last.lost();
                notices.push(Notice::Cut { bytes });
                last.standing = Standing::Lost;
                self.queue.push_back(last);
            }
        }
        fresh.is_hollow = true;
        self.queue.push_back(fresh);
    }

    /// A file beside the name that holds what was read, and so what was not.
    pub(super) fn copy_of(&self, point: &Point, original: Identity) -> Option<(Reader, PathBuf)> {
        if !point.is_proof() {
            return None;
        }
        let all = generations(&self.path).unwrap_or_default();
        let mut copies = all.into_iter().rev().filter(|copy| {
            let known = |identity| self.is_known(identity) || identity == original;
            !copy.packed && !known(copy.facts.identity) && copy.facts.size >= point.offset
        });
        copies.find_map(|copy| {
            let mut reader = Reader::open(&copy.path, Standing::Whole).ok()?;
            let found = reader.seek_point(point).ok()?;
            found.then_some((reader, copy.path))
        })
    }

    /// Another file bears the name.
    pub(super) fn add_next(&mut self, now: Instant, notices: &mut Vec<Notice>) {
        // Enough are open: the others are found between these and the name later.
        if self.queue.len() >= GENERATIONS_MAX {
            return;
        }
        let Some(fresh) = self.open(notices) else {
            return;
        };
        self.leave(now);
        if let Some(known) = self.take_known(fresh.identity()) {
            self.queue.push_back(known);
            return;
        }
        let middle = match self.queue.back().map(Reader::facts) {
            Some(old) => {
                let all = generations(&self.path).unwrap_or_default();
                between(&all, &old, Some(fresh.identity()), |one| self.is_known(one))
            }
            None => Vec::new(),
        };
        for generation in middle {
            match Reader::open(&generation.path, Standing::Left(now)) {
                Ok(reader) => self.queue.push_back(reader),
                Err(error) => notices.push(Notice::Skipped(error)),
            }
        }
        self.queue.push_back(fresh);
    }

    /// The same bytes go on in another file.
    pub(super) fn go_on(&mut self, notices: &mut Vec<Notice>) {
        let Some(mut fresh) = self.open(notices) else {
            return;
        };
        let point = self.queue.back().map(Reader::point);
        if let Some(point) = point
            && fresh.seek_point(&point).unwrap_or(false)
        {
            self.queue.pop_back();
            self.queue.push_back(fresh);
        }
    }

    /// Takes out a file that bore the name before and bears it again, to be the last.
    fn take_known(&mut self, identity: Identity) -> Option<Reader> {
        let is_it = |reader: &Reader| reader.is_alive() && reader.identity() == identity;
        let mut known = match self.late.iter().position(is_it) {
            Some(at) => self.late.remove(at)?,
            None => {
                let at = self.queue.iter().position(is_it)?;
                self.has_turned |= at == 0;
                self.queue.remove(at)?
            }
        };
        known.standing = Standing::Named;
        Some(known)
    }

    /// The last file bears the name. One that had lost it has it again; one that was cut short where it was not read yet
    /// goes on, and what was cut off is lost.
    pub(super) fn take_back(&mut self, notices: &mut Vec<Notice>) {
        if let Some(last) = self.queue.back_mut() {
            last.standing = Standing::Named;
            match last.lost() {
                0 => {}
                bytes => notices.push(Notice::Cut { bytes }),
            }
        }
    }

    /// The last file has lost the name.
    pub(super) fn leave(&mut self, now: Instant) {
        if let Some(last) = self.queue.back_mut()
            && last.standing == Standing::Named
        {
            last.standing = Standing::Left(now);
        }
    }
}
