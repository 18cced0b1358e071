//! Under what terms a stream is filtered: flags that every filtering command takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::duration::{duration, window};
use crate::command::outlet::Place;
use crate::command::rulebook::Rulebook;
use crate::command::terms::{Stats, Terms};
use crate::episode::{First, Settings, SummaryStyle};
use crate::format::Format;
use crate::limits;
use crate::pipeline::{Gear, Options};
use crate::rule::Selection;

#[derive(Debug, Args)]
pub(in crate::cli) struct TypedTerms {
    /// How much of the first record of a kind is shown
    #[arg(
        long,
        value_name = "HOW",
        value_enum,
        hide_default_value = true,
        default_value_t
    )]
    first: TypedFirst,
    /// Summarise repeats every DUR [1m]
    #[arg(long, value_name = "DUR", value_parser = window)]
    every: Option<Duration>,
    /// Show a kind anew after it was not seen for DUR [24h]
    #[arg(long, value_name = "DUR", value_parser = window)]
    forget: Option<Duration>,
    /// Hold an unfinished record at most DUR after its last byte [200ms]
    #[arg(long, value_name = "DUR", value_parser = duration)]
    linger: Option<Duration>,
    /// What becomes of records that do not tell whose connection it was
    #[arg(
        long,
        value_name = "FATE",
        value_enum,
        hide_default_value = true,
        default_value_t
    )]
    undecided: TypedUndecided,
    /// Which envelope lines wear, where that is not to be told line by line
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        hide_default_value = true,
        default_value_t
    )]
    format: TypedFormat,
    /// How summaries are written
    #[arg(
        long,
        value_name = "STYLE",
        value_enum,
        hide_default_value = true,
        default_value_t
    )]
    summary: TypedSummary,
    /// Write summaries to FILE, or to `stderr`, instead of the output
    #[arg(long, value_name = "FILE")]
    summary_to: Option<PathBuf>,
    #[command(flatten)]
    rules: TypedRules,
    /// Print the account on standard error
    #[arg(long, value_name = "STYLE", value_enum, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "text")]
    stats: Option<TypedStats>,
    /// How suspects are found
    #[arg(long, hide = true, value_enum, default_value_t)]
    gear: TypedGear,
}

#[derive(Debug, Default, Args)]
pub(in crate::cli) struct TypedRules {
    /// Add the rules in PATH, a file or a folder of *.toml; may be repeated
    #[arg(long = "rules", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Switch rules off, by the name of a rule or a program; may be repeated
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    disable: Vec<String>,
    /// Switch rules on that are off by default
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    enable: Vec<String>,
    /// Use these rules and no others
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum TypedFirst {
    #[default]
    Full,
    Line,
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, ValueEnum)]
enum TypedUndecided {
    #[default]
    Collapse,
    Keep,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum TypedSummary {
    #[default]
    Text,
    Json,
    None,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum TypedFormat {
    /// Each line by its own bytes
    #[default]
    Auto,
    /// None
    Plain,
    /// Docker's json-file
    Docker,
    /// A Kubernetes container's log
    Cri,
    /// Syslog, or the journal by lines
    Syslog,
    /// A name and a pipe, or a container's time, before the text
    Compose,
    /// Objects, one on a line
    Json,
    /// Names and values
    Logfmt,
    /// What `journalctl -o export` writes
    JournalExport,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypedStats {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum TypedGear {
    #[default]
    Skim,
    Step,
}

impl From<TypedTerms> for Terms {
    fn from(typed: TypedTerms) -> Terms {
        let settings = Settings {
            every: typed.every.unwrap_or(limits::EVERY),
            forget: typed.forget.unwrap_or(limits::FORGET),
            first: match typed.first {
                TypedFirst::Full => First::Full,
                TypedFirst::Line => First::Line,
                TypedFirst::None => First::None,
            },
            ..Settings::default()
        };
        let mut rules = Rulebook::from(typed.rules);
        rules.selection.keep_undecided = typed.undecided == TypedUndecided::Keep;
        Terms {
            summaries: typed.summary_to.map(|path| match path.to_str() {
                Some("stderr") => Place::Stderr,
                _ => Place::File(path),
            }),
            options: Options {
                gear: match typed.gear {
                    TypedGear::Skim => Gear::Skim,
                    TypedGear::Step => Gear::Step,
                },
                settings,
                style: match typed.summary {
                    TypedSummary::Text => SummaryStyle::Text,
                    TypedSummary::Json => SummaryStyle::Json,
                    TypedSummary::None => SummaryStyle::None,
                },
                format: typed.format.into(),
                account: typed.stats.is_some(),
            },
            linger: typed.linger.unwrap_or(limits::LINGER),
            rules,
            stats: typed.stats.map(|stats| match stats {
                TypedStats::Text => Stats::Text,
                TypedStats::Json => Stats::Json,
            }),
        }
    }
}

impl From<TypedFormat> for Format {
    fn from(typed: TypedFormat) -> Format {
        match typed {
            TypedFormat::Auto => Format::Auto,
            TypedFormat::Plain => Format::Plain,
            TypedFormat::Docker => Format::Docker,
            TypedFormat::Cri => Format::Cri,
            TypedFormat::Syslog => Format::Syslog,
            TypedFormat::Compose => Format::Compose,
            TypedFormat::Json => Format::Json,
            TypedFormat::Logfmt => Format::Logfmt,
            TypedFormat::JournalExport => Format::Export,
        }
    }
}

impl From<TypedRules> for Rulebook {
    fn from(typed: TypedRules) -> Rulebook {
        Rulebook {
            paths: typed.paths,
            selection: Selection {
                disable: typed.disable,
                enable: typed.enable,
                only: typed.only,
                keep_undecided: false,
            },
        }
    }
}
