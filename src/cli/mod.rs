//! How it is asked: flags, messages, colours and exit codes.
//!
//! In come the arguments and the environment, out go a command with plain values, words on standard error, and a number
//! for whoever called.
//!
//! Invariant: nothing here reads a log, knows a rule or writes output, except for help, the manual and completions.
//! Nothing below knows that this floor exists.
//!
//! The smallest file, and the one to imitate, is `exit.rs`.

mod bar;
pub mod complain;
mod config;
mod duration;
pub mod exit;
pub mod flags;
pub mod generate;
mod locale;
mod moment;
pub mod paint;
mod size;

use std::path::Path;

pub use exit::Exit;

use crate::command::{self, Ending, Voice};
use crate::system::signal::die_by;
use complain::Stderr;
use flags::{Asked, DrainErrand, Errand, RulesErrand};

/// Does what the arguments ask, and says how it went.
#[must_use]
pub fn run() -> Exit {
    let asked = match flags::read(std::env::args_os()) {
        Ok(asked) => asked,
        Err(error) => return complain::misuse(&error),
    };
    let Asked { colour, errand } = asked;
    paint::choose(colour);
    let mut voice = Stderr::new();
    let ending = match errand {
        Errand::Filter(asked) => command::filter::filter(&asked, &mut voice),
        Errand::Explain(asked) => command::explain::explain(&asked, &mut voice),
        Errand::Follow(asked) => command::follow::follow(&asked, &mut voice),
        Errand::Journal(asked) => command::journal::journal(&asked, &mut voice),
        Errand::Serve(path) => serve(&path, &mut voice),
        Errand::Rules(errand) => about_rules(&errand, &mut voice),
        Errand::Compact(asked) => command::compact::compact(&asked, &mut voice),
        Errand::Restore(asked) => command::restore::run(&asked, &mut voice),
        Errand::Prune(asked) => command::prune::prune(&asked, &mut voice),
        Errand::Run(asked) => command::run::run(&asked, &mut voice),
        Errand::Launch(launch) => command::run::launch(&launch, &mut voice),
        Errand::Drain(DrainErrand::Drain(asked)) => command::drain::drain(&asked, &mut voice),
        Errand::Drain(DrainErrand::Status { asked, json }) => {
            command::drain::status(&asked, json, &mut voice)
        }
        Errand::Completions(shell) => return generate::completions(shell),
        Errand::Manual => return generate::manual(),
    };
    let exit = Exit::from(ending);
    if let Exit::Killed(number) = exit {
        // Whoever started us, and looks at more than a number, sees the same as without us.
        die_by(number);
    }
    exit
}

fn serve(path: &Path, voice: &mut dyn Voice) -> Ending {
    match config::read(path) {
        Ok(asked) => command::follow::serve(&asked, voice),
        Err(mistakes) => {
            command::rulebook::complain(&mistakes, voice);
            Ending::Refused
        }
    }
}

fn about_rules(errand: &RulesErrand, voice: &mut dyn Voice) -> Ending {
    match errand {
        RulesErrand::List { json, rules: book } => command::rules::list(book, *json, voice),
        RulesErrand::Show {
            id,
            json,
            rules: book,
        } => command::rules::show(id, book, *json, voice),
        RulesErrand::Check { paths } => command::rules::check(paths, voice),
        RulesErrand::Test => command::rules::test(voice),
        RulesErrand::New(asked) => command::draft::draft(asked, voice),
        RulesErrand::Try { file, rules: book } => command::trial::attempt(file, book, voice),
    }
}
