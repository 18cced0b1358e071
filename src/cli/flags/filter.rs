//! What may be typed after `quell` alone: the filter.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::sized::TypedOutput;
use super::terms::TypedTerms;
use crate::cli::paint::Colour;
use crate::command::filter::{Asked, Input};

#[derive(Debug, Args)]
pub(super) struct TypedFilter {
    /// Files to read in order; none, or `-`, is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: TypedOutput,
    /// Keep what is taken out in PATH; `quell restore` puts it back
    #[arg(long, value_name = "PATH")]
    attic: Option<PathBuf>,
    #[command(flatten)]
    terms: TypedTerms,
    /// Follow all files that FILE names, as a service does
    #[arg(long, value_name = "FILE", exclusive = true)]
    pub(super) config: Option<PathBuf>,
    /// When to use colours in messages
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        hide_default_value = true,
        default_value_t
    )]
    pub(super) color: Colour,
    /// Print this help
    #[arg(short, long, global = true, action = ArgAction::HelpShort)]
    help: Option<bool>,
}

impl From<TypedFilter> for Asked {
    fn from(typed: TypedFilter) -> Asked {
        Asked {
            inputs: inputs(typed.files),
            output: typed.output.into(),
            attic: typed.attic,
            terms: typed.terms.into(),
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
