//! `quell drain --status`: what each state says, without disturbing who works with it.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::Serialize;

use super::Asked;
use super::drained::Drained;
use crate::command::{Ending, Tone, Voice};
use crate::episode::summary::size;
use crate::system::checkpoint::Slots;
use crate::system::reclaim::{Birth, Mark, Phase, Resolved, resolve};
use crate::system::shown;

/// Bytes that `stat` counts as one block.
const STAT_BLOCK_BYTES: u64 = 512;

/// What is known of one drained file.
#[derive(Debug, Serialize)]
struct Status {
    file: String,
    /// Bytes that the file seems to have, and that it takes on the disk.
    size: u64,
    disk: u64,
    /// Bytes that were consumed in all, and that wait.
    consumed: u64,
    lag: u64,
    /// Bytes whose space was given back, in all.
    given_back: u64,
    output_bytes: u64,
    truncations: u64,
    only_punch: bool,
    /// What is wrong, if anything is.
    conflict: Option<String>,
}

/// Prints it: for people, or with `json` one object for each file.
pub fn status(asked: &Asked, json: bool, voice: &mut dyn Voice) -> Ending {
    let mut ending = Ending::Fine;
    let mut out = std::io::stdout().lock();
    for file in &asked.files {
        let printed = match look(file, &asked.state(file)) {
            Ok(status) => {
                if status.conflict.is_some() {
                    ending = Ending::SomeFailed;
                }
                let text = if json { object(&status) } else { text(&status) };
                out.write_all(text.as_bytes())
            }
            Err(text) => {
                voice.say(Tone::Error, &format!("{}: {text}", shown(file)));
                ending = Ending::SomeFailed;
                Ok(())
            }
        };
        if printed.is_err() {
            break;
        }
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

fn look(path: &Path, state: &Path) -> Result<Status, String> {
    let found = Slots::peek(state).map_err(|error| error.to_string())?;
    let Some(found) = found else {
        return Err("nothing was committed yet".to_owned());
    };
    let (mark, _) = Mark::decode(&found).map_err(|error| format!("{}: {error}", shown(state)))?;
    let file = File::open(path).map_err(|cause| cause.to_string())?;
    let stat = file.metadata().map_err(|cause| cause.to_string())?;
    let same = Birth::of(&file).is_ok_and(|birth| birth == mark.source);
    let conflict = if same {
        conflict(&mark, &file)
    } else {
        Some("another file bears this name now; the old one is finished first".to_owned())
    };
    let position = match mark.phase {
        Phase::Idle => mark.consumed,
        Phase::Intent { .. } => mark.consumed.min(stat.len()),
    };
    Ok(Status {
        file: shown(path),
        size: stat.len(),
        disk: stat.blocks() * STAT_BLOCK_BYTES,
        consumed: mark.all_consumed(),
        lag: stat.len().saturating_sub(position),
        given_back: mark.all_given_back(),
        output_bytes: mark.output_bytes,
        truncations: mark.truncations,
        only_punch: mark.only_punch,
        conflict,
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
        "{}: {} consumed, {} waiting, {} given back, {} on the disk, {} written; truncated by others {} times; {}; conflict: {conflict}\n",
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
    )
}
