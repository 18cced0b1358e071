//! `--metrics FILE`: the status in the text format of Prometheus, as its node exporter collects it from a folder.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Instant;

use rustix::fs::Mode;

use super::Asked;
use super::drained::Drained;
use super::status::{Status, look};
use crate::command::{Tone, Voice};
use crate::limits::DRAIN_METRICS_EVERY;
use crate::system::folder::{Folder, parent};
use crate::system::fresh::Fresh;
use crate::system::shown;

/// Everybody may read it: it is collected by another user.
const MODE: u32 = 0o644;

/// One figure: its name behind `quell_drain_`, its type, what it means, and where it comes from.
type Figure = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Status) -> Option<u64>,
);

const FIGURES: [Figure; 12] = [
    (
        "up",
        "gauge",
        "Whether the program that wrote this drains the file.",
        |status| status.draining.map(u64::from),
    ),
    (
        "stuck",
        "gauge",
        "Whether the output takes no more, so that nothing is consumed.",
        |status| status.stuck.map(u64::from),
    ),
    (
        "conflict",
        "gauge",
        "Whether the file does not fit what is recorded of it.",
        |status| Some(u64::from(status.conflict.is_some())),
    ),
    (
        "consumed_bytes_total",
        "counter",
        "Bytes that were consumed.",
        |status| Some(status.consumed),
    ),
    (
        "given_back_bytes_total",
        "counter",
        "Bytes whose disk space was given back.",
        |status| Some(status.given_back),
    ),
    (
        "truncations_total",
        "counter",
        "How often somebody else truncated the file.",
        |status| Some(status.truncations),
    ),
    (
        "waiting_bytes",
        "gauge",
        "Bytes that wait to be consumed.",
        |status| Some(status.lag),
    ),
    (
        "size_bytes",
        "gauge",
        "Bytes that the file seems to have.",
        |status| Some(status.size),
    ),
    (
        "disk_bytes",
        "gauge",
        "Bytes that the file takes on the disk.",
        |status| Some(status.disk),
    ),
    (
        "output_bytes",
        "gauge",
        "Bytes of the output that are on the disk and recorded.",
        |status| Some(status.output_bytes),
    ),
    (
        "holes_only",
        "gauge",
        "Whether the file keeps its length since a writer has a position of its own.",
        |status| Some(u64::from(status.only_punch)),
    ),
    (
        "renamed_files",
        "gauge",
        "Renamed files that are still looked at for late lines.",
        |status| Some(status.left),
    ),
];

/// When they are written, and whether that worked.
#[derive(Debug)]
pub(super) struct Metrics {
    due: Instant,
    failing: bool,
}

impl Metrics {
    /// Nothing was written yet.
    pub(super) fn new() -> Metrics {
        Metrics {
            due: Instant::now(),
            failing: false,
        }
    }

    /// When they are to be written next, if they are.
    pub(super) fn wakes_at(&self, asked: &Asked) -> Option<Instant> {
        asked.metrics.as_ref().map(|_| self.due)
    }

    /// Writes them if it is time to; `files` are those that are drained.
    pub(super) fn tend(&mut self, asked: &Asked, files: &[Option<Drained>], voice: &mut dyn Voice) {
        if self.due <= Instant::now() {
            self.due = Instant::now() + DRAIN_METRICS_EVERY;
            self.write(asked, files, voice);
        }
    }

    /// Writes them. A failure is said once; the work goes on.
    pub(super) fn write(
        &mut self,
        asked: &Asked,
        files: &[Option<Drained>],
        voice: &mut dyn Voice,
    ) {
        let Some(path) = &asked.metrics else {
            return;
        };
        let status = |file: &std::path::PathBuf| {
            // One that was never begun has no figures.
            let mut status = look(file, &asked.state(file)).ok()?;
            let live = files.iter().flatten().find(|live| live.path() == file);
            status.draining = Some(live.is_some());
            status.stuck = Some(live.is_some_and(Drained::is_waiting));
            Some(status)
        };
        let found: Vec<Status> = asked.files.iter().filter_map(status).collect();
        let written = write(path, &found);
        if let (Err(text), false) = (&written, self.failing) {
            voice.say(Tone::Error, text);
        }
        self.failing = written.is_err();
    }
}

/// Writes the file anew: who reads it meanwhile sees the old one or the new one.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn write(path: &Path, found: &[Status]) -> Result<(), String> {
    let folder = Folder::open(parent(path)).map_err(|error| error.to_string())?;
    let put = || {
        let fresh = Fresh::new(&folder)?;
        fresh.file().write_all(text(found).as_bytes())?;
        rustix::fs::fchmod(fresh.file(), Mode::from_raw_mode(MODE))?;
        fresh.take_name(&folder, path.file_name().unwrap_or_default())
    };
    put().map_err(|cause: io::Error| {
        format!(
            "{}: the figures cannot be written ({cause}), check the folder; draining goes on",
            shown(path)
        )
    })
}

fn text(found: &[Status]) -> String {
    let mut text = String::new();
    for (name, kind, help, figure) in FIGURES {
        let lines: Vec<(String, u64)> = found
            .iter()
            .filter_map(|status| Some((label(&status.file), figure(status)?)))
            .collect();
        if lines.is_empty() {
            continue;
        }
        // Into memory: it cannot fail.
        let _ = writeln!(text, "# HELP quell_drain_{name} {help}");
        let _ = writeln!(text, "# TYPE quell_drain_{name} {kind}");
        for (file, figure) in lines {
            let _ = writeln!(text, "quell_drain_{name}{{file=\"{file}\"}} {figure}");
        }
    }
    text
}

/// What stands between the quotes of a label; control characters are escaped already.
fn label(file: &str) -> String {
    file.replace('\\', "\\\\").replace('"', "\\\"")
}
