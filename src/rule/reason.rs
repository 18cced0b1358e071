//! Why a record is kept, in words.

use std::fmt;

/// Why a record is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason<'r> {
    /// It is one of quell's own summaries.
    Summary,
    /// It has outgrown a bound.
    Oversize,
    /// No rule's template or error is in it.
    NoRule,
    /// A rule came near, and this condition refused.
    Refused {
        /// The rule that came nearest.
        rule: &'r str,
        /// The condition.
        condition: Condition<'r>,
    },
}

/// A condition of a rule, in the order in which they are asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition<'r> {
    /// Its error or template is not there.
    Signal,
    /// Something that the rule excludes was found.
    Not,
    /// The record has lines that the rule does not allow for.
    Continues,
    /// The ports say that we opened the connection, or say nothing.
    Direction,
    /// The head's text is not the one it must be.
    Head,
    /// The owner of the failing socket is not the one it must be.
    Owner {
        /// Who owns it, if that is known.
        found: Option<&'r str>,
    },
    /// A client library is in the trace.
    Client {
        /// Which.
        found: &'r str,
    },
    /// No frame, or no source text, is the one it must be.
    Frame,
    /// An error outside the disconnect says more than the disconnect.
    Wrapper,
    /// The head says more than the disconnect.
    Words,
    /// The failing frame is there twice: lines of several traces were mixed by threads that wrote at once.
    Torn,
    /// It says that a call of ours failed.
    FailedCall {
        /// Which bar says so.
        bar: &'r str,
    },
    /// It is never noise.
    Never {
        /// Which bar says so.
        bar: &'r str,
    },
}

impl Reason<'_> {
    /// Its name in `causes.toml`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Reason::Summary => "summary",
            Reason::Oversize => "oversize",
            Reason::NoRule => "no-rule",
            Reason::Refused { condition, .. } => condition.name(),
        }
    }
}

impl Condition<'_> {
    /// Its name in `causes.toml`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Condition::Signal => "signal",
            Condition::Not => "not",
            Condition::Continues => "continues",
            Condition::Direction => "direction",
            Condition::Head => "head",
            Condition::Owner { .. } => "owner",
            Condition::Client { .. } => "client",
            Condition::Frame => "frame",
            Condition::Wrapper => "wrapper",
            Condition::Words => "words",
            Condition::Torn => "torn",
            Condition::FailedCall { .. } => "failed-call",
            Condition::Never { .. } => "never",
        }
    }

    /// Whether it says that the connection was ours to somebody else.
    #[must_use]
    pub fn is_dependency(&self) -> bool {
        matches!(
            self,
            Condition::Owner { found: Some(_) }
                | Condition::Client { .. }
                | Condition::FailedCall { .. }
                | Condition::Direction
        )
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Summary => write!(f, "a summary of quell's own"),
            Reason::Oversize => write!(f, "longer than any record that is judged"),
            Reason::NoRule => write!(f, "no rule is about it"),
            Reason::Refused { rule, condition } => write!(f, "{rule} came near, but {condition}"),
        }
    }
}

impl fmt::Display for Condition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Signal => write!(f, "its error or template is not there"),
            Condition::Not => write!(f, "something that the rule excludes is in it"),
            Condition::Continues => write!(f, "it has lines that the rule does not allow for"),
            Condition::Direction => write!(
                f,
                "the ports say that we opened the connection, or say nothing"
            ),
            Condition::Head => write!(f, "the head's text is not the one it must be"),
            Condition::Owner { found: Some(owner) } => {
                write!(f, "the failing socket belongs to {owner}")
            }
            Condition::Owner { found: None } => {
                write!(f, "the failing socket belongs to the application itself")
            }
            Condition::Client { found } => write!(f, "a client library is in the trace: {found}"),
            Condition::Frame => write!(f, "no frame, or no source text, is the one it must be"),
            Condition::Wrapper => write!(
                f,
                "an error around the disconnect says more than the disconnect"
            ),
            Condition::Words => write!(f, "the head says more than the disconnect"),
            Condition::Torn => write!(f, "lines of several traces are mixed in it"),
            Condition::FailedCall { bar } => {
                write!(f, "it says that a call of ours failed ({bar})")
            }
            Condition::Never { bar } => write!(f, "it is never noise ({bar})"),
        }
    }
}
