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

mod crowd;
mod file;
mod names;
mod words;

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use super::account::account;
use super::lane::{Lane, Surroundings};
use super::outlet::Place;
use super::rulebook;
use super::terms::Terms;
use super::{Ending, Tone, Voice};
use crate::pipeline::Ledger;
use crate::system::raise_open_files;
use crate::system::sink::SinkError;
use crate::system::tail::Start;
use crate::system::wait::Wait;
use crowd::Crowd;

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
    /// How often files are looked at, if their changes are not to be asked of the system.
    pub poll: Option<Duration>,
    /// Under what terms.
    pub terms: Terms,
}

/// Follows the files until a signal asks for the end, or nobody reads the output any more.
pub fn follow(asked: &Asked, voice: &mut dyn Voice) -> Ending {
    // Signals first: one that comes while rules are read and outputs opened is answered, too.
    let wait = Wait::new().map_err(SinkError::Failed);
    let rules = match asked.terms.rules.load() {
        Ok(rules) => Arc::new(rules),
        Err(errors) => {
            rulebook::complain(&errors, voice);
            return Ending::Refused;
        }
    };
    raise_open_files();
    let lane = Lane::new(rules, asked.terms.options, asked.terms.linger);
    let crowd = wait.and_then(|wait| Crowd::open(asked, lane, Surroundings::new(wait, voice)));
    let mut crowd = match crowd {
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
    if let Some(stats) = asked.terms.stats {
        let mut ledger = Ledger::default();
        crowd.ledgers().for_each(|one| ledger.add(&one));
        crowd.voice().show(&account(&ledger, stats));
    }
    ending
}
