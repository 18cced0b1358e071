//! One input and the buffer that holds what has been read of it but is not yet done with.

use std::fmt;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Advice, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use thiserror::Error;

use super::{Identity, enlarge, file_type, identity, shown};

/// Where an input comes from, for messages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Name {
    /// A file named by its path.
    Path(PathBuf),
    /// The standard input.
    Stdin,
    /// What a program that we started writes to, in words.
    Child(&'static str),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Path(path) => f.write_str(&shown(path)),
            Name::Stdin => f.write_str("standard input"),
            Name::Child(name) => f.write_str(name),
        }
    }
}

/// Why an input could not be opened. Each is one sentence with the name, what is wrong and what to do about it.
#[derive(Debug, Error)]
pub enum SourceError {
    /// There is nothing at the path.
    #[error("{0}: there is no such file, check the name, or leave it out to read standard input")]
    Missing(Name),
    /// A directory was given.
    #[error("{0}: this is a directory, name the files in it instead")]
    Directory(Name),
    /// The file may not be read by this user.
    #[error("{0}: permission denied, run quell as a user or group that may read it")]
    Denied(Name),
    /// The standard input is closed or open for writing only.
    #[error("standard input is not open for reading, pipe a log into quell or name a file")]
    Closed,
    /// Anything else, in the words of the system.
    #[error(
        "{name}: cannot be opened ({cause}), check that it is a file, a pipe or a device that can be read"
    )]
    Unreadable {
        /// The input that was asked for.
        name: Name,
        /// What the system said.
        cause: io::Error,
    },
}

impl SourceError {
    fn new(name: Name, errno: Errno) -> SourceError {
        match (errno, &name) {
            (Errno::BADF, Name::Stdin) => SourceError::Closed,
            (Errno::NOENT | Errno::NOTDIR, _) => SourceError::Missing(name),
            (Errno::ACCESS | Errno::PERM, _) => SourceError::Denied(name),
            _ => SourceError::Unreadable {
                name,
                cause: errno.into(),
            },
        }
    }
}

/// What [`Source::fill`] found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fill {
    /// The block has grown by at least one byte.
    Data,
    /// Nothing to read now, more may come: wait for the descriptor before the next `fill`.
    WouldBlock,
    /// The input has ended: nobody is left to write to a pipe, or a file is read to its present end. A file that grows
    /// later gives `Data` again.
    End,
}

/// One input: a file, a FIFO, a device or the standard input.
///
/// Memory: 1.25 blocks at rest; while `tail` bytes stay unconsumed at most `2 * (tail + block)`, and for the moment of
/// growing the old buffer beside it. It falls back to 1.25 blocks as soon as the tail is small again. How large a tail
/// becomes is the caller's bound: who consumes, keeps it small.
///
/// For anything but a regular file the caller waits with [`Wait::on`](super::wait::Wait::on) before each `fill`: a
/// standard input in blocking mode would block in it otherwise, since its flags are shared with others and left alone.
#[derive(Debug)]
pub struct Source {
    fd: OwnedFd,
    name: Name,
    kind: FileType,
    identity: Option<Identity>,
    size: Option<u64>,
    /// Bytes of which the unconsumed are `start..end`; what lies behind `end` is room to read into, what lies before
    /// `start` was consumed last.
    buffer: Vec<u8>,
    /// At most `end`.
    start: usize,
    /// At most `buffer.len()`.
    end: usize,
    /// Offset in the input of the byte at `start`.
    offset: u64,
    block_bytes: usize,
    /// How many consumed bytes are kept.
    behind_bytes: usize,
}

