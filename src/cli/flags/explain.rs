//! What may be typed after `quell explain`.

use clap::{Args, ValueEnum};

use super::terms::TypedRules;
use crate::cli::locale;
use crate::command::explain::Asked;
use crate::rule::cause::Tongue;

#[derive(Debug, Args)]
pub(super) struct TypedExplain {
    /// Words of an error, the name of a rule or a cause, or a file; none, or `-`, is a record on standard input
    #[arg(value_name = "TEXT|RULE|FILE")]
    subject: Vec<String>,
    /// In which language [as the locale says]
    #[arg(long, value_name = "LANG", value_enum)]
    lang: Option<TypedTongue>,
    /// As one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    rules: TypedRules,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypedTongue {
    En,
    Zh,
}

impl From<TypedExplain> for Asked {
    fn from(typed: TypedExplain) -> Asked {
        Asked {
            // Words need no quotes: `quell explain Broken pipe`.
            subject: (!typed.subject.is_empty()).then(|| typed.subject.join(" ")),
            tongue: match typed.lang {
                Some(TypedTongue::En) => Tongue::En,
                Some(TypedTongue::Zh) => Tongue::Zh,
                None => locale::tongue(|name| std::env::var(name).ok()),
            },
            json: typed.json,
            rules: typed.rules.into(),
        }
    }
}
