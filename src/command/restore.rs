//! What was taken out of a file, put back.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use thiserror::Error;

use super::attics::{self, OpenError, Opened};
use super::compact::units::Units;
use super::peek;
use super::span::Span;
use super::{Ending, Tone, Voice};
use crate::attic::{AtticError, RestoreError, Weave, restore, salvage};
use crate::system::compress::{Bounds, Expanded, Manner};
use crate::system::crew::Crew;
use crate::system::folder::Folder;
use crate::system::fresh::Fresh;
use crate::system::replace::{Refusal, Target};
use crate::system::shown;

/// Where the restored log goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum To {
    /// In the file's own place, compressed as it is; its attic is removed.
    #[default]
    Place,
    /// To the standard output, not compressed.
    Stdout,
    /// To a new file, compressed as the file is.
    File(PathBuf),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Restore all of it.
    Restore(To),
    /// Restore what is sound in a damaged attic, to somewhere else.
    Salvage(To),
    /// Show the part of the original that was written in this time.
    Part(Span),
    /// List the summaries.
    List,
    /// Show the records that a summary speaks of: its number, or text that only it has.
    Show(String),
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The file.
    pub file: PathBuf,
    /// Its attic, or the folder where that is, if it is not beside the file.
    pub attic: Option<PathBuf>,
    /// How many threads compress; `None` is one for each core.
    pub jobs: Option<usize>,
    /// What is to be done.
    pub errand: Errand,
}

