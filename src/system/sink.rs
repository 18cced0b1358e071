//! Where the output goes: in order, nothing lost, nothing twice, and untouched ranges without a copy where that is possible.

mod write;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::pipe::SpliceFlags;
use thiserror::Error;

use super::source::Source;
use super::systemd::Service;
use super::wait::{Wait, Wake};
use super::{Identity, enlarge, file_type, identity, shown};
use write::{wait_for_room, write};

/// Bytes that are gathered before they are written; a piece is never torn over two writes on their account.
const GATHER_BYTES: usize = 64 << 10;

/// Bytes from which on an untouched range is moved by the kernel. Moving and copying break even at 16 KiB; this is well above,
/// since each move also forces out what was gathered before it.
const MOVE_BYTES_MIN: usize = 64 << 10;

/// How long a patient sink first waits for room; the wait doubles from there.
const PAUSE_FIRST: Duration = Duration::from_millis(100);

/// The longest wait for room, so that an output goes on within seconds of the disk being tidied.
const PAUSE_LONGEST: Duration = Duration::from_secs(5);

/// Why output was not written.
#[derive(Debug, Error)]
pub enum SinkError {
    /// Whoever read the output has closed it. End quietly; nothing more can be delivered.
    #[error("the reader of the output has gone")]
    ReaderGone,
    /// The output takes nothing now but may later: a full disk, a quota, a failing device. The bytes are kept, and
    /// [`Sink::flush`] goes on where it stopped.
    #[error(
        "the output takes no more ({cause}), {kept_bytes} bytes are kept until it does, make room for them"
    )]
    Stuck {
        /// What the system said.
        cause: io::Error,
        /// Bytes that wait to be written.
        kept_bytes: usize,
    },
    /// The output cannot be written at all. The bytes are kept here too.
    #[error("the output cannot be written ({0}), check where it goes")]
    Failed(io::Error),
    /// The output file could not be opened.
    #[error(
        "{path}: cannot be opened for writing ({cause}), check the directory and its permissions"
    )]
    Unopened {
        /// The path as it may be shown.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
}

/// How an untouched range travels from a regular file to this output.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Road {
    /// The pages themselves, into a pipe.
    Splice,
    /// Within the kernel, from file to file.
    Copy,
    /// From memory. The road of last resort, which always leads there.
    Memory,
}

/// One output.
///
/// Whatever was handed over is either written or kept, in order, whatever error is returned. After an error hand over
/// nothing more until [`flush`](Sink::flush) succeeds: what comes meanwhile is kept as well, in memory without a bound.
/// Dropping a sink writes nothing; flush first.
///
/// Memory: 64 KiB, and after an error the rest of the piece that was being written.
#[derive(Debug)]
pub struct Sink {
    fd: OwnedFd,
    road: Road,
    kind: FileType,
    identity: Option<Identity>,
    /// Handed over and not written yet.
    kept: Vec<u8>,
    /// The last byte that was written did not end a line.
    torn: bool,
}

