//! The files that bore a name before: where rotation puts them, and in which order they were written.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::fingerprint::Fingerprint;
use super::packed;
use super::reader::{Point, Reader, Standing};
use super::rotated::{rotated, turn};
use crate::system::folder::parent;
use crate::system::source::{Name, SourceError};
use crate::system::{Facts, Identity};

/// A file that may have borne the name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Generation {
    /// Where it is now.
    pub path: PathBuf,
    /// What the system says of it.
    pub facts: Facts,
    /// Its name says that it is compressed.
    pub packed: bool,
    /// Which was written when, by their names alone: a later one has the larger number.
    pub turn: i64,
}

impl Generation {
    /// Opens it at its beginning, whether it is compressed or not.
    ///
    /// # Errors
    /// It cannot be opened, or is compressed in a way that is not known.
    pub fn open(&self, standing: Standing) -> Result<Reader, SourceError> {
        if !self.packed {
            return Reader::open(&self.path, standing);
        }
        let beginning = Point {
            identity: self.facts.identity,
            offset: 0,
            before: Fingerprint::of(b""),
            modified: self.facts.modified,
            is_done: false,
        };
        let failed = |cause| SourceError::Unreadable {
            name: Name::Path(self.path.clone()),
            cause,
        };
        let opened = self.open_packed(&beginning).map_err(failed)?;
        opened.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))
    }

    /// Whether it is the compressed form of the file that ends at that point.
    ///
    /// # Errors
    /// See [`packed::ends_at`].
    pub fn ends_at(&self, point: &Point) -> io::Result<bool> {
        let is_likely = self.packed && self.facts.modified == point.modified;
        Ok(is_likely && packed::ends_at(&self.path, point)?)
    }

    /// Opens the text of a compressed file behind a point; `None` if something else stands before it there.
    ///
    /// # Errors
    /// See [`packed::open`].
    pub fn open_packed(&self, point: &Point) -> io::Result<Option<Reader>> {
        let opened = packed::open(&self.path, point)?;
        Ok(opened.map(|(source, damage)| {
            let reader = Reader::of(source, self.facts, Standing::Whole);
            reader.damaged_by(damage)
        }))
    }
}

/// All files beside `path` that may have borne its name, in the order in which they were written last. One that is being
/// compressed is there twice for a while; only its original counts.
///
/// # Errors
/// Whatever the system says of listing the folder.
pub fn generations(path: &Path) -> io::Result<Vec<Generation>> {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let mut found = Vec::new();
    for entry in fs::read_dir(parent(path))? {
        let entry = entry?;
        let other = entry.file_name();
        let Some((packed, number)) = rotated(name, other.as_bytes()) else {
            continue;
        };
        let turn = turn(number);
        let path = path.with_file_name(other);
        match Facts::at(&path) {
            Ok(facts) if facts.is_regular() => found.push(Generation {
                path,
                facts,
                packed,
                turn,
            }),
            _ => {}
        }
    }
    let plain: Vec<PathBuf> = found
        .iter()
        .filter(|generation| !generation.packed)
        .map(|generation| generation.path.clone())
        .collect();
    found.retain(|generation| {
        !generation.packed || !plain.contains(&generation.path.with_extension(""))
    });
    // The system's clock ticks every few milliseconds, and some compressors keep no more of the time than its second.
    found.sort_by_key(|one| (one.facts.modified, one.turn, one.facts.identity.born));
    Ok(found)
}

/// Whether these are the same files by the same names: a list that was made while rotation was at work may hold some names
/// of before a rename and some of after it.
#[must_use]
pub fn are_same(some: &[Generation], others: &[Generation]) -> bool {
    let key = |one: &Generation| (one.facts.identity, one.path.clone());
    some.len() == others.len() && some.iter().map(key).eq(others.iter().map(key))
}

/// Those that were written whole between `old`, which bore the name before, and `new`, which bears it now: nobody has
/// read them. A file that `is_known` is none of them, and neither is one that was made after `new`: that may have been renamed
/// since, and others in its place; they come behind it.
#[must_use]
pub fn between(
    all: &[Generation],
    old: &Facts,
    new: Option<&Facts>,
    is_known: impl Fn(Identity) -> bool,
) -> Vec<Generation> {
    let mut olds = all.iter().filter(|one| one.facts.identity == old.identity);
    let olds = olds.next().map(|one| (one.packed, one.turn));
    let born = old.identity.born;
    let is_later = |one: &Generation| {
        let (written, made) = (one.facts.modified, one.facts.identity.born);
        match (one.packed, olds) {
            // It was made when it was compressed, and bears the time of its original.
            (true, _) if written != old.modified => written > old.modified,
            (true, Some((true, turn))) => (one.turn, made) > (turn, born),
            (true, Some((false, turn))) => one.turn > turn,
            // Nothing but its text tells it from `old` itself, see `ends_at`.
            (true, None) => true,
            (false, Some((true, turn))) => (written, one.turn) > (old.modified, turn),
            (false, Some((false, turn))) if made == born => {
                written >= old.modified && one.turn > turn
            }
            // Where `old` is gone, nothing but the tick tells that they were made in this order.
            (false, None) => written >= old.modified && (made >= born || born == 0),
            (false, Some((false, _))) => written >= old.modified && (made > born || born == 0),
        }
    };
    let mut found: Vec<Generation> = all.iter().filter(|one| is_later(one)).cloned().collect();
    found.retain(|one| {
        let identity = one.facts.identity;
        let is_behind = new.is_some_and(|new| identity == new.identity || is_after(one, new, all));
        identity != old.identity && !is_behind && !is_known(identity)
    });
    found
}

