//! One finished file, rewritten small in its place, with its attic beside it.
//!
//! The work is a ladder of steps, each of which leaves a file that is whole: until the new file is renamed over the old
//! one the old one is there, and from then on the new one. The attic comes first, so that nothing is ever taken out
//! that is not kept.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::outcome::{Gain, Outcome, RewriteError, Step};
use super::press::{Judges, Press, PressError, Pressed};
use crate::attic::{Belongs, Stored};
use crate::command::attics;
use crate::command::clock::WallClock;
use crate::limits::SEGMENT_BYTES;
use crate::pipeline::Options;
use crate::rule::RuleSet;
use crate::system::compress::{Bounds, Expanded, Manner};
use crate::system::crew::Crew;
use crate::system::folder::Folder;
use crate::system::fresh::Fresh;
use crate::system::replace::{Refusal, Target};
use crate::system::shown;

/// Where attics are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Beside each file.
    #[default]
    Beside,
    /// In this folder, or, for one file, in this file.
    At(PathBuf),
    /// Nowhere: what is taken out is gone for good.
    Nowhere,
}

/// Under what terms files are rewritten.
pub struct Rewriting<'a> {
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// How the pipeline works.
    pub options: Options,
    /// Where attics are kept.
    pub keep: &'a Keep,
    /// Whether nothing is to be changed.
    pub dry_run: bool,
    /// How long nobody may have written to a file.
    pub min_age: Duration,
    /// How large a content may become.
    pub bounds: Bounds,
    /// Who works.
    pub crew: &'a Crew,
    /// The clock, for records that bear no time.
    pub clock: &'a WallClock,
    /// Told of each step.
    pub reached: &'a dyn Fn(Step),
}

/// Rewrites the file at `path`. `tell` hears again and again how many of its bytes were read.
///
/// # Errors
/// See [`RewriteError`]; the file is as it was.
pub fn rewrite(
    path: &Path,
    terms: &Rewriting<'_>,
    tell: &mut dyn FnMut(u64),
) -> Result<Outcome, RewriteError> {
    let job = Job {
        path,
        target: Target::open(path, terms.min_age)?,
        attic_folder: attic_folder(terms.keep)?,
        terms,
    };
    job.target.folder().clean();
    let was = job.stored(job.target.inode(), job.target.bytes(), "");
    if let Some((attic, _)) = attics::of_stored(job.folder(), job.target.name(), &was) {
        return Ok(Outcome::Already(attic));
    }
    (terms.reached)(Step::Opened);
    job.run(tell)
}

/// The folder that attics are kept in, if it is not that of each file.
fn attic_folder(keep: &Keep) -> Result<Option<Folder>, Refusal> {
    let Keep::At(path) = keep else {
        return Ok(None);
    };
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(Path::new(""))
    };
    Ok(Some(Folder::open(folder)?))
}

/// One file being rewritten.
struct Job<'a> {
    path: &'a Path,
    target: Target,
    attic_folder: Option<Folder>,
    terms: &'a Rewriting<'a>,
}

/// What is written on the way.
struct Files {
    fresh: Fresh,
    attic: Option<Fresh>,
}

