//! Which attic belongs to which file.
//!
//! An attic stands beside its file and is named after it: `app.log.1.attic`. But files are renamed, by logrotate above
//! all, and their attics are not; so an attic is known by what it says of its file, and its name is only where to look
//! first. No attic is ever overwritten that holds something else.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};
use thiserror::Error;

use crate::attic::{Attic, AtticError, Belongs, Book, Content, Stored, Sum};
use crate::limits::BLOCK_BYTES;
use crate::system::compress::{Bounds, Expanded};
use crate::system::folder::Folder;
use crate::system::shown;

/// Why a file and its attic cannot be used.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file, or its folder.
    #[error("{path}: it cannot be read ({cause}), check its name and its permissions")]
    Unreadable {
        /// The path as it may be shown.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
    /// There is no attic of it.
    #[error("{0}: no attic belongs to this file, name it with --attic if it is elsewhere")]
    Missing(String),
    /// The attic cannot be read.
    #[error("{path}: {cause}")]
    Attic {
        /// The attic as it may be shown.
        path: String,
        /// Why.
        cause: AtticError,
    },
}

/// A file and its attic.
pub struct Opened {
    /// The file.
    pub path: PathBuf,
    /// Where the attic is.
    pub attic_path: PathBuf,
    /// The attic.
    pub attic: OpenAttic,
}

impl Opened {
    /// Opens the attic of the file at `path`: the one at `attic`, which may be the folder where it is, or the one that
    /// knows this file as it lies on the disk, or the one that knows its content.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn find(path: &Path, attic: Option<&Path>) -> Result<Opened, OpenError> {
        let opened = |(attic_path, attic)| Opened {
            path: path.to_owned(),
            attic_path,
            attic,
        };
        if let Some(named) = attic.filter(|attic| !attic.is_dir()) {
            return match open_at(named) {
                Ok(attic) => Ok(opened((named.to_owned(), attic))),
                Err(cause) => Err(OpenError::Attic {
                    path: shown(named),
                    cause,
                }),
            };
        }
        let unreadable = |cause: io::Error| OpenError::Unreadable {
            path: shown(path),
            cause,
        };
        let name = path.file_name().unwrap_or_default();
        let folder = attic.or(path.parent()).unwrap_or(Path::new(""));
        let folder = Folder::look(folder).map_err(|error| unreadable(io::Error::other(error)))?;
        let stat = path.metadata().map_err(unreadable)?;
        let stored = Stored {
            compression: String::new(),
            bytes: stat.len(),
            inode: stat.ino(),
            modified: stat
                .mtime()
                .saturating_mul(1_000_000_000)
                .saturating_add(stat.mtime_nsec()),
        };
        if let Some(found) = of_stored(&folder, name, &stored) {
            return Ok(opened(found));
        }
        if let Some(found) = of_stretches(&folder, name, path) {
            return Ok(opened(found));
        }
        let content = File::open(path).and_then(|file| Expanded::new(file, Bounds::default()));
        let content = content.and_then(|mut content| sum_of(&mut content));
        let content = content.map_err(unreadable)?;
        if let Some(found) = of_content(&folder, name, &content) {
            return Ok(opened(found));
        }
        match open_in(&folder, &usual_name(name)) {
            // Whether it fits is seen when it is used: as long as nothing is in it, it proves nothing.
            Ok(attic) if attic.grown_bytes().is_some() => {
                Ok(opened((folder.path().join(usual_name(name)), attic)))
            }
            Err(cause @ (AtticError::Damaged(_) | AtticError::Newer(_))) => Err(OpenError::Attic {
                path: shown(&folder.path().join(usual_name(name))),
                cause,
            }),
            _ => Err(OpenError::Missing(shown(path))),
        }
    }

    /// The content of the file.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn content(&self) -> io::Result<Expanded> {
        Expanded::new(File::open(&self.path)?, Bounds::default())
    }
}

