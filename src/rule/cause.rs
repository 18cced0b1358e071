//! What stands behind the records, in words: causes, the errors that are printed, and why a record was left alone.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::builtin;
use super::error::RuleError;
use super::file::VERSION;
use super::lookup::Words;

/// A language that people speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tongue {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}

/// `rules/causes.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Causes {
    /// Version of the format.
    pub version: u32,
    /// Why connections end.
    pub cause: Vec<Cause>,
    /// What is printed when they do.
    pub error: Vec<ErrorText>,
    /// Why a record is left alone.
    pub condition: Vec<ConditionText>,
    /// The words between the texts.
    pub label: Both<BTreeMap<String, String>>,
    #[serde(skip)]
    pub(super) words: OnceLock<Words>,
}

/// The same in both languages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Both<T> {
    /// In English.
    pub en: T,
    /// In Chinese.
    pub zh: T,
}

impl<T> Both<T> {
    /// In the language that is asked for.
    pub fn said_in(&self, tongue: Tongue) -> &T {
        match tongue {
            Tongue::En => &self.en,
            Tongue::Zh => &self.zh,
        }
    }
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Doer {
    /// The other end.
    Peer,
    /// Our own side.
    Own,
    /// The text alone cannot say.
    Either,
}

/// Who meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// Whoever accepts connections.
    Server,
    /// Whoever opens them.
    Client,
    /// Both.
    Either,
}

/// Whether it is noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Noise {
    /// Routine on a server.
    Usually,
    /// A failure.
    Never,
    /// It may be collapsed, but it is ours to mend.
    Bug,
}

/// One cause.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Its name, by which rules refer to it.
    pub id: String,
    /// Whose doing it is.
    pub side: Doer,
    /// Whether it is noise.
    pub noise: Noise,
    /// Commands that show it.
    #[serde(default)]
    pub run: Vec<String>,
    /// What it says in English.
    pub en: CauseProse,
    /// What it says in Chinese.
    pub zh: CauseProse,
}

/// What is to be said about a cause.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CauseProse {
    /// A few words.
    pub title: String,
    /// What happened.
    pub what: String,
    /// Why it comes to that.
    pub why: String,
    /// How it looks, so that it can be told from the others.
    pub looks: String,
    /// What to do.
    #[serde(rename = "do")]
    pub remedy: String,
}

/// One error, under all the names that it is printed with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorText {
    /// Its name.
    pub id: String,
    /// The bar of `never.toml` that keeps records with it.
    #[serde(default)]
    pub bar: Option<String>,
    /// Who meets it.
    pub hits: End,
    /// Whether it is noise.
    pub noise: Noise,
    /// The types that it may have. One that several errors share tells nothing without a word.
    #[serde(rename = "type")]
    pub types: Vec<String>,
    /// The words, codes and numbers that say it.
    #[serde(rename = "word")]
    pub words: Vec<String>,
    /// Causes behind it, the likeliest first.
    #[serde(rename = "cause")]
    pub causes: Vec<String>,
    /// Commands that show it.
    #[serde(default)]
    pub run: Vec<String>,
    /// What it says in English.
    pub en: ErrorProse,
    /// What it says in Chinese.
    pub zh: ErrorProse,
}

/// What is to be said about an error.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorProse {
    /// A few words.
    pub title: String,
    /// What happened.
    pub what: String,
    /// What to do.
    #[serde(rename = "do")]
    pub remedy: String,
}

/// Why a record is left alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionText {
    /// The condition's name.
    pub id: String,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

impl Cause {
    /// What it says.
    #[must_use]
    pub fn prose(&self, tongue: Tongue) -> &CauseProse {
        match tongue {
            Tongue::En => &self.en,
            Tongue::Zh => &self.zh,
        }
    }
}

impl ErrorText {
    /// What it says.
    #[must_use]
    pub fn prose(&self, tongue: Tongue) -> &ErrorProse {
        match tongue {
            Tongue::En => &self.en,
            Tongue::Zh => &self.zh,
        }
    }
}

impl Causes {
    /// The texts that the program brings along.
    ///
    /// # Errors
    /// Where they are no such file; the tests see to it that they are.
    pub fn builtin() -> Result<Causes, RuleError> {
        let name = "rules/causes.toml";
        let text = builtin::causes();
        let causes: Causes = toml::from_str(text)
            .map_err(|error| RuleError::at(name, text, error.span(), error.message().to_owned()))?;
        if causes.version == VERSION {
            Ok(causes)
        } else {
            let text = format!("version {}, not {VERSION}", causes.version);
            Err(RuleError::whole(name, text))
        }
    }

    /// The cause of that name.
    #[must_use]
    pub fn cause(&self, id: &str) -> Option<&Cause> {
        self.cause.iter().find(|cause| cause.id == id)
    }

    /// The error that a bar of `never.toml` is about.
    #[must_use]
    pub fn barred(&self, bar: &str) -> Option<&ErrorText> {
        let mut errors = self.error.iter();
        errors.find(|error| error.bar.as_deref() == Some(bar))
    }

    /// What a condition means.
    #[must_use]
    pub fn condition(&self, id: &str, tongue: Tongue) -> &str {
        let mut all = self.condition.iter();
        let text = all.find(|condition| condition.id == id);
        text.map_or("", |text| match tongue {
            Tongue::En => &text.en,
            Tongue::Zh => &text.zh,
        })
    }

    /// A word between the texts; its own name if there is none.
    #[must_use]
    pub fn label<'l>(&'l self, name: &'l str, tongue: Tongue) -> &'l str {
        self.label
            .said_in(tongue)
            .get(name)
            .map_or(name, |text| text)
    }
}
