//! Which file is drained: opened, locked, found again.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::ladder::Halt;
use super::successor::{Next, compressed, facts_of, successor};
use super::unpacked::Unpacked;
use crate::command::{Tone, Voice};
use crate::pipeline::Pipeline;
use crate::system::reclaim::mark::MARK_VERSION;
use crate::system::reclaim::{Birth, Mark, Resolved, resolve};
use crate::system::shown;

/// The record of a file that was not begun, with the output of another.
pub(super) fn beginning(mark: &Mark) -> Mark {
    Mark {
        version: MARK_VERSION,
        output: mark.output,
        output_bytes: mark.output_bytes,
        output_seam: mark.output_seam,
        attic: mark.attic,
        attic_bytes: mark.attic_bytes,
        truncations: mark.truncations,
        left: mark.left.clone(),
        consumed_before: mark.all_consumed(),
        given_before: mark.all_given_back(),
        ..Mark::default()
    }
}

/// Opens a regular file for reading and for giving back; never hangs on what is none.
pub(super) fn open_source(path: &Path) -> Result<File, String> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let opened = rustix::fs::open(path, flags, Mode::empty());
    let file = File::from(opened.map_err(|errno| {
        let cause = std::io::Error::from(errno);
        format!("cannot be opened for reading and writing ({cause}); its space can only be given back by who may write it")
    })?);
    match file.metadata() {
        Ok(stat) if stat.is_file() => Ok(file),
        Ok(_) => Err("this is no regular file, only such a file can be drained".to_owned()),
        Err(cause) => Err(cause.to_string()),
    }
}

/// Opens a file to look at it only; never hangs on what is none.
pub(super) fn open_to_read(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    File::options()
        .read(true)
        .custom_flags(flags.cast_signed())
        .open(path)
}

/// Two that give back the front of one file would give back what the other has not read.
pub(super) fn lock(source: &File) -> Result<(), String> {
    let locked = rustix::fs::flock(source, rustix::fs::FlockOperation::NonBlockingLockExclusive);
    locked.map_err(|errno| match errno {
        Errno::AGAIN => {
            "another quell drains this file, or its writer locks it; nothing is touched".to_owned()
        }
        errno => format!("cannot be locked ({})", std::io::Error::from(errno)),
    })
}

/// A file to be drained, and what is known of it.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) source: File,
    pub(super) mark: Mark,
    /// Its text, if it is compressed.
    pub(super) unpacked: Option<Unpacked>,
}

impl Opened {
    fn next(next: Next, before: &Mark) -> Opened {
        Opened {
            mark: next.mark(beginning(before)),
            source: next.source,
            unpacked: next.unpacked,
        }
    }

    fn of((source, mark): (File, Mark)) -> Opened {
        Opened {
            source,
            mark,
            unpacked: None,
        }
    }
}

/// Opens the file that the state is about, and what its filter held back; or the one that bears the name, if there is no
/// state.
pub(super) fn open(
    path: &Path,
    state: &Path,
    found: Option<Vec<u8>>,
    pipeline: &mut Pipeline,
    voice: &mut dyn Voice,
) -> Result<Opened, String> {
    match found.as_deref().map(Mark::decode) {
        None => begin(path),
        Some(Ok((mark, rest))) => {
            restore(pipeline, rest).map_err(|text| format!("{}: {text}", shown(state)))?;
            go_on(path, mark, voice)
        }
        Some(Err(error)) => Err(format!("{}: {error}", shown(state))),
    }
}

/// Goes on with what was held back and counted when the state was written; one that says nothing is a beginning.
fn restore(pipeline: &mut Pipeline, saved: &[u8]) -> Result<(), String> {
    if saved.is_empty() {
        return Ok(());
    }
    pipeline.restore(saved).map_err(|error| {
        format!("what was held back cannot be read ({error}), go on with the quell that wrote it")
    })
}

