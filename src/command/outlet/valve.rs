//! What a lane's pipeline writes to: the outlet that it shares with other lanes, and where what is taken out is kept.

use std::io;

use super::{Outlet, settle};
use crate::command::Tone;
use crate::command::lane::Surroundings;
use crate::pipeline::{Output, Withheld};
use crate::system::source::Source;

/// What the pipeline writes to while one block is fed: an outlet, and all it takes to wait for room in it.
pub struct Valve<'a, 'b> {
    /// Where it goes.
    pub outlet: &'a mut Outlet,
    /// Which lane this is, among those that share the outlet.
    pub lane: u32,
    /// What is written where the output turns to this lane from another.
    pub title: &'a [u8],
    /// Where the block came from; `None` if it is no longer there to be moved from.
    pub source: Option<&'a Source>,
    /// Offset, in the stream as the pipeline counts it, of the block's first byte.
    pub stream_at: u64,
    /// Waits for room, and for signals meanwhile; says that there is none.
    pub around: &'a mut Surroundings<'b>,
}

impl Valve<'_, '_> {
    /// Begins a line of its own behind one that another lane has left unfinished.
    fn turn(&mut self) -> io::Result<()> {
        if self.outlet.torn_by.is_some_and(|other| other != self.lane) {
            self.add(b"\n")?;
        }
        let last = self.outlet.turned_to.replace(self.lane);
        if last != Some(self.lane) && !self.title.is_empty() {
            if last.is_some() {
                self.add(b"\n")?;
            }
            self.add(self.title)?;
        }
        Ok(())
    }

    /// Writes what stands in the output whatever is taken out.
    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(keep) = &mut self.outlet.keep {
            keep.pass(bytes);
        }
        self.write(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.diverts(bytes) {
            return Ok(());
        }
        self.outlet.took(self.lane, bytes);
        let written = self.outlet.sink.write_all_at_once(bytes);
        let settled = self.outlet.settle(written, self.around);
        settled.map_err(io::Error::other)
    }

    /// Whether the bytes went elsewhere, since the output has failed.
    fn diverts(&mut self, bytes: &[u8]) -> bool {
        match &mut self.outlet.relief {
            Some(relief) if relief.is_diverted() => {
                relief.divert(bytes);
                true
            }
            _ => false,
        }
    }
}

impl Output for Valve<'_, '_> {
    fn pass(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        debug_assert!(at >= self.stream_at);
        self.turn()?;
        if self.diverts(bytes) {
            return Ok(());
        }
        if let Some(keep) = &mut self.outlet.keep {
            keep.pass(bytes);
        }
        self.outlet.took(self.lane, bytes);
        let begins = self.source.map_or(0, Source::offset);
        let at = begins + (at - self.stream_at);
        let passed = self.outlet.sink.pass(self.source, bytes, at);
        let settled = self.outlet.settle(passed, self.around);
        settled.map_err(io::Error::other)
    }

    fn summary(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some((_, sink)) = &mut self.outlet.aside {
            let written = sink.write_all_at_once(bytes).and_then(|()| sink.flush());
            let settled = match self.outlet.relief {
                Some(_) => written,
                None => settle(sink, written, self.around),
            };
            let Err(error) = settled else {
                if let Some(keep) = &mut self.outlet.keep {
                    keep.close_elsewhere();
                }
                return Ok(());
            };
            // The account must not be lost with them, and the stream must not end for their sake.
            let text = format!("summaries: {error}; from here on they go to the output");
            self.around.voice.say(Tone::Error, &text);
            self.outlet.aside = None;
        }
        self.turn()?;
        if let Some(keep) = &mut self.outlet.keep {
            keep.close_here();
        }
        self.write(bytes)
    }

    fn hold_back(&mut self, withheld: &Withheld<'_>) -> io::Result<()> {
        if let Some(keep) = &mut self.outlet.keep {
            keep.take(withheld, self.lane);
        }
        Ok(())
    }

    fn close(&mut self, kind: u64, summary: &[u8]) -> io::Result<()> {
        if let Some(keep) = &mut self.outlet.keep {
            keep.close(kind, self.lane, summary);
        }
        Ok(())
    }
}
