//! What may be typed after `quell attic`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;

use crate::cli::duration::duration;
use crate::command::prune::Asked;

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum TypedAtticCommand {
    /// Remove old attics; what they hold is gone for good then
    Prune {
        /// Attics, and folders of them
        #[arg(value_name = "PATH", default_value = ".")]
        paths: Vec<PathBuf>,
        /// Remove those that were made longer ago than DUR, such as 30d
        #[arg(long, value_name = "DUR", value_parser = duration)]
        older_than: Duration,
        /// Remove nothing, only say what would be removed
        #[arg(long)]
        dry_run: bool,
    },
}

impl From<TypedAtticCommand> for Asked {
    fn from(typed: TypedAtticCommand) -> Asked {
        let TypedAtticCommand::Prune {
            paths,
            older_than,
            dry_run,
        } = typed;
        Asked {
            paths,
            older_than,
            dry_run,
        }
    }
}
