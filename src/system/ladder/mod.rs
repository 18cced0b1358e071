//! AN OUTPUT KEPT TO ITS SIZE: a file that is put away under another name when it is full, and what was put away before.
//!
//! In come a path, a size, and how many bytes were written; out go a fresh output at each rotation and complaints of what
//! was done in the background.
//!
//! Everything on disk is a ladder of steps, each of which may be the last before a kill:
//!
//! ```text
//! OUT ─► made: an empty OUT.new, mode and owner as OUT's
//!     ─► exchanged: OUT is the fresh file, OUT.new the full one; there is a file at OUT at each moment
//!     ─► named: OUT.TIME                              from here on it is the keeper's, in a thread of its own
//!     ─► packed: OUT.TIME.zst.part, written and synced
//!     ─► sealed: OUT.TIME.zst
//!     ─► dropped: OUT.TIME is removed; and so are the oldest, while there are too many or they take too much room
//! ```
//!
//! Invariant: what stands on disk says alone which step is next, so each is taken again, or undone, by whoever comes next.
//! It does not know what a summary or a record is: the caller rotates at the end of a line.
//! The smallest file, and the one to imitate, is `climb.rs`.

mod climb;
mod keeper;
mod shelf;

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{
    AtFlags, CWD, FileType, FlockOperation, Gid, Mode, OFlags, RenameFlags, Stat, Uid,
};
use rustix::io::Errno;

use super::sink::{Sink, SinkError};
use super::{Facts, file_type, shown};
use keeper::Keeper;
use shelf::Shelf;
pub use shelf::name_at;

/// How what is put away is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, level 6.
    Gz,
    /// Zstandard, level 3.
    Zst,
}

/// To what size an output is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizing {
    /// Bytes from which on the output is rotated. It becomes larger only by a single record that is, and by summaries.
    pub max_bytes: u64,
    /// Files put away that are kept.
    pub keep: usize,
    /// Bytes that the output and all that was put away may take together; the oldest are removed. Bounds no single file.
    pub total_bytes_max: Option<u64>,
    /// How what is put away is compressed.
    pub compression: Compression,
}

/// One output and what was put away of it.
#[derive(Debug)]
pub struct Ladder {
    /// Without symbolic links in its last part, so that a rotation exchanges the file and not the link.
    path: PathBuf,
    sizing: Sizing,
    /// Bytes in the output, those handed over but not written yet included.
    bytes: u64,
    /// Bytes from which on it is rotated: `max_bytes`, more after a rotation that failed.
    limit: u64,
    /// Time of the last name that was given, in microseconds since 1970: the next is later, however the clock is set.
    named: u64,
    /// It was said that rotation fails.
    complained: bool,
    keeper: Keeper,
}

impl Ladder {
    /// Opens the output at its end, tidies what a kill has left, and begins to keep what was put away before.
    ///
    /// # Errors
    /// It cannot be opened, is no regular file, or another quell writes to it.
    pub fn open(path: &Path, sizing: Sizing) -> Result<(Ladder, Sink), SinkError> {
        let unopened = |cause: io::Error| SinkError::Unopened {
            path: shown(path),
            cause,
        };
        let (mut sink, stat) = open_locked(path).map_err(unopened)?;
        let path = fs::canonicalize(path).map_err(unopened)?;
        let shelf = Shelf::of(&path).ok_or_else(|| unopened(Errno::INVAL.into()))?;
        let listed = shelf.read().map_err(unopened)?;
        let named = listed.iter().map(|kept| kept.micros).max().unwrap_or(0);
        let mut ladder = Ladder {
            keeper: Keeper::start(shelf, sizing).map_err(unopened)?,
            path,
            sizing,
            bytes: u64::try_from(stat.st_size).unwrap_or(0),
            limit: sizing.max_bytes,
            named,
            complained: false,
        };
        ladder.tidy().map_err(unopened)?;
        if ladder.is_torn() {
            // What a killed writer left unfinished is not written on.
            sink.write_all_at_once(b"\n")?;
            ladder.took(1);
        }
        ladder.keeper.wake();
        Ok((ladder, sink))
    }