/// A file of which nothing was consumed yet.
fn begin(path: &Path) -> Result<Opened, String> {
    Ok(Opened::next(Next::named(path)?, &Mark::default()))
}

/// Finds the file that the record is about: under its name or, after a rotation, beside it, compressed or not.
fn go_on(path: &Path, mark: Mark, voice: &mut dyn Voice) -> Result<Opened, String> {
    if mark.packed {
        let found = find_by(path, mark.source, |path| open_to_read(path).ok());
        let unpacked = found.as_ref().and_then(|file| {
            let again = file.try_clone().ok()?;
            Unpacked::open(again, mark.consumed, Some(mark.seam)).ok()?
        });
        if let (Some(source), Some(unpacked)) = (found, unpacked) {
            let birth = Birth::of(&source).map_err(|cause| cause.to_string())?;
            return Ok(Opened {
                source,
                mark: Mark {
                    source: birth,
                    ..mark
                },
                unpacked: Some(unpacked),
            });
        }
    } else if let Some(file) = find(path, mark.source) {
        return resolved(path, file, mark, voice).map(Opened::of);
    }
    if let Some((source, mark, unpacked)) = compressed(path, &mark) {
        return Ok(Opened {
            source,
            mark,
            unpacked: Some(unpacked),
        });
    }
    let mut say = |path: &Path, text: &str| {
        voice.say(Tone::Error, &format!("{}: {text}", shown(path)));
    };
    let text = format!(
        "the file that was drained is gone, what was written to it after offset {} is lost; what followed it is read",
        mark.consumed + mark.base
    );
    say(path, &text);
    // Somebody may be about to rename them.
    let next = (0..3).find_map(|_| {
        successor(path, (&facts_of(&mark), None), &mark, |path, cause| {
            say(path, &skipped(cause));
        })
    });
    let next = next.map_or_else(|| Next::named(path), Ok)?;
    Ok(Opened::next(next, &mark))
}

/// What is said of a file whose turn it would be, and which cannot be read.
pub(super) fn skipped(cause: &str) -> String {
    format!("its lines are not in the output: it was renamed before it was drained, and {cause}")
}

/// Holds the file that was found against its record.
fn resolved(
    path: &Path,
    file: File,
    mark: Mark,
    voice: &mut dyn Voice,
) -> Result<(File, Mark), String> {
    match resolve(&mark, &file).map_err(|cause| cause.to_string())? {
        Resolved::Whole(mark) => {
            // Its device may have another number by now.
            let source = Birth::of(&file).map_err(|cause| cause.to_string())?;
            Ok((file, Mark { source, ..*mark }))
        }
        Resolved::Conflict(conflict) => Err(Halt::Conflict(conflict).to_string()),
        Resolved::Truncated => {
            let text = "somebody truncated this file while nobody drained it: what was written before that is lost; it is \
                        read from its beginning";
            voice.say(Tone::Error, &format!("{}: {text}", shown(path)));
            let mark = Mark {
                source: Birth::of(&file).map_err(|cause| cause.to_string())?,
                modified: mark.modified,
                truncations: mark.truncations + 1,
                ..beginning(&mark)
            };
            Ok((file, mark))
        }
    }
}

/// The file of this birth, under its name or beside it.
pub(super) fn find(path: &Path, birth: Birth) -> Option<File> {
    find_by(path, birth, |path| open_source(path).ok())
}

/// The same, opened in another way.
pub(super) fn find_by(
    path: &Path,
    birth: Birth,
    open: impl Fn(&Path) -> Option<File>,
) -> Option<File> {
    let is_it = |path: &Path| {
        let file = open(path)?;
        (Birth::of(&file).ok()? == birth).then_some(file)
    };
    if let Some(file) = is_it(path) {
        return Some(file);
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().find_map(|path| {
        use std::os::unix::fs::MetadataExt;
        let stat = std::fs::symlink_metadata(path).ok()?;
        (stat.is_file() && stat.ino() == birth.inode)
            .then(|| is_it(path))
            .flatten()
    })
}
