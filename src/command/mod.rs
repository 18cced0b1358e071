//! What can be asked: one file per command.
//!
//! In comes what is wanted, as plain values, out go filtered bytes, messages through a [`Voice`], and how it ended.
//!
//! Invariant: nothing here knows flags, help texts, colours or exit codes; that is the floor above. What a log line
//! means is not known either; that is the pipeline's.
//!
//! The smallest file, and the one to imitate, is `clock.rs`.

pub mod account;
pub mod answer;
pub mod attics;
pub mod clock;
pub mod compact;
pub mod draft;
pub mod drain;
pub mod explain;
pub mod filter;
pub mod follow;
pub mod journal;
pub mod kept;
pub mod lane;
mod lookout;
mod mark;
pub mod outlet;
pub mod peek;
pub mod prune;
pub mod reading;
pub mod records;
mod relief;
pub mod restore;
pub mod rulebook;
pub mod rules;
pub mod run;
pub mod span;
pub mod terms;
pub mod trial;
pub mod verdicts;
mod window;

use crate::system::child::End;
use crate::system::signal::Signal;

/// How grave a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something failed.
    Error,
    /// Something worth knowing; nothing failed.
    Note,
}

/// Who talks to people. Output never goes this way.
pub trait Voice {
    /// Says one thing.
    fn say(&mut self, tone: Tone, text: &str);

    /// Shows text as it is, such as the account at the end.
    fn show(&mut self, text: &str);

    /// Shows how far something is that takes long.
    fn progress(&mut self, _progress: &Progress) {}

    /// It has come to its end.
    fn progress_ends(&mut self) {}
}

/// How far work on files is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// All files.
    pub files: usize,
    /// Those that are done.
    pub files_done: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// Those that were read.
    pub bytes_done: u64,
    /// Bytes that were saved.
    pub saved: u64,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All was done.
    Fine,
    /// Some of it failed, and that was said; the rest was done.
    SomeFailed,
    /// What was asked cannot be meant, and that was said; nothing was done.
    Refused,
    /// A signal asked for the end; what had come in was finished and summarised.
    Signalled(Signal),
    /// The program that was run ended like this, and so are we to end.
    Child(End),
}

impl Ending {
    /// The graver of two endings.
    #[must_use]
    pub fn and(self, other: Ending) -> Ending {
        match (self, other) {
            (Ending::Fine, other) => other,
            (own, _) => own,
        }
    }
}
