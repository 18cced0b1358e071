//! The files that bore a name before: where rotation puts them, and in which order they were written.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::fingerprint::Fingerprint;
use super::packed;
use super::reader::{Point, Reader, Standing};
use crate::system::source::{Name, SourceError};
use crate::system::{Facts, Identity};

/// What the names of compressed files end in, as far as they can be read.
const PACKED: [&[u8]; 4] = [b".gz", b".zst", b".xz", b".bz2"];

/// A file that may have borne the name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Generation {
    /// Where it is now.
    pub path: PathBuf,
    /// What the system says of it.
    pub facts: Facts,
    /// Its name says that it is compressed.
    pub packed: bool,
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
        };
        let failed = |cause| SourceError::Unreadable {
            name: Name::Path(self.path.clone()),
            cause,
        };
        let opened = self.open_packed(&beginning).map_err(failed)?;
        opened.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))
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
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name();
        let Some(packed) = is_generation(name, other.as_bytes()) else {
            continue;
        };
        let path = path.with_file_name(other);
        match Facts::at(&path) {
            Ok(facts) if facts.is_regular() => found.push(Generation {
                path,
                facts,
                packed,
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
    found.sort_by_key(|generation| (generation.facts.modified, generation.facts.identity.born));
    Ok(found)
}

/// Those that were written whole between `old`, which bore the name before, and `new`, which bears it now: nobody has
/// read them. A file that `is_known` is none of them.
#[must_use]
pub fn between(
    all: Vec<Generation>,
    old: &Facts,
    new: Option<Identity>,
    is_known: impl Fn(Identity) -> bool,
) -> Vec<Generation> {
    let younger = |facts: &Facts| {
        // A compressed file was born when it was compressed, and bears the time of its original.
        facts.identity.born > old.identity.born || old.identity.born == 0
    };
    all.into_iter()
        .filter(|generation| {
            let facts = &generation.facts;
            let identity = facts.identity;
            let later = if generation.packed {
                facts.modified > old.modified
            } else {
                facts.modified >= old.modified && younger(facts)
            };
            later && identity != old.identity && Some(identity) != new && !is_known(identity)
        })
        .collect()
}

/// The paths that a file at `path` may have had before rotation gave it this one.
#[must_use]
pub fn earlier_paths(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let bare = PACKED.iter().find_map(|suffix| name.strip_suffix(*suffix));
    let mut names: Vec<Vec<u8>> = bare.into_iter().map(<[u8]>::to_vec).collect();
    let bare = bare.unwrap_or(name);
    names.extend(bare.strip_suffix(b".old").map(<[u8]>::to_vec));
    for from in 1..bare.len() {
        let (front, rest) = bare.split_at(from);
        let run = rest.iter().take_while(|b| is_in_number(**b)).count();
        for end in (1..=run).filter(|end| rest.get(..*end).is_some_and(is_number)) {
            let back = rest.get(end..).unwrap_or_default();
            names.push([front, back].concat());
        }
    }
    let beside = |name: &Vec<u8>| path.with_file_name(OsStr::from_bytes(name));
    names.iter().map(beside).collect()
}

/// Whether a name is what rotation makes of `name`, and if so whether of a compressed file: something with a number or a
/// date in it is put in (`app.log.1`, `app.log-20261122.gz`, `app-2026-11-22.log`), or `.old` at the end.
fn is_generation(name: &[u8], other: &[u8]) -> Option<bool> {
    let bare = PACKED.iter().find_map(|suffix| other.strip_suffix(*suffix));
    let packed = bare.is_some();
    let bare = bare.unwrap_or(other);
    if bare == name {
        return packed.then_some(true);
    }
    if bare.strip_prefix(name) == Some(b".old") {
        return Some(packed);
    }
    let added = bare.len().checked_sub(name.len())?;
    let fits = |at: &usize| {
        let (front, back) = name.split_at(*at);
        bare.starts_with(front)
            && bare.ends_with(back)
            && bare.get(*at..at + added).is_some_and(is_number)
    };
    (1..=name.len()).any(|at| fits(&at)).then_some(packed)
}

/// What rotation puts into a name: a mark, and behind it digits, which other marks may divide.
fn is_number(text: &[u8]) -> bool {
    text.first().is_some_and(|first| is_mark(*first))
        && text.iter().any(u8::is_ascii_digit)
        && text.iter().all(|b| is_in_number(*b))
}

fn is_in_number(byte: u8) -> bool {
    is_mark(byte) || byte.is_ascii_digit() || matches!(byte, b'T' | b'Z')
}

fn is_mark(byte: u8) -> bool {
    matches!(byte, b'.' | b'-' | b'_' | b'@' | b'+' | b':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::FileType;

    #[test]
    fn names_that_rotation_makes_are_known() {
        for (name, other, packed) in [
            ("app.log", "app.log.1", false),
            ("app.log", "app.log.12.gz", true),
            ("app.log", "app.log.gz", true),
            ("app.log", "app.log-20261122", false),
            ("app.log", "app.log-20261122-1795341600.zst", true),
            ("app.log", "app.log.2026-11-22", false),
            ("app.log", "app-2026-11-22.log", false),
            ("app.log", "app.2026-11-22T10:00:00Z.log.xz", true),
            ("app.log", "app-2026-11-22.1.log.gz", true),
            ("app.log", "app.log.old", false),
            ("0.log", "0.log.20261122-100000", false),
            ("catalina.out", "catalina.out-20261122.bz2", true),
        ] {
            let found = is_generation(name.as_bytes(), other.as_bytes());
            assert_eq!(found, Some(packed), "{other}");
            let earlier = earlier_paths(&Path::new("logs").join(other));
            assert!(
                earlier.contains(&Path::new("logs").join(name)),
                "{earlier:?}"
            );
        }
    }

    #[test]
    fn names_of_others_are_not() {
        for (name, other) in [
            ("app.log", "app.log"),
            ("app.log", "app.log.quiet"),
            ("app.log", "app.log.1.swp"),
            ("app.log", "app.logger"),
            ("app.log", "app2.log"),
            ("app.log", "other.log.1"),
            ("app.log", "myapp.log.1"),
            ("app.log", "app.log.bak"),
            ("app1.log", "app12.log"),
            ("app.log", "app..log"),
            ("app.log", "pp.log"),
        ] {
            let found = is_generation(name.as_bytes(), other.as_bytes());
            assert_eq!(found, None, "{other}");
            assert!(!earlier_paths(Path::new(other)).contains(&PathBuf::from(name)));
        }
    }

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
        let facts = |inode, born, modified| Facts {
            kind: FileType::RegularFile,
            identity: Identity {
                device: 1,
                inode,
                born,
            },
            size: 1,
            modified,
            links: 1,
        };
        let all: Vec<Generation> = [
            ("long-ago", facts(1, 10, 20), false),
            ("copy-of-before", facts(2, 60, 70), false),
            ("old", facts(3, 50, 80), false),
            ("compressed-before", facts(4, 90, 80), true),
            ("middle", facts(5, 81, 90), false),
            ("compressed-since", facts(6, 95, 92), true),
            ("new", facts(7, 96, 99), false),
        ]
        .into_iter()
        .map(|(path, facts, packed)| Generation {
            path: path.into(),
            facts,
            packed,
        })
        .collect();
        let (old, new) = (facts(3, 50, 80), facts(7, 96, 99).identity);
        let found = between(all, &old, Some(new), |_| false);
        let paths: Vec<_> = found.iter().filter_map(|one| one.path.to_str()).collect();
        assert_eq!(paths, ["middle", "compressed-since"]);
    }
}
