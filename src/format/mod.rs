//! What a line wears.
//!
//! In comes a line as it stands in the stream, out goes what it wears: whose line it is, when the carrier took it, and
//! where in it the text stands that the writer wrote. And back: a summary goes into the clothes of a line.
//!
//! Invariant: what a line wears is told from its own bytes alone, and nothing is decoded before it is asked for.
//! Nothing here knows what a record, a trace or a rule is, and nothing is remembered from line to line.
//! The smallest file, and the one to imitate, is `cri.rs`.

pub mod clothes;
mod cri;
mod docker;
mod escape;
pub mod json;
mod piped;
mod syslog;
pub mod wear;

pub use clothes::{Clothes, Wardrobe, Words};
pub use escape::strip_colours;
pub use wear::{Coding, Kind, Origin, Wear};

/// Which envelopes are opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// All of them, each line told by its own bytes.
    #[default]
    Auto,
    /// None: every line is the writer's own.
    Plain,
    /// Docker's json-file lines.
    Docker,
    /// Lines of a container runtime's log (CRI).
    Cri,
    /// Lines of a syslog file, or of a journal printed by lines.
    Syslog,
    /// Lines with a container's or a wrapper's name before a pipe, or with the container's own time.
    Compose,
    /// Lines that are JSON objects.
    Json,
}
