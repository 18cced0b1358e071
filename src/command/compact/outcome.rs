//! What becomes of a file that is rewritten.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::pipeline::Ledger;
use crate::system::replace::Refusal;

/// A step of the ladder, after which a test may end the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The file was opened and found fit.
    Opened,
    /// The new file and the attic were written.
    Written,
    /// Both are on the disk.
    Synced,
    /// The attic has its name.
    AtticPlaced,
    /// The new file has a name, but not its place.
    Named,
    /// The new file is in its place.
    Replaced,
    /// That is on the disk.
    Settled,
}

/// What became of a file.
#[derive(Debug)]
pub enum Outcome {
    /// It is smaller now, or would be.
    Compacted(Box<Gain>),
    /// Nothing in it is noise that repeats.
    Nothing,
    /// It was rewritten before; its attic is there.
    Already(PathBuf),
    /// It is not finished yet, for this reason; only a pattern had named it.
    Later(String),
}

/// What was gained.
#[derive(Debug, Default)]
pub struct Gain {
    /// Bytes on the disk before.
    pub before: u64,
    /// Bytes on the disk now, the attic aside.
    pub after: u64,
    /// Bytes of the attic.
    pub attic_bytes: u64,
    /// The attic.
    pub attic: Option<PathBuf>,
    /// How the file is compressed.
    pub compression: &'static str,
    /// The account of its content.
    pub ledger: Ledger,
}

/// Why a file was left as it was.
#[derive(Debug, Error)]
pub enum RewriteError {
    /// It is not fit to be replaced.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It cannot be read to its end.
    #[error("{path}: it cannot be read to its end ({cause}), the file was left as it is")]
    Unreadable {
        /// The path as it may be shown.
        path: String,
        /// What is wrong.
        cause: io::Error,
    },
    /// The new file or the attic cannot be written.
    #[error(
        "{path}: the new file cannot be written ({cause}), make room for it; the file was left as it is"
    )]
    Unwritable {
        /// The path as it may be shown.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
    /// The attic cannot be put where it belongs.
    #[error(
        "{attic}: the attic cannot be put there ({cause}), see --attic; {path} was left as it is"
    )]
    NoAttic {
        /// The path as it may be shown.
        path: String,
        /// The attic as it may be shown.
        attic: String,
        /// Why.
        cause: io::Error,
    },
}
