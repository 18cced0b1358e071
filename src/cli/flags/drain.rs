//! What may be typed after `quell drain`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::sized::TypedSized;
use super::terms::TypedTerms;
use crate::cli::size::size;
use crate::command::compact::rewrite::Keep;
use crate::command::drain::{Asked, Outputs, Policy, STEPS, Shrink, Stop};
use crate::limits;

/// What is to be done about drained files.
#[derive(Debug)]
pub enum DrainErrand {
    /// Drain them.
    Drain(Box<Asked>),
    /// Say how far it has come.
    Status {
        /// Which.
        asked: Box<Asked>,
        /// As JSON.
        json: bool,
    },
}

const EXAMPLES: &str = "\
Examples:
  quell drain app.log -o app.quiet.log            until a signal ends it
  quell drain --once app.log -o app.quiet.log     what is there now, from cron or logrotate's prerotate
  quell drain --status app.log -o app.quiet.log   how far it has come

Never use logrotate's copytruncate on a drained file. See docs/drain.md.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("outputs").required(true).args(["output", "out_dir"]))]
pub(super) struct TypedDrain {
    /// Files that others append to
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Append the filtered stream to OUT
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Append each file's stream to a file of its name in DIR
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    #[command(flatten)]
    sized: TypedSized,
    /// Keep what is taken out in PATH, a folder or (for one file) a file, instead of OUT.attic
    #[arg(long, value_name = "PATH", conflicts_with = "no_attic")]
    attic: Option<PathBuf>,
    /// Keep nothing of what is taken out
    #[arg(long)]
    no_attic: bool,
    /// Keep the states in DIR [beside the output]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Give space back about every SIZE consumed [16M]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    chunk: Option<u64>,
    /// Whether the file may become shorter instead of getting a hole at its front
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        hide_default_value = true,
        default_value_t
    )]
    collapse: TypedCollapse,
    /// How the file's writers write: `append` vouches for all of them
    #[arg(
        long,
        value_name = "HOW",
        value_enum,
        hide_default_value = true,
        default_value_t
    )]
    writer: TypedWriter,
    /// Consume what is there, then end
    #[arg(long, conflicts_with = "status")]
    once: bool,
    /// Write figures for Prometheus to FILE, every 10 s or with `--status` once
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// Say how far each file has come; with `--stats=json` as JSON
    #[arg(long)]
    status: bool,
    /// Kill the program the nth time that it comes to STEP, for tests: STEP or STEP:N
    #[arg(long, value_name = "STEP", hide = true, value_parser = stop)]
    stop_at: Option<Stop>,
    #[command(flatten)]
    terms: TypedTerms,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum TypedCollapse {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, ValueEnum)]
enum TypedWriter {
    #[default]
    Auto,
    Append,
}

impl From<TypedDrain> for DrainErrand {
    fn from(typed: TypedDrain) -> DrainErrand {
        let terms: crate::command::terms::Terms = typed.terms.into();
        let json = terms.stats == Some(crate::command::terms::Stats::Json);
        let asked = Box::new(Asked {
            files: typed.files,
            outputs: match (typed.output, typed.out_dir) {
                (Some(path), _) => Outputs::File(path),
                (None, folder) => Outputs::Folder(folder.unwrap_or_default()),
            },
            sizing: typed.sized.sizing(),
            keep: match typed.attic {
                Some(path) => Keep::At(path),
                None if typed.no_attic => Keep::Nowhere,
                None => Keep::Beside,
            },
            state: typed.state,
            policy: Policy {
                chunk: typed.chunk.unwrap_or(limits::DRAIN_CHUNK_BYTES),
                shrink: match typed.collapse {
                    TypedCollapse::Auto => Shrink::Auto,
                    TypedCollapse::Always => Shrink::Always,
                    TypedCollapse::Never => Shrink::Never,
                },
                appends: typed.writer == TypedWriter::Append,
            },
            metrics: typed.metrics,
            once: typed.once,
            stop: typed.stop_at,
            terms,
        });
        if typed.status {
            DrainErrand::Status { asked, json }
        } else {
            DrainErrand::Drain(asked)
        }
    }
}

fn stop(text: &str) -> Result<Stop, String> {
    let (name, turn) = text.split_once(':').unwrap_or((text, "1"));
    let step = STEPS.iter().find(|(known, _)| *known == name);
    let turn = turn.parse().map_err(|_| format!("`{turn}` is no number"))?;
    match step {
        Some((_, step)) => Ok(Stop { step: *step, turn }),
        None => {
            let names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
            Err(format!(
                "there is no such step; there are {}",
                names.join(", ")
            ))
        }
    }
}
