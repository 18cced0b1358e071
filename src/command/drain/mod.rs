//! `quell drain`: a file that is still being written stays small, and not a byte is lost.
//!
//! In come paths of files that others append to, out go their filtered streams, and the disk space of what was consumed.
//!
//! Invariant: nothing is given back that is not in the output, synced, and recorded. Whatever does not fit the record is a
//! conflict, and is left as it is.
//!
//! The smallest file, and the one to imitate, is `step.rs`.

mod attic;
mod delivery;
mod drained;
mod due;
mod intake;
mod ladder;
mod left;
mod metrics;
mod neighbours;
mod origin;
mod policy;
mod rounds;
mod status;
mod step;
mod succession;
mod successor;
mod target;
mod unpacked;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::account::account;
use super::compact::rewrite::Keep;
use super::lane::Surroundings;
use super::terms::Terms;
use super::{Ending, Tone, Voice, rulebook};
use crate::system::ladder::Sizing;
use crate::system::shown;
use crate::system::wait::Wait;

use drained::Drained;
pub use policy::{Policy, Shrink};
use rounds::Rounds;
pub use status::status;
pub use step::{STEPS, Step, Stop};

/// Where the filtered streams go.
#[derive(Clone, Debug)]
pub enum Outputs {
    /// All into one file; only for one source.
    File(PathBuf),
    /// Each into a file of its own name in this folder.
    Folder(PathBuf),
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The files.
    pub files: Vec<PathBuf>,
    /// Where they go.
    pub outputs: Outputs,
    /// To what size each output is kept, if to any.
    pub sizing: Option<Sizing>,
    /// Where what is taken out is kept.
    pub keep: Keep,
    /// Where the states are kept; beside the outputs if nothing is said.
    pub state: Option<PathBuf>,
    /// What may be done to the files.
    pub policy: Policy,
    /// Where figures are written for who collects them.
    pub metrics: Option<PathBuf>,
    /// Ends when everything that is there is consumed.
    pub once: bool,
    /// Kills the program at a step: for tests.
    pub stop: Option<Stop>,
    /// Under what terms.
    pub terms: Terms,
}

impl Asked {
    /// Where the output of a file goes.
    fn output(&self, file: &Path) -> PathBuf {
        match &self.outputs {
            Outputs::File(path) => path.clone(),
            Outputs::Folder(folder) => folder.join(file.file_name().unwrap_or(file.as_os_str())),
        }
    }

    /// Where what is taken out of a file's stream is kept, if it is.
    fn attic(&self, file: &Path) -> Option<PathBuf> {
        let output = self.output(file);
        let mut name = output.file_name().unwrap_or_default().to_owned();
        name.push(".attic");
        match &self.keep {
            Keep::Nowhere => None,
            Keep::Beside => Some(output.with_file_name(name)),
            Keep::At(folder) if folder.is_dir() => Some(folder.join(name)),
            Keep::At(path) => Some(path.clone()),
        }
    }

    /// Where the state of a file is kept.
    fn state(&self, file: &Path) -> PathBuf {
        let output = self.output(file);
        let folder = self
            .state
            .as_deref()
            .or(output.parent())
            .filter(|folder| !folder.as_os_str().is_empty());
        let mut name = std::ffi::OsString::from(".");
        name.push(file.file_name().unwrap_or(file.as_os_str()));
        name.push(".drain");
        folder.unwrap_or(Path::new(".")).join(name)
    }
}

/// Drains the files until a signal ends it.
pub fn drain(asked: &Asked, voice: &mut dyn Voice) -> Ending {
    let wait = match Wait::new() {
        Ok(wait) => wait,
        Err(cause) => {
            voice.say(Tone::Error, &format!("signals cannot be caught ({cause})"));
            return Ending::SomeFailed;
        }
    };
    if asked.terms.summaries.is_some() {
        let text = "summaries of drained files stand in their output, leave out --summary-to";
        voice.say(Tone::Error, text);
        return Ending::Refused;
    }
    let rules = match asked.terms.rules.load() {
        Ok(rules) => Arc::new(rules),
        Err(errors) => {
            rulebook::complain(&errors, voice);
            return Ending::Refused;
        }
    };
    let mut ending = Ending::Fine;
    let mut drained = Vec::new();
    for file in &asked.files {
        match Drained::open(file, asked, Arc::clone(&rules), voice) {
            Ok(opened) => drained.push(opened),
            Err(text) => {
                voice.say(Tone::Error, &format!("{}: {text}", shown(file)));
                ending = Ending::SomeFailed;
            }
        }
    }
    let around = Surroundings::new(wait, voice).serving();
    let mut rounds = Rounds::new(asked, drained, around);
    ending = rounds.run().and(ending);
    if let Some(stats) = asked.terms.stats {
        let text = account(&rounds.ledger(), stats);
        voice.show(&text);
    }
    ending
}
