//! What a rule file says, as it is written.

use serde::Deserialize;

use super::error::RuleError;

/// The version of the rule files that this program reads.
pub const VERSION: u32 = 1;

/// `rules/PROGRAM.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Version of the format.
    pub version: u32,
    /// The program whose records these are.
    pub program: String,
    /// Its name for people.
    #[serde(default)]
    pub title: String,
    /// The language of its traces.
    #[serde(default)]
    pub language: Option<String>,
    /// The rules.
    #[serde(default)]
    pub rule: Vec<RuleText>,
}

/// How sure a rule is that a client left.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// A server framework owns the socket, or the template exists on servers only.
    Client,
    /// The text cannot say whose connection it was.
    Undecided,
}

/// One rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// Its name, unique among all rules.
    pub id: String,
    /// How sure it is.
    pub tier: Tier,
    /// The cause it stands for, by its name in `causes.toml`.
    pub cause: String,
    /// Off until it is enabled by name.
    #[serde(default)]
    pub opt_in: bool,
    /// Why such a record is noise.
    #[serde(default)]
    pub why: String,
    /// What it could wrongly hide.
    #[serde(default)]
    pub hides: String,
    /// Where the program's authors say so.
    #[serde(default)]
    pub source: String,
    /// The record is told by its first line.
    #[serde(default)]
    pub line: Option<LineText>,
    /// The record is told by its chain of errors.
    #[serde(default)]
    pub trace: Option<TraceText>,
    /// What proves it.
    #[serde(default)]
    pub proof: ProofText,
    /// Literals one of which is in every record that the rule takes. Worked out from the patterns where a file names
    /// none.
    #[serde(default)]
    pub anchors: Vec<String>,
    /// Set by the build script where the file itself names the anchors.
    #[serde(default)]
    pub names_anchors: bool,
}

/// The proof of a rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofText {
    /// Records that it must take.
    pub quiet: Vec<String>,
    /// Look-alikes that no rule may take.
    pub loud: Vec<String>,
}

/// Conditions on the record's first line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineText {
    /// Matches the whole line.
    pub pattern: String,
    /// Refuses when found anywhere in the record.
    #[serde(default)]
    pub not: Vec<String>,
    /// Every further line must match.
    #[serde(default)]
    pub continues: Option<String>,
    /// One of the further lines must match: where the first alone does not tell.
    #[serde(default)]
    pub needs: Option<String>,
    /// Which side's port must be the listening one.
    #[serde(default)]
    pub direction: Option<Direction>,
}

/// Who opened the connection, told from its two ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The other end did: our port is a listening one, theirs an ephemeral one.
    Inbound,
}

/// Which link of the chain must match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkChoice {
    /// The innermost.
    #[default]
    Root,
    /// Any of the main chain.
    Any,
}

/// Conditions on the record's chain of errors.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceText {
    /// Signals, by name, one of which the link must match.
    #[serde(default)]
    pub signal: Vec<String>,
    /// Or types, one of which the link must have; a star at either end stands for anything.
    #[serde(default, rename = "type")]
    pub types: Vec<String>,
    /// And what its message must match.
    #[serde(default)]
    pub message: Option<String>,
    /// Which link.
    #[serde(default)]
    pub link: LinkChoice,
    /// Who may own the failing socket: `server`, `none`, `any`, or a group of `owners.toml`.
    #[serde(default)]
    pub owner: Vec<String>,
    /// What the head's text must match.
    #[serde(default)]
    pub head: Option<String>,
    /// One of these must match a frame.
    #[serde(default)]
    pub frame: Vec<String>,
    /// One of these must match the source text below the owner's frame.
    #[serde(default)]
    pub code: Vec<String>,
    /// Refuses when found anywhere in the record.
    #[serde(default)]
    pub not: Vec<String>,
}

/// `rules/signals.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalFile {
    /// Version of the format.
    pub version: u32,
    /// The signals.
    pub signal: Vec<SignalText>,
}

/// One way in which a language says that the other end is gone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalText {
    /// Its name.
    pub id: String,
    /// Its language.
    pub language: String,
    /// The types that say so.
    #[serde(rename = "type")]
    pub types: Vec<String>,
    /// What the message must match.
    #[serde(default)]
    pub message: Option<String>,
    /// Literals one of which is in every text that matches. Worked out where a file names none.
    #[serde(default)]
    pub anchors: Vec<String>,
}

/// Whose code a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// A server's: the connection was opened by a client.
    Server,
    /// A client library's: we opened the connection.
    Client,
    /// Serves both sides, so it does not tell.
    Either,
    /// The language's own runtime, through which every socket call goes.
    Runtime,
}

/// `rules/owners.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnerFile {
    /// Version of the format.
    pub version: u32,
    /// The groups.
    pub group: Vec<GroupText>,
}

/// Code of one origin.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupText {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// Its side.
    pub side: Side,
    /// What its frames begin with.
    pub prefix: Vec<String>,
}

/// `rules/never.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeverFile {
    /// Version of the format.
    pub version: u32,
    /// What is never noise.
    #[serde(default)]
    pub never: Vec<BarText>,
    /// What says that a call of ours failed.
    #[serde(default, rename = "failed-call")]
    pub failed_call: Vec<BarText>,
    /// Outer errors that do not turn a disconnect into a failure.
    #[serde(default, rename = "neutral-wrapper")]
    pub neutral_wrapper: Vec<WrapperText>,
}

/// One bar: a record that shows it is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BarText {
    /// Its name.
    pub id: String,
    /// Why it bars.
    #[serde(default)]
    pub why: String,
    /// On the words of the record.
    #[serde(default)]
    pub message: Vec<String>,
    /// On any link's type.
    #[serde(default, rename = "type")]
    pub types: Vec<String>,
}

/// Neutral outer types of one language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrapperText {
    /// The language.
    pub language: String,
    /// The types.
    #[serde(rename = "type")]
    pub types: Vec<String>,
}

/// A rule file that a person wrote.
#[derive(Clone, Debug)]
pub struct UserFile {
    /// Its name in messages.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl UserFile {
    /// What it says.
    ///
    /// # Errors
    /// Where its form is wrong.
    pub fn parse(&self) -> Result<RuleFile, RuleError> {
        super::compile::parse(&self.name, &self.text)
    }
}
