//! Which file is drained: opened, locked, found again.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::ladder::Halt;
use crate::command::{Tone, Voice};
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

/// A file of which nothing was consumed yet.
pub(super) fn begin(path: &Path) -> Result<(File, Mark), String> {
    let file = open_source(path)?;
    let source = Birth::of(&file).map_err(|cause| cause.to_string())?;
    let mark = Mark {
        source,
        ..beginning(&Mark::default())
    };
    Ok((file, mark))
}

/// Finds the file that the record is about, under its name or, after a rotation, beside it.
pub(super) fn go_on(
    path: &Path,
    mark: Mark,
    voice: &mut dyn Voice,
) -> Result<(File, Mark), String> {
    let Some(file) = find(path, mark.source) else {
        let text = format!(
            "{}: the file that was drained is gone, what was written to it after offset {} is lost; its successor is read from its \
             beginning",
            shown(path),
            mark.consumed + mark.base
        );
        voice.say(Tone::Error, &text);
        let (file, fresh) = begin(path)?;
        let mark = Mark {
            source: fresh.source,
            ..beginning(&mark)
        };
        return Ok((file, mark));
    };
    match resolve(&mark, &file).map_err(|cause| cause.to_string())? {
        Resolved::Whole(mark) => Ok((file, *mark)),
        Resolved::Conflict(conflict) => Err(Halt::Conflict(conflict).to_string()),
        Resolved::Truncated => {
            let text = "somebody truncated this file while nobody drained it: what was written before that is lost; it is \
                        read from its beginning";
            voice.say(Tone::Error, &format!("{}: {text}", shown(path)));
            let mark = Mark {
                source: mark.source,
                truncations: mark.truncations + 1,
                ..beginning(&mark)
            };
            Ok((file, mark))
        }
    }
}

/// The file of this birth, under its name or beside it.
pub(super) fn find(path: &Path, birth: Birth) -> Option<File> {
    let is_it = |path: &Path| {
        let file = open_source(path).ok()?;
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
