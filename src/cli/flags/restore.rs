//! What may be typed after `quell restore`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::moment::{since, until};
use crate::command::restore::{Asked, Errand, To};
use crate::command::span::Span;

#[derive(Debug, Args)]
pub(super) struct TypedRestore {
    /// A file that was compacted, whatever it is called now
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write to OUT, compressed as FILE is, or (`-`) to standard output, instead of replacing FILE
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// The attic, or the folder that it is in, if it is not beside FILE
    #[arg(long, value_name = "PATH")]
    attic: Option<PathBuf>,
    /// List the summaries in FILE with their numbers
    #[arg(long, group = "errand")]
    list: bool,
    /// Print the records of one summary: its number, or text that only it has
    #[arg(long, value_name = "SUMMARY", group = "errand")]
    show: Option<String>,
    /// Print the original from TIME on, such as 2026-11-22 or '2026-11-22 10:05'
    #[arg(long, value_name = "TIME", value_parser = since, conflicts_with = "errand")]
    since: Option<i64>,
    /// Print the original up to TIME
    #[arg(long, value_name = "TIME", value_parser = until, conflicts_with = "errand")]
    until: Option<i64>,
    /// Restore to OUT what is sound in a damaged attic
    #[arg(long, group = "errand", requires = "output")]
    salvage: bool,
    /// Work with N threads instead of one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
}

impl From<TypedRestore> for Asked {
    fn from(typed: TypedRestore) -> Asked {
        let to = match typed.output {
            None => To::Place,
            Some(path) if path.as_os_str() == "-" => To::Stdout,
            Some(path) => To::File(path),
        };
        let span = Span {
            since: typed.since,
            until: typed.until,
        };
        let errand = if let Some(summary) = typed.show {
            Errand::Show(summary)
        } else if typed.list {
            Errand::List
        } else if typed.salvage {
            Errand::Salvage(to)
        } else if span != Span::default() {
            Errand::Part(span)
        } else {
            Errand::Restore(to)
        };
        Asked {
            file: typed.file,
            attic: typed.attic,
            jobs: typed.jobs.map(usize::from),
            errand,
        }
    }
}
