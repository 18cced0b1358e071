//! Literals without which a pattern cannot match, cut to their rarest window.
//!
//! The build script includes this file as well, so that the anchors of the built-in rules are worked out once, when
//! the program is built.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex_syntax::hir::{Hir, HirKind};

/// An anchor has at least so many bytes: the vectorised search compares four at once.
pub const ANCHOR_BYTES_MIN: usize = 4;

/// From so many bytes on an anchor is found by looking at every fifth place of a text only, however many anchors there
/// are: of ten bytes in a row, one of those places has six within them.
pub const WINDOW_BYTES: usize = 10;

/// Bytes that are compared at each of those places.
pub const PIECE_BYTES: usize = 6;

/// An anchor has at most so many bytes: more would only be compared after the search has struck.
const ANCHOR_BYTES_MAX: usize = 24;

/// Literals one of which is in every text that `pattern` matches; `None` where there is no such set.
pub fn of_pattern(pattern: &str) -> Option<Vec<Vec<u8>>> {
    let hir = regex_syntax::ParserBuilder::new()
        .utf8(false)
        .unicode(!pattern.is_ascii())
        .build()
        .parse(pattern)
        .ok()?;
    required(&hir).map(|literals| {
        literals
            .iter()
            .map(|literal| rarest_window(literal).to_vec())
            .collect()
    })
}

/// Literals one of which is in every text that has one of `types` in it. A star at either end stands for anything.
pub fn of_types(types: &[String]) -> Option<Vec<Vec<u8>>> {
    let bare = types.iter().map(|name| name.trim_matches('*').as_bytes());
    let windows: Vec<Vec<u8>> = bare
        .filter(|name| usable(name))
        .map(|name| rarest_window(name).to_vec())
        .collect();
    (!windows.is_empty() && windows.len() == types.len()).then_some(windows)
}

/// The better of the anchors of an error's message and of its types.
pub fn of_link(message: Option<&str>, types: &[String]) -> Option<Vec<Vec<u8>>> {
    match (message.and_then(of_pattern), of_types(types)) {
        (Some(of_message), Some(of_types)) if worth(&of_types) > worth(&of_message) => {
            Some(of_types)
        }
        (Some(of_message), _) => Some(of_message),
        (None, of_types) => of_types,
    }
}

/// How rare the rarest window of the commonest literal is: what the whole set is worth.
fn worth(literals: &[Vec<u8>]) -> Worth {
    literals
        .iter()
        .map(|literal| worth_of(rarest_window(literal)))
        .min()
        .unwrap_or_default()
}

fn required(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) => usable(&literal.0).then(|| vec![literal.0.to_vec()]),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => parts
            .iter()
            .filter_map(required)
            .max_by_key(|literals| worth(literals)),
        HirKind::Alternation(parts) => {
            let sets: Option<Vec<_>> = parts.iter().map(required).collect();
            sets.map(|sets| sets.concat())
        }
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// Whether a literal has a window long enough.
fn usable(literal: &[u8]) -> bool {
    pieces(literal).any(|piece| piece.len() >= ANCHOR_BYTES_MIN)
        || (literal.len() >= ANCHOR_BYTES_MIN && !literal.is_ascii())
}

/// What stands between the number of a process and its text in syslog, and nowhere else: other carriers have a field for
/// each.
const TAG_END: &[u8] = b"]: ";

/// The parts of a literal that look the same in every format: no byte that JSON, syslog or a container's log escapes.
fn pieces(literal: &[u8]) -> impl Iterator<Item = &[u8]> {
    let literal = literal.strip_prefix(TAG_END).unwrap_or(literal);
    let escaped = |b: &u8| {
        !b.is_ascii()
            || b.is_ascii_control()
            || matches!(b, b'"' | b'\\' | b'/' | b'<' | b'>' | b'&' | b'\'' | b'+')
    };
    literal.split(escaped)
}

/// The window of a literal that is met least often by chance, and what follows it: its first bytes are what the search
/// looks at.
fn rarest_window(literal: &[u8]) -> &[u8] {
    let windows = pieces(literal)
        .filter(|piece| piece.len() >= ANCHOR_BYTES_MIN)
        .flat_map(|piece| (0..=piece.len() - ANCHOR_BYTES_MIN).map(move |start| &piece[start..]));
    // The first of equals: what follows it makes the anchor longer.
    let best = windows.reduce(|best, window| {
        if worth_of(window) > worth_of(best) {
            window
        } else {
            best
        }
    });
    // Without such a piece the literal is not ASCII, and stays whole: it must not be cut amid a character.
    best.map_or(literal, |window| {
        &window[..window.len().min(ANCHOR_BYTES_MAX)]
    })
}

/// What a window is worth: long enough first, then how seldom its pieces are met.
type Worth = (bool, u32);

