//! What may be typed, and what it means: one file for each command.
//!
//! In come the arguments, out goes [`Asked`]: what is wanted, as plain values.
//!
//! Invariant: nothing here opens a file or prints. Each file holds two things: a `Typed…` of the arguments as they
//! stand, and what it means as a value of the command's.
//!
//! The smallest file, and the one to imitate, is `filter.rs`.

mod attic;
mod compact;
mod drain;
mod explain;
mod filter;
pub(super) mod follow;
mod journal;
mod restore;
mod rules;
mod run;
mod sized;
mod terms;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use super::paint::Colour;
use crate::command;
use attic::TypedAtticCommand;
use compact::TypedCompact;
pub use drain::DrainErrand;
use drain::TypedDrain;
use filter::TypedFilter;
use follow::TypedFollow;
use journal::TypedJournal;
use restore::TypedRestore;
pub use rules::RulesErrand;
use rules::TypedRulesCommand;
use run::{LAUNCHER, TypedLaunch, TypedRun};

/// What is wanted.
#[derive(Debug)]
pub struct Asked {
    /// When colours are used.
    pub colour: Colour,
    /// What is to be done.
    pub errand: Errand,
}

/// What is to be done.
#[derive(Debug)]
pub enum Errand {
    /// Filter.
    Filter(Box<command::filter::Asked>),
    /// Explain something.
    Explain(Box<command::explain::Asked>),
    /// Rewrite finished files.
    Compact(Box<command::compact::Asked>),
    /// Put back what was taken out of a file.
    Restore(command::restore::Asked),
    /// Remove old attics.
    Prune(command::prune::Asked),
    /// Run a program behind the filter.
    Run(Box<command::run::Asked>),
    /// Become the program that is run.
    Launch(command::run::Launch),
    /// Something about drained files.
    Drain(DrainErrand),
    /// Follow files.
    Follow(Box<command::follow::Asked>),
    /// Read the journal.
    Journal(Box<command::journal::Asked>),
    /// Follow what this file names.
    Serve(PathBuf),
    /// Something about rules.
    Rules(RulesErrand),
    /// Print completions.
    Completions(Shell),
    /// Print the manual page.
    Manual,
}

const EXAMPLES: &str = "\
Examples:
  tomcat 2>&1 | quell >> app.log        quieten a pipe
  quell app.log > quiet.log             quieten a file
  quell run -- java -jar app.jar        run a program behind the filter
  quell rules try app.log               which rule takes what, and why not
  quell explain Broken pipe             what it means, what causes it, what to do

A FILE that is named like a command is written ./rules. A DUR is written 500ms, 1m, 1h30m or 7d.
SIGUSR1 writes the summaries now, SIGHUP reads the rules again and opens -o again.
Exit status: 0 fine, 1 some file failed, 2 wrong usage or rules, 128+N ended by signal N.";

/// Shows the first of each kind of client disconnect in a server's log, counts the repeats, and leaves everything else
/// byte for byte as it is.
#[derive(Debug, Parser)]
#[command(name = "quell", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(disable_help_flag = true)]
struct Typed {
    #[command(flatten)]
    filter: TypedFilter,
    #[command(subcommand)]
    command: Option<TypedCommand>,
}

#[derive(Debug, Subcommand)]
enum TypedCommand {
    /// Keep a file that is still being written small, losing nothing
    Drain(Box<TypedDrain>),
    /// Say what an error, a rule or a record means, what causes it and what to do
    Explain(explain::TypedExplain),
    /// Rewrite finished files small, in their places; `quell restore` puts everything back
    Compact(Box<TypedCompact>),
    /// Put back what was taken out of a file, or show it
    Restore(TypedRestore),
    /// Remove attics that are too old
    #[command(subcommand)]
    Attic(TypedAtticCommand),
    /// Run a program, its output filtered, its signals and exit status kept
    Run(Box<TypedRun>),
    /// Become the program that `run` has found
    #[command(name = LAUNCHER, hide = true)]
    Launch(TypedLaunch),
    /// Follow files that are still written
    Follow(Box<TypedFollow>),
    /// Read the systemd journal
    Journal(Box<TypedJournal>),
    /// List, show, check and try rules
    #[command(subcommand)]
    Rules(TypedRulesCommand),
    /// Print completions for a shell
    #[command(hide = true)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

/// Reads the arguments, the program's name first.
///
/// # Errors
/// What is wrong with them, or the help that they ask for.
pub fn read(args: impl Iterator<Item = OsString>) -> Result<Asked, clap::Error> {
    let typed = Typed::try_parse_from(args)?;
    let colour = typed.filter.color;
    let errand = match typed.command {
        None => match typed.filter.config.clone() {
            Some(path) => Errand::Serve(path),
            None => Errand::Filter(Box::new(typed.filter.into())),
        },
        Some(TypedCommand::Explain(typed)) => Errand::Explain(Box::new(typed.into())),
        Some(TypedCommand::Compact(typed)) => Errand::Compact(Box::new((*typed).into())),
        Some(TypedCommand::Restore(typed)) => Errand::Restore(typed.into()),
        Some(TypedCommand::Attic(command)) => Errand::Prune(command.into()),
        Some(TypedCommand::Run(run)) => Errand::Run(Box::new((*run).into())),
        Some(TypedCommand::Launch(launch)) => Errand::Launch(launch.into()),
        Some(TypedCommand::Drain(typed)) => Errand::Drain((*typed).into()),
        Some(TypedCommand::Follow(typed)) => Errand::Follow(Box::new((*typed).into())),
        Some(TypedCommand::Journal(typed)) => Errand::Journal(Box::new((*typed).into())),
        Some(TypedCommand::Rules(command)) => Errand::Rules(command.into()),
        Some(TypedCommand::Completions { shell }) => Errand::Completions(shell),
        Some(TypedCommand::Man) => Errand::Manual,
    };
    Ok(Asked { colour, errand })
}

/// All flags, for the manual and the completions.
#[must_use]
pub fn command() -> clap::Command {
    Typed::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Typed::command().debug_assert();
    }

    #[test]
    fn the_help_fits_a_screen_and_a_half() {
        let help = command().render_help().to_string();
        assert!(help.lines().count() < 60, "{help}");
    }
}
