//! One file that bears the name, or bore it, while it is read.

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use super::reconcile::Open;
use super::start::behind_hole;
use crate::limits::{
    BLOCK_BYTES, FINGERPRINT_BYTES, FINGERPRINT_BYTES_MIN, LATE_LINES, ROTATE_WAIT,
    ROTATE_WAIT_MAX, WRITERS_EVERY,
};
use crate::system::source::{Fill, Source, SourceError};
use crate::system::writers::Writers;
use crate::system::{Facts, Identity};

/// Where reading stands in one file: enough to find the place again after a restart.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Point {
    /// Which file.
    pub identity: Identity,
    /// Offset of the first byte that is not done with; in a compressed file that of its text.
    pub offset: u64,
    /// What stands before it.
    pub before: Fingerprint,
    /// When the file was written last, as it was seen last; in nanoseconds since 1970.
    pub modified: i64,
    /// It was read to its end, and was done with: if it is nowhere any more, nothing is lost.
    #[serde(default)]
    pub is_done: bool,
}

impl Point {
    /// Whether the text before it proves that a file which is another is a copy of this one.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.before.bytes as usize >= FINGERPRINT_BYTES_MIN
    }
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It bears the name: more will come.
    Named,
    /// It has lost the name, or all names, since then: more may come from writers that have it open.
    Left(Instant),
    /// It was left before, and more has come all the same.
    Late(Instant),
    /// All there will be is in it.
    Whole,
    /// What was read of it is all that can be had.
    Lost,
}

/// One open file.
#[derive(Debug)]
pub struct Reader {
    /// What is read.
    pub source: Source,
    /// What becomes of it.
    pub standing: Standing,
    facts: Facts,
    /// Bytes that were there and are not any more, and were not read.
    lost: u64,
    /// When something was read last.
    grown: Instant,
    /// Nobody had it open any more, before its end was seen last.
    abandoned: bool,
    /// It was cut short, and no byte was found in it since: a hole may come first.
    pub(super) is_hollow: bool,
    /// Bytes of that hole that were passed over and not told yet.
    hole: u64,
    /// It was cut short after it had lost the name; so many bytes are known to be lost, and that was not told yet.
    cut: Option<u64>,
    /// When its writers were looked for last.
    asked: Option<Instant>,
    /// What turns out to be wrong with it while it is read.
    damage: Option<Arc<OnceLock<io::Error>>>,
}

impl Reader {
    /// Opens the file at `path` and goes to its beginning.
    ///
    /// # Errors
    /// It cannot be opened, or is no regular file any more.
    pub fn open(path: &Path, standing: Standing) -> Result<Reader, SourceError> {
        let source = Source::open(path, BLOCK_BYTES)?.remembering(FINGERPRINT_BYTES);
        let facts = Facts::of(&source).map_err(|cause| SourceError::Unreadable {
            name: source.name().clone(),
            cause,
        })?;
        if !facts.is_regular() {
            return Err(SourceError::Unreadable {
                name: source.name().clone(),
                cause: Errno::INVAL.into(),
            });
        }
        Ok(Reader::of(source, facts, standing))
    }

    /// One that is open, and what the system said of it.
    pub(super) fn of(source: Source, facts: Facts, standing: Standing) -> Reader {
        Reader {
            source,
            standing,
            facts,
            lost: 0,
            grown: Instant::now(),
            abandoned: false,
            is_hollow: false,
            hole: 0,
            cut: None,
            asked: None,
            damage: None,
        }
    }

    /// The same one, and where it will be told what is wrong with it.
    pub(super) fn damaged_by(self, damage: Arc<OnceLock<io::Error>>) -> Reader {
        Reader {
            damage: Some(damage),
            ..self
        }
    }

    /// What was wrong with it: what came behind that place could not be read.
    #[must_use]
    pub fn damage(&self) -> Option<SourceError> {
        let cause = self.damage.as_ref()?.get()?;
        Some(SourceError::Unreadable {
            name: self.source.name().clone(),
            cause: io::Error::new(cause.kind(), cause.to_string()),
        })
    }

