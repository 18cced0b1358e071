//! A file that holds what must survive the program: two slots, of which one is whole whatever happens.

use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{FallocateFlags, FileType, FlockOperation, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};
use thiserror::Error;

use super::checkpoint::frame::{Frame, HEADER_BYTES, Look};
use super::folder::{parent, sync_names};
use super::{file_type, shown};

mod frame;

/// Where each slot's header stands, and how much lies between them: one page, which a disk writes in one piece or
/// whose tearing the checksum shows.
const SLOT_BYTES: u64 = 4096;

/// The least that a slot is given when its payload has outgrown the page: larger steps mean fewer of them.
const ROOM_BYTES_MIN: u64 = 64 << 10;

/// Why a state cannot be used. Each is one sentence with the path, what is wrong and what to do about it.
#[derive(Debug, Error)]
pub enum SlotsError {
    /// Another program holds it.
    #[error(
        "{0}: another quell works with this state, end that one or give each a state of its own"
    )]
    Busy(String),
    /// It cannot be opened or made.
    #[error("{path}: cannot be opened ({cause}), check the folder, its permissions and its room")]
    Unopened {
        /// The path as it may be shown.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Something else bears its name.
    #[error("{0}: this is not a state of quell, move it away or name another place for the state")]
    Foreign(String),
    /// Both slots are damaged.
    #[error(
        "{0}: this state is damaged, so where the last run stopped is not known: compare the output with its source, \
         then remove the state to begin anew"
    )]
    Torn(String),
    /// It was written by a later version of the program.
    #[error(
        "{path}: this state was written by a newer quell (version {version} of the format, this one reads {known}), \
         use that one",
        known = frame::VERSION
    )]
    Newer {
        /// The path as it may be shown.
        path: String,
        /// The version it bears.
        version: u32,
    },
    /// It cannot be written; what was written before is whole.
    #[error(
        "{path}: cannot be written ({cause}), make room or allow it; the state written before is whole"
    )]
    Unwritten {
        /// The path as it may be shown.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
}

/// A state file, held by this program alone for as long as this lives.
///
/// Each write goes to the slot that does not hold the latest state and is on the disk when the call returns; a kill or a
/// power loss in its midst leaves the one before. The payload may have any length: a slot moves to a larger place
/// behind the others when it must, so the file has at most eight times the bytes of its largest payload, or 8 KiB.
#[derive(Debug)]
pub struct Slots {
    fd: OwnedFd,
    path: PathBuf,
    /// Number of the latest state; its slot is the one with its parity.
    seq: u64,
    /// Where the payload of each slot goes.
    places: [Place; 2],
    /// What the latest state held when it was opened; handed out once.
    found: Option<Vec<u8>>,
}

/// A stretch of the file that belongs to one slot.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Offset of its first byte.
    at: u64,
    /// Its bytes.
    room: u64,
}

impl Place {
    /// The rest of the slot's own page.
    fn home(slot: u64) -> Place {
        Place {
            at: slot * SLOT_BYTES + HEADER_BYTES as u64,
            room: SLOT_BYTES - HEADER_BYTES as u64,
        }
    }
}

impl Slots {
    /// Opens the state at `path`, or makes an empty one; its folder must be there. Only a path with nothing at it is a
    /// beginning: a file that is empty, damaged or somebody else's is refused, never taken for one.
    ///
    /// # Errors
    /// See [`SlotsError`].
    pub fn open(path: &Path) -> Result<Slots, SlotsError> {
        let unopened = |errno: Errno| SlotsError::Unopened {
            path: shown(path),
            cause: errno.into(),
        };
        let fd = loop {
            match open(path, OFlags::RDWR) {
                Ok(fd) => {
                    lock(&fd, path)?;
                    break fd;
                }
                Err(Errno::NOENT) => {}
                // A symbolic link.
                Err(Errno::LOOP) => return Err(SlotsError::Foreign(shown(path))),
                Err(errno) => return Err(unopened(errno)),
            }
            if let Some(fd) = create(path)? {
                break fd;
            }
        };
        let stat = rustix::fs::fstat(&fd).map_err(unopened)?;
        if file_type(&stat) != FileType::RegularFile {
            return Err(SlotsError::Foreign(shown(path)));
        }
        Slots::load(fd, path)
    }

