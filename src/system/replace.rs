//! Puts a new file in the place of an old one: whoever looks sees one or the other, whatever happens meanwhile.
//!
//! The new file is written beside the old one, without a name where the file system allows that; it is given the old
//! one's owner, mode, times and attributes, and is on the disk before it is renamed over it. The old one is looked at
//! before it is read and again before it is replaced: if anything about it has changed, it stays.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{
    AtFlags, FileType, FlockOperation, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid,
};
use rustix::io::{Errno, retry_on_intr};
use thiserror::Error;

use super::folder::{Folder, FolderError};
use super::fresh::{Fresh, copy_attributes};
use super::writers::{Program, Writers};
use super::{file_type, shown};

/// Why a file is not replaced. Each is one sentence with the path, what is wrong and what to do about it.
#[derive(Debug, Error)]
pub enum Refusal {
    /// Its folder is not fit for it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// There is nothing at the path.
    #[error("{0}: there is no such file, check the name")]
    Missing(String),
    /// It is a symbolic link.
    #[error("{0}: this is a symbolic link, name the file that it leads to")]
    Link(String),
    /// It is a folder, a pipe or a device.
    #[error("{0}: this is not a regular file, name files only")]
    NotAFile(String),
    /// It has other names, under which the old content would stay.
    #[error("{path}: this file has {names} names (hard links), remove the others first")]
    Names {
        /// The path as it may be shown.
        path: String,
        /// How many names it has.
        names: u64,
    },
    /// It was written to a moment ago.
    #[error(
        "{path}: this file was written to {seconds} s ago, wait until nobody writes to it, or see --min-age"
    )]
    Young {
        /// The path as it may be shown.
        path: String,
        /// How long ago.
        seconds: u64,
    },
    /// Somebody has it open for writing.
    #[error(
        "{path}: process {} ({}) still has this file open for writing, rotate it first", .writer.process, .writer.name.escape_debug()
    )]
    Written {
        /// The path as it may be shown.
        path: String,
        /// Who.
        writer: Program,
    },
    /// Another quell works on it.
    #[error("{0}: another quell works on this file, let it finish")]
    Busy(String),
    /// It is not what was read any more.
    #[error(
        "{0}: this file has changed while it was read, it was left as it is; try again when nobody writes to it"
    )]
    Changed(String),
    /// The new file could not be made like the old one.
    #[error(
        "{path}: its {what} cannot be kept ({cause}), run quell as the file's owner or as root"
    )]
    Unlike {
        /// The path as it may be shown.
        path: String,
        /// What cannot be kept.
        what: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// Anything else.
    #[error("{path}: {what} ({cause}), the file was left as it is")]
    Failed {
        /// The path as it may be shown.
        path: String,
        /// What failed.
        what: &'static str,
        /// What the system said.
        cause: io::Error,
    },
}

impl Refusal {
    /// Whether the file may be fit some time later, as it is.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(
            self,
            Refusal::Young { .. }
                | Refusal::Written { .. }
                | Refusal::Busy(_)
                | Refusal::Missing(_)
        )
    }
}

/// A file that is to be replaced.
#[derive(Debug)]
pub struct Target {
    folder: Folder,
    name: OsString,
    path: PathBuf,
    file: File,
    stat: Stat,
}

