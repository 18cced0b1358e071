//! What is wrong with a rule file, where, and what to do.

use std::fmt;
use std::ops::Range;

/// One mistake in one rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The file, as it was named.
    pub file: String,
    /// Line and column, both from 1, where they are known.
    pub at: Option<(usize, usize)>,
    /// What is wrong and what to do.
    pub text: String,
}

impl RuleError {
    /// A mistake that concerns the whole file.
    pub fn whole(file: &str, text: impl Into<String>) -> RuleError {
        RuleError {
            file: file.to_owned(),
            at: None,
            text: text.into(),
        }
    }

    /// A mistake at the bytes `span` of the file's text `source`.
    pub fn at(
        file: &str,
        source: &str,
        span: Option<Range<usize>>,
        text: impl Into<String>,
    ) -> RuleError {
        let at = span.map(|span| {
            let before = &source[..source.floor_char_boundary(span.start)];
            let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
            (
                before.matches('\n').count() + 1,
                before[line_start..].chars().count() + 1,
            )
        });
        RuleError {
            file: file.to_owned(),
            at,
            text: text.into(),
        }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some((line, column)) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.text)
    }
}

impl std::error::Error for RuleError {}