/// What a content comes to.
fn sum_of(from: &mut impl io::Read) -> io::Result<Content> {
    let mut sum = Sum::default();
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        match from.read(&mut block) {
            Ok(0) => return Ok(sum.content()),
            Ok(read) => sum.add(block.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// What an attic's name ends with.
pub const EXTENSION: &str = ".attic";

/// The longest name that file systems allow, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// Digits of a content's hash in the name of an attic whose usual name is taken.
const NAME_DIGITS: usize = 12;

/// An open attic in a file.
pub type OpenAttic = Attic<BufReader<File>>;

/// The name that the attic of a file has, unless it is taken.
#[must_use]
pub fn usual_name(name: &OsStr) -> OsString {
    let mut usual = name.to_owned();
    usual.push(EXTENSION);
    usual
}

/// Another name for it, which no attic of another content has.
fn other_name(name: &OsStr, original: &Content) -> OsString {
    let digits = original.blake3.get(..NAME_DIGITS).unwrap_or_default();
    let room = NAME_BYTES_MAX - EXTENSION.len() - 1 - NAME_DIGITS;
    let front = name.as_bytes();
    let mut other = OsStr::from_bytes(front.get(..room).unwrap_or(front)).to_owned();
    other.push(format!("-{digits}{EXTENSION}"));
    other
}

/// The name for a new attic that belongs to `belongs`, if there is a free one. A name is free if nothing bears it, or an
/// attic that holds the same: of a file that was restored, or one that a quell which was killed has left.
#[must_use]
pub fn free_name(folder: &Folder, name: &OsStr, belongs: &Belongs) -> Option<OsString> {
    let names = [usual_name(name), other_name(name, &belongs.original)];
    let mut fit = names
        .into_iter()
        .filter(|name| name.len() <= NAME_BYTES_MAX);
    fit.find(|name| is_free(folder, name, belongs))
}

/// Whether an attic may be given this name.
#[must_use]
pub fn is_free(folder: &Folder, name: &OsStr, belongs: &Belongs) -> bool {
    match open_in(folder, name) {
        Err(AtticError::Io(error)) => error.kind() == io::ErrorKind::NotFound,
        Err(_) => false,
        Ok(attic) => holds_the_same(attic.book(), belongs),
    }
}

/// Whether nothing is lost when this attic gives way to the new one.
fn holds_the_same(book: &Book, belongs: &Belongs) -> bool {
    let left = book.was.is_some() && book.was == belongs.was;
    book.original == belongs.original && (left || book.filtered == belongs.filtered)
}

/// Opens an attic in a folder; nothing but a regular file is one.
///
/// # Errors
/// See [`AtticError`].
pub fn open_in(folder: &Folder, name: &OsStr) -> Result<OpenAttic, AtticError> {
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(folder, name, flags, Mode::empty()).map_err(io::Error::from)?;
    of_file(File::from(fd))
}

/// Opens the attic at a path.
///
/// # Errors
/// See [`AtticError`].
pub fn open_at(path: &Path) -> Result<OpenAttic, AtticError> {
    of_file(File::open(path)?)
}

fn of_file(file: File) -> Result<OpenAttic, AtticError> {
    if file.metadata()?.is_file() {
        Attic::open(BufReader::new(file))
    } else {
        Err(AtticError::Foreign)
    }
}

/// The attics in a folder that satisfy `is_it`, that of the usual name first.
fn find(
    folder: &Folder,
    name: &OsStr,
    mut is_it: impl FnMut(&OpenAttic) -> bool,
) -> Option<(PathBuf, OpenAttic)> {
    let usual = usual_name(name);
    let others = folder.names().into_iter();
    let others =
        others.filter(|name| name.as_bytes().ends_with(EXTENSION.as_bytes()) && *name != usual);
    let mut names = std::iter::once(usual.clone()).chain(others);
    names.find_map(|name| {
        let attic = open_in(folder, &name).ok().filter(|attic| is_it(attic))?;
        Some((folder.path().join(name), attic))
    })
}

/// The attic of a file, by what lies on the disk: nothing is read but attics.
#[must_use]
pub fn of_stored(folder: &Folder, name: &OsStr, stored: &Stored) -> Option<(PathBuf, OpenAttic)> {
    let same = |is: &Stored| {
        (is.bytes, is.inode, is.modified) == (stored.bytes, stored.inode, stored.modified)
    };
    find(folder, name, |attic| {
        attic.book().is.as_ref().is_some_and(same)
    })
}

/// Whether the very file that an attic was made for lies in a folder: another of the same content was restored then.
#[must_use]
pub fn is_needed(folder: &Folder, book: &Book) -> bool {
    let Some(is) = &book.is else {
        return false;
    };
    folder.names().iter().any(|name| {
        let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
        stat.is_ok_and(|stat| {
            let bytes = u64::try_from(stat.st_size).unwrap_or_default();
            (stat.st_ino, bytes) == (is.inode, is.bytes)
        })
    })
}

/// The attic of a log that grows, or grew until it was put away: of those whose every stretch stands in the file the one that
/// reaches furthest. Logs may begin alike.
fn of_stretches(folder: &Folder, name: &OsStr, path: &Path) -> Option<(PathBuf, OpenAttic)> {
    let mut reach = 0;
    find(folder, name, |attic| {
        let end = attic.book().filtered.bytes;
        if attic.grown_bytes().is_some() && end > reach && fits(attic, path).unwrap_or(false) {
            reach = end;
        }
        false
    });
    find(folder, name, |attic| {
        let is_it =
            reach > 0 && attic.grown_bytes().is_some() && attic.book().filtered.bytes == reach;
        is_it && fits(attic, path).unwrap_or(false)
    })
}

/// Whether every stretch of an attic stands in a file.
fn fits(attic: &OpenAttic, path: &Path) -> io::Result<bool> {
    let mut content = Expanded::new(File::open(path)?, Bounds::default())?;
    let mut at = 0;
    for stretch in attic.stretches() {
        let [_, filtered] = &stretch.contents;
        let skipped = stretch.begins.1.saturating_sub(at);
        io::copy(&mut content.by_ref().take(skipped), &mut io::sink())?;
        if sum_of(&mut content.by_ref().take(filtered.bytes))? != *filtered {
            return Ok(false);
        }
        at = stretch.begins.1.saturating_add(filtered.bytes);
    }
    Ok(true)
}

/// The attic of a content.
#[must_use]
pub fn of_content(
    folder: &Folder,
    name: &OsStr,
    content: &Content,
) -> Option<(PathBuf, OpenAttic)> {
    find(folder, name, |attic| attic.book().filtered == *content)
}