impl Target {
    /// Opens the file at `path`, which nobody may have written to for `min_age`, and holds it against other quells.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn open(path: &Path, min_age: Duration) -> Result<Target, Refusal> {
        let Some(name) = path.file_name() else {
            return Err(Refusal::NotAFile(shown(path)));
        };
        let folder = Folder::open(path.parent().unwrap_or(Path::new("")))?;
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = retry_on_intr(|| rustix::fs::openat(&folder, name, flags, Mode::empty()));
        let fd = opened.map_err(|errno| match errno {
            Errno::NOENT => Refusal::Missing(shown(path)),
            Errno::LOOP => Refusal::Link(shown(path)),
            Errno::NXIO => Refusal::NotAFile(shown(path)),
            errno => failed(path, "it cannot be opened", errno.into()),
        })?;
        let stat = rustix::fs::fstat(&fd)
            .map_err(|errno| failed(path, "it cannot be looked at", errno.into()))?;
        let target = Target {
            folder,
            name: name.to_owned(),
            path: path.to_owned(),
            file: File::from(fd),
            stat,
        };
        target.check(min_age)?;
        Ok(target)
    }

    /// The folder it is in.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Its name in the folder.
    #[must_use]
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// The file, open for reading.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        u64::try_from(self.stat.st_size).unwrap_or_default()
    }

    /// Its inode number.
    #[must_use]
    pub fn inode(&self) -> u64 {
        self.stat.st_ino
    }

    /// When it was last written, in nanoseconds since 1970.
    #[must_use]
    pub fn modified(&self) -> i64 {
        nanos(self.stat.st_mtime, self.stat.st_mtime_nsec)
    }

    fn check(&self, min_age: Duration) -> Result<(), Refusal> {
        let path = || shown(&self.path);
        if file_type(&self.stat) != FileType::RegularFile {
            return Err(Refusal::NotAFile(path()));
        }
        if self.stat.st_nlink > 1 {
            let names = self.stat.st_nlink;
            return Err(Refusal::Names {
                path: path(),
                names,
            });
        }
        let lock = rustix::fs::flock(&self.file, FlockOperation::NonBlockingLockExclusive);
        if lock == Err(Errno::WOULDBLOCK) {
            return Err(Refusal::Busy(path()));
        }
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let modified = Duration::from_nanos(u64::try_from(self.modified()).unwrap_or_default());
        let age = now.saturating_sub(modified);
        if age < min_age {
            return Err(Refusal::Young {
                path: path(),
                seconds: age.as_secs(),
            });
        }
        self.check_writers()
    }

    fn check_writers(&self) -> Result<(), Refusal> {
        match Writers::of((self.stat.st_dev, self.stat.st_ino)).one {
            Some(writer) => Err(Refusal::Written {
                path: shown(&self.path),
                writer,
            }),
            None => Ok(()),
        }
    }

    /// Sees to it that the file is still what was read, `bytes` of it, and that nobody is about to write to it.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn check_unchanged(&self, bytes: u64) -> Result<(), Refusal> {
        let named = rustix::fs::statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        let open = rustix::fs::fstat(&self.file);
        let same = |stat: rustix::io::Result<Stat>| {
            stat.is_ok_and(|stat| marks(&stat) == marks(&self.stat))
        };
        if bytes != self.bytes() || !same(named) || !same(open) {
            return Err(Refusal::Changed(shown(&self.path)));
        }
        self.check_writers()
    }

    /// Gives a new file what this one has beside its content: owner, mode less its set-id bits, and attributes with access
    /// lists and labels.
    ///
    /// # Errors
    /// Something of it cannot be kept.
    pub fn dress(&self, fresh: &Fresh) -> Result<(), Refusal> {
        let unlike = |what| {
            move |errno: Errno| Refusal::Unlike {
                path: shown(&self.path),
                what,
                cause: errno.into(),
            }
        };
        let own = rustix::fs::fstat(fresh.file()).map_err(unlike("owner"))?;
        if (own.st_uid, own.st_gid) != (self.stat.st_uid, self.stat.st_gid) {
            let (owner, group) = (
                Uid::from_raw(self.stat.st_uid),
                Gid::from_raw(self.stat.st_gid),
            );
            rustix::fs::fchown(fresh.file(), Some(owner), Some(group)).map_err(unlike("owner"))?;
        }
        let mode = Mode::from_raw_mode(self.stat.st_mode & 0o1777);
        rustix::fs::fchmod(fresh.file(), mode).map_err(unlike("mode"))?;
        copy_attributes(&self.file, fresh.file()).map_err(unlike("attributes"))
    }

    /// Gives a new file this one's times. What is written behind that changes them again.
    ///
    /// # Errors
    /// They cannot be kept.
    pub fn date(&self, fresh: &Fresh) -> Result<(), Refusal> {
        let times = Timestamps {
            last_access: time(self.stat.st_atime, self.stat.st_atime_nsec),
            last_modification: time(self.stat.st_mtime, self.stat.st_mtime_nsec),
        };
        rustix::fs::futimens(fresh.file(), &times).map_err(|errno| Refusal::Unlike {
            path: shown(&self.path),
            what: "times",
            cause: errno.into(),
        })
    }

    /// Puts a new file, which must be on the disk, in this one's place.
    ///
    /// # Errors
    /// It could not be renamed; the old one stays.
    pub fn replace(&self, fresh: Fresh) -> Result<(), Refusal> {
        let renamed = fresh.take_name(&self.folder, &self.name);
        renamed
            .map_err(|cause| failed(&self.path, "the new file cannot be put in its place", cause))
    }
}

/// What changes when a file does: which it is, its size, its times of writing and of change, and its names.
fn marks(stat: &Stat) -> (u64, u64, i64, i64, i64, u64) {
    (
        stat.st_dev,
        stat.st_ino,
        stat.st_size,
        nanos(stat.st_mtime, stat.st_mtime_nsec),
        nanos(stat.st_ctime, stat.st_ctime_nsec),
        stat.st_nlink,
    )
}

fn nanos(seconds: i64, nanos: impl TryInto<i64>) -> i64 {
    let nanos = nanos.try_into().unwrap_or_default();
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}

fn time(seconds: i64, nanos: impl TryInto<i64>) -> Timespec {
    Timespec {
        tv_sec: seconds,
        tv_nsec: nanos.try_into().unwrap_or_default(),
    }
}

fn failed(path: &Path, what: &'static str, cause: io::Error) -> Refusal {
    Refusal::Failed {
        path: shown(path),
        what,
        cause,
    }
}
