//! Under what terms a stream is filtered: the same for every command that filters.

use std::time::Duration;

use super::outlet::Place;
use super::rulebook::Rulebook;
use crate::pipeline::Options;

/// How the account is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stats {
    /// For people.
    Text,
    /// One JSON object on one line.
    Json,
}

/// The terms.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Where summaries go, if not into the output.
    pub summaries: Option<Place>,
    /// How the pipeline works.
    pub options: Options,
    /// How long the last, possibly unfinished record is held after its last byte.
    pub linger: Duration,
    /// Which rules.
    pub rules: Rulebook,
    /// Whether and how the account is printed at the end.
    pub stats: Option<Stats>,
}
