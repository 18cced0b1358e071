//! The file that a drained file is written to.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use thiserror::Error;

use crate::system::reclaim::{Birth, Mark, Seam};
use crate::system::shown;

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
    file: File,
    birth: Birth,
    /// Where the next byte goes.
    end: u64,
}

impl Target {
    /// Opens it, makes it if it is not there, and goes on behind what is committed. What an earlier run wrote behind that
    /// is cut off: it is written again.
    ///
    /// # Errors
    /// See [`TargetError`].
    pub fn open(path: &Path, mark: &Mark) -> Result<Target, TargetError> {
        let name = || shown(path);
        let failed = |cause: io::Error| TargetError::Failed {
            path: shown(path),
            cause,
        };
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOCTTY;
        let opened = rustix::fs::open(path, flags, Mode::from_raw_mode(0o666));
        let file = File::from(opened.map_err(|errno| TargetError::Unopened {
            path: name(),
            cause: errno.into(),
        })?);
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::AGAIN) => return Err(TargetError::Taken(name())),
            Err(errno) => return Err(failed(errno.into())),
        }
        let birth = Birth::of(&file).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let mut target = Target {
            file,
            birth,
            end: size,
        };
        if mark.output == birth {
            let seam = Seam::before(&target.file, mark.output_bytes, None).map_err(failed)?;
            if size < mark.output_bytes || seam != Some(mark.output_seam) {
                return Err(TargetError::Changed(name()));
            }
            target.file.set_len(mark.output_bytes).map_err(failed)?;
            target.end = mark.output_bytes;
        }
        Ok(target)
    }

    /// Which file it is.
    #[must_use]
    pub fn birth(&self) -> Birth {
        self.birth
    }

    /// How many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.end
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
