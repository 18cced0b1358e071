//! How far reading the journal has come: in memory as cursors of entries, on the disk as the last one whose output is there.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::command::lane::Lane;
use crate::command::mark::Mark;
use crate::command::outlet::Outlet;
use crate::format::export;
use crate::system::checkpoint::Slots;
use crate::system::shown;
use crate::system::source::Source;

/// Version of the format (docs/checkpoint.md).
const VERSION: u32 = 1;

/// The file in the folder of the state.
const FILE: &str = "journal";

/// The cursors of entries that were read, until they are done with.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    /// Where each entry ends, and its cursor.
    read: VecDeque<(u64, String)>,
    /// Up to where entries were looked for.
    seen: u64,
    last: Option<String>,
}

impl Cursors {
    /// Finds the entries that have come whole since the last time.
    pub(super) fn find(&mut self, source: &Source) {
        let (block, begins) = (source.block(), source.offset());
        let from = usize::try_from(self.seen.saturating_sub(begins)).unwrap_or(usize::MAX);
        self.seen = self.seen.max(begins);
        for row in export::rows(block, from.min(block.len()), false) {
            self.seen = begins + row.end as u64;
            let entry = block.get(row.start..row.end).unwrap_or_default();
            let first = entry.split(|byte| *byte == b'\n').next();
            let cursor = first.and_then(|first| first.strip_prefix(export::FRONT));
            if let Some(cursor) = cursor.and_then(|cursor| std::str::from_utf8(cursor).ok()) {
                self.read.push_back((self.seen, cursor.to_owned()));
            }
        }
    }

    /// Everything before an offset is done with. Gives whether that is more than before.
    pub(super) fn pass(&mut self, offset: u64) -> bool {
        let before = self.read.len();
        while self.read.front().is_some_and(|(end, _)| *end <= offset) {
            self.last = self.read.pop_front().map(|(_, cursor)| cursor);
        }
        self.read.len() < before
    }

    /// The cursor of the last entry that is done with.
    pub(super) fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }
}

/// What is written.
#[derive(Debug, Deserialize, Serialize)]
struct Written {
    version: u32,
    /// The program has ended by itself: everything that was written is committed.
    ended: bool,
    /// The last entry whose output is on the disk.
    cursor: Option<String>,
    output: Option<Mark>,
    /// What the pipeline was saved as.
    pipeline: Box<RawValue>,
}

/// The state of this program, which no other has for as long as this lives.
#[derive(Debug)]
pub(super) struct State {
    slots: Slots,
    found: Option<Written>,
    cursor: Option<String>,
}

impl State {
    /// Opens the state in a folder, which is made if it is not there.
    pub(super) fn open(folder: &Path) -> anyhow::Result<State> {
        let made = std::fs::create_dir_all(folder);
        made.map_err(|cause| anyhow::anyhow!("{}: cannot be made ({cause})", shown(folder)))?;
        let path = folder.join(FILE);
        let mut slots = Slots::open(&path)?;
        let bytes = slots.read();
        let found = bytes
            .map(|bytes| serde_json::from_slice::<Written>(&bytes))
            .transpose();
        let known =
            |found: &Option<Written>| found.as_ref().is_none_or(|found| found.version == VERSION);
        match found {
            Ok(found) if known(&found) => Ok(State {
                cursor: found.as_ref().and_then(|found| found.cursor.clone()),
                found,
                slots,
            }),
            _ => Err(anyhow::anyhow!(
                "{}: this state cannot be read, use the quell that wrote it, or remove it to begin anew",
                shown(&path)
            )),
        }
    }

    /// Brings the output back to what is committed, and the lane to what it knew then. Gives what is to be said.
    pub(super) fn resume(&mut self, lane: &mut Lane) -> anyhow::Result<Option<String>> {
        let Some(found) = self.found.take() else {
            return Ok(None);
        };
        let said = found
            .output
            .map(|mark| mark.settle(found.ended))
            .transpose()?;
        lane.restore(found.pipeline.get().as_bytes())?;
        Ok(said.flatten())
    }

    /// The entry to go on after.
    pub(super) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Writes down how far reading has come; everything must be flushed.
    pub(super) fn commit(
        &mut self,
        cursor: Option<&str>,
        lane: &Lane,
        outlet: &Outlet,
        ended: bool,
    ) -> anyhow::Result<()> {
        outlet.sync()?;
        if let Some(cursor) = cursor {
            self.cursor = Some(cursor.to_owned());
        }
        let saved = String::from_utf8(lane.save()).map_err(io::Error::other)?;
        let written = Written {
            version: VERSION,
            ended,
            cursor: self.cursor.clone(),
            output: Mark::of(outlet, None)?,
            pipeline: RawValue::from_string(saved)?,
        };
        self.slots.write(&serde_json::to_vec(&written)?)?;
        Ok(())
    }
}
