//! What may be typed after `quell journal`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::run::LAUNCHER;
use super::sized::TypedOutput;
use super::terms::TypedTerms;
use crate::command::journal::Asked;

#[derive(Debug, Args)]
pub(super) struct TypedJournal {
    /// Read what UNIT has written; may be repeated
    #[arg(short, long = "unit", value_name = "UNIT")]
    units: Vec<String>,
    /// Wait for more at the end
    #[arg(short, long)]
    follow: bool,
    /// Keep in DIR how far reading has come, and go on there after a restart
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    #[command(flatten)]
    output: TypedOutput,
    /// Keep what is taken out in PATH; `quell restore` puts it back
    #[arg(long, value_name = "PATH", conflicts_with = "state")]
    attic: Option<PathBuf>,
    #[command(flatten)]
    terms: TypedTerms,
    /// Further flags for journalctl, behind two dashes
    #[arg(value_name = "OPTION", last = true)]
    options: Vec<OsString>,
}

impl From<TypedJournal> for Asked {
    fn from(typed: TypedJournal) -> Asked {
        Asked {
            units: typed.units,
            follow: typed.follow,
            options: typed.options,
            state: typed.state,
            output: typed.output.into(),
            attic: typed.attic,
            terms: typed.terms.into(),
            launcher: LAUNCHER,
        }
    }
}
