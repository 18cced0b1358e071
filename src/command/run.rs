//! A program behind the filter: what it writes comes out quieter, and else it is as if we were not there.
//!
//! The program must neither end nor wait on our account. Rules that cannot be read are replaced by the built-in ones, an
//! output that cannot be written by another, and it is read on whatever happens.

mod streams;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use super::account::account;
use super::lane::Surroundings;
use super::outlet::{Outlet, Place};
use super::terms::Terms;
use super::{Ending, Tone, Voice, rulebook};
use crate::rule::{RuleError, RuleSet, Selection};
use crate::system::child::{Child, End, Outputs, StartError, become_program};
use crate::system::signal::Second;
use crate::system::wait::Wait;
use streams::Run;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The program and its arguments.
    pub program: OsString,
    /// What it is given.
    pub arguments: Vec<OsString>,
    /// Where both of its outputs go; each where the program would have written it if this is the standard output.
    pub output: Place,
    /// Where what is taken out is kept, if it is and the output is a file.
    pub attic: Option<PathBuf>,
    /// Under what terms.
    pub terms: Terms,
    /// The name of the command that calls [`launch`].
    pub launcher: &'static str,
}

/// What [`launch`] is told by the one that started it.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Who started it.
    pub parent: i32,
    /// Where the program is.
    pub found: PathBuf,
    /// What it is called.
    pub name: OsString,
    /// What it is given.
    pub arguments: Vec<OsString>,
}

/// Becomes the program; comes back only if that is not possible.
pub fn launch(launch: &Launch, voice: &mut dyn Voice) -> Ending {
    let Launch {
        parent,
        found,
        name,
        arguments,
    } = launch;
    unstarted(&become_program(*parent, found, name, arguments), voice)
}

/// Runs a program, and ends as it ends.
pub fn run(asked: &Asked, voice: &mut dyn Voice) -> Ending {
    let terms = &asked.terms;
    let rules = match load(terms, voice) {
        Ok(rules) => Arc::new(rules),
        Err(errors) => {
            rulebook::complain(&errors, voice);
            return Ending::Refused;
        }
    };
    let (wait, (child, outputs)) = match start(asked) {
        Ok(started) => started,
        Err(error) => return unstarted(&error, voice),
    };
    let outlets = open(asked, voice);
    let mut around = Surroundings::new(wait, voice);
    let run = Run::new(child, outputs, outlets, terms, &rules);
    let ended = run.and_then(|mut run| {
        let end = run.read_all(terms, &mut around)?;
        Ok((end, run.account()))
    });
    match ended {
        Ok((end, ledger)) => {
            if let Some(stats) = terms.stats {
                around.voice.show(&account(&ledger, stats));
            }
            Ending::Child(end)
        }
        Err(cause) => {
            let text = format!("the program cannot be read any more ({cause})");
            around.voice.say(Tone::Error, &text);
            Ending::SomeFailed
        }
    }
}

/// Starts the program; signals first, so that none of them ends us from then on.
fn start(asked: &Asked) -> Result<(Wait, (Child, Outputs)), StartError> {
    let wait = Wait::with(Second::Reported)?;
    let launcher = [OsStr::new(asked.launcher)];
    let started = Child::start(&launcher, &asked.program, &asked.arguments)?;
    Ok((wait, started))
}

/// The end of a program that never began, by the numbers that shells use.
fn unstarted(error: &StartError, voice: &mut dyn Voice) -> Ending {
    voice.say(Tone::Error, &error.to_string());
    Ending::Child(End::Exit(match error {
        StartError::Missing(_) => 127,
        StartError::Refused { .. } | StartError::Failed(_) => 126,
    }))
}

/// The rules that were asked for, or the built-in ones if something is wrong with those: a service that is started again
/// must not stay down for a slip in a rule file.
fn load(terms: &Terms, voice: &mut dyn Voice) -> Result<RuleSet, Vec<RuleError>> {
    terms.rules.load().or_else(|errors| {
        rulebook::complain(&errors, voice);
        let text = "the program runs under the built-in rules, correct yours and send SIGHUP";
        voice.say(Tone::Error, text);
        let selection = Selection {
            keep_undecided: terms.rules.selection.keep_undecided,
            ..Selection::default()
        };
        RuleSet::load(&[], &selection)
    })
}

/// The outlets of the two streams: one each, or one for both.
fn open(asked: &Asked, voice: &mut dyn Voice) -> Vec<Outlet> {
    let places = match &asked.output {
        Place::Stdout => vec![Place::Stdout, Place::Stderr],
        file => vec![file.clone()],
    };
    let mut aside = asked.terms.summaries.as_ref();
    if let Some(Err(error)) = aside.map(Place::open) {
        voice.say(
            Tone::Error,
            &format!("summaries: {error}; they go to the output"),
        );
        aside = None;
    }
    let mut outlets = Vec::new();
    for place in &places {
        let opened = Outlet::open(place, aside).and_then(|outlet| {
            let Some(attic) = &asked.attic else {
                return Ok(outlet);
            };
            outlet.keeping(attic).or_else(|error| {
                let text = format!("{error}; what is taken out is not kept");
                voice.say(Tone::Error, &text);
                Outlet::open(place, aside)
            })
        });
        let opened = opened.or_else(|error| {
            let text = format!("{error}; what the program writes goes to standard error");
            voice.say(Tone::Error, &text);
            Outlet::open(&Place::Stderr, None)
        });
        let nowhere = |_| Outlet::open(&Place::File("/dev/null".into()), None);
        let spare = place.file().map(|_| Place::Stderr);
        if let Ok(outlet) = opened.or_else(nowhere) {
            outlets.push(outlet.relieved(spare.as_ref()));
        }
    }
    outlets
}
