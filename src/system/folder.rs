//! A folder in which files are replaced: held open, so that no path is walked twice, and proven safe to write in.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use rustix::fs::{AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::{Errno, retry_on_intr};
use thiserror::Error;

use super::{file_type, shown};

/// What the names of new files that are not in their place yet begin and end with.
const NEW_PREFIX: &str = ".quell-";
const NEW_SUFFIX: &str = ".new";

/// Bits of a mode: others may write; the group may; names may be removed by their owners only.
const OTHERS_WRITE: u32 = 0o002;
const GROUP_WRITES: u32 = 0o020;
const STICKY: u32 = 0o1000;

/// Why no file is replaced in a folder. Each is one sentence with the path, what is wrong and what to do about it.
#[derive(Debug, Error)]
pub enum FolderError {
    /// It cannot be opened.
    #[error("{path}: the folder cannot be opened ({cause}), check its name and its permissions")]
    Unopened {
        /// The path as it may be shown.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
    /// Strangers may put other files in the place of those that are worked on.
    #[error(
        "{path}: others than its owner may write in this folder (mode {mode:04o}), so a file in it could be exchanged; \
         run quell as the folder's owner, or take the right from them"
    )]
    Strangers {
        /// The path as it may be shown.
        path: String,
        /// The folder's mode.
        mode: u32,
    },
    /// The path leads over a link that somebody else may point elsewhere.
    #[error(
        "{path}: the link {link} on the way to it belongs to another user, name the folder that it leads to"
    )]
    Link {
        /// The path as it may be shown.
        path: String,
        /// The link as it may be shown.
        link: String,
    },
}

/// An open folder.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    path: PathBuf,
}

impl Folder {
    /// Opens the folder at `path` for replacing files in it.
    ///
    /// # Errors
    /// See [`FolderError`].
    pub fn open(path: &Path) -> Result<Folder, FolderError> {
        let unopened = |cause: io::Error| FolderError::Unopened {
            path: shown(path),
            cause,
        };
        let fd = match open_without_links(path) {
            Err(Errno::LOOP) => {
                check_links(path)?;
                let real = fs::canonicalize(path).map_err(unopened)?;
                open_without_links(&real)
            }
            opened => opened,
        };
        let fd = fd.map_err(|errno| unopened(errno.into()))?;
        let stat = rustix::fs::fstat(&fd).map_err(|errno| unopened(errno.into()))?;
        if is_open_to_strangers(&stat, rustix::process::geteuid().is_root()) {
            return Err(FolderError::Strangers {
                path: shown(path),
                mode: stat.st_mode & 0o7777,
            });
        }
        Ok(Folder {
            fd,
            path: path.to_owned(),
        })
    }

    /// Opens the folder at `path` for reading only: who may write in it does not matter.
    ///
    /// # Errors
    /// See [`FolderError`].
    pub fn look(path: &Path) -> Result<Folder, FolderError> {
        let own = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = retry_on_intr(|| rustix::fs::open(own, flags, Mode::empty()));
        let fd = fd.map_err(|errno| FolderError::Unopened {
            path: shown(path),
            cause: errno.into(),
        })?;
        Ok(Folder {
            fd,
            path: path.to_owned(),
        })
    }

    /// Its path, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until the names in it are on the disk.
    ///
    /// # Errors
    /// What the system says. Some file systems cannot sync folders; that is no error.
    pub fn sync(&self) -> io::Result<()> {
        Ok(sync_names(&self.fd)?)
    }

    /// Removes new files that a quell which was killed has left, and says how many. Those of one that runs are locked.
    pub fn clean(&self) -> usize {
        let names = self.names();
        names
            .iter()
            .filter(|name| is_new(name) && self.remove_left(name).is_ok())
            .count()
    }

    /// Removes a file.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())?)
    }

    /// The names in it; those that can be read.
    #[must_use]
    pub fn names(&self) -> Vec<OsString> {
        let Ok(entries) = Dir::read_from(&self.fd) else {
            return Vec::new();
        };
        let names = entries.filter_map(Result::ok);
        names
            .map(|entry| OsStr::from_bytes(entry.file_name().to_bytes()).to_owned())
            .collect()
    }

    fn remove_left(&self, name: &OsStr) -> rustix::io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&fd)?;
        let own = stat.st_uid == rustix::process::geteuid().as_raw()
            || rustix::process::geteuid().is_root();
        if file_type(&stat) != FileType::RegularFile || !own {
            return Err(Errno::PERM);
        }
        rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive)?;
        rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The how many-th name that this process may give to a new file.
pub(super) fn new_name(number: u64) -> String {
    format!("{NEW_PREFIX}{}-{number}{NEW_SUFFIX}", std::process::id())
}

fn is_new(name: &OsStr) -> bool {
    let name = name.as_bytes();
    name.starts_with(NEW_PREFIX.as_bytes()) && name.ends_with(NEW_SUFFIX.as_bytes())
}

/// The folder that a path's last name stands in.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Waits until the names in an open folder are on the disk. Some file systems cannot sync folders; that is no error.
pub(super) fn sync_names(folder: impl AsFd) -> rustix::io::Result<()> {
    match retry_on_intr(|| rustix::fs::fsync(&folder)) {
        Err(Errno::INVAL) => Ok(()),
        answer => answer,
    }
}

/// Opens a folder whose path has no symbolic link in it; `LOOP` if it has one.
fn open_without_links(path: &Path) -> rustix::io::Result<OwnedFd> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::NO_SYMLINKS;
    match retry_on_intr(|| rustix::fs::openat2(CWD, path, flags, Mode::empty(), resolve)) {
        // An old kernel, or a sandbox that does not know the call.
        Err(Errno::NOSYS | Errno::PERM) => {
            retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))
        }
        opened => opened,
    }
}

/// Whether someone could exchange a file in this folder: as root, by the rule that logrotate has; else whoever is
/// neither of the owner's group nor kept from removing others' names.
fn is_open_to_strangers(stat: &Stat, is_root: bool) -> bool {
    let mode = stat.st_mode;
    if is_root {
        mode & OTHERS_WRITE != 0 || (mode & GROUP_WRITES != 0 && stat.st_gid != 0)
    } else {
        mode & OTHERS_WRITE != 0 && mode & STICKY == 0
    }
}

/// Sees to it that each link on the way belongs to root or to us: nobody else can point it elsewhere meanwhile.
fn check_links(path: &Path) -> Result<(), FolderError> {
    let own = rustix::process::geteuid().as_raw();
    for step in path.ancestors().filter(|step| !step.as_os_str().is_empty()) {
        let stat = rustix::fs::lstat(step);
        let strange = stat.is_ok_and(|stat| {
            file_type(&stat) == FileType::Symlink && stat.st_uid != 0 && stat.st_uid != own
        });
        if strange {
            return Err(FolderError::Link {
                path: shown(path),
                link: shown(step),
            });
        }
    }
    Ok(())
}
