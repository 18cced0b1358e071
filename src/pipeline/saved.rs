//! What a pipeline has to know after a restart, as bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::time::Marks;
use super::weave::Ahead;
use super::{Ledger, Pipeline};
use crate::episode::figures::Total;
use crate::episode::{Clock, Collapse};
use crate::format::Format;
use crate::line::Layout;

/// Version of the format.
pub const SAVED_VERSION: u32 = 1;

/// Why what was saved cannot be taken.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// A later version of the format.
    #[error("it is of version {0}, this quell reads {SAVED_VERSION}")]
    Newer(u32),
    /// It is damaged, or none.
    #[error("{0}")]
    Damaged(#[from] serde_json::Error),
}

/// Everything that what comes later depends on. A record whose verdict was given before its end was seen is not in it: if
/// the program ends before its last lines come, they are shown, as any lines are whose beginning is not known.
#[derive(Debug, Deserialize, Serialize)]
struct Saved<C, L, F> {
    version: u32,
    clock: Clock,
    marks: Marks,
    collapse: C,
    layout: Option<Layout>,
    ahead: Ahead,
    /// What the input proved to be made of; `None` before any of it was read.
    #[serde(default)]
    format: Option<Format>,
    mid_line: bool,
    torn: bool,
    offset: u64,
    open_since: Option<i64>,
    ledger: L,
    /// The part of the account that is not printed as it stands.
    figures: F,
}

/// The figures of each rule.
type Figures = BTreeMap<String, [Option<Total>; 2]>;

/// The part that every version has.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Pipeline {
    /// Writes down everything that what comes later depends on, between two blocks: as JSON with a version.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        debug_assert!(self.due.is_empty(), "between two blocks no summary is due");
        let saved = Saved {
            version: SAVED_VERSION,
            clock: self.clock.clone(),
            marks: self.marks.clone(),
            collapse: &self.collapse,
            layout: self.layout,
            ahead: self.ahead.clone(),
            format: (!self.is_fresh).then_some(self.format),
            mid_line: self.mid_line,
            torn: self.torn,
            offset: self.offset,
            open_since: self.open_since,
            ledger: &self.ledger,
            figures: &self.ledger.figures,
        };
        // Numbers, names and texts with names for keys: nothing in it can fail to be written as JSON.
        serde_json::to_vec(&saved).unwrap_or_default()
    }

    /// Goes on where another pipeline was [saved](Pipeline::save); its rules and settings may be others now.
    ///
    /// # Errors
    /// What was saved is of a later version, or damaged; this pipeline is then as it was.
    pub fn restore(&mut self, saved: &[u8]) -> Result<(), RestoreError> {
        let Version { version } = serde_json::from_slice(saved)?;
        if version > SAVED_VERSION {
            return Err(RestoreError::Newer(version));
        }
        let saved: Saved<Collapse, Ledger, Figures> = serde_json::from_slice(saved)?;
        self.clock = saved.clock;
        self.marks = saved.marks;
        self.collapse = saved.collapse.under(self.options.settings);
        self.layout = saved.layout;
        self.ahead = saved.ahead;
        self.is_fresh = saved.format.is_none();
        self.format = saved.format.unwrap_or(self.options.format);
        self.mid_line = saved.mid_line;
        self.torn = saved.torn;
        self.offset = saved.offset;
        self.open_since = saved.open_since;
        self.ledger = saved.ledger;
        self.ledger.figures = saved.figures;
        Ok(())
    }
}