    /// What was written last to the state at `path`, whoever holds it; `None` if nothing was.
    ///
    /// # Errors
    /// See [`SlotsError`].
    pub fn peek(path: &Path) -> Result<Option<Vec<u8>>, SlotsError> {
        let fd = open(path, OFlags::RDONLY).map_err(|errno| SlotsError::Unopened {
            path: shown(path),
            cause: errno.into(),
        })?;
        Ok(Slots::load(fd, path)?.read())
    }

    /// What was written last before this was opened; `None` at the beginning, and when it was handed out already.
    pub fn read(&mut self) -> Option<Vec<u8>> {
        self.found.take()
    }

    /// Writes a state. When this returns it is on the disk and is the one that will be found.
    ///
    /// # Errors
    /// [`SlotsError::Unwritten`]; the state before it stays the latest, and another write may be tried.
    pub fn write(&mut self, payload: &[u8]) -> Result<(), SlotsError> {
        let written = self.write_slot(self.seq + 1, payload);
        written.map_err(|errno| SlotsError::Unwritten {
            path: shown(&self.path),
            cause: errno.into(),
        })?;
        self.seq += 1;
        self.found = None;
        Ok(())
    }

    /// Reads both slots of a file that is ours now.
    fn load(fd: OwnedFd, path: &Path) -> Result<Slots, SlotsError> {
        let mut slots = Slots {
            fd,
            path: path.to_owned(),
            seq: 0,
            places: [Place::home(0), Place::home(1)],
            found: None,
        };
        let mut whole = None;
        let mut ours = false;
        for slot in [0, 1] {
            let look = slots.look(slot).map_err(|errno| SlotsError::Unopened {
                path: shown(path),
                cause: errno.into(),
            })?;
            match look {
                Look::Whole(frame, payload) => {
                    slots.place(slot, &frame);
                    if whole.as_ref().is_none_or(|(seq, _)| *seq < frame.seq) {
                        whole = Some((frame.seq, payload));
                    }
                }
                Look::Newer(version) => {
                    let path = shown(path);
                    return Err(SlotsError::Newer { path, version });
                }
                Look::Torn => ours = true,
                Look::Foreign => {}
            }
        }
        match whole {
            Some((seq, payload)) => {
                slots.seq = seq;
                slots.found = (seq > 0).then_some(payload);
                Ok(slots)
            }
            None if ours => Err(SlotsError::Torn(shown(path))),
            None => Err(SlotsError::Foreign(shown(path))),
        }
    }

    /// What stands in one slot.
    fn look(&self, slot: u64) -> rustix::io::Result<Look> {
        let header = read(&self.fd, slot * SLOT_BYTES, HEADER_BYTES)?;
        match Frame::parse(&header) {
            Ok(frame) if frame.seq & 1 == slot => {
                let size = rustix::fs::fstat(&self.fd)?.st_size;
                let size = u64::try_from(size).unwrap_or(0);
                // A length that the file does not have is not asked of the memory either.
                if frame.at.saturating_add(frame.length) > size {
                    return Ok(Look::Torn);
                }
                let length = usize::try_from(frame.length).unwrap_or(usize::MAX);
                let payload = read(&self.fd, frame.at, length)?;
                Ok(frame.hold(payload))
            }
            Ok(_) => Ok(Look::Torn),
            Err(look) => Ok(look),
        }
    }

    fn place(&mut self, slot: u64, frame: &Frame) {
        let place = Place {
            at: frame.at,
            room: frame.room,
        };
        match slot {
            0 => self.places[0] = place,
            _ => self.places[1] = place,
        }
    }

    /// Payload first, header behind it, and both to the disk at once: a header whose payload did not arrive fails its
    /// checksum like any other torn slot.
    fn write_slot(&mut self, seq: u64, payload: &[u8]) -> rustix::io::Result<()> {
        let slot = seq & 1;
        let place = self.room_for(slot, payload.len() as u64)?;
        let frame = Frame::of(seq, place.at, place.room, payload);
        self.place(slot, &frame);
        write(&self.fd, place.at, payload)?;
        write(&self.fd, slot * SLOT_BYTES, &frame.bytes())?;
        retry_on_intr(|| rustix::fs::fdatasync(&self.fd))
    }

