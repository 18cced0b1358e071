//! `quell compact`: finished files, rewritten small in their places; the companion of logrotate.
//!
//! In come paths and patterns of files that nobody writes to any more, or one content through a pipe. Out go the same files,
//! smaller, an attic beside each, and a table of what was saved.
//!
//! Invariant: nothing here knows what noise is, or what an attic's bytes mean. At every moment a file is the old one or the
//! new one, and what was taken out of it is in its attic.
//!
//! The smallest file, and the one to imitate, is `outcome.rs`.

pub mod outcome;
pub mod press;
pub mod rewrite;
mod segments;
mod stream;
mod tally;
pub mod units;

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use self::outcome::{Outcome, RewriteError, Step};
use self::rewrite::{Keep, Rewriting, rewrite};
use self::stream::stream;
use self::tally::Tally;
use super::clock::WallClock;
use super::rulebook;
use super::terms::Terms;
use super::{Ending, Progress, Tone, Voice};
use crate::system::compress::{Bounds, Compression};
use crate::system::crew::Crew;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Files, and patterns of files; none is the standard input, rewritten to the standard output.
    pub files: Vec<PathBuf>,
    /// How the standard output is compressed, if not as the input is.
    pub compression: Option<Compression>,
    /// At which level.
    pub level: Option<u32>,
    /// Whether nothing is to be changed.
    pub dry_run: bool,
    /// How many threads work; `None` is one for each core.
    pub jobs: Option<usize>,
    /// Where attics are kept.
    pub keep: Keep,
    /// How long nobody may have written to a file.
    pub min_age: Duration,
    /// How large a content may become, in bytes.
    pub bytes_max: u64,
    /// Whether the table at the end is JSON.
    pub json: bool,
    /// After which step to end at once, for tests.
    pub stop_at: Option<Step>,
    /// Under what terms.
    pub terms: Terms,
}

/// Rewrites files. One that fails is reported and left as it was, and the others are done.
pub fn compact(asked: &Asked, voice: &mut dyn Voice) -> Ending {
    if asked.files.is_empty() {
        return stream(asked, voice);
    }
    let rules = match asked.terms.rules.load() {
        Ok(rules) => Arc::new(rules),
        Err(errors) => {
            rulebook::complain(&errors, voice);
            return Ending::Refused;
        }
    };
    let files = candidates(&asked.files);
    if files.len() > 1 && matches!(&asked.keep, Keep::At(path) if !path.is_dir()) {
        let text = "--attic names one file, but there are several to be rewritten; name a folder";
        voice.say(Tone::Error, text);
        return Ending::Refused;
    }
    let crew = match Crew::new(jobs(asked.jobs)) {
        Ok(crew) => crew,
        Err(error) => {
            voice.say(
                Tone::Error,
                &format!("no thread can be started ({error}), see --jobs"),
            );
            return Ending::SomeFailed;
        }
    };
    let terms = Rewriting {
        rules,
        options: asked.terms.options,
        keep: &asked.keep,
        dry_run: asked.dry_run,
        min_age: asked.min_age,
        bounds: Bounds {
            bytes_max: asked.bytes_max,
            ..Bounds::default()
        },
        crew: &crew,
        clock: &WallClock::new(),
        reached: &|step| stop(asked.stop_at, step),
    };
    let tally = rewrite_all(&files, &terms, voice);
    print(&tally, asked, voice);
    if tally.failed() == 0 {
        Ending::Fine
    } else {
        Ending::SomeFailed
    }
}

/// How many threads work, if nobody said it: one for each core.
#[must_use]
pub fn jobs(asked: Option<usize>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    asked.unwrap_or_else(cores).max(1)
}

fn rewrite_all(files: &[Candidate], terms: &Rewriting<'_>, voice: &mut dyn Voice) -> Tally {
    let sizes = files.iter().map(|file| bytes_of(&file.path));
    let mut progress = Progress {
        files: files.len(),
        bytes: sizes.sum(),
        ..Progress::default()
    };
    let mut tally = Tally::default();
    for file in files {
        let bytes_before = progress.bytes_done;
        let rewritten = rewrite(&file.path, terms, &mut |bytes| {
            progress.bytes_done = bytes_before + bytes;
            voice.progress(&progress);
        });
        let outcome = match rewritten {
            Err(RewriteError::Refused(why)) if !file.is_named && why.passes() => {
                Ok(Outcome::Later(why.to_string()))
            }
            Err(error) => {
                voice.say(Tone::Error, &error.to_string());
                Err(error)
            }
            done => done,
        };
        if let Ok(Outcome::Compacted(gain)) = &outcome {
            progress.saved += gain.before.saturating_sub(gain.after + gain.attic_bytes);
        }
        progress.files_done += 1;
        progress.bytes_done = bytes_before + bytes_of(&file.path);
        tally.add(&file.path, outcome);
    }
    voice.progress_ends();
    tally
}

fn bytes_of(path: &Path) -> u64 {
    path.metadata().map_or(0, |stat| stat.len())
}

/// A file, and whether it was named: one that a pattern matches may be left for another time.
struct Candidate {
    path: PathBuf,
    is_named: bool,
}

/// The files that are named, and those that a pattern matches; each once.
fn candidates(asked: &[PathBuf]) -> Vec<Candidate> {
    let mut seen = HashSet::new();
    let mut candidates = Vec::new();
    for path in asked {
        let matching = matches(path);
        let is_named = matching.is_none();
        for path in matching.unwrap_or_else(|| vec![path.clone()]) {
            if seen.insert(path.clone()) {
                candidates.push(Candidate { path, is_named });
            }
        }
    }
    candidates
}

/// The files that a pattern matches; `None` if it is a name, that of a file which has such characters in it included.
fn matches(path: &Path) -> Option<Vec<PathBuf>> {
    let text = path
        .to_str()
        .filter(|text| text.contains(['*', '?', '[']))?;
    if path.symlink_metadata().is_ok() {
        return None;
    }
    let paths = glob::glob(text).ok()?.filter_map(Result::ok);
    let attics = super::attics::EXTENSION;
    let is_log = |path: &PathBuf| {
        let is_file = path.symlink_metadata().is_ok_and(|stat| stat.is_file());
        is_file && !path.to_string_lossy().ends_with(attics)
    };
    Some(paths.filter(is_log).collect())
}

/// The door for tests: a program that is killed here leaves what any kill would leave.
fn stop(at: Option<Step>, step: Step) {
    if at == Some(step) {
        let own = rustix::process::getpid();
        let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
    }
}

fn print(tally: &Tally, asked: &Asked, voice: &mut dyn Voice) {
    let mut text = if asked.json {
        tally.json(asked.dry_run)
    } else {
        tally.table(asked.dry_run)
    };
    if let Some(stats) = asked.terms.stats {
        text += &super::account::account(tally.ledger(), stats);
    }
    let written = io::stdout().lock().write_all(text.as_bytes());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            voice.say(
                Tone::Error,
                &format!("the table cannot be written ({error})"),
            );
        }
        _ => {}
    }
}
