//! What may be typed, and what it means. Two things: `Typed` is the arguments as they stand, [`Asked`] what is wanted.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::duration::{duration, window};
use super::paint::Colour;
use crate::command::filter::{self, Input, Stats};
use crate::command::outlet::Place;
use crate::command::rulebook::Rulebook;
use crate::episode::{First, Settings, SummaryStyle};
use crate::limits;
use crate::pipeline::{Gear, Options};
use crate::rule::Selection;

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
    Filter(Box<filter::Asked>),
    /// Something about rules.
    Rules(RulesErrand),
    /// Print completions.
    Completions(Shell),
    /// Print the manual page.
    Manual,
}

/// What is to be done about rules.
#[derive(Debug)]
pub enum RulesErrand {
    /// List them.
    List,
    /// Show one.
    Show {
        /// Its name.
        id: String,
    },
    /// Check files.
    Check {
        /// Files and folders.
        paths: Vec<PathBuf>,
    },
    /// Hold the built-in rules against their proofs.
    Test,
    /// Show what the rules make of a file.
    Try {
        /// The file.
        file: PathBuf,
        /// The rules.
        rules: Rulebook,
    },
}

const EXAMPLES: &str = "\
Examples:
  tomcat 2>&1 | quell >> app.log        quieten a pipe
  quell app.log > quiet.log             quieten a file
  quell --stats app.log > /dev/null     how much of it is noise
  quell rules try app.log               which rule takes what, and why not

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

#[derive(Debug, Args)]
struct TypedFilter {
    /// Files to read in order; none, or `-`, is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Append to FILE instead of writing to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How much of the first record of a kind is shown
    #[arg(
        long,
        value_name = "HOW",
        value_enum,
        hide_default_value = true,
        default_value_t
    )]
    first: TypedFirst,
    /// Summarise repeats every DUR [1m]
    #[arg(long, value_name = "DUR", value_parser = window)]
    every: Option<Duration>,
    /// Show a kind anew after it was not seen for DUR [24h]
    #[arg(long, value_name = "DUR", value_parser = window)]
    forget: Option<Duration>,
    /// Hold an unfinished record at most DUR after its last byte [200ms]
    #[arg(long, value_name = "DUR", value_parser = duration)]
    linger: Option<Duration>,
    /// What becomes of records that do not tell whose connection it was
    #[arg(
        long,
        value_name = "FATE",
        value_enum,
        hide_default_value = true,
        default_value_t
    )]
    undecided: TypedUndecided,
    /// How summaries are written
    #[arg(
        long,
        value_name = "STYLE",
        value_enum,
        hide_default_value = true,
        default_value_t
    )]
    summary: TypedSummary,
    /// Write summaries to FILE, or to `stderr`, instead of the output
    #[arg(long, value_name = "FILE")]
    summary_to: Option<PathBuf>,
    #[command(flatten)]
    rules: TypedRules,
    /// Print the account at the end on standard error
    #[arg(long, value_name = "STYLE", value_enum, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "text")]
    stats: Option<TypedStats>,
    /// When to use colours in messages
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        hide_default_value = true,
        default_value_t
    )]
    color: Colour,
    /// How suspects are found
    #[arg(long, hide = true, value_enum, default_value_t)]
    gear: TypedGear,
    /// Print this help
    #[arg(short, long, action = ArgAction::HelpShort)]
    help: Option<bool>,
}