fn worth_of(window: &[u8]) -> Worth {
    let start = start(window);
    let all: u32 = if start.len() < WINDOW_BYTES {
        start.get(..ANCHOR_BYTES_MIN).map_or(COMMON, frequency)
    } else {
        start.windows(PIECE_BYTES).map(frequency).sum()
    };
    (start.len() == WINDOW_BYTES, u32::MAX - all)
}

/// The bytes of a window that the search looks at.
fn start(window: &[u8]) -> &[u8] {
    &window[..WINDOW_BYTES.min(window.len())]
}

/// How often four bytes of a common word are taken to be met; no others are met more often.
const COMMON: u32 = 1 << 16;

/// How often a piece is met in logs, by rule of thumb: as often as the rarest four of its bytes.
fn frequency(piece: &[u8]) -> u32 {
    let fours = piece.windows(ANCHOR_BYTES_MIN).map(frequency_of_four);
    fours.min().unwrap_or(COMMON)
}

/// How often four bytes are met: twice as often for every ten points of rarity less.
pub fn frequency_of_four(bytes: &[u8]) -> u32 {
    if COMMON_FOURS.contains(bytes) {
        return COMMON;
    }
    let rarity: u32 = bytes.iter().map(|b| 64 - commonness(*b)).sum();
    COMMON >> (rarity / 10).min(16)
}

/// All that four bytes in a row of a common word can be, each word between blanks.
static COMMON_FOURS: LazyLock<HashSet<Vec<u8>>> = LazyLock::new(|| {
    let words = COMMON_WORDS.iter().map(|word| format!(" {word} "));
    words
        .flat_map(|word| {
            word.as_bytes()
                .windows(ANCHOR_BYTES_MIN)
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>()
        })
        .collect()
});

/// Words that every log is full of, and common endings: a piece of one of them finds everything and nothing.
const COMMON_WORDS: &[&str] = &[
    "exception",
    "error:",
    "failure",
    "failed",
    "abort",
    "aborted",
    "closed",
    "close",
    "read",
    "write",
    "send",
    "reset",
    "refused",
    "handle",
    "handshake",
    "request",
    "response",
    "filter",
    "thread",
    "socket",
    "server",
    "client",
    "connect",
    "connection",
    "channel",
    "stream",
    "message",
    "session",
    "context",
    "internal",
    "process",
    "execute",
    "invoke",
    "service",
    "application",
    "version",
    "default",
    "complete",
    "receive",
    "timeout",
    "upstream",
    "remote",
    "host",
    "Exception",
    "Error",
    "Handler",
    "Manager",
    "Factory",
    "Controller",
    "Abstract",
    "Processor",
    "Internal",
    "Request",
    "Response",
    "Filter",
    "Thread",
    "Socket",
    "Server",
    "Client",
    "Channel",
    "Stream",
    "Reader",
    "Writer",
    "Session",
    "Context",
    "Connection",
    "Protocol",
    "Service",
    "Application",
    "Failure",
    "Executor",
    "java.lang.",
    "java.util.",
    "java.base",
    "java.io.",
    "java.net.",
    "javax.net.ssl",
    "org.apache.catalina",
    "springframework",
    "http://",
    "https://",
    "callback",
    "back",
    "DEBUG",
    "INFO",
    "WARN",
    "ERROR",
    "FATAL",
    "HTTP/1.1",
    "GET",
    "POST",
    "the",
    "and",
    "was",
    "not",
    "has",
    "been",
    "for",
    "with",
    "from",
    "while",
    "could",
    "this",
    "that",
    "are",
    "will",
    "action",
    "ment",
    "ting",
    "sing",
    "ning",
    "ring",
    "ted",
    "sed",
    "ned",
    "able",
    "ational",
    "ity",
    "ical",
    "ent",
    "ions",
];

/// How often a byte is met in server logs, on a logarithmic scale up to 63; counted over a mixed sample of logs.
fn commonness(byte: u8) -> u32 {
    match byte {
        b' ' | b'e' | b'.' | b'0'..=b'2' => 62,
        b't' | b'a' | b'o' | b'r' | b'n' | b'i' | b's' => 60,
        b'3'..=b'9' | b'c' | b'l' | b'd' | b'p' => 56,
        b'm' | b'u' | b'h' | b'-' | b':' => 52,
        b'g' | b'v' | b'f' | b'b' | b'/' | b'y' => 47,
        b'w' | b'k' | b'I' | b'[' | b']' | b'(' | b')' | b'=' | b'"' | b',' => 43,
        b'S' | b'E' | b'N' | b'C' | b'T' | b'A' | b'O' | b'R' | b'_' | b'j' | b'x' => 39,
        b'F' | b'D' | b'P' | b'M' | b'L' | b'H' | b'G' | b'U' | b'B' | b'W' | b'q' | b'z'
        | b'$' => 34,
        b'V' | b'J' | b'K' | b'X' | b'Y' | b'Q' | b'Z' => 28,
        byte if byte.is_ascii_graphic() => 30,
        _ => 16,
    }
}