impl Sink {
    /// The standard output.
    ///
    /// # Errors
    /// It is closed.
    pub fn stdout() -> Result<Sink, SinkError> {
        let fd = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3);
        Sink::new(fd.map_err(|errno| SinkError::Failed(errno.into()))?)
    }

    /// The file at `path`, made if it is not there (mode 0666 less the umask), written at its end.
    ///
    /// # Errors
    /// [`SinkError::Unopened`].
    pub fn append(path: &Path) -> Result<Sink, SinkError> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::CLOEXEC | OFlags::NOCTTY;
        loop {
            match rustix::fs::open(path, flags, Mode::from_raw_mode(0o666)) {
                Ok(fd) => return Sink::new(fd),
                Err(Errno::INTR) => {}
                Err(errno) => {
                    return Err(SinkError::Unopened {
                        path: shown(path),
                        cause: errno.into(),
                    });
                }
            }
        }
    }

    /// An output that is open already.
    ///
    /// # Errors
    /// Its state cannot be read.
    pub fn new(fd: OwnedFd) -> Result<Sink, SinkError> {
        let failed = |errno: Errno| SinkError::Failed(errno.into());
        let stat = rustix::fs::fstat(&fd).map_err(failed)?;
        let appends = rustix::fs::fcntl_getfl(&fd)
            .map_err(failed)?
            .contains(OFlags::APPEND);
        let kind = file_type(&stat);
        let road = match kind {
            FileType::Fifo => Road::Splice,
            FileType::RegularFile if !appends => Road::Copy,
            _ => Road::Memory,
        };
        if kind == FileType::Fifo {
            enlarge(&fd);
        }
        Ok(Sink {
            identity: identity(&fd),
            fd,
            road,
            kind,
            kept: Vec::with_capacity(GATHER_BYTES),
            torn: false,
        })
    }

    /// Whether `source` is the very file this writes to: reading it would never end.
    #[must_use]
    pub fn same_file(&self, source: &Source) -> bool {
        self.identity.is_some() && self.identity == source.identity()
    }

    /// Which file this is; `None` for anything but a regular file.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// Whether what was written last, and not what is kept, ends amid a line.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// Bytes that were handed over and are not written yet.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        self.kept.len()
    }

    /// Gives back what was handed over and is not written yet, for somebody who can write it.
    pub fn take_kept(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.kept)
    }

    /// Hands over `bytes`, which are gathered with others and written together with them, in one piece where the
    /// system allows it.
    ///
    /// # Errors
    /// See [`SinkError`]; `bytes` are handed over in any case.
    pub fn write_all_at_once(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        if self.kept.len() + bytes.len() > GATHER_BYTES {
            let flushed = self.flush();
            if flushed.is_err() {
                self.kept.extend_from_slice(bytes);
                return flushed;
            }
        }
        if bytes.len() < GATHER_BYTES {
            self.kept.extend_from_slice(bytes);
            return Ok(());
        }
        let progress = write(&self.fd, bytes);
        self.wrote(bytes, progress.bytes);
        self.kept
            .extend_from_slice(bytes.get(progress.bytes..).unwrap_or_default());
        self.settle(progress.stopped)
    }

    /// Hands over `bytes`, which stand unchanged in `source` from offset `at` on. A large range of a regular file is
    /// moved by the kernel without passing through here again.
    ///
    /// If somebody overwrites the range in the file between the read and the reader's turn, the reader sees the new
    /// bytes; a log is appended to, and that is accepted. If the file is cut off, the rest comes from memory.
    ///
    /// # Errors
    /// See [`SinkError`]; `bytes` are handed over in any case.
    pub fn pass(
        &mut self,
        source: Option<&Source>,
        bytes: &[u8],
        at: u64,
    ) -> Result<(), SinkError> {
        let source = source.filter(|source| source.is_regular() && bytes.len() >= MOVE_BYTES_MIN);
        let Some(source) = source.filter(|_| self.road != Road::Memory) else {
            return self.write_all_at_once(bytes);
        };
        if let Err(error) = self.flush() {
            self.kept.extend_from_slice(bytes);
            return Err(error);
        }
        let moved = self.carry(source, bytes.len(), at);
        self.wrote(bytes, moved);
        match bytes.get(moved..) {
            Some(rest) if !rest.is_empty() => self.write_all_at_once(rest),
            _ => Ok(()),
        }
    }

    /// Writes what was gathered.
    ///
    /// # Errors
    /// See [`SinkError`]; after [`SinkError::Stuck`] call it again when there may be room.
    pub fn flush(&mut self) -> Result<(), SinkError> {
        let progress = write(&self.fd, &self.kept);
        let last = self.kept.get(..progress.bytes).and_then(<[u8]>::last);
        self.torn = last.map_or(self.torn, |last| *last != b'\n');
        self.kept.drain(..progress.bytes.min(self.kept.len()));
        self.settle(progress.stopped)
    }

    /// Writes what was gathered, and when the output is stuck waits until it is not: says so once through `say`, tries
    /// again after growing pauses, and says when it goes on. Nothing else is read or done meanwhile, but for telling the
    /// `service` manager that we are alive: to wait for room is to be well. Signals that arrive are given back to `wait` at
    /// the end.
    ///
    /// # Errors
    /// [`SinkError::Stuck`] only after a second signal to end; what is kept is then lost unless someone flushes again.
    /// The other errors as they come.
    pub fn flush_patiently(
        &mut self,
        wait: &mut Wait,
        service: &mut Service,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), SinkError> {
        let mut signals = Vec::new();
        let mut pause = PAUSE_FIRST;
        let mut stuck = false;
        let flushed = loop {
            let flushed = self.flush();
            let Err(error @ SinkError::Stuck { .. }) = flushed else {
                break flushed;
            };
            if wait.endings() > 1 {
                break Err(error);
            }
            if !stuck {
                say(&error.to_string());
            }
            stuck = true;
            service.beat();
            let deadline = Instant::now() + pause;
            let deadline = service.next_beat().map_or(deadline, |at| at.min(deadline));
            match wait.on(None, Some(deadline)) {
                Ok(Wake::Signal(signal)) => signals.push(signal),
                Ok(Wake::Deadline | Wake::Readable) => pause = (pause * 2).min(PAUSE_LONGEST),
                Err(cause) => break Err(SinkError::Failed(cause)),
            }
        };
        if stuck && flushed.is_ok() {
            say("the output takes bytes again, nothing was lost");
        }
        signals
            .into_iter()
            .for_each(|signal| wait.give_back(signal));
        flushed
    }

    /// Moves up to `bytes` bytes from `source` at `at` to the output and says how many arrived. What did not is left to
    /// the road through memory, which also finds out why: no error here is the last word.
    fn carry(&mut self, source: &Source, bytes: usize, at: u64) -> usize {
        let mut moved = 0;
        while moved < bytes {
            let mut from = at + moved as u64;
            let answer = match self.road {
                Road::Splice => rustix::pipe::splice(
                    source,
                    Some(&mut from),
                    &self.fd,
                    None,
                    bytes - moved,
                    SpliceFlags::empty(),
                ),
                Road::Copy => rustix::fs::copy_file_range(
                    source,
                    Some(&mut from),
                    &self.fd,
                    None,
                    bytes - moved,
                ),
                Road::Memory => Ok(0),
            };
            match answer {
                // The file has been cut off, or there is no road.
                Ok(0) => break,
                Ok(more) => moved += more,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    if wait_for_room(&self.fd).is_err() {
                        break;
                    }
                }
                Err(Errno::PIPE | Errno::NOSPC | Errno::DQUOT | Errno::IO) => break,
                Err(_) => {
                    self.road = Road::Memory;
                    break;
                }
            }
        }
        moved
    }

    /// Takes notice of how far these bytes were written.
    fn wrote(&mut self, bytes: &[u8], written: usize) {
        if let Some(last) = bytes.get(..written).and_then(<[u8]>::last) {
            self.torn = *last != b'\n';
        }
    }

    /// What it means that a write stopped.
    fn settle(&mut self, stopped: Option<Errno>) -> Result<(), SinkError> {
        let Some(errno) = stopped else {
            self.kept.shrink_to(GATHER_BYTES);
            return Ok(());
        };
        match errno {
            Errno::PIPE | Errno::CONNRESET => Err(SinkError::ReaderGone),
            // A terminal that was hung up says so by this; it never comes back.
            Errno::IO if self.kind == FileType::CharacterDevice => Err(SinkError::ReaderGone),
            Errno::NOSPC | Errno::DQUOT | Errno::IO => Err(SinkError::Stuck {
                cause: errno.into(),
                kept_bytes: self.kept.len(),
            }),
            _ => Err(SinkError::Failed(errno.into())),
        }
    }
}

impl AsFd for Sink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

mod rest;
#[cfg(test)]
mod tests;
