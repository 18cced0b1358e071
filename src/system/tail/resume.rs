//! After a restart: the files that were read, found again wherever rotation has put them meanwhile.

use std::time::Instant;

use rustix::fs::FileType;

use super::changes::LISTINGS;
use super::followed::{Notice, Tail};
use super::generations::{Generation, are_same, generations};
use super::reader::{Point, Reader, Standing};
use crate::system::{Facts, Identity};

impl Tail {
    /// Finds the files that were read when the program ended, and those that were written since.
    /// Rotation may be at work, so it is tried again until all is where it was.
    pub(super) fn resume(&mut self, points: &[Point], now: Instant, notices: &mut Vec<Notice>) {
        let mut all = generations(&self.path).unwrap_or_default();
        for tried in 1..=LISTINGS {
            let mut said = Vec::new();
            self.search(points, &all, now, &mut said);
            let again = generations(&self.path).unwrap_or_default();
            if are_same(&all, &again) || tried == LISTINGS {
                return notices.extend(said);
            }
            all = again;
        }
    }

    /// Does so in the files that were there.
    fn search(
        &mut self,
        points: &[Point],
        all: &[Generation],
        now: Instant,
        notices: &mut Vec<Notice>,
    ) {
        self.queue.clear();
        let mut named = Reader::open(&self.path, Standing::Named).ok();
        let last = points.len().saturating_sub(1);
        let wholes = wholes(points, all);
        for (at, point) in points.iter().enumerate() {
            let whole = wholes.iter().find(|(of, _)| *of == at);
            let whole = whole.and_then(|(_, one)| open_at(one, point, Standing::Whole));
            let found = match whole {
                Some(whole) => Found::Parts(vec![whole]),
                None => {
                    let taken = wholes.iter().map(|(_, one)| one.facts.identity);
                    let taken: Vec<Identity> = taken.collect();
                    self.find(point, (all, &taken), &mut named, now)
                }
            };
            let old = match found {
                Found::Named => {
                    self.queue.extend(named.take());
                    continue;
                }
                Found::Parts(parts) => {
                    let facts = parts.last().map(Reader::facts);
                    self.queue.extend(parts);
                    facts
                }
                Found::Cut(parts) => {
                    notices.push(Notice::Cut { bytes: 0 });
                    let facts = parts.last().map(Reader::facts);
                    self.queue.extend(parts);
                    facts
                }
                Found::Nowhere => {
                    // The earlier ones were read to their ends before.
                    if at == last && !point.is_done {
                        notices.push(Notice::Vanished(*point));
                    }
                    Some(facts_of(point))
                }
            };
            if let Some(old) = old.filter(|_| at == last) {
                self.add_between(&old, named.as_ref(), now, notices);
            }
        }
        if let Some(named) = named.filter(|named| !self.is_known(named.identity())) {
            self.queue.push_back(named);
        }
    }

    /// Finds one file again: under its name, beside it, or as a copy.
    fn find(
        &self,
        point: &Point,
        (all, taken): (&[Generation], &[Identity]),
        named: &mut Option<Reader>,
        now: Instant,
    ) -> Found {
        if let Some(named) = named
            && named.identity() == point.identity
        {
            if named.seek_point(point).unwrap_or(false) {
                return Found::Named;
            }
            named.is_hollow = true;
            return match self.copy_of(point, all, taken) {
                Some((copy, _)) => Found::Parts(vec![copy]),
                None => Found::Cut(Vec::new()),
            };
        }
        let same = all.iter().find(|one| one.facts.identity == point.identity);
        if let Some(reader) = same.and_then(|one| open_at(one, point, Standing::Left(now))) {
            return Found::Parts(vec![reader]);
        }
        let copy = self.copy_of(point, all, taken).map(|(copy, _)| copy);
        // It was cut short, and has lost the name since.
        let anew = same.filter(|one| !one.packed);
        let anew = anew.and_then(|one| one.open(Standing::Left(now)).ok());
        match (copy, anew) {
            (copy, Some(mut anew)) => {
                anew.is_hollow = true;
                match copy {
                    Some(copy) => Found::Parts(vec![copy, anew]),
                    None => Found::Cut(vec![anew]),
                }
            }
            (Some(copy), None) => Found::Parts(vec![copy]),
            (None, None) => {
                let is_copy = |named: &mut Reader| {
                    point.is_proof() && named.seek_point(point).unwrap_or(false)
                };
                match named.as_mut().is_some_and(is_copy) {
                    true => Found::Named,
                    false => Found::Nowhere,
                }
            }
        }
    }

    /// Queues what was written whole since `old` was left.
    fn add_between(
        &mut self,
        old: &Facts,
        named: Option<&Reader>,
        now: Instant,
        notices: &mut Vec<Notice>,
    ) {
        for opened in self.open_between(old, named, now) {
            match opened {
                Ok(reader) => self.queue.push_back(reader),
                Err(error) => notices.push(Notice::Skipped(error)),
            }
        }
    }
}

/// Where a file was found again.
enum Found {
    /// It bears the name, and reading stands where it stood.
    Named,
    /// It is in these, which do not bear the name: in a copy from where reading stood, or in itself, or in a copy and, since it
    /// was cut short then, from its beginning in itself.
    Parts(Vec<Reader>),
    /// It was cut short, and holds other bytes than were read: it is these, or bears the name.
    Cut(Vec<Reader>),
    /// It is nowhere.
    Nowhere,
}

/// Those that were compressed after they were read to their ends, with the number of each one's point: several may begin
/// alike, above all where little was read, and only one of them ends there.
fn wholes<'g>(points: &[Point], all: &'g [Generation]) -> Vec<(usize, &'g Generation)> {
    let mut found: Vec<(usize, &Generation)> = Vec::new();
    for (at, point) in points.iter().enumerate() {
        let is_there = all.iter().any(|one| one.facts.identity == point.identity);
        let is_free = |one: &&Generation| {
            let identity = one.facts.identity;
            !found
                .iter()
                .any(|(_, other)| other.facts.identity == identity)
        };
        let mut free = all.iter().filter(is_free).filter(|_| !is_there);
        let whole = free.find(|one| one.ends_at(point).unwrap_or(false));
        found.extend(whole.map(|one| (at, one)));
    }
    found
}

/// Opens a file where reading stood, if what stands before that is what stood there.
pub(super) fn open_at(one: &Generation, point: &Point, standing: Standing) -> Option<Reader> {
    if one.packed {
        return one.open_packed(point).ok().flatten();
    }
    let mut reader = one.open(standing).ok()?;
    let found = reader.seek_point(point).ok()?;
    found.then_some(reader)
}

/// What is known of a file that is nowhere any more. One of which nothing was read may be any that was written since.
fn facts_of(point: &Point) -> Facts {
    Facts {
        kind: FileType::RegularFile,
        identity: point.identity,
        size: point.offset,
        modified: point.modified - i64::from(point.offset == 0),
        links: 0,
    }
}