/// Whether a file was made after `new`. Of a compressed one that cannot be told.
fn is_after(one: &Generation, new: &Facts, all: &[Generation]) -> bool {
    let (made, new_made) = (one.facts.identity.born, new.identity.born);
    if one.packed {
        return false;
    }
    if new_made == 0 {
        return one.facts.modified > new.modified;
    }
    // At one tick of the clock names tell, if it was renamed already.
    let mut renamed = all.iter().filter(|one| one.facts.identity == new.identity);
    let turn = renamed.next().map(|new| new.turn);
    made > new_made || made == new_made && turn.is_some_and(|turn| one.turn > turn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::FileType;

    #[test]
    fn an_original_that_is_being_compressed_counts_once() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["app.log", "app.log.1", "app.log.1.gz", "app.log.2.gz"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let all = generations(&dir.path().join("app.log")).unwrap();
        let mut names: Vec<_> = all
            .iter()
            .filter_map(|generation| generation.path.file_name()?.to_str())
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["app.log.1", "app.log.2.gz"]);
    }

    #[test]
    fn only_what_was_written_since_lies_between() {
        let all = [
            ("long-ago", facts(1, 10, 20), false),
            ("copy-of-before", facts(2, 60, 70), false),
            ("old", facts(3, 50, 80), false),
            ("compressed-before", facts(4, 90, 80), true),
            ("middle", facts(5, 81, 90), false),
            ("compressed-since", facts(6, 95, 92), true),
            ("new", facts(7, 96, 99), false),
            ("newer", facts(8, 97, 100), false),
        ];
        let (old, new) = (facts(3, 50, 80), facts(7, 96, 99));
        assert_eq!(
            paths_between(&all, &old, Some(&new)),
            ["middle", "compressed-since"]
        );
    }

    #[test]
    fn files_that_were_written_at_one_tick_are_told_apart_by_when_they_were_made_and_by_their_names()
     {
        for (born, packed) in [(50, true), (50, false), (0, true)] {
            let made = |by: i64| if born == 0 { 70 } else { born + by };
            let old = facts(3, made(0), 80);
            let all = [
                (".3", facts(4, made(-10), 80), true),
                (".2", old, packed),
                (".1", facts(5, made(10), 80), true),
            ];
            assert_eq!(paths_between(&all, &old, None), [".1"], "{born} {packed}");
        }
        let old = facts(3, 50, 80);
        let all = [
            (".20261121", facts(4, 50, 80), false),
            (".20261122", old, false),
            (".20261123", facts(5, 50, 80), false),
        ];
        assert_eq!(paths_between(&all, &old, None), [".20261123"]);
    }

    #[test]
    fn what_was_compressed_last_is_no_later_than_what_was_written_since() {
        let old = facts(3, 99, 80);
        let all = [
            (".3", facts(4, 98, 70), true),
            (".2", old, true),
            (".1", facts(5, 85, 90), false),
        ];
        assert_eq!(paths_between(&all, &old, None), [".1"]);
    }

    #[test]
    fn of_one_tick_where_the_old_one_is_gone_text_has_to_tell() {
        let old = facts(3, 50, 80);
        let all = [
            (".2", facts(4, 95, 80), true),
            (".1", facts(5, 96, 79), true),
        ];
        assert_eq!(paths_between(&all, &old, None), [".2"]);
    }

    fn facts(inode: u64, born: i64, modified: i64) -> Facts {
        Facts {
            kind: FileType::RegularFile,
            identity: Identity {
                device: 1,
                inode,
                born,
            },
            size: 1,
            modified,
            links: 1,
        }
    }

    fn paths_between(all: &[(&str, Facts, bool)], old: &Facts, new: Option<&Facts>) -> Vec<String> {
        let all = all.iter().map(|(path, facts, packed)| Generation {
            path: path.into(),
            facts: *facts,
            packed: *packed,
            turn: turn(path.as_bytes()),
        });
        let all: Vec<Generation> = all.collect();
        let found = between(&all, old, new, |_| false);
        let paths = found.iter().map(|one| one.path.display().to_string());
        paths.collect()
    }
}
