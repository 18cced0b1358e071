//! What may be typed after `quell rules`.

use std::path::PathBuf;

use clap::Subcommand;

use super::terms::TypedRules;
use crate::command::draft;
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
    /// Draft one from a record.
    New(Box<draft::Asked>),
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
    /// Draft a rule that takes a record like the one in FILE, with its proof
    New {
        /// The record, trace and all; none, or `-`, is standard input
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// The rule's name, such as shop-client-left
        #[arg(long, value_name = "ID", value_parser = rule_name)]
        id: Option<String>,
        /// Write it to FILE, which must not exist yet
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        rules: TypedRules,
    },
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
            TypedRulesCommand::New {
                file,
                id,
                output,
                rules,
            } => RulesErrand::New(Box::new(draft::Asked {
                file: file.unwrap_or_else(|| PathBuf::from("-")),
                id,
                output,
                rules: rules.into(),
            })),
            TypedRulesCommand::Try { file, rules } => RulesErrand::Try {
                file,
                rules: rules.into(),
            },
        }
    }
}

/// A rule's name: what summaries show in square brackets, and what their readers' expressions allow.
fn rule_name(text: &str) -> Result<String, String> {
    let part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(part) {
        Ok(text.to_owned())
    } else {
        Err("a rule's name has lower-case letters, digits and dashes, a letter first".to_owned())
    }
}
