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
pub mod export;
pub mod json;
pub mod logfmt;
mod piped;
mod syslog;
pub mod wear;

pub use clothes::{Clothes, Wardrobe, Words};
pub use escape::strip_colours;
pub use wear::{Coding, Kind, Origin, Wear};

use serde::{Deserialize, Serialize};

/// Which envelopes are opened.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
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
    /// Lines of names and values.
    Logfmt,
    /// The journal's export format, which is none of lines: told by how the stream begins.
    Export,
}

impl Format {
    /// The same for an input that begins with these bytes: it may prove to be one of entries.
    #[must_use]
    pub fn met(self, beginning: &[u8]) -> Format {
        match self {
            Format::Auto if beginning.starts_with(export::FRONT) => Format::Export,
            told => told,
        }
    }
}

/// Whether a line begins an object and is torn: nobody can read it.
pub fn is_torn(line: &[u8]) -> bool {
    let object = line.strip_prefix(b"data: ").unwrap_or(line);
    object.starts_with(b"{\"") && serde_json::from_slice::<serde::de::IgnoredAny>(object).is_err()
}
