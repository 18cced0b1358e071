//! Hints that something has changed: the kernel's, gathered without a thread and without a copy of the world.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

/// Room for hints that are read at once.
const HINTS_BYTES: usize = 16 << 10;

/// What a hint is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Hint {
    /// A name in a folder: the whole path.
    Name(PathBuf),
    /// The folder itself was moved or removed: what is at its path now is no longer watched.
    Folder(PathBuf),
    /// More happened than the kernel could tell: everything must be looked at.
    Everything,
}

/// Why a folder cannot be watched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Blind {
    /// It is not there, or is no folder, or may not be read.
    Absent,
    /// The system's watches, or its instances of watching, are used up, or it has none.
    Exhausted,
}

/// What is watched.
///
/// Only what may have changed a file is asked for. To be told of openings, too, would be to be woken by our own.
#[derive(Debug)]
pub struct Watch {
    /// `None` where there is no watching.
    inotify: Option<OwnedFd>,
    /// The folders behind each watch; several if one folder has several paths.
    folders: HashMap<i32, Vec<PathBuf>>,
}

impl Watch {
    /// Watches nothing yet; never will if `is_blind`, or if the system has no instance left, which is given.
    #[must_use]
    pub fn new(is_blind: bool) -> (Watch, Option<io::Error>) {
        let made = (!is_blind).then(|| inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK));
        let (inotify, cause) = match made {
            None => (None, None),
            Some(Ok(fd)) => (Some(fd), None),
            Some(Err(errno)) => (None, Some(errno.into())),
        };
        let watch = Watch {
            inotify,
            folders: HashMap::new(),
        };
        (watch, cause)
    }

    /// Becomes readable when there are hints.
    #[must_use]
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.inotify.as_ref().map(AsFd::as_fd)
    }

    /// Watches what happens in a folder; again for one that may have been replaced does no harm.
    ///
    /// # Errors
    /// It cannot be watched; look at what is in it from time to time.
    pub fn add(&mut self, folder: &Path) -> Result<(), Blind> {
        let Some(inotify) = &self.inotify else {
            return Err(Blind::Exhausted);
        };
        let what = WatchFlags::CREATE
            | WatchFlags::MODIFY
            | WatchFlags::ATTRIB
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        match inotify::add_watch(inotify, folder, what) {
            Ok(id) => {
                self.forget_path(folder, Some(id));
                let paths = self.folders.entry(id).or_default();
                if !paths.iter().any(|path| path == folder) {
                    paths.push(folder.to_owned());
                }
                Ok(())
            }
            Err(Errno::NOSPC | Errno::NOMEM | Errno::MFILE) => Err(Blind::Exhausted),
            Err(_) => {
                self.forget_path(folder, None);
                Err(Blind::Absent)
            }
        }
    }

    /// Watches a folder no longer.
    pub fn remove(&mut self, folder: &Path) {
        self.forget_path(folder, None);
    }

    /// Takes the hints that have come, the same one in a row only once.
    ///
    /// # Errors
    /// Whatever the system says of reading them.
    pub fn read(&mut self) -> io::Result<Vec<Hint>> {
        let Some(inotify) = &self.inotify else {
            return Ok(Vec::new());
        };
        let mut room = [MaybeUninit::uninit(); HINTS_BYTES];
        let mut reader = Reader::new(inotify, &mut room);
        let mut hints = Vec::new();
        let mut gone = Vec::new();
        loop {
            let event = match reader.next() {
                Ok(event) => event,
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => continue,
                Err(errno) => return Err(errno.into()),
            };
            if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
                hints.push(Hint::Everything);
                continue;
            }
            let ended = ReadFlags::IGNORED | ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF;
            if event.events().intersects(ended) {
                gone.push(event.wd());
                continue;
            }
            let name = event
                .file_name()
                .map(|name| OsStr::from_bytes(name.to_bytes()));
            for folder in self.folders.get(&event.wd()).into_iter().flatten() {
                let hint = Hint::Name(folder.join(name.unwrap_or_default()));
                if hints.last() != Some(&hint) {
                    hints.push(hint);
                }
            }
        }
        for id in gone {
            hints.extend(self.end(id).into_iter().map(Hint::Folder));
        }
        Ok(hints)
    }

    /// Ends a watch whose folder has been moved or removed. Gives the paths at which that was.
    fn end(&mut self, id: i32) -> Vec<PathBuf> {
        let paths = self.folders.remove(&id).unwrap_or_default();
        if let Some(inotify) = self.inotify.as_ref().filter(|_| !paths.is_empty()) {
            // One that the kernel has ended already is not there.
            let _ = inotify::remove_watch(inotify, id);
        }
        paths
    }

    /// Takes a path from every watch but `except`; a watch without a path ends.
    fn forget_path(&mut self, folder: &Path, except: Option<i32>) {
        let mut empty = Vec::new();
        for (id, paths) in &mut self.folders {
            if Some(*id) != except {
                paths.retain(|path| path != folder);
                if paths.is_empty() {
                    empty.push(*id);
                }
            }
        }
        for id in empty {
            self.folders.remove(&id);
            if let Some(inotify) = &self.inotify {
                let _ = inotify::remove_watch(inotify, id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(watch: &mut Watch) -> Vec<String> {
        let hints = watch.read().unwrap().into_iter();
        let name = |hint| match hint {
            Hint::Name(path) => path.file_name().unwrap().to_str().unwrap().to_owned(),
            Hint::Folder(_) => "(folder)".to_owned(),
            Hint::Everything => "(everything)".to_owned(),
        };
        hints.map(name).collect()
    }

    #[test]
    fn what_happens_in_a_folder_is_told_once_and_reading_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (mut watch, _) = Watch::new(false);
        watch.add(dir.path()).unwrap();
        assert_eq!(names(&mut watch), [""; 0]);
        let path = dir.path().join("a.log");
        fs::write(&path, "1").unwrap();
        fs::write(&path, "2").unwrap();
        assert_eq!(names(&mut watch), ["a.log"]);
        fs::read(&path).unwrap();
        assert_eq!(names(&mut watch), [""; 0]);
    }

    #[test]
    fn a_folder_that_was_moved_away_is_told_and_can_be_watched_again() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("logs");
        fs::create_dir(&folder).unwrap();
        let (mut watch, _) = Watch::new(false);
        watch.add(&folder).unwrap();
        fs::rename(&folder, dir.path().join("gone")).unwrap();
        assert_eq!(names(&mut watch), ["(folder)"]);
        assert_eq!(watch.add(&folder), Err(Blind::Absent));
        fs::create_dir(&folder).unwrap();
        watch.add(&folder).unwrap();
        fs::write(folder.join("a.log"), "1").unwrap();
        assert!(names(&mut watch).contains(&"a.log".to_owned()));
    }

    #[test]
    fn a_blind_watch_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let (mut watch, cause) = Watch::new(true);
        assert!(cause.is_none() && watch.fd().is_none());
        assert_eq!(watch.add(dir.path()), Err(Blind::Exhausted));
        assert_eq!(watch.read().unwrap(), []);
    }
}