    /// Which file it is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.facts.identity
    }

    /// What the system said of it last.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// Whether there is more to it than what was read.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.standing != Standing::Lost
    }

    /// Asks the system anew.
    ///
    /// # Errors
    /// Whatever it says of `statx`.
    pub fn look(&mut self) -> io::Result<Facts> {
        if !self.source.is_regular() {
            // The text of a compressed file: what was known of that still is.
            return Ok(self.facts);
        }
        let before = self.facts.size;
        self.facts = Facts::of(&self.source)?;
        let kept = self.facts.size.max(self.read());
        self.lost += before.saturating_sub(kept);
        Ok(self.facts)
    }

    /// How many bytes were seen to be there that are gone now and were not read; each is told once.
    pub fn lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// How many bytes of a hole were passed over; each is told once.
    pub fn hole(&mut self) -> u64 {
        std::mem::take(&mut self.hole)
    }

    /// Offset of the next byte to be read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.source.offset() + self.source.block().len() as u64
    }

    /// Goes to an offset at which nothing was read before.
    ///
    /// # Errors
    /// Whatever the system says of reading what stands before it.
    pub fn seek(&mut self, offset: u64) -> io::Result<()> {
        let before = Fingerprint::text_before(&self.source, offset)?;
        self.source.seek(offset, &before)
    }

    /// Goes behind the hole at its beginning, if it has one. Gives how many bytes that is.
    ///
    /// # Errors
    /// Whatever the system says of reading it.
    fn pass_hole(&mut self) -> io::Result<u64> {
        let (size, read) = (self.look()?.size, self.read());
        let at = behind_hole(&self.source, size)?;
        self.is_hollow = at == size;
        if at > read {
            self.seek(at)?;
        }
        Ok(at.saturating_sub(read))
    }

    /// Goes to a point if what stands before it is what stood there.
    ///
    /// # Errors
    /// Whatever the system says of reading it.
    pub fn seek_point(&mut self, point: &Point) -> io::Result<bool> {
        if self.facts.size < point.offset {
            return Ok(false);
        }
        let Some(before) = point.before.find(&self.source, point.offset)? else {
            return Ok(false);
        };
        self.source.seek(point.offset, &before)?;
        Ok(true)
    }

    /// Where it stands.
    #[must_use]
    pub fn point(&self) -> Point {
        Point {
            identity: self.identity(),
            offset: self.source.offset(),
            before: Fingerprint::of(self.source.behind()),
            modified: self.facts.modified,
            is_done: false,
        }
    }

    /// Where it ends now.
    ///
    /// # Errors
    /// Whatever the system says of asking it, or of reading what stands there.
    pub fn end(&self) -> io::Result<Point> {
        let facts = match self.source.is_regular() {
            true => Facts::of(&self.source)?,
            // The text of a compressed file, which is never compressed again.
            false => self.facts,
        };
        Ok(Point {
            identity: facts.identity,
            offset: facts.size,
            before: Fingerprint::of(&Fingerprint::text_before(&self.source, facts.size)?),
            modified: facts.modified,
            is_done: false,
        })
    }

    /// Asks everything that decides what has become of it; `rival` is another file that bears its name now.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn ask(&mut self, rival: Option<&Reader>) -> io::Result<Open> {
        let facts = self.look()?;
        let read = self.read();
        let last = [self.source.behind(), self.source.block()].concat();
        let print = Fingerprint::of(&last);
        let proof = print.bytes as usize >= FINGERPRINT_BYTES_MIN;
        let holds = |file: &Source| -> io::Result<bool> { Ok(print.find(file, read)?.is_some()) };
        let orphan = facts.links == 0 || is_moved_by_writers(&self.source);
        Ok(Open {
            identity: facts.identity,
            read,
            size: facts.size,
            same_text: facts.size < read || holds(&self.source)?,
            orphan,
            copied: match rival {
                Some(rival) if orphan && proof => holds(&rival.source)?,
                _ => false,
            },
        })
    }

    /// Reads once.
    ///
    /// # Errors
    /// Whatever the system says of the read.
    pub fn fill(&mut self, now: Instant) -> io::Result<bool> {
        if self.standing == Standing::Lost {
            return Ok(false);
        }
        if self.is_hollow {
            self.hole += self.pass_hole()?;
        }
        let held = self.source.block().len();
        let filled = self.source.fill()? == Fill::Data;
        if filled && !self.goes_on_from(held)? {
            // It was cut short and has grown again since it was looked at.
            self.source.unread(held)?;
            return self.was_cut();
        }
        let is_left = matches!(self.standing, Standing::Left(_) | Standing::Late(_));
        if !filled && is_left && !self.goes_on_from(held)? {
            return self.was_cut();
        }
        if filled {
            self.grown = now;
            self.abandoned = false;
        }
        Ok(filled)
    }

    /// It holds other bytes than were read. If it bears the name, the next look decides what is done; otherwise it is read
    /// from its beginning, since nobody will look for a copy of it. Gives whether there may be more to read at once.
    fn was_cut(&mut self) -> io::Result<bool> {
        if self.standing == Standing::Named {
            return Ok(false);
        }
        self.look()?;
        let bytes = self.lost();
        self.cut = Some(self.cut.unwrap_or(0) + bytes);
        self.source.seek(0, &[])?;
        self.is_hollow = true;
        self.fill_on()
    }

    fn fill_on(&mut self) -> io::Result<bool> {
        self.hole += self.pass_hole()?;
        Ok(self.source.fill()? == Fill::Data)
    }

    /// Whether it was cut short since this was asked last, and how many bytes are known to be lost by that.
    pub fn cut(&mut self) -> Option<u64> {
        self.cut.take()
    }

    /// Whether what stands before the bytes that were just read is what was read before them; `held` bytes of the block were.
    fn goes_on_from(&self, held: usize) -> io::Result<bool> {
        if !self.source.is_regular() {
            return Ok(true);
        }
        let before = self.source.block().get(..held).unwrap_or_default();
        let text = Fingerprint::text_before(&self.source, self.source.offset() + held as u64)?;
        let last = before.len().saturating_sub(FINGERPRINT_BYTES);
        let own = [self.source.behind(), before.get(last..).unwrap_or_default()].concat();
        // One that is shorter by now gives less than is known, and so what is not known.
        let known = own.len().min(FINGERPRINT_BYTES);
        let text = text.get(text.len().saturating_sub(known)..);
        Ok(text.is_some_and(|text| text.len() == known && own.ends_with(text)))
    }

    /// Whether it is done with, now that its end was seen. Who wrote to it and has closed it since then has done so before
    /// the next end is seen: so that one decides.
    pub fn is_done(&mut self, now: Instant, has_next: bool) -> bool {
        let Standing::Left(since) = self.standing else {
            return self.standing != Standing::Named;
        };
        let quiet = now.saturating_duration_since(self.grown.max(since));
        if !has_next {
            return quiet >= LATE_LINES && !self.has_writers();
        }
        let waited = now.saturating_duration_since(since);
        let done = self.abandoned || quiet >= ROTATE_WAIT || waited >= ROTATE_WAIT_MAX;
        let may_ask = self.asked.is_none_or(|asked| now >= asked + WRITERS_EVERY);
        if !done && may_ask {
            self.asked = Some(now);
            self.abandoned = self.writers().are_none();
        }
        done
    }

    /// Whether a program is seen that may write to it.
    #[must_use]
    pub fn has_writers(&self) -> bool {
        self.writers().are_found()
    }

    fn writers(&self) -> Writers {
        let Identity { device, inode, .. } = self.identity();
        Writers::of((device, inode))
    }

    /// Whether its writers are known to be gone.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.abandoned
    }
}

/// Whether this lives where the first write to a file makes a copy of it elsewhere, and the copy takes its name.
fn is_moved_by_writers(file: &Source) -> bool {
    const OVERLAY: rustix::fs::FsWord = 0x794c_7630;
    rustix::fs::fstatfs(file).is_ok_and(|fs| fs.f_type == OVERLAY)
}
