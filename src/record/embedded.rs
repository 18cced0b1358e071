//! An error that a head's own text names: `… failed: java.io.IOException: Broken pipe`.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Input};

use super::error_type::error_type;

/// An error named in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embedded<'l> {
    /// Its type.
    pub error: &'l [u8],
    /// What stands behind the type.
    pub message: &'l [u8],
    /// Whether it stands in square brackets, beside what the text is about: Tomcat names the wrapper so of which it
    /// prints the root.
    pub bracketed: bool,
}

/// Endings by which an error type is known amid a text.
const ENDINGS: [&[u8]; 3] = [b"Exception", b"Error", b"Disconnect"];

static ENDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(ENDINGS).ok());

/// The first error that `text` names: a type with a known ending, followed by a colon or the end.
pub fn find(text: &[u8]) -> Option<Embedded<'_>> {
    // Three short words always make an automaton; without one no error is found, and more is shown.
    let ends = ENDS.as_ref()?;
    let mut at = 0;
    while let Some(found) = ends.find(Input::new(text).span(at..text.len())) {
        let (before, behind) = text.split_at(found.start());
        let run = before.iter().rposition(|b| !is_name(*b));
        let run = run.map_or(0, |last| last + 1);
        at = found.start() + behind.iter().take_while(|b| is_name(**b)).count();
        let named = text[run..at].iter().position(u8::is_ascii_alphabetic);
        if let Some(named) = named.and_then(|offset| named_at(text, run + offset, at)) {
            return Some(named);
        }
    }
    None
}

/// The error whose name stands at `start..end`.
fn named_at(text: &[u8], start: usize, end: usize) -> Option<Embedded<'_>> {
    let name = &text[start..end];
    if !ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        return None;
    }
    let error = error_type(&text[start..])?;
    let behind = &text[start + error.len()..];
    let message = behind.strip_prefix(b":").unwrap_or(behind);
    let bracketed = start > 0 && text[start - 1] == b'[';
    let message = if bracketed { inside(message) } else { message };
    let message = message.strip_suffix(b" {").unwrap_or(message).trim_ascii();
    Some(Embedded {
        error,
        message,
        bracketed,
    })
}

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.' | b'/')
}

/// The text up to the closing bracket of an error printed in brackets.
fn inside(text: &[u8]) -> &[u8] {
    text.iter()
        .rposition(|b| *b == b']')
        .map_or(text, |end| &text[..end])
}
