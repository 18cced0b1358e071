//! Shows the first record of each kind and counts the rest.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::names::Names;
use super::sighting::Sighting;
use super::summary::Summary;
use super::surge::Rate;
use crate::limits::{EVERY, FIRST_QUOTE_BYTES, FORGET, KINDS_MAX};

mod kinds;

/// How much of the first record of a kind is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum First {
    /// All of it.
    #[default]
    Full,
    /// Its head line.
    Line,
    /// Nothing: it is counted like the others.
    None,
}

/// How repeats are counted.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long one window is.
    pub every: Duration,
    /// After how long a kind that was not seen is new again.
    pub forget: Duration,
    /// What is shown of the first.
    pub first: First,
    /// How many kinds are remembered at once.
    pub kinds_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            every: EVERY,
            forget: FORGET,
            first: First::Full,
            kinds_max: KINDS_MAX,
        }
    }
}

/// What becomes of a record that a rule takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// The first of its kind: it passes.
    Show,
    /// The first of its kind: its first line passes, the others are held back.
    ShowLine {
        /// The number of its kind.
        kind: u64,
    },
    /// A repeat: it is held back and counted.
    Hold {
        /// The number of its kind.
        kind: u64,
    },
}

/// What was held back of one kind since its last summary.
#[derive(Debug, Deserialize, Serialize)]
struct Episode {
    /// What stays the same from window to window; its counts are filled in when a summary is due.
    /// Its kind's number also says in which order kinds were first met.
    summary: Summary,
    /// When it was last seen: the order of sightings, and the time.
    last_sighting: u64,
    last_stamp: i64,
    last_window: i64,
    peers: Names,
    paths: Names,
    rate: Rate,
}

/// What is known of each kind, by its key.
type Episodes = HashMap<Box<[u8]>, Box<Episode>, foldhash::quality::RandomState>;

/// The table of kinds.
#[derive(Debug, Deserialize, Serialize)]
pub struct Collapse {
    #[serde(skip)]
    settings: Settings,
    /// Boxed: a table that doubles, or drags along the room of what was evicted, would cost megabytes otherwise.
    #[serde(with = "kinds")]
    episodes: Episodes,
    sightings: u64,
    /// Number of the window that the held records belong to; windows are aligned to the log's clock.
    window: i64,
    /// The log's clock, as it was told last.
    micros: i64,
    /// How many kinds have something held back.
    open: usize,
    evicted: u64,
}

impl Collapse {
    /// An empty table.
    pub fn new(settings: Settings) -> Collapse {
        Collapse {
            settings,
            episodes: HashMap::default(),
            sightings: 0,
            window: i64::MIN,
            micros: 0,
            open: 0,
            evicted: 0,
        }
    }

    /// The same table under other settings, after it was written down and read again.
    #[must_use]
    pub fn under(self, settings: Settings) -> Collapse {
        Collapse { settings, ..self }
    }

    /// Whether anything is held back, so that a summary is due some time.
    pub fn is_open(&self) -> bool {
        self.open > 0
    }

    /// How many kinds were given up because the table was full.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Ends the window if the log's clock has left it; its summaries go to `due`.
    pub fn turn(&mut self, micros: i64, due: &mut Vec<Summary>) {
        self.micros = micros;
        if self.is_open() && self.number(micros) != self.window {
            let end = (self.window.saturating_add(1)).saturating_mul(self.every());
            // A clock that was set back has left the window, too: its end then lies ahead, and `micros` is the time.
            self.flush(if micros >= end { end } else { micros }, due);
        }
    }

    /// Counts one record, or shows it. Kinds that must make room write their summaries to `due`.
    pub fn take(
        &mut self,
        key: &[u8],
        sighting: &Sighting<'_>,
        due: &mut Vec<Summary>,
    ) -> Treatment {
        self.sightings += 1;
        if !self.is_open() {
            self.window = self.number(self.micros);
        }
        let forget = i64::try_from(self.settings.forget.as_micros()).unwrap_or(i64::MAX);
        let sightings = self.sightings;
        let (new, mut kind) = match self.episodes.get_mut(key) {
            None => (true, sightings),
            Some(episode) => {
                let silent = sighting.stamp.saturating_sub(episode.last_stamp);
                episode.last_sighting = sightings;
                // A late stamp makes no silence: the records around it may be held back, and are not there in a second run.
                episode.last_stamp = episode.last_stamp.max(sighting.stamp);
                let forgotten = silent > forget && episode.summary.count == 0;
                (forgotten, episode.summary.kind)
            }
        };
        if new {
            kind = sightings;
            self.admit(key, sighting, due);
            match self.settings.first {
                First::Full => return Treatment::Show,
                First::Line if sighting.lines > 1 => return Treatment::ShowLine { kind },
                First::Line => return Treatment::Show,
                First::None => {}
            }
        }
        self.hold(key, sighting);
        Treatment::Hold { kind }
    }

