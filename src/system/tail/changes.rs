//! What is done about each change of a followed name.

use std::path::PathBuf;
use std::time::Instant;

use super::followed::{Notice, Start, Tail};
use super::generations::{Generation, are_same, between, generations};
use super::reader::{Point, Reader, Standing};
use super::resume::open_at;
use super::start::last_lines;
use crate::limits::GENERATIONS_MAX;
use crate::system::source::SourceError;
use crate::system::{Facts, Identity};

/// How often a folder is listed at most while rotation is at work in it.
pub(super) const LISTINGS: usize = 8;

/// A second, in the unit of the times of files.
const SECOND_NS: i64 = 1_000_000_000;

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

    /// The first file of the name.
    pub(super) fn open_first(&mut self, now: Instant, notices: &mut Vec<Notice>) {
        let Some(mut reader) = self.open(notices) else {
            return;
        };
        if !self.add_missed(now, Some(&reader), notices) {
            return;
        }
        if let Some(Start::Lines(lines)) = self.start {
            let size = reader.facts().size;
            let sought = last_lines(&reader.source, size, lines).and_then(|at| reader.seek(at));
            // A file that cannot be read here cannot be read from its beginning either: that will tell.
            drop(sought);
        }
        self.queue.push_back(reader);
    }

    /// The same file holds other bytes than were read.
    pub(super) fn begin_anew(&mut self, now: Instant, notices: &mut Vec<Notice>) {
        let Some(mut fresh) = self.open(notices) else {
            return;
        };
        if Some(fresh.identity()) != self.identity() {
            // It has lost the name since it was asked: it is read from its beginning as one that was left.
            return self.add_next(now, notices);
        }
        let Some(mut last) = self.queue.pop_back() else {
            return;
        };
        let all = generations(&self.path).unwrap_or_default();
        match self.copy_of(&last.point(), &all, &[]) {
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

    /// A file beside the name that holds what was read, and so what was not, be it compressed or not; none of those that are
    /// `taken`.
    pub(super) fn copy_of(
        &self,
        point: &Point,
        all: &[Generation],
        taken: &[Identity],
    ) -> Option<(Reader, PathBuf)> {
        let is_likely = |one: &&Generation| match one.packed {
            // What was compressed bears the time of its original, and that is proof enough where little was read.
            true if one.facts.modified == point.modified => true,
            // Some compressors keep no more of the time than its second.
            true => point.is_proof() && one.facts.modified + SECOND_NS > point.modified,
            false => point.is_proof(),
        };
        let is_other = |one: &&Generation| {
            let identity = one.facts.identity;
            identity != point.identity && !taken.contains(&identity) && !self.is_known(identity)
        };
        let copies = || all.iter().filter(is_likely).filter(is_other);
        let is_of_its_time = |one: &&Generation| one.packed && one.facts.modified == point.modified;
        let found = |one: &Generation| {
            let reader = open_at(one, point, Standing::Whole)?;
            Some((reader, one.path.clone()))
        };
        // Points are asked for in the order of their files, so the oldest that fits is the one. Of copies, the last one holds
        // what those before it held, and more.
        let own = copies().filter(is_of_its_time).find_map(found);
        own.or_else(|| copies().rev().find_map(found))
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
        if self.add_missed(now, Some(&fresh), notices) {
            self.queue.push_back(fresh);
        }
    }

    /// Adds the files that bore the name since the last one did and were never seen under it. Gives whether that are all:
    /// only so many are open at once, and the others are found later.
    pub(super) fn add_missed(
        &mut self,
        now: Instant,
        new: Option<&Reader>,
        notices: &mut Vec<Notice>,
    ) -> bool {
        let Some(old) = self.queue.back().map(Reader::facts).or(self.left) else {
            return true;
        };
        let mut missed = self.open_between(&old, new, now);
        // A copy that has taken the place of the last file goes on where that was read.
        let orphan = self.queue.back().filter(|last| last.facts().links == 0);
        let point = orphan.map(Reader::point).filter(Point::is_proof);
        let goes_on = |opened: &mut Result<Reader, SourceError>| match (opened, &point) {
            (Ok(reader), Some(point)) => reader.go_on_at(point).unwrap_or(false),
            _ => false,
        };
        if missed.first_mut().is_some_and(goes_on) {
            self.queue.pop_back();
        }
        let room = GENERATIONS_MAX.saturating_sub(self.queue.len());
        let fits = missed.len() <= room;
        for opened in missed.into_iter().take(room) {
            match opened {
                Ok(reader) => self.queue.push_back(reader),
                Err(error) => notices.push(Notice::Skipped(error)),
            }
        }
        fits
    }

    /// Opens what was written whole between two files. Rotation may be at work: a folder that is listed meanwhile may seem
    /// to lack a file, and a name may be another file's before it is opened. So it is tried again until all is as it was.
    pub(super) fn open_between(
        &self,
        old: &Facts,
        new: Option<&Reader>,
        now: Instant,
    ) -> Vec<Result<Reader, SourceError>> {
        let list = || generations(&self.path).unwrap_or_default();
        let mut all = list();
        let new_facts = new.map(Reader::facts);
        for tried in 1.. {
            let middle = between(&all, old, new_facts.as_ref(), |one| self.is_known(one));
            let mut is_as_listed = true;
            let mut opened = Vec::new();
            for one in middle.iter().filter(|one| !self.has_read(one, new)) {
                match one.open(Standing::Left(now)) {
                    Ok(reader) if reader.identity() == one.facts.identity => {
                        opened.push(Ok(reader))
                    }
                    Ok(_) | Err(SourceError::Missing(_)) => is_as_listed = false,
                    Err(error) => opened.push(Err(error)),
                }
            }
            let again = list();
            if (is_as_listed && are_same(&all, &again)) || tried == LISTINGS {
                return opened;
            }
            all = again;
        }
        Vec::new()
    }

    /// Whether a compressed file is made of one that was read here, still is, or is about to be.
    fn has_read(&self, one: &Generation, new: Option<&Reader>) -> bool {
        let is_end = |end: &Point| one.ends_at(end).unwrap_or(false);
        let mut open = self.queue.iter().chain(&self.late).chain(new);
        one.packed
            && (self.past.iter().any(is_end)
                || open.any(|reader| reader.end().is_ok_and(|end| is_end(&end))))
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
