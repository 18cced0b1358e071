//! What may be typed after `quell compact`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::terms::TypedTerms;
use crate::cli::duration::duration;
use crate::cli::size::size;
use crate::command::compact::Asked;
use crate::command::compact::outcome::Step;
use crate::command::compact::rewrite::Keep;
use crate::limits;
use crate::system::compress::Compression;

#[derive(Debug, Args)]
pub(super) struct TypedCompact {
    /// Finished files, plain or compressed, and patterns such as '/var/log/app/*.log.[1-9]*'; none is standard input,
    /// written compressed to standard output, as logrotate's compresscmd
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Compress standard output in this way instead of as the input is
    #[arg(long, value_name = "HOW", value_enum, conflicts_with = "files")]
    compress: Option<TypedCompression>,
    /// Compress it at level N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=9), conflicts_with = "files")]
    level: Option<u32>,
    /// Change nothing, only say what would be saved
    #[arg(long)]
    dry_run: bool,
    /// Work with N threads instead of one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Keep what is taken out in PATH, a folder or (for one file) a file, instead of FILE.attic
    #[arg(long, value_name = "PATH", conflicts_with = "no_attic")]
    attic: Option<PathBuf>,
    /// Keep nothing of what is taken out
    #[arg(long)]
    no_attic: bool,
    /// Leave files alone that were written to within DUR [10s]
    #[arg(long, value_name = "DUR", value_parser = duration)]
    min_age: Option<Duration>,
    /// Leave compressed files alone whose content is larger than SIZE [1T]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_content: Option<u64>,
    /// Print the table at the end as JSON
    #[arg(long)]
    json: bool,
    /// End at once after a step, as if killed; for tests
    #[arg(long, hide = true, value_enum)]
    stop_at: Option<TypedStep>,
    #[command(flatten)]
    terms: TypedTerms,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypedCompression {
    #[value(alias = "plain")]
    None,
    #[value(name = "gz", alias = "gzip")]
    Gzip,
    #[value(name = "zst", alias = "zstd")]
    Zstd,
    Xz,
    #[value(name = "bz2", alias = "bzip2")]
    Bzip2,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypedStep {
    Opened,
    Written,
    Synced,
    AtticPlaced,
    Named,
    Replaced,
    Settled,
}

impl From<TypedCompact> for Asked {
    fn from(typed: TypedCompact) -> Asked {
        Asked {
            files: typed
                .files
                .into_iter()
                .filter(|path| path.as_os_str() != "-")
                .collect(),
            compression: typed.compress.map(Compression::from),
            level: typed.level,
            dry_run: typed.dry_run,
            jobs: typed.jobs.map(usize::from),
            keep: match typed.attic {
                Some(path) => Keep::At(path),
                None if typed.no_attic => Keep::Nowhere,
                None => Keep::Beside,
            },
            min_age: typed.min_age.unwrap_or(limits::COMPACT_AGE_MIN),
            bytes_max: typed.max_content.unwrap_or(limits::EXPANSION_BYTES_MAX),
            json: typed.json,
            stop_at: typed.stop_at.map(Step::from),
            terms: typed.terms.into(),
        }
    }
}

impl From<TypedCompression> for Compression {
    fn from(typed: TypedCompression) -> Compression {
        match typed {
            TypedCompression::None => Compression::Plain,
            TypedCompression::Gzip => Compression::Gzip,
            TypedCompression::Zstd => Compression::Zstd,
            TypedCompression::Xz => Compression::Xz,
            TypedCompression::Bzip2 => Compression::Bzip2,
        }
    }
}

impl From<TypedStep> for Step {
    fn from(typed: TypedStep) -> Step {
        match typed {
            TypedStep::Opened => Step::Opened,
            TypedStep::Written => Step::Written,
            TypedStep::Synced => Step::Synced,
            TypedStep::AtticPlaced => Step::AtticPlaced,
            TypedStep::Named => Step::Named,
            TypedStep::Replaced => Step::Replaced,
            TypedStep::Settled => Step::Settled,
        }
    }
}
