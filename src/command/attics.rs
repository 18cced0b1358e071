//! Which attic belongs to which file.
//!
//! An attic stands beside its file and is named after it: `app.log.1.attic`. But files are renamed, by logrotate above
//! all, and their attics are not; so an attic is known by what it says of its file, and its name is only where to look
//! first. No attic is ever overwritten that holds something else.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::attic::{Attic, AtticError, Belongs, Book, Content, Stored};
use crate::system::folder::Folder;

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
    is_it: impl Fn(&Book) -> bool,
) -> Option<(PathBuf, OpenAttic)> {
    let usual = usual_name(name);
    let others = folder.names().into_iter();
    let others =
        others.filter(|name| name.as_bytes().ends_with(EXTENSION.as_bytes()) && *name != usual);
    let mut names = std::iter::once(usual.clone()).chain(others);
    names.find_map(|name| {
        let attic = open_in(folder, &name)
            .ok()
            .filter(|attic| is_it(attic.book()))?;
        Some((folder.path().join(name), attic))
    })
}

/// The attic of a file, by what lies on the disk: nothing is read but attics.
#[must_use]
pub fn of_stored(folder: &Folder, name: &OsStr, stored: &Stored) -> Option<(PathBuf, OpenAttic)> {
    let same = |is: &Stored| {
        (is.bytes, is.inode, is.modified) == (stored.bytes, stored.inode, stored.modified)
    };
    find(folder, name, |book| book.is.as_ref().is_some_and(same))
}

/// The attic of a content.
#[must_use]
pub fn of_content(
    folder: &Folder,
    name: &OsStr,
    content: &Content,
) -> Option<(PathBuf, OpenAttic)> {
    find(folder, name, |book| book.filtered == *content)
}
