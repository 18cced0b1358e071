//! Error types: what an error's own line begins with.

/// `Type: message` or `Type`: a name whose last part begins with a capital letter. Without dots only names that end
/// like error types count, and only at the margin unless `indented` Node and .NET blocks show them.
pub(super) fn is_error(text: &[u8], indented: bool) -> bool {
    let text = text.strip_prefix(b"[").unwrap_or(text);
    let text = strip_thread(text);
    let text = text.strip_prefix(b"Uncaught ").unwrap_or(text);
    match error_type(text) {
        Some(name) => {
            let behind = &text[name.len()..];
            !indented
                || name.contains(&b'.')
                || behind.starts_with(b":")
                || behind.starts_with(b" [")
        }
        None => false,
    }
}

/// Takes off `Exception in thread "main" `.
pub fn strip_thread(text: &[u8]) -> &[u8] {
    let Some(rest) = text.strip_prefix(b"Exception in thread \"") else {
        return text;
    };
    match memchr::memmem::find(rest, b"\" ") {
        Some(at) => &rest[at + 2..],
        None => text,
    }
}

/// The error type that `text` begins with, if it begins with one: followed by a colon, white space in brackets, or
/// the end.
pub fn error_type(text: &[u8]) -> Option<&[u8]> {
    let len = text
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.' | b'/'))
        .count();
    let name = &text[..len];
    let after = &text[len..];
    let ends = after.is_empty()
        || after.starts_with(b":")
        || after.starts_with(b" [")
        || after.starts_with(b" (");
    if !ends || name.starts_with(b"/") || name.ends_with(b".") {
        return None;
    }
    let last = name.rsplit(|b| matches!(b, b'.' | b'$')).next()?;
    let capital =
        last.first().is_some_and(u8::is_ascii_uppercase) && last.iter().any(u8::is_ascii_lowercase);
    let dotted = name.contains(&b'.') && name.first().is_some_and(|b| b.is_ascii_alphabetic());
    let known = [
        "Error",
        "Exception",
        "Throwable",
        "Disconnect",
        "Failure",
        "Interrupt",
        "Warning",
        "Closed",
    ]
    .iter()
    .any(|ending| last.ends_with(ending.as_bytes()));
    let plain = known && !name.contains(&b'.');
    // A dotted name without a known ending needs its package in lower case: `sentence.Next: …` is none.
    let packaged = dotted && (known || name[0].is_ascii_lowercase() && after.starts_with(b":"));
    (capital && (plain || packaged)).then_some(name)
}