    /// Bytes that may still be written before the output is to be rotated.
    #[must_use]
    pub fn room(&self) -> u64 {
        self.limit.saturating_sub(self.bytes)
    }

    /// Whether there is anything in the output.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.bytes > 0
    }

    /// Takes notice of bytes that were handed over to the output.
    pub fn took(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    /// Takes notice that the output has so many bytes now, since what was not committed of it was cut off.
    pub fn was_cut(&mut self, bytes: u64) {
        self.bytes = bytes;
    }

    /// Puts the output away and gives a fresh one in its place. `sink` must be flushed.
    ///
    /// # Errors
    /// It could not be rotated and is written on: why, unless that was said before. It will be tried again when an eighth
    /// of its size has been written.
    pub fn rotate(&mut self, sink: &mut Sink) -> Result<(), Option<String>> {
        match self.turn() {
            Ok(fresh) => {
                *sink = fresh;
                if std::mem::take(&mut self.complained) {
                    self.keeper
                        .complain(format!("{}: it can be rotated again", shown(&self.path)));
                }
                self.keeper.wake();
                Ok(())
            }
            Err(cause) => {
                self.limit = self
                    .bytes
                    .saturating_add((self.sizing.max_bytes / 8).max(1));
                let first = !std::mem::replace(&mut self.complained, true);
                Err(first.then(|| {
                    format!(
                        "{}: cannot be rotated ({cause}) and is written on, make room in its folder and let quell write there",
                        shown(&self.path)
                    )
                }))
            }
        }
    }

    /// Opens the output again, if somebody else has put it away. `sink` must be flushed.
    ///
    /// # Errors
    /// It cannot be opened; the old file is still there to be written.
    pub fn reopen(&mut self, sink: &mut Sink) -> Result<(), SinkError> {
        let there = Facts::at(&self.path).map(|facts| facts.identity).ok();
        if there.is_some() && there == sink.identity() {
            return Ok(());
        }
        let (fresh, stat) = open_locked(&self.path).map_err(|cause| SinkError::Unopened {
            path: shown(&self.path),
            cause,
        })?;
        *sink = fresh;
        self.began(&stat);
        Ok(())
    }

    /// What went wrong in the background since the last call, each a sentence.
    pub fn complaints(&mut self) -> Vec<String> {
        self.keeper.complaints()
    }

    fn began(&mut self, stat: &Stat) {
        self.bytes = u64::try_from(stat.st_size).unwrap_or(0);
        self.limit = self.sizing.max_bytes;
    }

    /// All steps of a rotation up to the name.
    fn turn(&mut self) -> io::Result<Sink> {
        let (fresh, stat) = self.make()?;
        self.exchange()?;
        // From here on the fresh file is the output, whatever becomes of the old one's name.
        self.began(&stat);
        if let Err(cause) = self.name() {
            let text = format!("{}: was not put away ({cause})", shown(&self.beside()));
            self.keeper.complain(text);
        }
        Ok(fresh)
    }

    /// Makes the fresh file beside the output, with its mode and owner, and locks it.
    fn make(&self) -> io::Result<(Sink, Stat)> {
        let old = rustix::fs::stat(&self.path);
        let beside = self.beside();
        remove(&beside)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::APPEND;
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        // Nobody else reads it before it has its mode.
        let fd = rustix::fs::open(&beside, flags, Mode::from_raw_mode(0o600))?;
        match old {
            Ok(old) => {
                let (uid, gid) = (Uid::from_raw(old.st_uid), Gid::from_raw(old.st_gid));
                // Who is not the superuser cannot give files away, and then the owner is the same as ever.
                let _ = rustix::fs::fchown(&fd, Some(uid), Some(gid));
                rustix::fs::fchmod(&fd, Mode::from_raw_mode(old.st_mode & 0o777))?;
            }
            // Somebody has removed the output: a fresh one is made as it would have been by opening it.
            Err(Errno::NOENT) => rustix::fs::fchmod(&fd, Mode::from_raw_mode(0o640))?,
            Err(errno) => return Err(errno.into()),
        }
        lock(&fd)?;
        let stat = rustix::fs::fstat(&fd)?;
        let sink = Sink::new(fd).map_err(io::Error::other)?;
        Ok((sink, stat))
    }

    /// Puts the fresh file in the output's place, and the output in its.
    fn exchange(&mut self) -> io::Result<()> {
        let beside = self.beside();
        match rustix::fs::renameat_with(CWD, &beside, CWD, &self.path, RenameFlags::EXCHANGE) {
            Ok(()) => Ok(()),
            Err(Errno::NOENT) => Ok(rustix::fs::rename(&beside, &self.path)?),
            // A file system that cannot exchange: for a moment there is nothing at the output's path.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                let name = self.next_name();
                rename_anew(&self.path, &name)?;
                Ok(rustix::fs::rename(&beside, &self.path)?)
            }
            Err(errno) => Err(errno.into()),
        }
    }

    /// Gives the file that was the output its name.
    fn name(&mut self) -> io::Result<()> {
        let name = self.next_name();
        match rename_anew(&self.beside(), &name) {
            // It has its name already, or somebody has removed the output.
            Err(Errno::NOENT) => Ok(()),
            answer => Ok(answer?),
        }
    }

    /// What a kill has left beside the output: the fresh file that was never put in its place, or the full one that has no name.
    fn tidy(&mut self) -> io::Result<()> {
        match rustix::fs::lstat(self.beside()) {
            Ok(stat) if file_type(&stat) == FileType::RegularFile && stat.st_size > 0 => {
                self.name()
            }
            Ok(_) => remove(&self.beside()),
            Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Whether the output ends amid a line, as far as it may be read.
    fn is_torn(&self) -> bool {
        let mut last = [b'\n'];
        let at = self.bytes.checked_sub(1);
        let read = at.map(|at| fs::File::open(&self.path)?.read_exact_at(&mut last, at));
        matches!(read, Some(Ok(()))) && last != [b'\n']
    }

    /// Where the fresh file is made.
    fn beside(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        name.into()
    }

    /// A name for what is put away now, later than all before.
    fn next_name(&mut self) -> PathBuf {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| u64::try_from(now.as_micros()).unwrap_or(u64::MAX));
        self.named = now.max(self.named + 1);
        shelf::name_at(&self.path, self.named)
    }
}