impl Source {
    /// Opens the file at `path`, which is read in blocks of at most `block_bytes`.
    ///
    /// A FIFO that nobody writes to yet does not block here: it is [`Fill::WouldBlock`] until a writer comes, so that a
    /// signal can still be answered. That is lawful because the flag is set on a description of our own.
    ///
    /// # Errors
    /// What is missing, a directory, not permitted or cannot be opened for another reason.
    pub fn open(path: &Path, block_bytes: usize) -> Result<Source, SourceError> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let name = Name::Path(path.to_owned());
        match retried(|| rustix::fs::open(path, flags, Mode::empty())) {
            Ok(fd) => Source::new(fd, name, block_bytes),
            Err(errno) => Err(SourceError::new(name, errno)),
        }
    }

    /// The standard input, read in blocks of at most `block_bytes` from where it stands.
    ///
    /// An input that was closed by whoever started the program reads as empty: the standard library opens `/dev/null`
    /// in its place before `main`, just as many supervisors do on purpose, and the two cannot be told apart.
    ///
    /// # Errors
    /// A directory, or a descriptor that is not open for reading.
    pub fn stdin(block_bytes: usize) -> Result<Source, SourceError> {
        let denied = |errno| SourceError::new(Name::Stdin, errno);
        let fd = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3).map_err(denied)?;
        let flags = rustix::fs::fcntl_getfl(&fd).map_err(denied)?;
        if flags.contains(OFlags::WRONLY) {
            return Err(SourceError::Closed);
        }
        Source::new(fd, Name::Stdin, block_bytes)
    }

    /// An input that is open already, such as the output of a child, read from where it stands.
    ///
    /// # Errors
    /// A directory, or a descriptor whose state cannot be read.
    pub fn new(fd: OwnedFd, name: Name, block_bytes: usize) -> Result<Source, SourceError> {
        let stat = match rustix::fs::fstat(&fd) {
            Ok(stat) => stat,
            Err(errno) => return Err(SourceError::new(name, errno)),
        };
        let kind = file_type(&stat);
        let mut offset = 0;
        match kind {
            FileType::Directory => return Err(SourceError::Directory(name)),
            FileType::Fifo => enlarge(&fd),
            FileType::RegularFile => {
                offset = rustix::fs::tell(&fd).unwrap_or(0);
                // Doubles the read-ahead; a refusal only costs speed.
                let _ = rustix::fs::fadvise(&fd, 0, None, Advice::Sequential);
            }
            _ => {}
        }
        let block_bytes = block_bytes.max(1);
        Ok(Source {
            identity: identity(&fd),
            fd,
            name,
            kind,
            size: size(&stat),
            buffer: vec![0; rest_bytes(block_bytes)],
            start: 0,
            end: 0,
            offset,
            block_bytes,
            behind_bytes: 0,
        })
    }

    /// Reads once, at most a block, behind the unconsumed bytes.
    ///
    /// # Errors
    /// What the system says of the read, interruptions excepted; the block is as it was and `fill` may be tried again.
    pub fn fill(&mut self) -> io::Result<Fill> {
        self.make_room();
        let end = self.end + self.block_bytes;
        // Never empty: `make_room` leaves a block of room behind `end`.
        let room = self.buffer.get_mut(self.end..end).unwrap_or_default();
        debug_assert_eq!(room.len(), self.block_bytes);
        match retried(|| rustix::io::read(&self.fd, &mut *room)) {
            Ok(0) if self.awaits_a_writer()? => Ok(Fill::WouldBlock),
            Ok(0) => Ok(Fill::End),
            Ok(bytes) => {
                self.end += bytes;
                Ok(Fill::Data)
            }
            Err(Errno::AGAIN) => Ok(Fill::WouldBlock),
            Err(errno) => Err(errno.into()),
        }
    }

    /// What has been read and is not consumed yet.
    #[must_use]
    pub fn block(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Lets go of the first `bytes` of the block, at most of all of it.
    pub fn consume(&mut self, bytes: usize) {
        debug_assert!(bytes <= self.end - self.start);
        let bytes = bytes.min(self.end - self.start);
        self.start += bytes;
        self.offset += bytes as u64;
    }

    /// Offset of the block's first byte, in bytes: in a regular file that of the file, else counted from where reading began.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether this is a regular file, which never blocks and can be moved from without being copied.
    #[must_use]
    pub fn is_regular(&self) -> bool {
        self.kind == FileType::RegularFile
    }

    /// Whether a person sits at the other end.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.fd.is_terminal()
    }

    /// Which file this is; `None` for anything but a regular file.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// The bytes a regular file held when it was opened, as a hint: it may grow or shrink meanwhile.
    #[must_use]
    pub fn size_hint(&self) -> Option<u64> {
        self.size
    }

    /// What the input is called in messages.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Sees to it that a block fits behind `end`. The tail is moved only when it is less than half of the buffer, so a
    /// byte is moved at most once for each byte that was read; a larger tail makes the buffer grow instead.
    fn make_room(&mut self) {
        let front = self.start - self.behind_len();
        let tail = self.end - front;
        let rest = rest_bytes(self.block_bytes);
        let fits_at_rest = tail + self.block_bytes <= rest;
        if fits_at_rest && self.buffer.len() != rest {
            self.move_tail(vec![0; rest]);
        } else if self.buffer.len() - self.end >= self.block_bytes {
            // There is room as it is.
        } else if fits_at_rest
            || (tail <= self.buffer.len() / 2 && tail + self.block_bytes <= self.buffer.len())
        {
            self.buffer.copy_within(front..self.end, 0);
            (self.start, self.end) = (self.start - front, tail);
        } else {
            self.move_tail(vec![0; 2 * (tail + self.block_bytes)]);
        }
        debug_assert!(self.start <= self.end && self.end + self.block_bytes <= self.buffer.len());
    }

    /// How many consumed bytes are there to be kept.
    fn behind_len(&self) -> usize {
        self.start.min(self.behind_bytes)
    }

    /// Goes on in `buffer`, which is larger than the tail.
    fn move_tail(&mut self, mut buffer: Vec<u8>) {
        let behind = self.behind_len();
        let front = self.start - behind;
        let tail = self.buffer.get(front..self.end).unwrap_or_default();
        let bytes = tail.len();
        if let Some(room) = buffer.get_mut(..bytes) {
            room.copy_from_slice(tail);
            self.buffer = buffer;
            (self.start, self.end) = (behind, bytes);
        }
    }

    /// Whether an empty read means that no writer has opened the FIFO yet, rather than that the last one has left: only
    /// in the latter case does the kernel report a hang-up.
    fn awaits_a_writer(&self) -> io::Result<bool> {
        if self.kind != FileType::Fifo {
            return Ok(false);
        }
        let mut fds = [PollFd::new(&self.fd, PollFlags::IN)];
        retried(|| {
            rustix::event::poll(
                &mut fds,
                Some(&Timespec {
                    tv_sec: 0,
                    tv_nsec: 0,
                }),
            )
        })?;
        let [polled] = fds;
        Ok(!polled.revents().contains(PollFlags::HUP))
    }
}

impl AsFd for Source {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The size of a buffer at rest: a block and a quarter, so that the tail of a usual block, one record, fits in front.
fn rest_bytes(block_bytes: usize) -> usize {
    block_bytes + block_bytes / 4
}

/// The bytes in a regular file.
fn size(stat: &Stat) -> Option<u64> {
    let bytes = u64::try_from(stat.st_size).ok();
    bytes.filter(|_| file_type(stat) == FileType::RegularFile)
}

/// The answer of a system call, asked again whenever a signal came in between.
fn retried<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            answer => return answer,
        }
    }
}

mod memory;
#[cfg(test)]
mod tests;
