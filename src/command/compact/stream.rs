//! One content from the standard input to the standard output, rewritten and compressed on the way: what logrotate
//! calls for each file as its `compresscmd`.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::press::{Judges, Press, PressError, Pressed};
use super::rewrite::Keep;
use super::{Asked, jobs};
use crate::attic::{Belongs, Stored};
use crate::command::attics;
use crate::command::clock::WallClock;
use crate::command::{Ending, Tone, Voice, rulebook};
use crate::limits::SEGMENT_BYTES;
use crate::system::compress::{Bounds, Expanded, Manner};
use crate::system::crew::Crew;
use crate::system::folder::Folder;
use crate::system::fresh::Fresh;
use crate::system::shown;

/// Where the attic is going to be: its folder, its name, whether that must be this one, and the file.
struct Place {
    folder: Folder,
    name: OsString,
    is_named: bool,
    fresh: Fresh,
}

/// Rewrites the standard input.
pub fn stream(asked: &Asked, voice: &mut dyn Voice) -> Ending {
    let rules = match asked.terms.rules.load() {
        Ok(rules) => Arc::new(rules),
        Err(errors) => {
            rulebook::complain(&errors, voice);
            return Ending::Refused;
        }
    };
    if io::stdin().is_terminal() {
        let text = "name the files to rewrite, or pipe one into this; see `quell compact --help`";
        voice.say(Tone::Error, text);
        return Ending::Refused;
    }
    let clock = WallClock::new();
    let judges = Judges {
        rules,
        options: asked.terms.options,
        now: source_time().map_or_else(|| clock.now(), |modified| clock.at(modified)),
        segment_bytes: SEGMENT_BYTES,
    };
    match rewrite(asked, &judges) {
        Ok(pressed) => {
            if let Some(stats) = asked.terms.stats {
                voice.show(&crate::command::account::account(&pressed.ledger, stats));
            }
            Ending::Fine
        }
        Err(text) => {
            voice.say(Tone::Error, &text);
            Ending::SomeFailed
        }
    }
}

/// When the file behind the standard input was last written, in nanoseconds since 1970, if there is a file.
fn source_time() -> Option<i64> {
    let stat = own(io::stdin())
        .ok()?
        .metadata()
        .ok()
        .filter(std::fs::Metadata::is_file)?;
    Some(
        stat.mtime()
            .saturating_mul(1_000_000_000)
            .saturating_add(stat.mtime_nsec()),
    )
}

fn own(fd: impl AsFd) -> io::Result<File> {
    Ok(File::from(fd.as_fd().try_clone_to_owned()?))
}

fn rewrite(asked: &Asked, judges: &Judges) -> Result<Pressed, String> {
    let place = place(asked)?;
    let crew = Crew::new(jobs(asked.jobs)).map_err(unwritable)?;
    let bounds = Bounds {
        bytes_max: asked.bytes_max,
        ..Bounds::default()
    };
    let content = own(io::stdin()).and_then(|input| Expanded::new(input, bounds));
    let content = content.map_err(unreadable)?;
    let mut manner = content.manner().clone();
    if let Some(compression) = asked.compression {
        manner = Manner::plain(compression);
    }
    manner.level = asked.level.or(manner.level);
    let compression = manner.compression.name();
    let mut out = own(io::stdout()).map_err(unwritable)?;
    let mut kept = place
        .as_ref()
        .map(|place| BufWriter::new(place.fresh.file()));
    let attic = kept.as_mut().map(|kept| kept as &mut dyn io::Write);
    let mut press = Press::new(&crew, manner, &mut out, attic).map_err(unwritable)?;
    let pressed = press
        .press(content, judges, &mut || {})
        .map_err(|error| match error {
            PressError::Unreadable(cause) => unreadable(cause),
            PressError::Unwritable(cause) => unwritable(cause),
        })?;
    let belongs = belongs(&pressed, compression).map_err(unwritable)?;
    press.finish(belongs.clone()).map_err(unwritable)?;
    kept.map_or(Ok(()), |mut kept| kept.flush())
        .map_err(unwritable)?;
    sync(&out).map_err(unwritable)?;
    if let Some(place) = place.filter(|_| pressed.original != pressed.filtered) {
        place.settle(&out, &belongs)?;
    }
    Ok(pressed)
}

