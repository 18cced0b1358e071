//! Where a command's output goes: the stream itself, and the summaries if they go elsewhere.

use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::lane::Surroundings;
use super::relief::Relief;
use super::{Tone, Voice};
use crate::system::ladder::{Ladder, Sizing};
use crate::system::sink::{Sink, SinkError};
use crate::system::source::Source;
use keep::AtticFile;

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
    /// A file, written at its end and rotated by its size.
    Sized(PathBuf, Sizing),
}

impl Place {
    pub(super) fn open(&self) -> Result<(Sink, Option<Ladder>), SinkError> {
        match self {
            Place::Stdout => Ok((Sink::stdout()?, None)),
            Place::Stderr => {
                let fd = io::stderr().as_fd().try_clone_to_owned();
                Ok((Sink::new(fd.map_err(SinkError::Failed)?)?, None))
            }
            Place::File(path) => Ok((Sink::append(path)?, None)),
            Place::Sized(path, sizing) => {
                let (ladder, sink) = Ladder::open(path, *sizing)?;
                Ok((sink, Some(ladder)))
            }
        }
    }

    /// The place of this name in the folder that this one is.
    #[must_use]
    pub fn inside(&self, name: &Path) -> Place {
        match self {
            Place::Stdout | Place::Stderr => self.clone(),
            Place::File(folder) => Place::File(folder.join(name)),
            Place::Sized(folder, sizing) => Place::Sized(folder.join(name), *sizing),
        }
    }

    /// The file's path, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Place::File(path) | Place::Sized(path, _) => Some(path),
            Place::Stdout | Place::Stderr => None,
        }
    }
}

/// The open outputs.
#[derive(Debug)]
pub struct Outlet {
    place: Place,
    sink: Sink,
    /// How the output is kept to its size, if it is.
    ladder: Option<Ladder>,
    /// Where summaries go, if not into the stream.
    aside: Option<(Place, Sink)>,
    /// The last byte that was handed over did not end a line; says which lane it came from.
    torn_by: Option<u32>,
    /// What becomes of it when it fails, where nobody may be kept waiting for it.
    relief: Option<Relief>,
    /// Which lane wrote last.
    turned_to: Option<u32>,
    /// Where what is taken out is kept, if it is.
    keep: Option<AtticFile>,
}

impl Outlet {
    /// Opens the output, and the one for summaries if there is one.
    ///
    /// # Errors
    /// One of them cannot be opened.
    pub fn open(place: &Place, aside: Option<&Place>) -> Result<Outlet, SinkError> {
        let (sink, ladder) = place.open()?;
        let aside = aside.map(|place| Ok((place.clone(), place.open()?.0)));
        Ok(Outlet {
            place: place.clone(),
            sink,
            ladder,
            aside: aside.transpose()?,
            torn_by: None,
            relief: None,
            turned_to: None,
            keep: None,
        })
    }

    /// The same outlet, whose failures are borne: what cannot be written goes to the spare place, and where that fails, too,
    /// nowhere. Nothing here returns an error or waits from now on, except for a reader that is slow.
    #[must_use]
    pub fn relieved(self, spare: Option<&Place>) -> Outlet {
        Outlet {
            relief: Some(Relief::new(spare)),
            ..self
        }
    }

