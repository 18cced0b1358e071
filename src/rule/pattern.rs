//! A regular expression of a rule, compiled when it is first needed.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use crate::limits::PATTERN_BYTES_MAX;

/// One pattern. Built-in patterns are compiled when a record first asks for them, since most never are.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Takes over the text without looking at it.
    pub fn lazy(text: &str) -> Pattern {
        Pattern {
            text: text.to_owned(),
            regex: OnceLock::new(),
        }
    }

    /// Compiles it, so that what is wrong with it can be said.
    ///
    /// # Errors
    /// Where the text is no pattern, or would need more than `PATTERN_BYTES_MAX` bytes when compiled.
    pub fn check(&self) -> Result<(), String> {
        build(&self.text).map(|_| ()).map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => {
                format!("this pattern needs more than {limit} bytes when compiled; make its repetitions smaller")
            }
            error => first_and_last_line(&error.to_string()),
        })
    }

    /// The compiled pattern; `None` if the text is no pattern, which `check` has told whoever wrote it.
    pub fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| build(&self.text).ok()).as_ref()
    }

    /// Gives back what it took to compile it.
    pub(super) fn forget(&mut self) {
        self.regex.take();
    }

    /// Whether it is found in `text`.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Character classes are ASCII unless the pattern itself is not: bytes that are no text must not stop a match.
fn build(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text)
        .unicode(!text.is_ascii())
        .size_limit(PATTERN_BYTES_MAX)
        .dfa_size_limit(PATTERN_BYTES_MAX)
        .build()
}

/// A pattern's error is a drawing of several lines; a message has one.
fn first_and_last_line(text: &str) -> String {
    text.lines()
        .last()
        .unwrap_or(text)
        .trim()
        .trim_start_matches("error: ")
        .to_owned()
}
