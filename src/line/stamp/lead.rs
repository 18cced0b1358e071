//! What may stand before a stamp: a small grammar of brackets, levels, pids and pipes.

use super::word::{packed, table};
use super::{STAMP_SEARCH_BYTES, Stamp, read};

/// A lead has at most so many tokens; no server seen prints more than five.
const LEAD_TOKENS_MAX: usize = 8;

/// A level with its padding is the only thing that may follow blanks at the start of a line, and at
/// most so many: `%5p` and `%8p` right-align it.
const INDENT_BYTES_MAX: usize = 7;

/// The longest name before a pipe, a container's or a wrapper's.
const NAME_BYTES_MAX: usize = 64;

/// `CRITICAL`
const LEVEL_BYTES_MAX: usize = 8;

/// What servers call their levels, any case.
#[rustfmt::skip]
const LEVELS: [u64; 28] = table([
    "INFO", "ERROR", "WARN", "WARNING", "DEBUG", "TRACE", "SEVERE", "FATAL", "NOTICE",
    "CRITICAL", "CRIT", "ALERT", "EMERG", "PANIC", "LOG", "CONFIG", "FINE", "FINER",
    "FINEST", "I", "W", "E", "F", "D", "N", "C", "T",
    "V",
]);

/// Keys that logfmt writers give a stamp, at the start of a line or behind the level's; longest
/// first.
const KEYS: [&[u8]; 6] = [b"time=\"", b"time=", b"ts=\"", b"ts=", b"t=\"", b"t="];

/// The first stamp of a line, see [`Stamp::find`].
pub(super) fn find(line: &[u8]) -> Option<Stamp> {
    let head = line.get(..STAMP_SEARCH_BYTES).unwrap_or(line);
    let mut at = match head.first()? {
        // A continuation of the line above: stack frames begin like this.
        b'\t' => return None,
        b' ' => {
            let indent = blanks(head);
            if indent > INDENT_BYTES_MAX {
                return None;
            }
            indent + level(head.get(indent..)?)?
        }
        _ => 0,
    };
    for _ in 0..LEAD_TOKENS_MAX {
        let rest = head.get(at..)?;
        let found = match rest.first()? {
            b'[' | b'(' => bracketed(line, head, at),
            _ => read::at(line, at),
        };
        if found.is_some() {
            return found;
        }
        match token(rest, at == 0) {
            Some(length) => at += length,
            None => break,
        }
    }
    access(line, head)
}

/// A stamp right behind the bracket at `at`, or behind a level or pid in it: `[E 261122 10:56:50
/// web:2108]`.
fn bracketed(line: &[u8], head: &[u8], at: usize) -> Option<Stamp> {
    // GlassFish: `[#|2026-11-22T11:03:08.123+0000|WARNING|`.
    let mark = head.get(at..).is_some_and(|rest| rest.starts_with(b"[#|"));
    let inside = at + if mark { 3 } else { 1 };
    let rest = head.get(inside..)?;
    let inner = inside + blanks(rest);
    read::at(line, inner).or_else(|| {
        let rest = head.get(inner..)?;
        read::at(line, inner + level(rest).or_else(|| pid(rest))?)
    })
}

/// The length of the token that `rest` begins with, blanks behind it included, if a stamp may
/// follow it.
fn token(rest: &[u8], first: bool) -> Option<usize> {
    let length = match rest {
        [b'[', ..] => position(rest, b']')? + 1,
        [b'(', ..] => position(rest, b')')? + 1,
        // A colour: ESC [ numbers m.
        [0x1b, b'[', ..] => position(rest, b'm')? + 1,
        // A syslog priority, and the version that newer ones have behind it.
        [b'<', b'0'..=b'9', ..] if first => {
            let end = position(rest, b'>')? + 1;
            end + if rest.get(end..)?.starts_with(b"1 ") {
                1
            } else {
                0
            }
        }
        // WebLogic brackets each part of its heads: `<Nov 22, 2026 11:03:08 AM UTC> <Error> `, with four marks in files.
        [b'#', b'#', b'#', b'#', b'<', ..] if first => return Some(5),
        [b'<', b'A'..=b'Z', ..] if first => return Some(1),
        // The dots of a test runner, glued to the line.
        [b'.', ..] if first => rest
            .iter()
            .position(|byte| *byte != b'.')
            .filter(|end| rest.get(*end) == Some(&b'['))?,
        // Erlang: `=WARNING REPORT==== `.
        [b'=', b'A'..=b'Z', ..] if first => rest.windows(5).position(|five| five == b"==== ")? + 4,
        [b'|' | b'-' | b':', b' ', ..] if !first => 1,
        [b'0'..=b'9', ..] => return pid(rest).or_else(|| piped(rest)),
        [b'A'..=b'Z' | b'a'..=b'z', ..] => {
            return key(rest).or_else(|| level(rest)).or_else(|| piped(rest));
        }
        _ => return None,
    };
    Some(length + blanks(rest.get(length..)?))
}

