//! `quell drain --status`: what each state says, without disturbing who works with it.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::Serialize;

use super::drained::Drained;
use super::origin::{find_by, open_to_read};
use super::{Asked, metrics};
use crate::command::{Ending, Tone, Voice};
use crate::episode::summary::size;
use crate::system::checkpoint::Slots;
use crate::system::reclaim::{Birth, Mark, Phase, Resolved, resolve};
use crate::system::shown;

/// Bytes that `stat` counts as one block.
const STAT_BLOCK_BYTES: u64 = 512;

/// What is known of one drained file.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    pub(super) file: String,
    /// Bytes that the file seems to have, and that it takes on the disk.
    pub(super) size: u64,
    pub(super) disk: u64,
    /// Bytes that were consumed in all, and that wait.
    pub(super) consumed: u64,
    pub(super) lag: u64,
    /// Bytes whose space was given back, in all.
    pub(super) given_back: u64,
    pub(super) output_bytes: u64,
    pub(super) truncations: u64,
    pub(super) only_punch: bool,
    /// The file that is drained bears the name no more: it is finished first.
    pub(super) renamed: bool,
    /// Renamed files that are looked at for late lines.
    pub(super) left: u64,
    /// What is wrong, if anything is.
    pub(super) conflict: Option<String>,
    /// Whether the program that asks drains it, and whether its output takes no more; only that program knows.
    #[serde(skip)]
    pub(super) draining: Option<bool>,
    #[serde(skip)]
    pub(super) stuck: Option<bool>,
}

/// Prints it: for people, or with `json` one object for each file; and writes the figures, if that is asked for.
pub fn status(asked: &Asked, json: bool, voice: &mut dyn Voice) -> Ending {
    let mut ending = Ending::Fine;
    let mut found = Vec::new();
    for file in &asked.files {
        match look(file, &asked.state(file)) {
            Ok(status) => found.push(status),
            Err(text) => {
                voice.say(Tone::Error, &format!("{}: {text}", shown(file)));
                ending = Ending::SomeFailed;
            }
        }
    }
    if found.iter().any(|status| status.conflict.is_some()) {
        ending = Ending::SomeFailed;
    }
    let shape = if json { object } else { text };
    let lines: String = found.iter().map(shape).collect();
    // Who reads no more has seen enough.
    let _ = std::io::stdout().lock().write_all(lines.as_bytes());
    let written = asked
        .metrics
        .as_deref()
        .map_or(Ok(()), |path| metrics::write(path, &found));
    if let Err(text) = written {
        voice.say(Tone::Error, &text);
        ending = Ending::SomeFailed;
    }
    ending
}

/// All files in a few words, for a service manager's line of status.
pub(super) fn gist(files: &[Option<Drained>]) -> String {
    let drained = || files.iter().flatten();
    let count = drained().count();
    let consumed = drained().map(Drained::consumed).sum();
    let waiting = drained().map(Drained::waiting).sum();
    let given = drained().map(|file| file.mark().all_given_back()).sum();
    let stopped = files.len() - count;
    format!(
        "{count} files: {} consumed, {} waiting, {} given back; {stopped} stopped",
        size(consumed),
        size(waiting),
        size(given)
    )
}

/// What is known of a file, without disturbing who drains it.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn look(path: &Path, state: &Path) -> Result<Status, String> {
    let found = Slots::peek(state).map_err(|error| error.to_string())?;
    let Some(found) = found else {
        return Err("nothing was committed yet".to_owned());
    };
    let (mark, _) = Mark::decode(&found).map_err(|error| format!("{}: {error}", shown(state)))?;
    let named = open_to_read(path).map_err(|cause| cause.to_string());
    let source = find_by(path, mark.source, |path| open_to_read(path).ok());
    let is_named = named
        .as_ref()
        .is_ok_and(|file| Birth::of(file).is_ok_and(|birth| birth == mark.source));
    // Where it is gone, or compressed, only what bears the name now is there to be looked at.
    let size = |file: &File| file.metadata().map_or(0, |stat| stat.len());
    let waiting = match &source {
        Some(file) if !mark.packed => {
            let size = size(file);
            let position = match mark.phase {
                Phase::Idle => mark.consumed,
                Phase::Intent { .. } => mark.consumed.min(size),
            };
            size.saturating_sub(position)
        }
        _ => 0,
    };
    let behind = match &named {
        Ok(file) if !is_named => size(file),
        _ => 0,
    };
    let conflict = match &source {
        Some(file) if !mark.packed => conflict(&mark, file),
        _ => None,
    };
    let stat = match (named, source) {
        (Ok(file), _) | (Err(_), Some(file)) => file.metadata().map_err(|cause| cause.to_string()),
        (Err(text), None) => Err(text),
    }?;
    Ok(Status {
        file: shown(path),
        size: stat.len(),
        disk: stat.blocks() * STAT_BLOCK_BYTES,
        consumed: mark.all_consumed(),
        lag: waiting + behind,
        given_back: mark.all_given_back(),
        output_bytes: mark.output_bytes,
        truncations: mark.truncations,
        only_punch: mark.only_punch,
        renamed: !is_named,
        left: mark.left.len() as u64,
        conflict,
        draining: None,
        stuck: None,
    })
}

fn conflict(mark: &Mark, file: &File) -> Option<String> {
    // In the midst of a collapse the file fits no record; whoever drains it resolves that.
    if mark.phase != Phase::Idle {
        return None;
    }
    match resolve(mark, file) {
        Ok(Resolved::Whole(_)) => None,
        Ok(Resolved::Truncated) => Some("it is shorter than what was consumed".to_owned()),
        Ok(Resolved::Conflict(conflict)) => Some(conflict.to_string()),
        Err(cause) => Some(cause.to_string()),
    }
}

fn object(status: &Status) -> String {
    // Numbers and names only: nothing in it can fail to be written as JSON.
    serde_json::to_string(status).unwrap_or_default() + "\n"
}

fn text(status: &Status) -> String {
    let conflict = status.conflict.as_deref().unwrap_or("none");
    format!(
        "{}: {} consumed, {} waiting, {} given back, {} on the disk, {} written; truncated by others {} times; {}{}; conflict: {conflict}\n",
        status.file,
        size(status.consumed),
        size(status.lag),
        size(status.given_back),
        size(status.disk),
        size(status.output_bytes),
        status.truncations,
        if status.only_punch {
            "holes only"
        } else {
            "may be shortened"
        },
        if status.renamed {
            "; a renamed file is finished first"
        } else {
            ""
        },
    )
}
