//! The main thing: reads its inputs in order and writes them on, quieter.

use std::path::PathBuf;
use std::sync::Arc;

use super::account::account;
use super::lane::{Lane, Surroundings};
use super::outlet::{Outlet, Place};
use super::reading::{Ended, Reading};
use super::rulebook;
use super::terms::Terms;
use super::{Ending, Tone, Voice};
use crate::limits::BLOCK_BYTES;
use crate::system::sink::SinkError;
use crate::system::source::{Source, SourceError};
use crate::system::wait::Wait;

/// One input that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The standard input; whether nobody named it, so that a person at a terminal may not know.
    Stdin {
        /// Whether it is read for want of a name.
        by_default: bool,
    },
    /// A file.
    File(PathBuf),
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What is read, in order.
    pub inputs: Vec<Input>,
    /// Where it goes.
    pub output: Place,
    /// Where what is taken out is kept, if it is.
    pub attic: Option<PathBuf>,
    /// Under what terms.
    pub terms: Terms,
}

/// Filters the inputs into the output.
pub fn filter(asked: &Asked, voice: &mut dyn Voice) -> Ending {
    // Signals first: one that comes while rules are read and outputs opened is answered, too.
    let wait = Wait::new().map_err(SinkError::Failed);
    let terms = &asked.terms;
    let rules = match terms.rules.load() {
        Ok(rules) => Arc::new(rules),
        Err(errors) => {
            rulebook::complain(&errors, voice);
            return Ending::Refused;
        }
    };
    let opened = wait.and_then(|wait| {
        let outlet = Outlet::open(&asked.output, terms.summaries.as_ref())?;
        let outlet = match &asked.attic {
            Some(attic) => outlet.keeping(attic)?,
            None => outlet,
        };
        Ok((wait, outlet))
    });
    let (wait, outlet) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            voice.say(Tone::Error, &error.to_string());
            return Ending::SomeFailed;
        }
    };
    let mut reload = |voice: &mut dyn Voice| terms.rules.reload(voice);
    let mut reading = Reading {
        lane: Lane::new(rules, terms.options, terms.linger),
        outlet,
        around: Surroundings::new(wait, voice).serving(),
        reload: &mut reload,
    };
    reading.around.service.ready();
    let ending = match read_all(&mut reading, &asked.inputs) {
        Ok(ending) => {
            reading.outlet.end(reading.around.voice);
            ending
        }
        Err(error) => unwritable(&error, reading.around.voice),
    };
    if let Some(stats) = terms.stats {
        let account = account(&reading.lane.ledger(), stats);
        reading.around.voice.show(&account);
    }
    ending
}

/// Reads all inputs. One that cannot be read is reported, and the others are still read.
fn read_all(reading: &mut Reading<'_>, inputs: &[Input]) -> Result<Ending, SinkError> {
    let mut ending = Ending::Fine;
    for input in inputs {
        let ended = match open(input) {
            Ok(source) if reading.outlet.is_fed_by(&source) => {
                let text = "this file is also the output, name another file for one of them";
                reading
                    .around
                    .voice
                    .say(Tone::Error, &format!("{}: {text}", source.name()));
                Ending::SomeFailed
            }
            Ok(mut source) => {
                greet(input, &source, reading.around.voice);
                read(reading, &mut source)?
            }
            Err(error) => {
                reading.around.voice.say(Tone::Error, &error.to_string());
                Ending::SomeFailed
            }
        };
        if let Ending::Signalled(_) = ended {
            ending = ended;
            break;
        }
        ending = ending.and(ended);
    }
    reading.finish()?;
    Ok(ending)
}

fn open(input: &Input) -> Result<Source, SourceError> {
    match input {
        Input::Stdin { .. } => Source::stdin(BLOCK_BYTES),
        Input::File(path) => Source::open(path, BLOCK_BYTES),
    }
}

/// Whoever calls us with nothing at a terminal sees a program that hangs, unless it says what it waits for.
fn greet(input: &Input, source: &Source, voice: &mut dyn Voice) {
    if *input == (Input::Stdin { by_default: true }) && source.is_terminal() {
        voice.say(
            Tone::Note,
            "reading from the terminal; give a file or a pipe, end with Ctrl-D",
        );
    }
}

fn read(reading: &mut Reading<'_>, source: &mut Source) -> Result<Ending, SinkError> {
    Ok(match reading.run(source)? {
        Ended::Whole => Ending::Fine,
        Ended::Signalled(signal) => Ending::Signalled(signal),
        Ended::Unreadable(cause) => {
            let name = source.name();
            let text = format!("{name}: reading failed ({cause}), what came before it is written");
            reading.around.voice.say(Tone::Error, &text);
            Ending::SomeFailed
        }
    })
}

/// The end that a failing output makes. A reader that has seen enough, such as `head`, is none to talk about.
fn unwritable(error: &SinkError, voice: &mut dyn Voice) -> Ending {
    if matches!(error, SinkError::ReaderGone) {
        return Ending::Fine;
    }
    voice.say(Tone::Error, &error.to_string());
    Ending::SomeFailed
}
