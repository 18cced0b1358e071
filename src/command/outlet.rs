//! Where a command's output goes: the stream itself, and the summaries if they go elsewhere.

use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use super::{Tone, Voice};
use crate::pipeline::Output;
use crate::system::sink::{Sink, SinkError};
use crate::system::source::Source;
use crate::system::wait::Wait;

/// One output that can be opened again under its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The standard output.
    #[default]
    Stdout,
    /// The standard error.
    Stderr,
    /// A file, written at its end.
    File(PathBuf),
}

impl Place {
    fn open(&self) -> Result<Sink, SinkError> {
        match self {
            Place::Stdout => Sink::stdout(),
            Place::Stderr => {
                let fd = io::stderr().as_fd().try_clone_to_owned();
                Sink::new(fd.map_err(SinkError::Failed)?)
            }
            Place::File(path) => Sink::append(path),
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Place::File(path) => Some(path),
            Place::Stdout | Place::Stderr => None,
        }
    }
}

/// The open outputs.
#[derive(Debug)]
pub struct Outlet {
    place: Place,
    sink: Sink,
    /// Where summaries go, if not into the stream.
    aside: Option<(Place, Sink)>,
}

impl Outlet {
    /// Opens the output, and the one for summaries if there is one.
    ///
    /// # Errors
    /// One of them cannot be opened.
    pub fn open(place: &Place, aside: Option<&Place>) -> Result<Outlet, SinkError> {
        let sink = place.open()?;
        let aside = aside.map(|place| Ok((place.clone(), place.open()?)));
        Ok(Outlet {
            place: place.clone(),
            sink,
            aside: aside.transpose()?,
        })
    }

    /// Whether `source` is a file that this writes to.
    #[must_use]
    pub fn is_fed_by(&self, source: &Source) -> bool {
        let aside = self.aside.as_ref().map(|(_, sink)| sink);
        self.sink.same_file(source) || aside.is_some_and(|sink| sink.same_file(source))
    }

    /// Opens again what is a file, after it was renamed or removed; everything must be flushed. What cannot be opened
    /// stays as it is, and that is said.
    pub fn reopen(&mut self, voice: &mut dyn Voice) {
        let aside = self.aside.as_mut().map(|(place, sink)| (&*place, sink));
        for (place, sink) in [Some((&self.place, &mut self.sink)), aside]
            .into_iter()
            .flatten()
        {
            if place.file().is_none() {
                continue;
            }
            match place.open() {
                Ok(fresh) => *sink = fresh,
                Err(error) => {
                    voice.say(Tone::Error, &format!("{error}; the old file is written on"));
                }
            }
        }
    }

    /// Writes out what was gathered; waits where the output takes nothing for now.
    ///
    /// # Errors
    /// The stream cannot be written any more.
    pub fn flush(&mut self, wait: &mut Wait, voice: &mut dyn Voice) -> Result<(), SinkError> {
        let flushed = self.sink.flush();
        settle(&mut self.sink, flushed, wait, voice)
    }
}

/// What the pipeline writes to while one block is fed: an outlet, and all it takes to wait for room in it.
pub struct Valve<'a> {
    /// Where it goes.
    pub outlet: &'a mut Outlet,
    /// Where the block came from; `None` if it is no longer there to be moved from.
    pub source: Option<&'a Source>,
    /// Offset, in the stream as the pipeline counts it, of the block's first byte.
    pub stream_at: u64,
    /// Waits for room, and for signals meanwhile.
    pub wait: &'a mut Wait,
    /// Says that there is no room.
    pub voice: &'a mut dyn Voice,
}

impl Output for Valve<'_> {
    fn pass(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        debug_assert!(at >= self.stream_at);
        let begins = self.source.map_or(0, Source::offset);
        let at = begins + (at - self.stream_at);
        let sink = &mut self.outlet.sink;
        let passed = sink.pass(self.source, bytes, at);
        settle(sink, passed, self.wait, self.voice).map_err(io::Error::other)
    }

    fn summary(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some((_, sink)) = &mut self.outlet.aside {
            let written = sink.write_all_at_once(bytes).and_then(|()| sink.flush());
            let Err(error) = settle(sink, written, self.wait, self.voice) else {
                return Ok(());
            };
            // The account must not be lost with them, and the stream must not end for their sake.
            let text = format!("summaries: {error}; from here on they go to the output");
            self.voice.say(Tone::Error, &text);
            self.outlet.aside = None;
        }
        let sink = &mut self.outlet.sink;
        let written = sink.write_all_at_once(bytes);
        settle(sink, written, self.wait, self.voice).map_err(io::Error::other)
    }
}

/// Waits until a stuck output takes bytes again. Done here and not by whoever asked the pipeline to write: a pipeline
/// that was stopped half-way could not go on.
fn settle(
    sink: &mut Sink,
    written: Result<(), SinkError>,
    wait: &mut Wait,
    voice: &mut dyn Voice,
) -> Result<(), SinkError> {
    match written {
        Err(SinkError::Stuck { .. }) => {
            sink.flush_patiently(wait, &mut |text| voice.say(Tone::Error, text))
        }
        other => other,
    }
}

/// The sink's error that a pipeline gave back.
#[must_use]
pub fn sink_error(error: io::Error) -> SinkError {
    error
        .downcast::<SinkError>()
        .unwrap_or_else(SinkError::Failed)
}
