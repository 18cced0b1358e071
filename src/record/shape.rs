//! Small marks by which a line is known.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Whether a line is nothing but the mark that closes an event whose head announced it, see [`seals`].
pub(super) fn is_event_end(line: &[u8]) -> bool {
    matches!(line.trim_ascii_end(), b"|#]" | b"]]" | b">")
}

/// Whether an event that begins with this line ends in a mark of its own: GlassFish's `[#|…` and `… [[`, WebLogic's
/// `####<…` and `<…`.
pub(super) fn seals(head: &[u8]) -> bool {
    let opens = head.starts_with(b"[#|") || head.starts_with(b"####<") || head.starts_with(b"<");
    opens || head.trim_ascii_end().ends_with(b"[[")
}

pub(super) fn is_close(line: &[u8]) -> bool {
    line.len() <= 4
        && line
            .iter()
            .all(|b| matches!(b, b'}' | b']' | b')' | b'{' | b' ' | b',' | b';'))
}

/// `node:events:502`, `/srv/app.js:17`: a place and nothing else.
pub(super) fn ends_in_line_number(line: &[u8]) -> bool {
    let digits = line.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    digits > 0
        && line.len() > digits
        && line[line.len() - digits - 1] == b':'
        && !line.contains(&b' ')
}

/// Older versions name their own scripts without a prefix: `events.js:160`.
pub(super) fn is_script(line: &[u8]) -> bool {
    let place = line.trim_ascii_end();
    let name = place
        .iter()
        .rposition(|b| *b == b':')
        .map_or(place, |colon| &place[..colon]);
    name.ends_with(b".js") || name.ends_with(b".ts") || name.ends_with(b".mjs")
}

pub(super) fn is_goroutine(line: &[u8]) -> bool {
    (line.starts_with(b"goroutine ") && line.ends_with(b":"))
        || line.starts_with(b"panic: ")
        || line.starts_with(b"created by ")
        || line.starts_with(b"exit status ")
        || line.starts_with(b"[signal SIG")
}

/// `net/http.(*conn).serve(0xc0000a6000, {0x7f…})`: a dotted name and an argument list to the end of the line.
pub(super) fn is_go_call(line: &[u8]) -> bool {
    let Some(open) = line.iter().position(|b| *b == b'(' || *b == b' ') else {
        return false;
    };
    line.ends_with(b")") && line[open] == b'(' && line[..open].contains(&b'.')
}

/// A path with a line number: `/path/x.go:12 +0x1`, `/path/x.rb:12:in `f'`.
pub(super) fn has_place(text: &[u8]) -> bool {
    text.windows(2)
        .any(|pair| pair[0] == b':' && pair[1].is_ascii_digit())
}

/// `net/http/server.go:1850 +0xbf`, as programs print it that were built without their paths (`-trimpath`).
pub(super) fn is_go_place(text: &[u8]) -> bool {
    let line_number = memchr::memmem::find(text, b".go:").map(|at| &text[at + 4..]);
    line_number.is_some_and(|rest| {
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        digits > 0 && (rest.len() == digits || rest[digits..].starts_with(b" +0x"))
    })
}

pub(super) fn has_ruby_place(text: &[u8]) -> bool {
    text.contains(&b'/') && memchr::memmem::find(text, b":in ").is_some() && has_place(text)
}

/// `config.ru:22:in `each'`, at the margin as Ruby's own `Logger` prints it.
pub(super) fn is_ruby_frame(line: &[u8]) -> bool {
    line.ends_with(b"'")
        && memchr::memmem::find(line, b":in ").is_some_and(|at| {
            let quoted = matches!(line.get(at + 4), Some(b'`' | b'\''));
            quoted && at > 0 && line[at - 1].is_ascii_digit()
        })
}