#[derive(Debug, Default, Args)]
struct TypedRules {
    /// Add the rules in PATH, a file or a folder of *.toml; may be repeated
    #[arg(long = "rules", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Switch rules off, by the name of a rule or a program; may be repeated
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    disable: Vec<String>,
    /// Switch rules on that are off by default
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    enable: Vec<String>,
    /// Use these rules and no others
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum TypedCommand {
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

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum TypedRulesCommand {
    /// List the built-in rules
    List,
    /// Show one rule, with its reasons and its proof
    Show {
        /// Its name
        id: String,
    },
    /// Check rule files: their form, their patterns and their proofs
    Check {
        /// Files, and folders of *.toml
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<PathBuf>,
    },
    /// Hold the built-in rules against their proofs
    Test,
    /// Show which rule takes each record of a file, or which condition refuses it
    Try {
        /// The file; `-` is standard input
        file: PathBuf,
        #[command(flatten)]
        rules: TypedRules,
    },
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum TypedFirst {
    #[default]
    Full,
    Line,
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, ValueEnum)]
enum TypedUndecided {
    #[default]
    Collapse,
    Keep,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum TypedSummary {
    #[default]
    Text,
    Json,
    None,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypedStats {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum TypedGear {
    #[default]
    Skim,
    Step,
}

/// Reads the arguments, the program's name first.
///
/// # Errors
/// What is wrong with them, or the help that they ask for.
pub fn read(args: impl Iterator<Item = OsString>) -> Result<Asked, clap::Error> {
    let typed = Typed::try_parse_from(args)?;
    let colour = typed.filter.color;
    let errand = match typed.command {
        None => Errand::Filter(Box::new(typed.filter.into())),
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

impl From<TypedFilter> for filter::Asked {
    fn from(typed: TypedFilter) -> filter::Asked {
        let settings = Settings {
            every: typed.every.unwrap_or(limits::EVERY),
            forget: typed.forget.unwrap_or(limits::FORGET),
            first: match typed.first {
                TypedFirst::Full => First::Full,
                TypedFirst::Line => First::Line,
                TypedFirst::None => First::None,
            },
            ..Settings::default()
        };
        let mut rules = Rulebook::from(typed.rules);
        rules.selection.keep_undecided = typed.undecided == TypedUndecided::Keep;
        filter::Asked {
            inputs: inputs(typed.files),
            output: typed.output.map_or(Place::Stdout, Place::File),
            summaries: typed.summary_to.map(|path| match path.to_str() {
                Some("stderr") => Place::Stderr,
                _ => Place::File(path),
            }),
            options: Options {
                gear: match typed.gear {
                    TypedGear::Skim => Gear::Skim,
                    TypedGear::Step => Gear::Step,
                },
                settings,
                style: match typed.summary {
                    TypedSummary::Text => SummaryStyle::Text,
                    TypedSummary::Json => SummaryStyle::Json,
                    TypedSummary::None => SummaryStyle::None,
                },
                account: typed.stats.is_some(),
            },
            linger: typed.linger.unwrap_or(limits::LINGER),
            rules,
            stats: typed.stats.map(|stats| match stats {
                TypedStats::Text => Stats::Text,
                TypedStats::Json => Stats::Json,
            }),
        }
    }
}

impl From<TypedRules> for Rulebook {
    fn from(typed: TypedRules) -> Rulebook {
        Rulebook {
            paths: typed.paths,
            selection: Selection {
                disable: typed.disable,
                enable: typed.enable,
                only: typed.only,
                keep_undecided: false,
            },
        }
    }
}

impl From<TypedRulesCommand> for RulesErrand {
    fn from(typed: TypedRulesCommand) -> RulesErrand {
        match typed {
            TypedRulesCommand::List => RulesErrand::List,
            TypedRulesCommand::Show { id } => RulesErrand::Show { id },
            TypedRulesCommand::Check { paths } => RulesErrand::Check { paths },
            TypedRulesCommand::Test => RulesErrand::Test,
            TypedRulesCommand::Try { file, rules } => RulesErrand::Try {
                file,
                rules: rules.into(),
            },
        }
    }
}

fn inputs(files: Vec<PathBuf>) -> Vec<Input> {
    if files.is_empty() {
        return vec![Input::Stdin { by_default: true }];
    }
    let input = |path: PathBuf| match path.to_str() {
        Some("-") => Input::Stdin { by_default: false },
        _ => Input::File(path),
    };
    files.into_iter().map(input).collect()
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
