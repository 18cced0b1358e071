//! How far reading has come, kept where a kill cannot reach it: written when the output is on the disk, never before.
//!
//! A checkpoint is lines of JSON (docs/checkpoint.md): one about the outputs, then one for each file.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;

use super::file::Followed;
use crate::command::mark::{Mark, MarkError};
use crate::command::outlet::Outlet;
use crate::line::latin;
use crate::system::checkpoint::{Slots, SlotsError};
use crate::system::tail::Point;
use crate::system::{path_of, shown};

/// Version of the format.
const VERSION: u32 = 1;

/// The file in the folder of the state.
const FILE: &str = "follow";

/// Why a state cannot be gone on with.
#[derive(Debug, Error)]
pub(super) enum StateError {
    /// The folder cannot be made.
    #[error("{path}: cannot be made ({cause}), check the folder above it and its permissions")]
    Folder {
        /// The path as it may be shown.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
    /// The file cannot be used.
    #[error(transparent)]
    Slots(#[from] SlotsError),
    /// What it holds cannot be read.
    #[error(
        "{path}: this state cannot be read ({cause}), use the quell that wrote it, or remove it to begin anew"
    )]
    Damaged {
        /// The path as it may be shown.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
    /// An output is not as it was left.
    #[error(transparent)]
    Output(#[from] MarkError),
}

/// The line about the outputs.
#[derive(Debug, Deserialize, Serialize)]
struct Head {
    version: u32,
    /// The program has ended by itself: everything that was written is committed.
    ended: bool,
    outputs: Vec<Mark>,
}

/// The line about a file.
#[derive(Debug, Deserialize, Serialize)]
struct Line<'a> {
    #[serde(with = "latin")]
    path: Vec<u8>,
    points: Vec<Point>,
    /// What its pipeline was saved as.
    #[serde(borrow)]
    pipeline: &'a RawValue,
}

/// What is known of a file from before.
#[derive(Debug)]
pub(super) struct Known {
    /// Where reading stood.
    pub(super) points: Vec<Point>,
    /// What its pipeline was saved as.
    pub(super) pipeline: Vec<u8>,
}

/// What was found in a state.
#[derive(Debug, Default)]
pub(super) struct Found {
    marks: Vec<Mark>,
    ended: bool,
    files: HashMap<PathBuf, Known>,
}

impl Found {
    fn read(bytes: &[u8]) -> Result<Found, String> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let told = |error: serde_json::Error| error.to_string();
        let Version { version } = serde_json::from_str(first).map_err(told)?;
        if version > VERSION {
            return Err(format!(
                "it is of version {version}, this quell reads {VERSION}"
            ));
        }
        let head: Head = serde_json::from_str(first).map_err(told)?;
        let mut files = HashMap::new();
        for line in lines {
            let line: Line<'_> = serde_json::from_str(line).map_err(told)?;
            let known = Known {
                points: line.points,
                pipeline: line.pipeline.get().as_bytes().to_vec(),
            };
            files.insert(path_of(&line.path), known);
        }
        Ok(Found {
            marks: head.outputs,
            ended: head.ended,
            files,
        })
    }

    /// Brings the outputs back to what is committed, before they are opened. Gives what is to be said about them.
    ///
    /// # Errors
    /// One of them is not as it was left.
    pub(super) fn settle(&self) -> Result<Vec<String>, StateError> {
        let mut said = Vec::new();
        for mark in &self.marks {
            said.extend(mark.settle(self.ended)?);
        }
        Ok(said)
    }

    /// Takes out what is known of a file.
    pub(super) fn take(&mut self, path: &Path) -> Option<Known> {
        self.files.remove(path)
    }

    /// Whose lines were written last to an output.
    pub(super) fn turned_to(&self, path: &Path) -> Option<PathBuf> {
        let mark = self.marks.iter().find(|mark| mark.path() == path)?;
        mark.turned_to()
    }
}

/// The state of this program, which no other has for as long as this lives.
#[derive(Debug)]
pub(super) struct Checkpoint {
    slots: Slots,
    /// The line of each file, by its number.
    lines: Vec<Vec<u8>>,
}

impl Checkpoint {
    /// Opens the state in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// See [`StateError`]; nothing was changed.
    pub(super) fn open(folder: &Path) -> Result<(Checkpoint, Found), StateError> {
        std::fs::create_dir_all(folder).map_err(|cause| StateError::Folder {
            path: shown(folder),
            cause,
        })?;
        let path = folder.join(FILE);
        let mut slots = Slots::open(&path)?;
        let found = match slots.read() {
            None => Found::default(),
            Some(bytes) => Found::read(&bytes).map_err(|cause| StateError::Damaged {
                path: shown(&path),
                cause,
            })?,
        };
        let checkpoint = Checkpoint {
            slots,
            lines: Vec::new(),
        };
        Ok((checkpoint, found))
    }

    /// Commits what was written so far: brings the outputs to the disk, then writes down how far reading has come. Everything
    /// must be flushed; nothing may be written in between.
    ///
    /// # Errors
    /// An output cannot be synced or the state not be written; what was committed before still is.
    pub(super) fn commit(
        &mut self,
        files: &mut [Followed],
        outlets: &[Outlet],
        ended: bool,
    ) -> Result<(), CommitError> {
        let mut outputs = Vec::new();
        for outlet in outlets {
            outlet.sync().map_err(CommitError::Output)?;
            let last = outlet
                .turned_to()
                .and_then(|lane| usize::try_from(lane).ok());
            let last = last.and_then(|last| Some(files.get(last)?.tail.path()));
            outputs.extend(Mark::of(outlet, last).map_err(CommitError::Output)?);
        }
        let head = Head {
            version: VERSION,
            ended,
            outputs,
        };
        // Numbers, names and texts: nothing in it can fail to be written as JSON.
        let mut bytes = serde_json::to_vec(&head).unwrap_or_default();
        self.lines.resize(files.len(), Vec::new());
        for (file, line) in files.iter_mut().zip(&mut self.lines) {
            if std::mem::take(&mut file.is_dirty) || line.is_empty() {
                *line = line_of(file);
            }
            bytes.push(b'\n');
            bytes.extend_from_slice(line);
        }
        self.slots.write(&bytes)?;
        Ok(())
    }
}

/// Why nothing could be committed.
#[derive(Debug, Error)]
pub(super) enum CommitError {
    /// An output cannot be brought to the disk.
    #[error("the output cannot be brought to the disk ({0})")]
    Output(io::Error),
    /// The state cannot be written.
    #[error(transparent)]
    State(#[from] SlotsError),
}

fn line_of(file: &Followed) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    let saved = file.lane.save();
    let text = std::str::from_utf8(&saved).unwrap_or("null");
    let Ok(pipeline) = serde_json::from_str::<&RawValue>(text) else {
        return Vec::new();
    };
    let line = Line {
        path: file.tail.path().as_os_str().as_bytes().to_vec(),
        points: file.tail.points(),
        pipeline,
    };
    serde_json::to_vec(&line).unwrap_or_default()
}
