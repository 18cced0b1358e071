//! What may be typed after `quell follow`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Command, FromArgMatches};

use super::sized::TypedSized;
use super::terms::TypedTerms;
use crate::cli::duration::window;
use crate::command::follow::{Asked, Outputs};
use crate::command::outlet::Place;
use crate::limits;
use crate::system::tail::Start;

#[derive(Debug, Args)]
#[command(mut_arg("max_size", |arg| arg.requires("outputs")))]
pub(super) struct TypedFollow {
    /// Files to follow by name, and patterns for files in quotes
    #[arg(value_name = "FILE|GLOB", required = true)]
    names: Vec<OsString>,
    /// Begin with the last LINES lines of files that are there [10]
    #[arg(short = 'n', long, value_name = "LINES", conflicts_with = "from_start")]
    lines: Option<u64>,
    /// Begin with the first line of files that are there
    #[arg(long)]
    from_start: bool,
    /// Append to FILE instead of writing to standard output
    #[arg(short, long, value_name = "FILE", group = "outputs")]
    output: Option<PathBuf>,
    /// Write the lines of each file to a file of the same name in DIR
    #[arg(long, value_name = "DIR", group = "outputs")]
    out_dir: Option<PathBuf>,
    #[command(flatten)]
    sized: TypedSized,
    /// Keep in DIR how far reading has come, and go on there after a restart
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Look at files every DUR [1s] instead of being told of changes
    #[arg(long, value_name = "DUR", value_parser = window, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "1s")]
    poll: Option<Duration>,
    /// Keep what is taken out in PATH; `quell restore` puts it back
    #[arg(long, value_name = "PATH", conflicts_with = "out_dir")]
    attic: Option<PathBuf>,
    #[command(flatten)]
    terms: TypedTerms,
}

/// The flags alone, for one file of a configuration.
pub(in crate::cli) fn command() -> Command {
    let command = Command::new("quell").no_binary_name(true);
    TypedFollow::augment_args(command.disable_help_flag(true))
}

/// What these flags mean.
///
/// # Errors
/// What is wrong with them.
pub(in crate::cli) fn read(
    command: &mut Command,
    args: Vec<OsString>,
) -> Result<Asked, clap::Error> {
    let matches = command.try_get_matches_from_mut(args)?;
    Ok(TypedFollow::from_arg_matches(&matches)?.into())
}

impl From<TypedFollow> for Asked {
    fn from(typed: TypedFollow) -> Asked {
        let lines = typed.lines.unwrap_or(limits::FOLLOW_LINES);
        Asked {
            names: typed.names,
            start: if typed.from_start {
                Start::Beginning
            } else {
                Start::Lines(lines)
            },
            outputs: match (typed.output, typed.out_dir) {
                (_, Some(folder)) => Outputs::Each(typed.sized.place(folder)),
                (Some(path), None) => Outputs::One(typed.sized.place(path)),
                (None, None) => Outputs::One(Place::Stdout),
            },
            state: typed.state,
            attic: typed.attic,
            poll: typed.poll,
            terms: typed.terms.into(),
        }
    }
}
