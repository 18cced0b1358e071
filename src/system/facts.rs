//! What the system says of a file.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Statx, StatxFlags};
use rustix::io::retry_on_intr;
use serde::{Deserialize, Serialize};

/// What names a file for as long as it exists, whatever its path. The number of a file that is gone is given to another at
/// once by some file systems; when it was born tells the two apart.
///
/// Devices are numbered anew when a machine starts, in another order perhaps, and some file systems get another number each
/// time they are mounted. So where it is known when a file was born, the device does not matter: no other file has both.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Identity {
    /// Number of the device.
    pub device: u64,
    /// Number of the inode.
    pub inode: u64,
    /// When it was born, in nanoseconds since 1970; 0 where the file system does not say.
    pub born: i64,
}

impl Identity {
    fn key(&self) -> (i64, u64, u64) {
        let device = if self.born == 0 { self.device } else { 0 };
        (self.born, self.inode, device)
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Identity) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Identity {}

impl Hash for Identity {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.key().hash(hasher);
    }
}

impl PartialOrd for Identity {
    fn partial_cmp(&self, other: &Identity) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Identity {
    fn cmp(&self, other: &Identity) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// What the system says of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Facts {
    /// What it is.
    pub kind: FileType,
    /// Which it is.
    pub identity: Identity,
    /// Its bytes.
    pub size: u64,
    /// When it was written last, in nanoseconds since 1970. Anybody may set it to anything.
    pub modified: i64,
    /// Its names; 0 when it lives only as long as somebody has it open.
    pub links: u32,
}

impl Facts {
    /// Of an open file.
    ///
    /// # Errors
    /// Whatever the system says of `statx`.
    pub fn of(file: impl AsFd) -> io::Result<Facts> {
        let stat = retry_on_intr(|| rustix::fs::statx(&file, c"", AtFlags::EMPTY_PATH, asked()))?;
        Ok(Facts::from(stat))
    }

    /// Of what is at a path, behind symbolic links.
    ///
    /// # Errors
    /// Whatever the system says of `statx`, such as that there is nothing.
    pub fn at(path: &Path) -> rustix::io::Result<Facts> {
        let stat = retry_on_intr(|| rustix::fs::statx(CWD, path, AtFlags::empty(), asked()))?;
        Ok(Facts::from(stat))
    }

    /// Whether it is a regular file.
    #[must_use]
    pub fn is_regular(&self) -> bool {
        self.kind == FileType::RegularFile
    }
}

impl From<Statx> for Facts {
    fn from(stat: Statx) -> Facts {
        let nanos = |time: rustix::fs::StatxTimestamp| {
            (time.tv_sec.saturating_mul(1_000_000_000)).saturating_add(i64::from(time.tv_nsec))
        };
        let has_birth = stat.stx_mask & StatxFlags::BTIME.bits() != 0;
        Facts {
            kind: FileType::from_raw_mode(stat.stx_mode.into()),
            identity: Identity {
                device: rustix::fs::makedev(stat.stx_dev_major, stat.stx_dev_minor),
                inode: stat.stx_ino,
                born: if has_birth { nanos(stat.stx_btime) } else { 0 },
            },
            size: stat.stx_size,
            modified: nanos(stat.stx_mtime),
            links: stat.stx_nlink,
        }
    }
}

fn asked() -> StatxFlags {
    StatxFlags::BASIC_STATS | StatxFlags::BTIME
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};

    #[test]
    fn a_file_is_the_same_under_another_name_and_another_one_under_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("a.log"), dir.path().join("a.log.1"));
        fs::write(&path, "1234").unwrap();
        let file = File::open(&path).unwrap();
        let before = Facts::of(&file).unwrap();
        assert!(before.is_regular());
        assert_eq!((before.size, before.links), (4, 1));
        fs::rename(&path, &other).unwrap();
        fs::write(&path, "").unwrap();
        assert_eq!(Facts::at(&other).unwrap().identity, before.identity);
        assert_ne!(Facts::at(&path).unwrap().identity, before.identity);
        fs::remove_file(&other).unwrap();
        assert_eq!(Facts::of(&file).unwrap().links, 0);
        assert_eq!(Facts::at(&other), Err(rustix::io::Errno::NOENT));
    }
}