/// A level with the `:` or `,` and the blanks behind it. A single letter may touch the stamp:
/// `I1122 11:03:08.123456`.
fn level(rest: &[u8]) -> Option<usize> {
    let length = rest
        .iter()
        .take(LEVEL_BYTES_MAX + 1)
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let word = rest.get(..length)?;
    if length > LEVEL_BYTES_MAX || !LEVELS.contains(&packed(word)) {
        return None;
    }
    match rest.get(length..)? {
        [b'0'..=b'9', ..] if length == 1 => Some(length),
        [b':' | b',', left @ ..] => separated(left).map(|blanks| length + 1 + blanks),
        // A colour may end right behind it.
        [0x1b | b'[', ..] => Some(length),
        left => separated(left).map(|blanks| length + blanks),
    }
}

/// A logfmt key that a stamp follows, or the level in front of it: `level=info ts=`.
fn key(rest: &[u8]) -> Option<usize> {
    if let Some(level) = rest.strip_prefix(b"level=") {
        let word = level
            .iter()
            .take_while(|byte| byte.is_ascii_alphabetic())
            .count();
        return separated(level.get(word..)?)
            .map(|blanks| rest.len() - level.len() + word + blanks);
    }
    KEYS.iter()
        .find(|key| rest.starts_with(key))
        .map(|key| key.len())
}

/// A pid, Redis' role letter behind it included: `22308:M `.
fn pid(rest: &[u8]) -> Option<usize> {
    let digits = rest
        .iter()
        .take(11)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if !(1..=10).contains(&digits) {
        return None;
    }
    let (length, left) = match rest.get(digits..)? {
        [b':', b'A'..=b'Z', left @ ..] => (digits + 2, left),
        left => (digits, left),
    };
    separated(left).map(|blanks| length + blanks)
}

/// A name, perhaps a number, and a pipe: `web_1       | `, `jvm 1    | `.
fn piped(rest: &[u8]) -> Option<usize> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let name = rest
        .iter()
        .take(NAME_BYTES_MAX)
        .take_while(|byte| is_name(byte))
        .count();
    let left = rest.get(name..)?;
    let gap = blanks(left);
    let left = left.get(gap..)?;
    let number = left.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let left = left.get(number..)?;
    let pipe = blanks(left);
    match left.get(pipe..)? {
        [b'|', left @ ..] => Some(name + gap + number + pipe + 1 + separated(left)?),
        _ => None,
    }
}

/// An access log's stamp stands behind address and user; its spelling in brackets leaves no doubt.
fn access(line: &[u8], head: &[u8]) -> Option<Stamp> {
    memchr::memchr_iter(b'[', head)
        .map(|bracket| bracket + 1)
        .filter(|at| line.get(at + 2) == Some(&b'/') && line.get(at + 6) == Some(&b'/'))
        .find_map(|at| read::at(line, at))
}

/// How many blanks `rest` begins with, if any.
fn separated(rest: &[u8]) -> Option<usize> {
    Some(blanks(rest)).filter(|count| *count > 0)
}

fn blanks(rest: &[u8]) -> usize {
    rest.iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}

fn position(rest: &[u8], wanted: u8) -> Option<usize> {
    memchr::memchr(wanted, rest)
}