/// Why nothing came of it.
#[derive(Debug, Error)]
pub enum Failure {
    /// The file may not be replaced.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The file or its attic cannot be had.
    #[error(transparent)]
    Unopened(#[from] OpenError),
    /// They do not give the original.
    #[error("{path}: {cause}; nothing was restored")]
    Unrestored {
        /// The path as it may be shown.
        path: String,
        /// Why.
        cause: RestoreError,
    },
    /// The output cannot be written.
    #[error("{path}: it cannot be written ({cause}), make room or name another place")]
    Unwritable {
        /// The path as it may be shown.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
    /// The output is there already.
    #[error("{0}: there is a file of that name already, name another one")]
    Taken(String),
    /// No summary is meant, or more than one.
    #[error("{what}: {}, give a number from `quell restore --list`", meant(*.count))]
    Unclear {
        /// What was asked for, as it may be shown.
        what: String,
        /// How many summaries it fits.
        count: usize,
    },
    /// Whoever read the output has seen enough.
    #[error("the reader of the output has gone")]
    ReaderGone,
}

fn meant(count: usize) -> String {
    match count {
        0 => "no summary has that number or that text".to_owned(),
        count => format!("{count} summaries have that text"),
    }
}

impl From<AtticError> for Failure {
    fn from(cause: AtticError) -> Failure {
        Failure::Unopened(OpenError::Attic {
            path: "its attic".to_owned(),
            cause,
        })
    }
}

impl Failure {
    /// A failure to write the standard output.
    pub(super) fn of_stdout(cause: io::Error) -> Failure {
        Failure::of_output("standard output".to_owned(), cause)
    }

    fn of_output(path: String, cause: io::Error) -> Failure {
        match cause.kind() {
            io::ErrorKind::BrokenPipe => Failure::ReaderGone,
            _ => Failure::Unwritable { path, cause },
        }
    }

    fn of_restoring(path: &Path, cause: RestoreError) -> Failure {
        match cause {
            RestoreError::Unwritable(cause) => Failure::of_output(shown(path), cause),
            cause => Failure::Unrestored {
                path: shown(path),
                cause,
            },
        }
    }
}

/// Restores a file, or shows what was taken out of it.
pub fn run(asked: &Asked, voice: &mut dyn Voice) -> Ending {
    // Bytes of the file that came after the last entry of an attic that grows.
    let mut rest = 0;
    let done = match &asked.errand {
        Errand::Restore(To::Place) => in_place(asked, &mut rest),
        Errand::Restore(to) => elsewhere(asked, to, &mut |opened, out| {
            let mut content = opened.content().map_err(RestoreError::Unreadable)?;
            rest = restore(&mut content, &mut opened.attic, out)?;
            Ok(())
        }),
        Errand::Salvage(to) => elsewhere_what_is_sound(asked, to, voice),
        Errand::Part(span) => peek::part(asked, *span),
        Errand::List => peek::list(asked),
        Errand::Show(summary) => peek::show(asked, summary),
    };
    if rest > 0 && done.is_ok() {
        let text = format!(
            "{}: its last {rest} bytes came after the last entry of its attic and stand as they are",
            shown(&asked.file)
        );
        voice.say(Tone::Note, &text);
    }
    match done {
        Ok(()) | Err(Failure::ReaderGone) => Ending::Fine,
        Err(error) => {
            voice.say(Tone::Error, &error.to_string());
            Ending::SomeFailed
        }
    }
}

fn crew(asked: &Asked) -> Result<Crew, Failure> {
    Crew::new(super::compact::jobs(asked.jobs)).map_err(Failure::of_stdout)
}

/// Puts the original in the file's place, once it is proven; then the attic goes, unless another file needs it.
fn in_place(asked: &Asked, rest: &mut u64) -> Result<(), Failure> {
    let path = &asked.file;
    let target = Target::open(path, Duration::ZERO)?;
    target.folder().clean();
    let mut opened = Opened::find(path, asked.attic.as_deref())?;
    let mut content = opened.content().map_err(|cause| unreadable(path, cause))?;
    let unwritable = |cause| Failure::of_output(shown(path), cause);
    let fresh = Fresh::new(target.folder()).map_err(unwritable)?;
    let meter = content.meter();
    write_units(
        &fresh,
        content.manner().clone(),
        &crew(asked)?,
        &mut |out| {
            *rest = restore(&mut content, &mut opened.attic, out)?;
            Ok(())
        },
    )
    .map_err(|cause| Failure::of_restoring(path, cause))?;
    target.dress(&fresh)?;
    target.date(&fresh)?;
    fresh.sync().map_err(unwritable)?;
    target.check_unchanged(meter.load(Ordering::Relaxed))?;
    target.replace(fresh)?;
    target.folder().sync().map_err(unwritable)?;
    if attics::is_needed(target.folder(), opened.attic.book()) {
        return Ok(());
    }
    std::fs::remove_file(&opened.attic_path)
        .map_err(|cause| Failure::of_output(shown(&opened.attic_path), cause))
}

type Restoring<'a> = dyn FnMut(&mut Opened, &mut dyn io::Write) -> Result<(), RestoreError> + 'a;

/// Writes what comes out to somewhere else.
fn elsewhere(asked: &Asked, to: &To, restoring: &mut Restoring<'_>) -> Result<(), Failure> {
    let mut opened = Opened::find(&asked.file, asked.attic.as_deref())?;
    write_elsewhere(asked, to, &mut |out| restoring(&mut opened, out))
}

type Writing<'a> = dyn FnMut(&mut dyn io::Write) -> Result<(), RestoreError> + 'a;

fn write_elsewhere(asked: &Asked, to: &To, writing: &mut Writing<'_>) -> Result<(), Failure> {
    let To::File(path) = to else {
        let mut out = io::stdout().lock();
        let written =
            writing(&mut out).and_then(|()| out.flush().map_err(RestoreError::Unwritable));
        return written.map_err(|cause| Failure::of_restoring(&asked.file, cause));
    };
    let failed = |cause| Failure::of_output(shown(path), cause);
    let folder = Folder::open(path.parent().unwrap_or(Path::new(""))).map_err(Refusal::from)?;
    let fresh = Fresh::new(&folder).map_err(failed)?;
    let manner = manner_of(&asked.file).map_err(|cause| unreadable(&asked.file, cause))?;
    write_units(&fresh, manner, &crew(asked)?, writing)
        .map_err(|cause| Failure::of_restoring(&asked.file, cause))?;
    let mode = asked
        .file
        .metadata()
        .map_or(0o600, |stat| stat.permissions().mode() & 0o777);
    fresh
        .file()
        .set_permissions(PermissionsExt::from_mode(mode))
        .map_err(failed)?;
    fresh.sync().map_err(failed)?;
    let named = fresh.take_free_name(&folder, path.file_name().unwrap_or(OsStr::new("")));
    named.map_err(|cause| match cause.kind() {
        io::ErrorKind::AlreadyExists => Failure::Taken(shown(path)),
        _ => failed(cause),
    })?;
    folder.sync().map_err(failed)
}

/// Writes a content into a new file, compressed in this manner.
fn write_units(
    fresh: &Fresh,
    manner: Manner,
    crew: &Crew,
    writing: &mut Writing<'_>,
) -> Result<(), RestoreError> {
    let mut file = fresh.file();
    let mut units = Units::new(crew, manner, &mut file);
    writing(&mut units)?;
    units.finish().map_err(RestoreError::Unwritable)
}

fn manner_of(path: &Path) -> io::Result<Manner> {
    let expanded = Expanded::new(File::open(path)?, Bounds::default())?;
    Ok(expanded.manner().clone())
}

/// Writes what can still be had when an attic is damaged: what is lost stays as the summaries say it.
fn elsewhere_what_is_sound(asked: &Asked, to: &To, voice: &mut dyn Voice) -> Result<(), Failure> {
    let path = &asked.file;
    let attic = asked.attic.clone().unwrap_or_else(|| {
        let name = attics::usual_name(path.file_name().unwrap_or_default());
        path.with_file_name(name)
    });
    let (mut sound, mut lost) = (0, 0);
    write_elsewhere(asked, to, &mut |out| {
        let file = File::open(path).and_then(|file| Expanded::new(file, Bounds::default()));
        let mut content = file.map_err(RestoreError::Unreadable)?;
        let from = File::open(&attic).map_err(RestoreError::Unreadable)?;
        let mut weave = Weave::new(&mut content, out);
        salvage(&mut BufReader::new(from), |chunk| {
            if chunk.filtered_at < weave.at().1 {
                return Ok(());
            }
            weave.pass_to(chunk.filtered_at)?;
            lost = chunk.original_at.saturating_sub(weave.at().0);
            sound += chunk.records();
            weave.chunk(&chunk)
        })?;
        weave.finish().map(drop)
    })?;
    let text = format!(
        "{}: {sound} records were put back; before the last of them {lost} bytes are missing, \
         and whether any are missing behind it is not known",
        shown(path)
    );
    voice.say(Tone::Note, &text);
    Ok(())
}

fn unreadable(path: &Path, cause: io::Error) -> Failure {
    Failure::Unopened(OpenError::Unreadable {
        path: shown(path),
        cause,
    })
}
