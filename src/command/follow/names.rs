//! Which files are meant: names as they stand, and patterns that are looked at again and again.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::system::tail::rotated::earlier_paths;

/// One name that was given.
#[derive(Clone, Debug)]
pub(super) enum Name {
    /// A file, whether it is there or not.
    File(PathBuf),
    /// A pattern.
    Pattern(Pattern),
}

/// A pattern for files.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: String,
    /// The folder above its first wildcard.
    pub(super) root: PathBuf,
    /// Whether there is no wildcard but in the last part: all files lie in `root`.
    pub(super) is_flat: bool,
}

/// Tells patterns from names. What is there under its very name is no pattern; what cannot be one is a name.
pub(super) fn name(given: OsString) -> Name {
    let path = PathBuf::from(given);
    let text = match path.to_str() {
        Some(text) if text.contains(['*', '?', '[']) && path.symlink_metadata().is_err() => text,
        _ => return Name::File(path),
    };
    if glob::Pattern::new(text).is_err() {
        return Name::File(path);
    }
    let is_wild = |part: &Path| {
        part.to_str()
            .is_none_or(|part| part.contains(['*', '?', '[']))
    };
    let above: Vec<_> = path
        .components()
        .take_while(|part| !is_wild(part.as_ref()))
        .collect();
    Name::Pattern(Pattern {
        text: text.to_owned(),
        root: above.iter().collect(),
        is_flat: above.len() + 1 == path.components().count(),
    })
}

impl Pattern {
    /// The files that it names now and that nobody follows yet, by name. What rotation has put beside one of them is not meant, nor what cannot be
    /// followed.
    pub(super) fn files(&self, is_followed: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let Ok(paths) = glob::glob(&self.text) else {
            return Vec::new();
        };
        let all: BTreeSet<PathBuf> = paths
            .filter_map(Result::ok)
            .filter(|path| path.is_file())
            .collect();
        let rotated = |path: &PathBuf| {
            let mut earlier = earlier_paths(path).into_iter();
            earlier.any(|earlier| all.contains(&earlier) || is_followed(&earlier))
        };
        let new = all.iter().filter(|path| !is_followed(path));
        new.filter(|path| !rotated(path)).cloned().collect()
    }

    /// The path of a file below the pattern's root.
    pub(super) fn below<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_there_is_a_name_and_a_wildcard_makes_a_pattern() {
        let dir = tempfile::tempdir().unwrap();
        let odd = dir.path().join("a[1].log");
        fs::write(&odd, "").unwrap();
        assert!(matches!(name(odd.into()), Name::File(_)));
        assert!(matches!(name("gone.log".into()), Name::File(_)));
        let Name::Pattern(flat) = name(dir.path().join("*.log").into()) else {
            panic!("a pattern");
        };
        assert!(flat.is_flat && flat.root == dir.path());
        let Name::Pattern(deep) = name(dir.path().join("*/app.log").into()) else {
            panic!("a pattern");
        };
        assert!(!deep.is_flat && deep.root == dir.path());
    }

    #[test]
    fn rotated_files_and_folders_are_not_meant() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["a.log", "a.log.1", "a.log.2.gz", "b.log", "c.log.9"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        fs::create_dir(dir.path().join("d.log")).unwrap();
        let Name::Pattern(pattern) = name(dir.path().join("*").into()) else {
            panic!("a pattern");
        };
        let files = pattern.files(|_| false);
        let below: Vec<_> = files.iter().map(|path| pattern.below(path)).collect();
        assert_eq!(below, ["a.log", "b.log", "c.log.9"].map(Path::new));
        let files = pattern.files(|path| path.ends_with("c.log"));
        assert_eq!(files.len(), 2);
    }
}