    /// When to call [`flush`](Outlet::flush) at the latest, to see whether a failed output can be written
    /// again, and to bring what was taken out into its attic.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Instant> {
        let relief = self.relief.as_ref().and_then(Relief::next_try);
        // What the output has not taken yet is not sealed: it might go elsewhere.
        let keep = self.keep.as_ref().filter(|_| self.sink.kept_bytes() == 0);
        let keep = keep.and_then(AtticFile::wakes_at);
        [relief, keep].into_iter().flatten().min()
    }

    /// Whether `source` is a file that this writes to.
    #[must_use]
    pub fn is_fed_by(&self, source: &Source) -> bool {
        let aside = self.aside.as_ref().map(|(_, sink)| sink);
        self.sink.same_file(source) || aside.is_some_and(|sink| sink.same_file(source))
    }

    /// Bytes that may still be written before the output is to be rotated. Who has more than that to write feeds his
    /// pipeline no more than that, lets it report, and [rotates](Outlet::rotate).
    #[must_use]
    pub fn room(&self) -> usize {
        let room = self.ladder.as_ref().map(Ladder::room);
        room.map_or(usize::MAX, |room| {
            usize::try_from(room).unwrap_or(usize::MAX)
        })
    }

    /// Whether the output can be rotated here: it has a size, there is something in it, and no line is torn by it.
    #[must_use]
    pub fn may_rotate(&self) -> bool {
        let begun = self.ladder.as_ref().is_some_and(Ladder::is_begun);
        begun && self.torn_by.is_none() && self.relief.as_ref().is_none_or(Relief::is_well)
    }

    /// Puts the output away under another name and goes on in a fresh one; everything must be flushed. If that fails, that
    /// is said, the old file is written on, and it will be tried again later.
    pub fn rotate(&mut self, voice: &mut dyn Voice) {
        self.keep_all(voice);
        let Some(ladder) = self.ladder.as_mut() else {
            return;
        };
        match ladder.rotate(&mut self.sink) {
            Ok(()) => {}
            Err(Some(text)) => voice.say(Tone::Error, &text),
            Err(None) => {}
        }
        for text in ladder.complaints() {
            voice.say(Tone::Error, &text);
        }
        self.turn_keep(voice);
    }

    /// Opens again what is a file, after it was renamed or removed; everything must be flushed. What cannot be opened
    /// stays as it is, and that is said.
    pub fn reopen(&mut self, voice: &mut dyn Voice) {
        self.keep_all(voice);
        let main = self.reopen_main();
        self.turn_keep(voice);
        let aside = self.aside.as_mut();
        let aside = aside.map_or(Ok(()), |(place, sink)| reopen(place, sink));
        for error in [main, aside].into_iter().filter_map(Result::err) {
            voice.say(Tone::Error, &format!("{error}; the old file is written on"));
        }
    }

    fn reopen_main(&mut self) -> Result<(), SinkError> {
        let kept = self.sink.take_kept();
        let opened = match &mut self.ladder {
            Some(ladder) => ladder.reopen(&mut self.sink),
            None => reopen(&self.place, &mut self.sink),
        };
        // Only an output that is stuck has kept anything; it is written out, or not, by the next flush.
        let _ = self.sink.write_all_at_once(&kept);
        opened
    }

    /// Writes out what was gathered; waits where the output takes nothing for now.
    ///
    /// # Errors
    /// The stream cannot be written any more.
    pub fn flush(&mut self, around: &mut Surroundings<'_>) -> Result<(), SinkError> {
        self.try_again();
        let any = self.sink.kept_bytes() > 0;
        let flushed = self.sink.flush();
        let well = any && flushed.is_ok();
        self.settle(flushed, around)?;
        match &mut self.relief {
            Some(relief) if well => relief.wrote(around.voice),
            _ => {}
        }
        self.tend_keep(around.voice);
        Ok(())
    }

    /// Ends the attic, and says what is left unwritten, at the end.
    pub fn end(&mut self, voice: &mut dyn Voice) {
        self.keep_all(voice);
        if let Some(relief) = &mut self.relief {
            relief.end(&mut self.sink, voice);
        }
    }

    /// Opens a failed output again, if it is time to.
    fn try_again(&mut self) {
        let next = self.relief.as_ref().and_then(Relief::next_try);
        let due = next.is_some_and(|at| at <= Instant::now());
        let Some(relief) = self
            .relief
            .as_mut()
            .filter(|relief| due && relief.is_diverted())
        else {
            return;
        };
        let torn = self.sink.is_torn();
        let opened = match &mut self.ladder {
            Some(ladder) => ladder.reopen(&mut self.sink),
            None => reopen(&self.place, &mut self.sink),
        };
        match opened {
            Ok(()) => relief.try_again(),
            Err(_) => relief.put_off(true),
        }
        if torn && opened.is_ok() {
            // What was cut off when the output failed is not written on; see the flush for whether this arrives.
            let _ = self.sink.write_all_at_once(b"\n");
        }
    }

    /// What is to be done about a write: nothing, or to wait until a stuck output takes bytes again. Done here and not by
    /// whoever asked the pipeline to write: a pipeline that was stopped half-way could not go on.
    fn settle(
        &mut self,
        written: Result<(), SinkError>,
        around: &mut Surroundings<'_>,
    ) -> Result<(), SinkError> {
        let Some(relief) = &mut self.relief else {
            return settle(&mut self.sink, written, around);
        };
        if let Err(error) = written {
            let comes_back = self.place.file().is_some();
            relief.failed(&error, &mut self.sink, comes_back, around.voice);
            if relief.is_diverted() {
                self.end_keep(around.voice);
            }
        }
        Ok(())
    }

    /// Takes notice of bytes that a lane has handed over.
    fn took(&mut self, lane: u32, bytes: &[u8]) {
        if let Some(last) = bytes.last() {
            self.torn_by = (*last != b'\n').then_some(lane);
        }
        if let Some(ladder) = &mut self.ladder {
            ladder.took(bytes.len());
        }
    }
}

fn reopen(place: &Place, sink: &mut Sink) -> Result<(), SinkError> {
    if place.file().is_some() {
        (*sink, _) = place.open()?;
    }
    Ok(())
}

/// Waits until a stuck output takes bytes again.
fn settle(
    sink: &mut Sink,
    written: Result<(), SinkError>,
    around: &mut Surroundings<'_>,
) -> Result<(), SinkError> {
    let voice = &mut *around.voice;
    match written {
        Err(SinkError::Stuck { .. }) => {
            let mut say = |text: &str| voice.say(Tone::Error, text);
            sink.flush_patiently(&mut around.wait, &mut around.service, &mut say)
        }
        other => other,
    }
}

mod file;
mod keep;
mod valve;

pub use valve::Valve;

/// The sink's error that a pipeline gave back.
#[must_use]
pub fn sink_error(error: io::Error) -> SinkError {
    error
        .downcast::<SinkError>()
        .unwrap_or_else(SinkError::Failed)
}
