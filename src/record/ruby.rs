//! Errors as Ruby prints them: `Errno::EPIPE: Broken pipe`, `Broken pipe (Errno::EPIPE)`.

/// The error that the text of a head names, as its type and its message.
pub(super) fn error(text: &[u8]) -> Option<(&[u8], &[u8])> {
    // `Logger` puts the program's name, mostly none, between level and text: `ERROR -- : text`.
    let start = text.iter().position(u8::is_ascii_alphanumeric)?;
    let text = text[start..].trim_ascii();
    ahead(text).or_else(|| behind(text))
}

/// `Errno::EPIPE: Broken pipe`.
fn ahead(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memmem::find(text, b": ")?;
    is_type(&text[..end]).then(|| (&text[..end], text[end + 2..].trim_ascii()))
}

/// `Broken pipe (Errno::EPIPE)`; an uncaught one has the place before it: ``app.rb:12:in `write': Broken pipe (…)``.
fn behind(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = text.strip_suffix(b")")?;
    let open = memchr::memrchr(b'(', inside)?;
    let error = &inside[open + 1..];
    let message = text[..open].trim_ascii();
    let message = memchr::memmem::find(message, b"': ").map_or(message, |at| &message[at + 3..]);
    is_type(error).then_some((error, message))
}

/// A constant's path, each part of which starts with a capital letter; a single name only if it ends like an error.
fn is_type(name: &[u8]) -> bool {
    let part = |part: &[u8]| {
        part.first().is_some_and(u8::is_ascii_uppercase)
            && part.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
    };
    let scoped = memchr::memmem::find(name, b"::").is_some();
    let known = [&b"Error"[..], b"Exception"]
        .iter()
        .any(|ending| name.ends_with(ending));
    let mut parts = name.split(|b| *b == b':').filter(|part| !part.is_empty());
    (scoped || known) && parts.all(part)
}
