//! Follows files that are still written, through the filter.
//!
//! In come names and patterns, where reading begins, and where the output goes; out goes every line once, in the order of
//! its file, quieter, for as long as nobody asks for the end.
//!
//! ```text
//! hints, timers ─► lookout ─► look ─► read ─► lane ─► outlet ─► checkpoint
//! ```
//!
//! Invariant: there is one loop, in `crowd.rs`, and one place in it that waits; no file has a thread of its own, and a file
//! that is quiet costs a kilobyte and no time. What has become of a file is decided in `system::tail`; here it is said.
//!
//! The smallest file, and the one to imitate, is `words.rs`.

mod checkpoint;
mod crowd;
mod file;
mod names;
mod party;
mod words;

use std::ffi::OsString;
use std::path::PathBuf;
use std::slice;
use std::time::Duration;

use super::account::account;
use super::lane::Surroundings;
use super::outlet::Place;
use super::terms::Terms;
use super::{Ending, Tone, Voice};
use crate::system::raise_open_files;
use crate::system::sink::SinkError;
use crate::system::tail::Start;
use crate::system::wait::Wait;
use crowd::Crowd;
use party::Party;

/// Where the output goes.
#[derive(Clone, Debug)]
pub enum Outputs {
    /// All of it to one place, with a title where it turns from one file to another.
    One(Place),
    /// That of each file to a file of the same name in this folder.
    Each(Place),
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Files, and patterns for files.
    pub names: Vec<OsString>,
    /// Where reading begins in files that are there already.
    pub start: Start,
    /// Where it goes.
    pub outputs: Outputs,
    /// The folder in which it is kept how far reading has come.
    pub state: Option<PathBuf>,
    /// Where what is taken out is kept, if it is.
    pub attic: Option<PathBuf>,
    /// How often files are looked at, if their changes are not to be asked of the system.
    pub poll: Option<Duration>,
    /// Under what terms.
    pub terms: Terms,
}

/// Follows the files until a signal asks for the end, or nobody reads the output any more.
pub fn follow(asked: &Asked, voice: &mut dyn Voice) -> Ending {
    serve(slice::from_ref(asked), voice)
}

/// Follows several parties of files in one process, each on its own terms and with its own outputs. State and polling are one
/// thing for all of them: those of the first count. Ends as [`follow`] does.
pub fn serve(asked: &[Asked], voice: &mut dyn Voice) -> Ending {
    // Signals first: one that comes while rules are read and outputs opened is answered, too.
    let wait = Wait::new().map_err(SinkError::Failed);
    let mut parties = Vec::new();
    for asked in asked {
        match Party::new(asked, voice) {
            Some(party) => parties.push(party),
            None => return Ending::Refused,
        }
    }
    raise_open_files();
    let wait = match wait {
        Ok(wait) => wait,
        Err(error) => {
            voice.say(Tone::Error, &error.to_string());
            return Ending::SomeFailed;
        }
    };
    let around = Surroundings::new(wait, voice).serving();
    let mut crowd = match Crowd::open(parties, around) {
        Ok(crowd) => crowd,
        Err(error) => {
            voice.say(Tone::Error, &error.to_string());
            return Ending::SomeFailed;
        }
    };
    let ending = match crowd.run() {
        Ok(ending) => ending,
        Err(SinkError::ReaderGone) => Ending::Fine,
        Err(error) => {
            crowd.voice().say(Tone::Error, &error.to_string());
            Ending::SomeFailed
        }
    };
    for (ledger, stats) in crowd.accounts() {
        crowd.voice().show(&account(&ledger, stats));
    }
    ending
}
