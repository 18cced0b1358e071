//! A new file that has no place yet, and no name as long as the file system allows that: a kill leaves nothing of it.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, XattrFlags};
use rustix::io::{Errno, retry_on_intr};

use super::folder::{Folder, new_name};

/// A new file that is not in its place yet. Dropping it removes it.
#[derive(Debug)]
pub struct Fresh {
    file: File,
    /// The folder, and the name it has there until it is in its place; `None` as long as it has no name.
    named: Option<(File, String)>,
}

impl Fresh {
    /// A new, empty file in a folder, for us alone.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(folder: &Folder) -> io::Result<Fresh> {
        let mode = Mode::RUSR | Mode::WUSR;
        let flags = OFlags::RDWR | OFlags::CLOEXEC;
        let unnamed =
            retry_on_intr(|| rustix::fs::openat(folder, ".", flags | OFlags::TMPFILE, mode));
        let fd = match unnamed {
            Ok(fd) => {
                rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive)?;
                return Ok(Fresh {
                    file: File::from(fd),
                    named: None,
                });
            }
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT) => {
                let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
                name_anew(|name| retry_on_intr(|| rustix::fs::openat(folder, name, flags, mode)))?
            }
            Err(errno) => return Err(errno.into()),
        };
        let (fd, name) = fd;
        let fresh = Fresh {
            file: File::from(fd),
            named: Some((File::from(folder.as_fd().try_clone_to_owned()?), name)),
        };
        rustix::fs::flock(&fresh.file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(fresh)
    }

    /// The file, open for writing.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Its inode number, which it keeps, and its bytes.
    ///
    /// # Errors
    /// What the system says.
    pub fn look(&self) -> io::Result<(u64, u64)> {
        let stat = rustix::fs::fstat(&self.file)?;
        Ok((stat.st_ino, u64::try_from(stat.st_size).unwrap_or_default()))
    }

    /// Waits until it is on the disk.
    ///
    /// # Errors
    /// What the system says.
    pub fn sync(&self) -> io::Result<()> {
        Ok(retry_on_intr(|| rustix::fs::fsync(&self.file))?)
    }

    /// Gives it a name in the folder, as a file that is not in its place yet.
    ///
    /// # Errors
    /// What the system says.
    pub fn name(&mut self, folder: &Folder) -> io::Result<()> {
        if self.named.is_none() {
            let path = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            let ((), name) = name_anew(|name| {
                rustix::fs::linkat(CWD, &path, folder, name, AtFlags::SYMLINK_FOLLOW)
            })?;
            self.named = Some((File::from(folder.as_fd().try_clone_to_owned()?), name));
        }
        Ok(())
    }

    /// Gives it its name for good, if nothing has that name; nothing is synced.
    ///
    /// # Errors
    /// What the system says; the file is removed then.
    pub fn take_free_name(mut self, folder: &Folder, name: &OsStr) -> io::Result<()> {
        self.name(folder)?;
        if let Some((own, from)) = &self.named {
            let flags = rustix::fs::RenameFlags::NOREPLACE;
            rustix::fs::renameat_with(own, from.as_str(), folder, name, flags)?;
        }
        self.named = None;
        Ok(())
    }

    /// Gives it its name for good, in the place of whatever had it; nothing is synced.
    ///
    /// # Errors
    /// What the system says; the file is removed then.
    pub fn take_name(mut self, folder: &Folder, name: &OsStr) -> io::Result<()> {
        self.name(folder)?;
        if let Some((own, from)) = &self.named {
            rustix::fs::renameat(own, from.as_str(), folder, name)?;
        }
        self.named = None;
        Ok(())
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some((folder, name)) = &self.named {
            let _ = rustix::fs::unlinkat(folder, name.as_str(), AtFlags::empty());
        }
    }
}

/// Tries names until one is not taken.
fn name_anew<T>(
    mut take: impl FnMut(&str) -> rustix::io::Result<T>,
) -> rustix::io::Result<(T, String)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    loop {
        let name = new_name(NUMBER.fetch_add(1, Ordering::Relaxed));
        match take(&name) {
            Err(Errno::EXIST) => {}
            taken => return Ok((taken?, name)),
        }
    }
}

/// Gives `to` all extended attributes of `from`. Labels that the system sets by itself and that only it may set are left
/// to it.
pub(super) fn copy_attributes(from: &File, to: &File) -> rustix::io::Result<()> {
    let mut names = vec![0; rustix::fs::flistxattr_query(from).or_else(unsupported)?];
    let length = rustix::fs::flistxattr(from, names.as_mut_slice()).or_else(unsupported)?;
    let names = names.get(..length).unwrap_or_default();
    for name in names
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
    {
        let mut value = vec![0; rustix::fs::fgetxattr_query(from, name)?];
        let length = rustix::fs::fgetxattr(from, name, value.as_mut_slice())?;
        let value = value.get(..length).unwrap_or_default();
        match rustix::fs::fsetxattr(to, name, value, XattrFlags::empty()) {
            Err(Errno::PERM | Errno::OPNOTSUPP)
                if !name.starts_with(b"system.") && !name.starts_with(b"user.") => {}
            set => set?,
        }
    }
    Ok(())
}

fn unsupported(errno: Errno) -> rustix::io::Result<usize> {
    if errno == Errno::OPNOTSUPP {
        Ok(0)
    } else {
        Err(errno)
    }
}