    /// A stretch of at least so many bytes for a slot: its own, or a new one at the end of the file.
    fn room_for(&self, slot: u64, bytes: u64) -> rustix::io::Result<Place> {
        let [even, odd] = self.places;
        let own = if slot == 0 { even } else { odd };
        if bytes <= own.room {
            return Ok(own);
        }
        let size = u64::try_from(rustix::fs::fstat(&self.fd)?.st_size).unwrap_or(0);
        let place = Place {
            at: size.next_multiple_of(SLOT_BYTES).max(2 * SLOT_BYTES),
            room: bytes.next_power_of_two().max(ROOM_BYTES_MIN),
        };
        reserve(&self.fd, place.at, place.room)?;
        Ok(place)
    }
}

/// Makes an empty state beside its path and moves it there when it is whole, so that a kill never leaves half of one. Gives
/// it locked, or nothing if somebody else was faster and the path must be looked at again.
fn create(path: &Path) -> Result<Option<OwnedFd>, SlotsError> {
    let failed = |errno: Errno| SlotsError::Unopened {
        path: shown(path),
        cause: errno.into(),
    };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let fd = open(&beside, OFlags::RDWR | OFlags::CREATE).map_err(failed)?;
    lock(&fd, path)?;
    // Whoever held the lock before may have moved the file to its path: then it is no longer ours to fill.
    let own = rustix::fs::fstat(&fd).map_err(failed)?;
    match rustix::fs::stat(&beside) {
        Ok(there) if (there.st_dev, there.st_ino) == (own.st_dev, own.st_ino) => {}
        _ => return Ok(None),
    }
    if rustix::fs::lstat(path).is_ok() {
        let _ = rustix::fs::unlink(&beside);
        return Ok(None);
    }
    let empty = Frame::of(0, Place::home(0).at, Place::home(0).room, &[]);
    reserve(&fd, 0, 2 * SLOT_BYTES)
        .and_then(|()| write(&fd, 0, &empty.bytes()))
        .and_then(|()| retry_on_intr(|| rustix::fs::fsync(&fd)))
        .and_then(|()| rustix::fs::rename(&beside, path))
        .and_then(|()| sync_folder(path))
        .map_err(failed)?;
    Ok(Some(fd))
}

/// Opens without following a link, waiting for a pipe or taking a terminal.
fn open(path: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    retry_on_intr(|| rustix::fs::open(path, flags, Mode::from_raw_mode(0o600)))
}

fn lock(fd: &OwnedFd, path: &Path) -> Result<(), SlotsError> {
    let locked = retry_on_intr(|| rustix::fs::flock(fd, FlockOperation::NonBlockingLockExclusive));
    locked.map_err(|errno| match errno {
        Errno::WOULDBLOCK => SlotsError::Busy(shown(path)),
        errno => SlotsError::Unopened {
            path: shown(path),
            cause: errno.into(),
        },
    })
}

/// Takes the room on the disk now, so that a later write finds it there. Where the file system cannot, the file is
/// only made longer.
fn reserve(fd: &OwnedFd, at: u64, bytes: u64) -> rustix::io::Result<()> {
    match retry_on_intr(|| rustix::fs::fallocate(fd, FallocateFlags::empty(), at, bytes)) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
            retry_on_intr(|| rustix::fs::ftruncate(fd, at + bytes))
        }
        answer => answer,
    }
}

/// Brings the name of a new file to the disk.
fn sync_folder(path: &Path) -> rustix::io::Result<()> {
    sync_names(open(parent(path), OFlags::RDONLY | OFlags::DIRECTORY)?)
}

/// Reads up to `bytes` bytes at `at`; fewer only at the end of the file.
fn read(fd: &OwnedFd, at: u64, bytes: usize) -> rustix::io::Result<Vec<u8>> {
    let mut buffer = vec![0; bytes];
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match retry_on_intr(|| rustix::io::pread(fd, &mut *rest, at + done as u64))? {
            0 => break,
            more => done += more,
        }
    }
    buffer.truncate(done);
    Ok(buffer)
}

fn write(fd: &OwnedFd, at: u64, bytes: &[u8]) -> rustix::io::Result<()> {
    let mut done = 0;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match retry_on_intr(|| rustix::io::pwrite(fd, rest, at + done as u64))? {
            0 => return Err(Errno::IO),
            more => done += more,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
