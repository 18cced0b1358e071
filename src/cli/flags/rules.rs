//! What may be typed after `quell rules`.

use std::path::PathBuf;

use clap::Subcommand;

use super::terms::TypedRules;
use crate::command::rulebook::Rulebook;

/// What is to be done about rules.
#[derive(Debug)]
pub enum RulesErrand {
    /// List them.
    List {
        /// As JSON.
        json: bool,
        /// The rules.
        rules: Rulebook,
    },
    /// Show one.
    Show {
        /// Its name.
        id: String,
        /// As JSON.
        json: bool,
        /// The rules.
        rules: Rulebook,
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

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum TypedRulesCommand {
    /// List all rules, and whether they are on
    List {
        /// As one JSON object
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        rules: TypedRules,
    },
    /// Show one rule, with its reasons and its proof
    Show {
        /// Its name
        id: String,
        /// As one JSON object
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        rules: TypedRules,
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

impl From<TypedRulesCommand> for RulesErrand {
    fn from(typed: TypedRulesCommand) -> RulesErrand {
        match typed {
            TypedRulesCommand::List { json, rules } => RulesErrand::List {
                json,
                rules: rules.into(),
            },
            TypedRulesCommand::Show { id, json, rules } => RulesErrand::Show {
                id,
                json,
                rules: rules.into(),
            },
            TypedRulesCommand::Check { paths } => RulesErrand::Check { paths },
            TypedRulesCommand::Test => RulesErrand::Test,
            TypedRulesCommand::Try { file, rules } => RulesErrand::Try {
                file,
                rules: rules.into(),
            },
        }
    }
}