/// Opens the file at `path` at its end and locks it; what was opened is what still stands there.
fn open_locked(path: &Path) -> io::Result<(Sink, Stat)> {
    loop {
        let sink = Sink::append(path).map_err(|error| match error {
            SinkError::Unopened { cause, .. } | SinkError::Failed(cause) => cause,
            other => io::Error::other(other),
        })?;
        let stat = rustix::fs::fstat(&sink)?;
        if file_type(&stat) != FileType::RegularFile {
            return Err(io::Error::other(
                "it is no regular file, leave out --max-size",
            ));
        }
        lock(&sink)?;
        // Between the opening and the lock, another quell may have put this very file away.
        let there = rustix::fs::stat(path);
        if there.is_ok_and(|there| (there.st_dev, there.st_ino) == (stat.st_dev, stat.st_ino)) {
            return Ok((sink, stat));
        }
    }
}

/// Locks a file for as long as it is open. A file system that knows no locks has none to break.
fn lock(fd: impl std::os::fd::AsFd) -> io::Result<()> {
    match rustix::fs::flock(fd, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Err(io::Error::other(
            "another quell writes to it and keeps it to its size, end that one or name another file",
        )),
        Err(Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        answer => Ok(answer?),
    }
}

/// Renames, and never replaces what is there, where the system can promise that.
fn rename_anew(from: &Path, to: &Path) -> rustix::io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => rustix::fs::rename(from, to),
        answer => answer,
    }
}

/// Removes a file that may not be there.
fn remove(path: &Path) -> io::Result<()> {
    match rustix::fs::unlinkat(CWD, path, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests;
