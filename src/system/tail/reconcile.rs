//! What has become of a followed file: one table, from what the system says to what it means.

use rustix::fs::FileType;
use rustix::io::Errno;

use crate::system::{Facts, Identity};

/// What bears the name now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum There {
    /// A regular file.
    File(Facts),
    /// Nothing.
    Nothing,
    /// A directory, a pipe, a device: nothing that can be followed.
    Other(FileType),
    /// The system does not say.
    Unreachable(Errno),
}

/// The file that is open, asked after the name was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Open {
    /// Which it is.
    pub identity: Identity,
    /// Offset of the next byte to be read.
    pub read: u64,
    /// Its bytes now.
    pub size: u64,
    /// The bytes before `read` are those that were read.
    pub same_text: bool,
    /// It has lost its last name, or lives where writing to a file moves it elsewhere.
    pub orphan: bool,
    /// The file that bears the name now holds the same bytes before `read`.
    pub copied: bool,
}

/// What it means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// Nothing to read, nothing to do.
    Quiet,
    /// There is more to read.
    Grown,
    /// The first file of this name: read it from where it was asked to be.
    Appeared,
    /// The same file was cut short, and may have grown again: begin it anew. What was not read of it is lost.
    Cut,
    /// Another file bears the name: read the old one to its end, then this one from its beginning.
    Replaced,
    /// Another file, or a fresh view of the same, goes on with the very bytes that were read: go on in it.
    Continued,
    /// Nothing bears the name any more: read the old one to its end, and wait.
    Removed,
    /// What bears the name cannot be followed: the same, and say so.
    Refused(FileType),
    /// Nothing is known: keep everything and look again later.
    Unreachable(Errno),
}

/// Tells what has become of a file. Nothing else decides it: events only say that it is time to look.
///
/// The name is asked before the open file. A file that only grows is then never smaller than its name said; if it is,
/// the open file is an old view of it, as of a file on an overlay that somebody has begun to write to.
#[must_use]
pub fn reconcile(open: Option<Open>, there: There) -> Change {
    match (open, there) {
        (_, There::Unreachable(errno)) => Change::Unreachable(errno),
        (_, There::Other(kind)) => Change::Refused(kind),
        (None, There::Nothing) => Change::Quiet,
        (None, There::File(_)) => Change::Appeared,
        (Some(_), There::Nothing) => Change::Removed,
        (Some(open), There::File(file)) if open.identity == file.identity => {
            match (
                open.size < open.read || !open.same_text,
                file.size > open.size,
            ) {
                (true, _) => Change::Cut,
                (false, true) => Change::Continued,
                (false, false) if open.size > open.read => Change::Grown,
                (false, false) => Change::Quiet,
            }
        }
        (Some(open), There::File(_)) if open.orphan && open.copied => Change::Continued,
        (Some(_), There::File(_)) => Change::Replaced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(inode: u64, born: i64) -> Identity {
        Identity {
            device: 1,
            inode,
            born,
        }
    }

    fn file(identity: Identity, size: u64) -> There {
        There::File(Facts {
            kind: FileType::RegularFile,
            identity,
            size,
            modified: 0,
            links: 1,
        })
    }

    const READ: u64 = 100;

    fn open(size: u64) -> Open {
        Open {
            identity: identity(7, 1),
            read: READ,
            size,
            same_text: true,
            orphan: false,
            copied: false,
        }
    }

    #[test]
    fn every_row_of_the_table() {
        let same = |size| file(identity(7, 1), size);
        let rows = [
            (None, There::Nothing, Change::Quiet),
            (None, same(0), Change::Appeared),
            (Some(open(100)), same(100), Change::Quiet),
            (Some(open(120)), same(100), Change::Grown),
            (Some(open(120)), same(120), Change::Grown),
            (Some(open(99)), same(99), Change::Cut),
            (Some(open(100)), There::Nothing, Change::Removed),
            (
                Some(open(100)),
                There::Other(FileType::Fifo),
                Change::Refused(FileType::Fifo),
            ),
            (
                None,
                There::Other(FileType::Directory),
                Change::Refused(FileType::Directory),
            ),
            (
                Some(open(100)),
                There::Unreachable(Errno::STALE),
                Change::Unreachable(Errno::STALE),
            ),
        ];
        for (open, there, change) in rows {
            assert_eq!(reconcile(open, there), change, "{open:?} {there:?}");
        }
    }

    #[test]
    fn text_that_was_written_over_is_a_file_begun_anew_however_long_it_is() {
        let other = Open {
            same_text: false,
            ..open(5000)
        };
        assert_eq!(
            reconcile(Some(other), file(identity(7, 1), 5000)),
            Change::Cut
        );
    }

    #[test]
    fn an_inode_number_that_was_given_away_again_is_another_file() {
        let there = file(identity(7, 2), 5000);
        assert_eq!(reconcile(Some(open(100)), there), Change::Replaced);
    }

    #[test]
    fn a_name_that_shows_more_than_the_open_file_is_a_fresh_view_of_it() {
        let there = file(identity(7, 1), 101);
        assert_eq!(reconcile(Some(open(100)), there), Change::Continued);
    }

    #[test]
    fn a_copy_is_gone_on_with_only_when_the_original_is_gone() {
        let there = file(identity(8, 2), 200);
        let copied = Open {
            copied: true,
            ..open(100)
        };
        assert_eq!(reconcile(Some(copied), there), Change::Replaced);
        let orphan = Open {
            orphan: true,
            ..copied
        };
        assert_eq!(reconcile(Some(orphan), there), Change::Continued);
    }
}
