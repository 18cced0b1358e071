//! The file that a drained file is written to.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use thiserror::Error;

use super::origin::find;
use crate::system::ladder::{self, Sizing};
use crate::system::reclaim::{Birth, Mark, Seam};
use crate::system::shown;
use crate::system::sink::{Sink, SinkError};

/// Why an output cannot be gone on with.
#[derive(Debug, Error)]
pub enum TargetError {
    /// It cannot be opened.
    #[error(
        "{path}: cannot be opened for writing ({cause}), check the directory and its permissions"
    )]
    Unopened {
        /// As it may be shown.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
    /// Somebody else drains into it.
    #[error("{0}: another quell writes this file, stop it or name another output")]
    Taken(String),
    /// It cannot be kept to its size.
    #[error(transparent)]
    Unsized(#[from] SinkError),
    /// It is shorter than what was committed, or somebody else wrote to it.
    #[error(
        "{0}: somebody changed this output behind what was committed; nothing is touched. Move it away to begin a new one, \
         or put it back"
    )]
    Changed(String),
    /// Anything else.
    #[error("{path}: {cause}")]
    Failed {
        /// As it may be shown.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
}

/// The output: written at positions of our own, so that what was written before a kill and never committed is written
/// over.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    file: File,
    birth: Birth,
    /// Where the next byte goes.
    end: u64,
    /// The last byte did not end a line.
    torn: bool,
    /// How it is kept to its size, if it is, and the descriptor that holds its lock then.
    sized: Option<(ladder::Ladder, Sink)>,
}

impl Target {
    /// Opens it, makes it if it is not there, and goes on behind what is committed. What an earlier run wrote behind that
    /// is cut off, also if the file was put away since: it is written again.
    ///
    /// # Errors
    /// See [`TargetError`].
    pub fn open(path: &Path, sizing: Option<Sizing>, mark: &Mark) -> Result<Target, TargetError> {
        let sized = sizing.map(|sizing| ladder::Ladder::open(path, sizing));
        let sized = sized.transpose()?;
        let mut target = Target::begin(path, sized)?;
        if mark.output == target.birth {
            if !cut(&target.file, mark).map_err(|cause| target.failed(cause))? {
                return Err(TargetError::Changed(shown(path)));
            }
            target.begins_at(mark.output_bytes);
        } else if mark.output != Birth::default()
            && let Some(old) = find(path, mark.output)
        {
            // What does not fit is somebody else's by now.
            cut(&old, mark).map_err(|cause| target.failed(cause))?;
        }
        Ok(target)
    }

