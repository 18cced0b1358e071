//! An error that a head's own text names: `… failed: java.io.IOException: Broken pipe`.

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

/// The first error that `text` names: a type with a known ending, followed by a colon or the end.
pub fn find(text: &[u8]) -> Option<Embedded<'_>> {
    let mut at = 0;
    while at < text.len() {
        let start = at + text[at..].iter().position(u8::is_ascii_alphabetic)?;
        let rest = &text[start..];
        let len = rest.iter().take_while(|b| is_name(**b)).count();
        let known = ENDINGS.iter().any(|ending| rest[..len].ends_with(ending));
        let error = if known { error_type(rest) } else { None };
        if let Some(error) = error {
            let behind = &rest[error.len()..];
            let message = behind.strip_prefix(b":").unwrap_or(behind);
            let bracketed = start > 0 && text[start - 1] == b'[';
            let message = if bracketed { inside(message) } else { message };
            let message = message.strip_suffix(b" {").unwrap_or(message).trim_ascii();
            return Some(Embedded {
                error,
                message,
                bracketed,
            });
        }
        at = start + len.max(1);
    }
    None
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
