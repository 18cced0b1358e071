//! What may be typed after `quell run`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::sized::TypedOutput;
use super::terms::TypedTerms;
use crate::command::run::{Asked, Launch};

/// The name of the command that becomes the program.
pub(super) const LAUNCHER: &str = "launch";

#[derive(Debug, Args)]
#[command(override_usage = "quell run [OPTIONS] [--] PROGRAM [ARG]...")]
pub(super) struct TypedRun {
    #[command(flatten)]
    output: TypedOutput,
    /// Keep what is taken out in PATH; `quell restore` puts it back
    #[arg(long, value_name = "PATH", requires = "output")]
    attic: Option<PathBuf>,
    #[command(flatten)]
    terms: TypedTerms,
    /// The program to run
    program: OsString,
    /// What it is given
    #[arg(
        value_name = "ARG",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    arguments: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(super) struct TypedLaunch {
    /// The process that asks for it
    parent: i32,
    /// Where the program is
    #[arg(last = true, required = true)]
    found: Vec<OsString>,
}

impl From<TypedRun> for Asked {
    fn from(typed: TypedRun) -> Asked {
        Asked {
            program: typed.program,
            arguments: typed.arguments,
            output: typed.output.into(),
            attic: typed.attic,
            terms: typed.terms.into(),
            launcher: LAUNCHER,
        }
    }
}

impl From<TypedLaunch> for Launch {
    fn from(typed: TypedLaunch) -> Launch {
        let mut words = typed.found.into_iter();
        let found = words.next().unwrap_or_default();
        Launch {
            parent: typed.parent,
            name: words.next().unwrap_or_else(|| found.clone()),
            found: PathBuf::from(found),
            arguments: words.collect(),
        }
    }
}
