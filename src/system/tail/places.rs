//! Where something may happen that concerns a name: every folder in which the way to it takes a turn.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::limits::LINKS_MAX;

/// A name in a folder.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The folder, without symbolic links on the way to it.
    pub folder: PathBuf,
    /// The name in it.
    pub name: OsString,
}

/// The places to be watched for `path`: each symbolic link on the way, and the file itself; where the way ends before that,
/// the name that is missing. A link that leads in a circle ends the way, too.
#[must_use]
pub fn places(path: &Path) -> Vec<Place> {
    let mut places = Vec::new();
    let mut folder = PathBuf::new();
    let mut way: VecDeque<OsString> = words(path);
    if path.is_relative() {
        folder = fs::canonicalize(".").unwrap_or_else(|_| PathBuf::from("."));
    }
    let mut links = 0;
    while let Some(word) = way.pop_front() {
        if word == OsStr::new("/") {
            folder = PathBuf::from("/");
            continue;
        }
        if word == OsStr::new("..") {
            folder.pop();
            continue;
        }
        let there = folder.join(&word);
        let place = Place {
            folder: folder.clone(),
            name: word,
        };
        let kind = fs::symlink_metadata(&there).map(|stat| stat.file_type());
        match kind {
            Ok(kind) if kind.is_symlink() && links < LINKS_MAX => {
                links += 1;
                places.push(place);
                let target = fs::read_link(&there).unwrap_or_default();
                let mut onward = words(&target);
                onward.append(&mut way);
                way = onward;
            }
            Ok(kind) if kind.is_dir() && !way.is_empty() => folder = there,
            _ => {
                places.push(place);
                break;
            }
        }
    }
    places.sort();
    places.dedup();
    places
}

fn words(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter(|component| *component != Component::CurDir)
        .map(|component| component.as_os_str().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn found(path: &Path, base: &Path) -> Vec<String> {
        let base = fs::canonicalize(base).unwrap();
        let shown = |place: Place| {
            let whole = place.folder.join(place.name);
            let own = whole.strip_prefix(&base).unwrap_or(&whole).to_owned();
            own.to_str().unwrap().to_owned()
        };
        places(path).into_iter().map(shown).collect()
    }

    #[test]
    fn a_plain_file_is_watched_in_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.log"), "").unwrap();
        assert_eq!(found(&dir.path().join("a.log"), dir.path()), ["a.log"]);
    }

    #[test]
    fn every_link_on_the_way_is_watched() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("v1/logs")).unwrap();
        fs::write(at("v1/logs/real.log"), "").unwrap();
        symlink("v1", at("current")).unwrap();
        symlink("../logs/real.log", at("v1/logs/a.log")).unwrap();
        let path = at("current/logs/a.log");
        assert_eq!(
            found(&path, dir.path()),
            ["current", "v1/logs/a.log", "v1/logs/real.log"]
        );
    }

    #[test]
    fn what_is_missing_is_watched_where_it_would_appear() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("logs")).unwrap();
        let path = dir.path().join("logs/today/a.log");
        assert_eq!(found(&path, dir.path()), ["logs/today"]);
    }

    #[test]
    fn links_in_a_circle_come_to_an_end() {
        let dir = tempfile::tempdir().unwrap();
        symlink("b", dir.path().join("a")).unwrap();
        symlink("a", dir.path().join("b")).unwrap();
        assert_eq!(found(&dir.path().join("a"), dir.path()), ["a", "b"]);
    }
}