fn unreadable(cause: io::Error) -> String {
    format!("standard input: it cannot be read to its end ({cause})")
}

fn unwritable(cause: io::Error) -> String {
    format!("standard output: it cannot be written ({cause})")
}

/// Waits until the output is on the disk; a pipe is on none.
fn sync(out: &File) -> io::Result<()> {
    if out.metadata()?.is_file() {
        out.sync_all()?;
    }
    Ok(())
}

/// What the attic belongs to. logrotate gives the new file the old one's times once we are done.
fn belongs(pressed: &Pressed, compression: &str) -> io::Result<Belongs> {
    let out = own(io::stdout())?.metadata()?;
    let stored = Stored {
        compression: compression.to_owned(),
        bytes: out.len(),
        inode: out.ino(),
        modified: source_time().unwrap_or_default(),
    };
    Ok(Belongs {
        original: pressed.original.clone(),
        filtered: pressed.filtered.clone(),
        was: None,
        is: Some(stored).filter(|_| out.is_file()),
    })
}

/// Where the attic is going to be: beside the file that the standard output is, unless another place was named.
fn place(asked: &Asked) -> Result<Option<Place>, String> {
    let (path, is_named) = match &asked.keep {
        Keep::Nowhere => return Ok(None),
        Keep::At(path) if !path.is_dir() => (path.clone(), true),
        Keep::At(folder) => {
            let name = output_name().unwrap_or_else(|| PathBuf::from("stdin"));
            (folder.join(name.file_name().unwrap_or_default()), false)
        }
        Keep::Beside => {
            let text = "the standard output is no file, so it is not known where to keep what is taken out; \
                        name a place with --attic, or see --no-attic";
            (output_name().ok_or_else(|| text.to_owned())?, false)
        }
    };
    let folder =
        Folder::open(path.parent().unwrap_or(Path::new(""))).map_err(|error| error.to_string())?;
    let name = path.file_name().unwrap_or_default().to_owned();
    let fresh = Fresh::new(&folder).map_err(|cause| {
        format!(
            "{}: the attic cannot be written there ({cause})",
            shown(folder.path())
        )
    })?;
    Ok(Some(Place {
        folder,
        name,
        is_named,
        fresh,
    }))
}

/// The path of the file that the standard output is, as the system knows it.
fn output_name() -> Option<PathBuf> {
    let out = own(io::stdout())
        .ok()?
        .metadata()
        .ok()
        .filter(std::fs::Metadata::is_file)?;
    let path = std::fs::read_link("/proc/self/fd/1").ok()?;
    // It may have been removed or renamed meanwhile; then the name means nothing.
    let same = path
        .metadata()
        .is_ok_and(|stat| (stat.dev(), stat.ino()) == (out.dev(), out.ino()));
    same.then_some(path)
}

impl Place {
    /// Makes the attic as readable as the output is, and gives it its name.
    fn settle(self, out: &File, belongs: &Belongs) -> Result<(), String> {
        let Place {
            folder,
            name,
            is_named,
            fresh,
        } = self;
        let name = if is_named {
            Some(name.clone()).filter(|name| attics::is_free(&folder, name, belongs))
        } else {
            attics::free_name(&folder, &name, belongs)
        };
        let failed = |cause: io::Error| {
            format!(
                "{}: the attic cannot be put there ({cause})",
                shown(folder.path())
            )
        };
        let name = name.ok_or_else(|| failed(io::Error::from(io::ErrorKind::AlreadyExists)))?;
        let like = out.metadata().map_err(failed)?;
        if like.is_file() {
            std::os::unix::fs::fchown(fresh.file(), Some(like.uid()), Some(like.gid()))
                .map_err(failed)?;
            fresh
                .file()
                .set_permissions(like.permissions())
                .map_err(failed)?;
        }
        fresh.sync().map_err(failed)?;
        fresh
            .take_name(&folder, &name)
            .and_then(|()| folder.sync())
            .map_err(failed)
    }
}
