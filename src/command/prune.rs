//! Attics that nobody will ask for any more, removed.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::attics::{self, EXTENSION};
use super::{Ending, Tone, Voice};
use crate::attic::AtticError;
use crate::episode::summary::size;
use crate::system::shown;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Attics, and folders of them.
    pub paths: Vec<PathBuf>,
    /// How old an attic must be: how long ago it was made.
    pub older_than: Duration,
    /// Whether nothing is to be removed.
    pub dry_run: bool,
}

/// Removes old attics. What bears the name of one but is none is left alone.
pub fn prune(asked: &Asked, voice: &mut dyn Voice) -> Ending {
    let mut ending = Ending::Fine;
    let (mut count, mut bytes) = (0_u64, 0);
    for path in asked.paths.iter().flat_map(|path| attics_at(path)) {
        match prune_one(&path, asked) {
            Ok(None) => {}
            Ok(Some(freed)) => {
                count += 1;
                bytes += freed;
                let _ = writeln!(io::stdout(), "{}", shown(&path));
            }
            Err(error) => {
                let text = format!("{}: it cannot be removed ({error})", shown(&path));
                voice.say(Tone::Error, &text);
                ending = Ending::SomeFailed;
            }
        }
    }
    let done = if asked.dry_run {
        "would be removed"
    } else {
        "removed"
    };
    let _ = writeln!(io::stdout(), "{count} attics, {} {done}", size(bytes));
    ending
}

/// The attics at a path: itself, or those in the folder.
fn attics_at(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let entries = path.read_dir().into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(EXTENSION))
        .collect();
    paths.sort();
    paths
}

/// Removes an attic if it is old enough; gives its bytes then.
fn prune_one(path: &Path, asked: &Asked) -> io::Result<Option<u64>> {
    let stat = path.symlink_metadata()?;
    let age = SystemTime::now()
        .duration_since(stat.modified()?)
        .unwrap_or_default();
    let is_attic = match attics::open_at(path) {
        Err(AtticError::Io(error)) => return Err(error),
        Err(AtticError::Foreign) => false,
        // A damaged one is old some day, too.
        Err(_) | Ok(_) => stat.is_file(),
    };
    if !is_attic || age < asked.older_than {
        return Ok(None);
    }
    if !asked.dry_run {
        std::fs::remove_file(path)?;
    }
    Ok(Some(stat.len()))
}