    /// Opens what is at the path now, at its end.
    fn begin(path: &Path, sized: Option<(ladder::Ladder, Sink)>) -> Result<Target, TargetError> {
        let failed = |cause: io::Error| TargetError::Failed {
            path: shown(path),
            cause,
        };
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOCTTY;
        let opened = rustix::fs::open(path, flags, Mode::from_raw_mode(0o666));
        let file = File::from(opened.map_err(|errno| TargetError::Unopened {
            path: shown(path),
            cause: errno.into(),
        })?);
        let locked = match &sized {
            None => rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive),
            // That one is locked, and nobody else exchanges it.
            Some((_, sink)) if Birth::of(sink).ok() == Birth::of(&file).ok() => Ok(()),
            Some(_) => Err(Errno::AGAIN),
        };
        match locked {
            Ok(()) => {}
            Err(Errno::AGAIN) => return Err(TargetError::Taken(shown(path))),
            Err(errno) => return Err(failed(errno.into())),
        }
        let birth = Birth::of(&file).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let mut target = Target {
            path: path.to_owned(),
            file,
            birth,
            end: 0,
            torn: false,
            sized,
        };
        target.begins_at(size);
        Ok(target)
    }

    fn begins_at(&mut self, end: u64) {
        self.end = end;
        let mut last = [b'\n'];
        let at = end.checked_sub(1);
        // One that cannot be read is not written on amid a line either.
        let read = at.map(|at| rustix::io::pread(&self.file, &mut last, at));
        self.torn = read.is_some() && last != [b'\n'];
        if let Some((ladder, _)) = &mut self.sized {
            ladder.was_cut(end);
        }
    }

    fn failed(&self, cause: io::Error) -> TargetError {
        TargetError::Failed {
            path: shown(&self.path),
            cause,
        }
    }

    /// Which file it is.
    #[must_use]
    pub fn birth(&self) -> Birth {
        self.birth
    }

    /// What the system says of it.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn stat(&self) -> io::Result<std::fs::Metadata> {
        self.file.metadata()
    }

    /// How many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.end
    }

    /// Bytes that may still be written before it is to be rotated.
    #[must_use]
    pub fn room(&self) -> u64 {
        let room = self.sized.as_ref().map(|(ladder, _)| ladder.room());
        room.unwrap_or(u64::MAX)
    }

    /// Whether its last byte did not end a line.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Puts the output away and goes on in a fresh one; everything must be committed, and is to be committed again at once:
    /// what is written to the fresh one is known as ours only from then on. Gives what is to be said; where it fails, the
    /// old file is written on.
    ///
    /// # Errors
    /// The fresh file cannot be opened.
    pub fn rotate(&mut self) -> Result<Vec<String>, TargetError> {
        let Some((mut ladder, mut sink)) = self.sized.take() else {
            return Ok(Vec::new());
        };
        let rotated = ladder.rotate(&mut sink);
        let mut said = ladder.complaints();
        match rotated {
            Ok(()) => *self = Target::begin(&self.path, Some((ladder, sink)))?,
            Err(text) => {
                said.extend(text);
                self.sized = Some((ladder, sink));
            }
        }
        Ok(said)
    }

    /// Opens the file at the path, if another one is there now; everything must be committed, and is to be committed again
    /// at once. Where it fails, the old file is written on.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn reopen(&mut self) -> Result<(), TargetError> {
        let there = File::open(&self.path).and_then(Birth::of);
        if there.is_ok_and(|birth| birth == self.birth) {
            return Ok(());
        }
        if let Some((ladder, sink)) = &mut self.sized {
            ladder.reopen(sink)?;
        }
        let sized = self.sized.take();
        *self = Target::begin(&self.path, sized)?;
        Ok(())
    }

    /// Writes as much as fits and takes it off the front of `bytes`.
    ///
    /// # Errors
    /// A full disk, most often. Nothing is lost: what was not written is still in `bytes`.
    pub fn write(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let mut done = 0;
        let result = loop {
            let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) else {
                break Ok(());
            };
            match rustix::io::pwrite(&self.file, rest, self.end) {
                Ok(0) => break Err(io::Error::from(io::ErrorKind::WriteZero)),
                Ok(written) => {
                    done += written;
                    self.end += written as u64;
                }
                Err(Errno::INTR) => {}
                Err(errno) => break Err(errno.into()),
            }
        };
        if let Some((ladder, _)) = &mut self.sized {
            ladder.took(done);
        }
        if let Some(last) = bytes.get(..done).and_then(<[u8]>::last) {
            self.torn = *last != b'\n';
        }
        bytes.drain(..done);
        result
    }

    /// Makes sure that a power loss cannot take back what was written.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fdatasync(self.file.as_fd())?)
    }

    /// The bytes before its end.
    ///
    /// # Errors
    /// Whatever the system says of the read.
    pub fn seam(&self) -> io::Result<Seam> {
        Ok(Seam::before(&self.file, self.end, None)?.unwrap_or_default())
    }
}

/// Cuts off what was never committed. Says whether what was committed is there, else nothing is touched.
fn cut(file: &File, mark: &Mark) -> io::Result<bool> {
    let size = file.metadata()?.len();
    let seam = Seam::before(file, mark.output_bytes, None)?;
    let whole = size >= mark.output_bytes && seam == Some(mark.output_seam);
    if whole && size > mark.output_bytes {
        file.set_len(mark.output_bytes)?;
    }
    Ok(whole)
}
