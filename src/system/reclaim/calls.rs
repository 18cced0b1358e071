//! The system calls.

use std::io;
use std::os::fd::AsFd;

use nix::sys::signal::{SigSet, SigmaskHow};
use rustix::fs::{FallocateFlags, SeekFrom};
use rustix::io::Errno;

/// What the lengths that are given back are multiples of: every file system's block and cluster size that is met in
/// practice divides it.
pub const ALIGNMENT: u64 = 1 << 20;

const EXT_MAGIC: i64 = 0xEF53;
const XFS_MAGIC: i64 = 0x5846_5342;

/// The file system that a file stands on, as far as it decides what is safe.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ground {
    /// ext4 and its forebears, which share one magic number: a collapse is one transaction each, and survives a kill.
    Ext,
    /// xfs: a collapse is many transactions, and a kill in their midst leaves a gap of NULs.
    Xfs,
    /// Anything else, also what stands on one of those two unseen. Some of them emulate a collapse and lose data.
    Other,
}

impl Ground {
    /// Asks the system.
    ///
    /// # Errors
    /// Whatever the system says of `fstatfs`.
    pub fn of(file: impl AsFd) -> io::Result<Ground> {
        Ok(match rustix::fs::fstatfs(file)?.f_type {
            EXT_MAGIC => Ground::Ext,
            XFS_MAGIC => Ground::Xfs,
            _ => Ground::Other,
        })
    }
}

/// Gives back the space of the first `len` bytes, which read as NULs from then on. The file keeps its size, its writers
/// keep their positions. Doing it twice is the same as doing it once.
///
/// # Errors
/// The file system cannot, or the file may not be changed (`chattr +a`).
pub fn punch(file: impl AsFd, len: u64) -> io::Result<()> {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    retried(|| rustix::fs::fallocate(&file, flags, 0, len))
}

/// Takes the first `len` bytes out of the file, so that it becomes shorter. All signals that can be blocked are, as long
/// as it lasts. After an error the file may be in any state in between: ask [`resolve`](super::resolve()).
///
/// # Errors
/// The file system cannot, the file has become shorter than `len`, or the file may not be changed.
pub fn collapse(file: impl AsFd, len: u64) -> io::Result<()> {
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    // Not tried again after an interruption: half of it may be done.
    let collapsed = rustix::fs::fallocate(&file, FallocateFlags::COLLAPSE_RANGE, 0, len);
    before.thread_set_mask()?;
    Ok(collapsed?)
}

/// The first byte at or behind `from` that stands in no hole; `None` where only holes follow.
///
/// # Errors
/// Whatever the system says of `lseek`.
pub fn data_at(file: impl AsFd, from: u64) -> io::Result<Option<u64>> {
    match rustix::fs::seek(file, SeekFrom::Data(from)) {
        Ok(at) => Ok(Some(at)),
        Err(Errno::NXIO) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// The first byte at or behind `from` that stands in a hole, the end of the file at the latest; `None` behind its end.
///
/// # Errors
/// Whatever the system says of `lseek`.
pub fn hole_at(file: impl AsFd, from: u64) -> io::Result<Option<u64>> {
    match rustix::fs::seek(file, SeekFrom::Hole(from)) {
        Ok(at) => Ok(Some(at)),
        Err(Errno::NXIO) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// Reads at `at` until `buffer` is full or the file ends; says how many bytes were read.
///
/// # Errors
/// Whatever the system says of `pread`, interruptions excepted.
pub fn read_at(file: impl AsFd, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(room) = buffer.get_mut(done..).filter(|room| !room.is_empty()) {
        match rustix::io::pread(&file, room, at + done as u64) {
            Ok(0) => break,
            Ok(bytes) => done += bytes,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(done)
}

fn retried(mut call: impl FnMut() -> Result<(), Errno>) -> io::Result<()> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            answer => return Ok(answer?),
        }
    }
}
