//! Where the output goes, and to what size it is kept: flags that every command with `-o` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::size::size;
use crate::command::outlet::Place;
use crate::limits;
use crate::system::ladder::{Compression, Sizing};

#[derive(Debug, Args)]
#[command(mut_arg("max_size", |arg| arg.requires("output")))]
pub(in crate::cli) struct TypedOutput {
    /// Append to FILE instead of writing to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    sized: TypedSized,
}

/// To what size an output is kept; for a command that names its outputs in another way than by `-o`.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct TypedSized {
    /// Rotate the output when it has SIZE, such as 100M
    #[arg(long, value_name = "SIZE", value_parser = max_size)]
    max_size: Option<u64>,
    /// Keep N rotated files [10]
    #[arg(long, value_name = "N", requires = "max_size")]
    keep: Option<usize>,
    /// Remove the oldest while all together have more than SIZE
    #[arg(long, value_name = "SIZE", value_parser = size, requires = "max_size")]
    max_total: Option<u64>,
    /// Compress rotated files: zst, gz or none [zst]
    #[arg(
        long,
        value_name = "HOW",
        value_enum,
        hide_possible_values = true,
        requires = "max_size"
    )]
    compress: Option<TypedCompression>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypedCompression {
    Zst,
    Gz,
    None,
}

impl From<TypedOutput> for Place {
    fn from(typed: TypedOutput) -> Place {
        match typed.output {
            None => Place::Stdout,
            Some(path) => typed.sized.place(path),
        }
    }
}

impl TypedSized {
    /// The file at this path, kept to its size if there is one.
    pub(in crate::cli) fn place(&self, path: PathBuf) -> Place {
        match self.sizing() {
            None => Place::File(path),
            Some(sizing) => Place::Sized(path, sizing),
        }
    }

    /// The size that was asked for.
    pub(in crate::cli) fn sizing(&self) -> Option<Sizing> {
        Some(Sizing {
            max_bytes: self.max_size?,
            keep: self.keep.unwrap_or(limits::KEEP),
            total_bytes_max: self.max_total,
            compression: match self.compress {
                None | Some(TypedCompression::Zst) => Compression::Zst,
                Some(TypedCompression::Gz) => Compression::Gz,
                Some(TypedCompression::None) => Compression::None,
            },
        })
    }
}

fn max_size(text: &str) -> Result<u64, String> {
    let bytes = size(text)?;
    if bytes < limits::MAX_SIZE_MIN {
        return Err(format!("it must be at least {}", limits::MAX_SIZE_MIN));
    }
    Ok(bytes)
}