impl Job<'_> {
    fn run(&self, tell: &mut dyn FnMut(u64)) -> Result<Outcome, RewriteError> {
        let content = self.target.file().try_clone();
        let content = content.and_then(|file| Expanded::new(file, self.terms.bounds));
        let content = content.map_err(|cause| self.unreadable(cause))?;
        let manner = content.manner().clone();
        let meter = content.meter();
        let read = || meter.load(Ordering::Relaxed);
        let mut tell = || tell(read());
        if self.terms.dry_run {
            return self.try_out(content, manner, &mut tell);
        }
        let files = self.files()?;
        let (mut out, mut attic) = (files.fresh.file(), files.attic.as_ref().map(Fresh::file));
        let mut attic = attic.as_mut().map(BufWriter::new);
        let attic_out = attic.as_mut().map(|attic| attic as &mut dyn Write);
        let press = Press::new(self.terms.crew, manner.clone(), &mut out, attic_out);
        let mut press = press.map_err(|cause| self.unwritable(cause))?;
        let pressed = self.press(&mut press, content, &mut tell)?;
        if let Some(outcome) = self.is_done(&pressed) {
            return Ok(outcome);
        }
        let belongs = self.belongs(&pressed, &files.fresh, manner.compression.name());
        let belongs = belongs.map_err(|cause| self.unwritable(cause))?;
        let finished = press.finish(belongs.clone());
        finished
            .and_then(|()| attic.map_or(Ok(()), |mut attic| attic.flush()))
            .map_err(|cause| self.unwritable(cause))?;
        (self.terms.reached)(Step::Written);
        let mut gain = self.settle(files, &belongs, read())?;
        gain.compression = manner.compression.name();
        gain.ledger = pressed.ledger;
        Ok(Outcome::Compacted(Box::new(gain)))
    }

    /// Does everything but write.
    fn try_out(
        &self,
        content: Expanded,
        manner: Manner,
        tell: &mut dyn FnMut(),
    ) -> Result<Outcome, RewriteError> {
        let compression = manner.compression.name();
        let (mut out, mut attic) = (Counter::default(), Counter::default());
        let kept = (*self.terms.keep != Keep::Nowhere).then_some(&mut attic as &mut dyn Write);
        let press = Press::new(self.terms.crew, manner, &mut out, kept);
        let mut press = press.map_err(|cause| self.unwritable(cause))?;
        let pressed = self.press(&mut press, content, tell)?;
        if let Some(outcome) = self.is_done(&pressed) {
            return Ok(outcome);
        }
        press
            .finish(Belongs::default())
            .map_err(|cause| self.unwritable(cause))?;
        Ok(Outcome::Compacted(Box::new(Gain {
            before: self.target.bytes(),
            after: out.0,
            attic_bytes: attic.0,
            attic: None,
            compression,
            ledger: pressed.ledger,
        })))
    }

    fn press(
        &self,
        press: &mut Press<'_>,
        content: Expanded,
        tell: &mut dyn FnMut(),
    ) -> Result<Pressed, RewriteError> {
        let judges = Judges {
            rules: Arc::clone(&self.terms.rules),
            options: self.terms.options,
            now: self.terms.clock.at(self.target.modified()),
            segment_bytes: SEGMENT_BYTES,
        };
        press
            .press(content, &judges, tell)
            .map_err(|error| match error {
                PressError::Unreadable(cause) => self.unreadable(cause),
                PressError::Unwritable(cause) => self.unwritable(cause),
            })
    }

    /// Whether there is nothing left to be done now that the content is known.
    fn is_done(&self, pressed: &Pressed) -> Option<Outcome> {
        if pressed.original == pressed.filtered {
            return Some(Outcome::Nothing);
        }
        let known = attics::of_content(self.folder(), self.target.name(), &pressed.original);
        known.map(|(attic, _)| Outcome::Already(attic))
    }

    fn files(&self) -> Result<Files, RewriteError> {
        let new = |folder: &Folder| Fresh::new(folder).map_err(|cause| self.unwritable(cause));
        Ok(Files {
            fresh: new(self.target.folder())?,
            attic: match self.terms.keep {
                Keep::Nowhere => None,
                Keep::Beside | Keep::At(_) => Some(new(self.folder())?),
            },
        })
    }

    fn belongs(&self, pressed: &Pressed, fresh: &Fresh, compression: &str) -> io::Result<Belongs> {
        let (inode, bytes) = fresh.look()?;
        let target = &self.target;
        Ok(Belongs {
            original: pressed.original.clone(),
            filtered: pressed.filtered.clone(),
            was: Some(self.stored(target.inode(), target.bytes(), compression)),
            is: Some(self.stored(inode, bytes, compression)),
        })
    }

    /// A file as it lies on the disk; the new one is as old as the old one.
    fn stored(&self, inode: u64, bytes: u64, compression: &str) -> Stored {
        Stored {
            compression: compression.to_owned(),
            bytes,
            inode,
            modified: self.target.modified(),
        }
    }

    /// Puts everything in its place.
    fn settle(&self, files: Files, belongs: &Belongs, read: u64) -> Result<Gain, RewriteError> {
        let Files { mut fresh, attic } = files;
        let mut gain = Gain {
            before: self.target.bytes(),
            ..Gain::default()
        };
        let unwritable = |cause| self.unwritable(cause);
        self.target.dress(&fresh)?;
        self.target.date(&fresh)?;
        fresh.sync().map_err(unwritable)?;
        if let Some(attic) = &attic {
            self.target.dress(attic)?;
            attic.sync().map_err(unwritable)?;
            gain.attic_bytes = attic.look().map_err(unwritable)?.1;
        }
        gain.after = fresh.look().map_err(unwritable)?.1;
        (self.terms.reached)(Step::Synced);
        self.target.check_unchanged(read)?;
        let placed = attic.map(|attic| self.place(attic, belongs)).transpose()?;
        (self.terms.reached)(Step::AtticPlaced);
        let replaced = self
            .replace(&mut fresh, read)
            .and_then(|()| Ok(self.target.replace(fresh)?));
        if let (Err(_), Some(name)) = (&replaced, &placed) {
            // An attic of nothing would only be in the way.
            let _ = self.folder().remove(name);
        }
        replaced?;
        (self.terms.reached)(Step::Replaced);
        self.target.folder().sync().map_err(unwritable)?;
        (self.terms.reached)(Step::Settled);
        gain.attic = placed.map(|name| self.folder().path().join(name));
        Ok(gain)
    }

    /// Makes the new file ready for its place, and looks a last time whether it may have it.
    fn replace(&self, fresh: &mut Fresh, read: u64) -> Result<(), RewriteError> {
        fresh
            .name(self.target.folder())
            .map_err(|cause| self.unwritable(cause))?;
        (self.terms.reached)(Step::Named);
        Ok(self.target.check_unchanged(read)?)
    }

    /// Gives the attic its name, on the disk.
    fn place(&self, attic: Fresh, belongs: &Belongs) -> Result<OsString, RewriteError> {
        let folder = self.folder();
        let as_asked = match self.terms.keep {
            Keep::At(path) if !path.is_dir() => path.file_name(),
            _ => None,
        };
        let name = match as_asked {
            Some(name) => attics::is_free(folder, name, belongs).then(|| name.to_owned()),
            None => attics::free_name(folder, self.target.name(), belongs),
        };
        let no_attic = |name: &OsStr, cause| RewriteError::NoAttic {
            path: shown(self.path),
            attic: shown(&folder.path().join(name)),
            cause,
        };
        let Some(name) = name else {
            let name =
                as_asked.map_or_else(|| attics::usual_name(self.target.name()), OsStr::to_owned);
            let taken = io::Error::new(io::ErrorKind::AlreadyExists, "something else is there");
            return Err(no_attic(&name, taken));
        };
        let placed = attic.take_name(folder, &name).and_then(|()| folder.sync());
        placed.map_err(|cause| no_attic(&name, cause))?;
        Ok(name)
    }

    fn folder(&self) -> &Folder {
        self.attic_folder
            .as_ref()
            .unwrap_or_else(|| self.target.folder())
    }

    fn unreadable(&self, cause: io::Error) -> RewriteError {
        RewriteError::Unreadable {
            path: shown(self.path),
            cause,
        }
    }

    fn unwritable(&self, cause: io::Error) -> RewriteError {
        RewriteError::Unwritable {
            path: shown(self.path),
            cause,
        }
    }
}

/// Counts what is written to it.
#[derive(Debug, Default)]
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