/// `GET /books HTTP/1.1`.
pub(super) fn is_request(line: &[u8]) -> bool {
    let mut words = line.split(|b| *b == b' ');
    let method = words.next().unwrap_or_default();
    !method.is_empty()
        && method.iter().all(u8::is_ascii_uppercase)
        && words.nth(1).is_some_and(|word| word.starts_with(b"HTTP/"))
        && words.next().is_none()
}

/// Whether a head of this form goes on in indented lines that are no trace: Samba's `[time,  0] file.c:341(function)`,
/// Squid's `| ERROR: …`, and Elixir's `[error] ** (Type) …`.
pub(super) fn tells_below(head: &[u8]) -> bool {
    static MARKS: LazyLock<[Finder<'static>; 2]> =
        LazyLock::new(|| [Finder::new(b"| ERROR: "), Finder::new(b"] ** (")]);
    let samba = || {
        head.starts_with(b"[")
            && head.ends_with(b")")
            && memchr::memmem::find(head, b".c:").is_some()
    };
    samba() || MARKS.iter().any(|mark| mark.find(head).is_some())
}

/// `=ERROR REPORT==== 22-Nov-2026::11:03:08 ===`.
pub(super) fn is_sasl(head: &[u8]) -> bool {
    head.starts_with(b"=") && head.ends_with(b" ===")
}

/// `Host: books.example`.
pub(super) fn is_header(line: &[u8]) -> bool {
    let name = line
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        .count();
    name > 0 && line[name..].starts_with(b": ")
}

/// The length of `<0.612.0> `, an Erlang process, at the start of `text`.
pub(super) fn erlang_process(text: &[u8]) -> Option<usize> {
    let inside = text.strip_prefix(b"<")?;
    let len = inside.iter().position(|b| *b == b'>')?;
    let known = inside[..len]
        .iter()
        .all(|b| b.is_ascii_digit() || *b == b'.');
    (len > 0 && known && inside.get(len + 1) == Some(&b' ')).then_some(len + 3)
}

/// `12: name::of::function` in a Rust backtrace or a numbered chain of causes.
pub(super) fn is_backtrace_entry(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    text.get(digits) == Some(&b':') && text.get(digits + 1) == Some(&b' ')
}

/// `… "GET /x HTTP/1.1" 200 …`.
pub(super) fn is_access(line: &[u8]) -> bool {
    static PROTOCOL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b" HTTP/"));
    let Some(quote) = memchr::memchr(b'"', line) else {
        return false;
    };
    PROTOCOL.find(&line[quote..]).is_some_and(|at| {
        let after = line.get(quote + at + 6..).unwrap_or_default();
        let version = after
            .iter()
            .take_while(|b| b.is_ascii_digit() || **b == b'.')
            .count();
        let status = after
            .get(version + 1..)
            .unwrap_or_default()
            .trim_ascii_start();
        after.get(version) == Some(&b'"')
            && status.iter().take_while(|b| b.is_ascii_digit()).count() == 3
    })
}

pub(super) fn is_chain(text: &[u8]) -> bool {
    text.starts_with(b"The above exception was the direct cause")
        || text.starts_with(b"During handling of the above exception")
}

pub(super) fn is_group(text: &[u8]) -> bool {
    text == b"|"
        || text.starts_with(b"| ")
        || text.starts_with(b"+-")
        || text.starts_with(b"+ Exception Group")
}

pub(super) fn is_reactor(text: &[u8]) -> bool {
    const MARKS: [&[u8]; 6] = [
        b"Original Stack Trace:",
        b"Error has been observed",
        b"*__checkpoint",
        b"|_ ",
        b"*________",
        b"\xE2\x87\xA2 ",
    ];
    MARKS.iter().any(|mark| text.starts_with(mark))
}

/// One of quell's own summaries as a JSON object.
pub(super) fn is_json_summary(line: &[u8]) -> bool {
    static OBJECT: LazyLock<Finder<'static>> =
        LazyLock::new(|| Finder::new(b"\"quell\":{\"bytes\":"));
    OBJECT.find(line).is_some()
}