    /// Counts more lines of the record that was held back last under `key`.
    pub fn extend(&mut self, key: &[u8], lines: u64, bytes: u64) {
        if let Some(episode) = self.episodes.get_mut(key) {
            episode.summary.lines += lines;
            episode.summary.bytes += bytes;
        }
    }

    /// Writes the summaries of everything held back, as of `micros`.
    pub fn flush(&mut self, micros: i64, due: &mut Vec<Summary>) {
        if !self.is_open() {
            return;
        }
        let window = self.window;
        let mut held: Vec<&mut Box<Episode>> = self
            .episodes
            .values_mut()
            .filter(|episode| episode.summary.count > 0)
            .collect();
        held.sort_by_key(|episode| episode.summary.kind);
        due.extend(
            held.into_iter()
                .map(|episode| episode.close(micros, window)),
        );
        self.open = 0;
    }

    fn hold(&mut self, key: &[u8], sighting: &Sighting<'_>) {
        let Some(episode) = self.episodes.get_mut(key) else {
            return;
        };
        let summary = &mut episode.summary;
        if summary.count == 0 {
            self.open += 1;
            (summary.from, summary.to) = (sighting.micros, sighting.micros);
        }
        summary.count += 1;
        summary.lines += sighting.lines;
        summary.bytes += sighting.bytes;
        summary.tally.count(&sighting.finding.signs);
        summary.from = summary.from.min(sighting.micros);
        summary.to = summary.to.max(sighting.micros);
        summary.wear(sighting);
        if let Some(peer) = sighting.peer {
            episode.peers.count(peer);
        }
        if let Some(path) = sighting.path {
            episode.paths.count(path);
        }
    }

    fn admit(&mut self, key: &[u8], sighting: &Sighting<'_>, due: &mut Vec<Summary>) {
        if self.episodes.len() >= self.settings.kinds_max.max(1) {
            self.evict(sighting.micros, due);
        }
        let episode = Episode {
            summary: Summary::of(sighting, self.sightings, FIRST_QUOTE_BYTES),
            last_sighting: self.sightings,
            last_stamp: sighting.stamp,
            last_window: i64::MIN,
            peers: Names::default(),
            paths: Names::default(),
            rate: Rate::default(),
        };
        self.episodes.insert(key.into(), Box::new(episode));
    }

    /// Makes room: the quarter of the kinds that was not seen for longest goes, and writes its summaries.
    fn evict(&mut self, micros: i64, due: &mut Vec<Summary>) {
        let mut sightings: Vec<u64> = self
            .episodes
            .values()
            .map(|episode| episode.last_sighting)
            .collect();
        let quarter = sightings.len() / 4;
        let (_, limit, _) = sightings.select_nth_unstable(quarter);
        let limit = *limit;
        let window = self.window;
        let mut gone: Vec<Box<Episode>> = self
            .episodes
            .extract_if(|_, episode| episode.last_sighting <= limit)
            .map(|(_, episode)| episode)
            .collect();
        gone.sort_by_key(|episode| episode.summary.kind);
        self.evicted += gone.len() as u64;
        for mut episode in gone.into_iter().filter(|episode| episode.summary.count > 0) {
            due.push(episode.close(micros, window));
            self.open -= 1;
        }
    }

    fn every(&self) -> i64 {
        i64::try_from(self.settings.every.as_micros())
            .unwrap_or(i64::MAX)
            .max(1)
    }

    fn number(&self, micros: i64) -> i64 {
        micros.div_euclid(self.every())
    }
}

impl Episode {
    /// Hands out the summary of what was held back, and starts counting anew.
    fn close(&mut self, micros: i64, window: i64) -> Summary {
        let silent = if self.last_window == i64::MIN {
            0
        } else {
            window.saturating_sub(self.last_window).saturating_sub(1)
        };
        let surge = self.rate.close(
            self.summary.count,
            u32::try_from(silent.max(0)).unwrap_or(u32::MAX),
        );
        self.last_window = window;
        let tally = std::mem::take(&mut self.summary.tally);
        let mut summary = self.summary.clone();
        summary.tally = tally;
        summary.windows = self.rate.windows();
        summary.written = micros.max(summary.to);
        summary.surge = surge;
        summary.peers = std::mem::take(&mut self.peers);
        summary.paths = std::mem::take(&mut self.paths);
        self.summary.count = 0;
        self.summary.lines = 0;
        self.summary.bytes = 0;
        summary
    }
}
