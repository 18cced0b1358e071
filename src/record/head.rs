//! The line that opens a logged event: time, level, text.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::line::Stamp;

/// How grave the writer thought it was. Says nothing about noise: servers log clients that left at every level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// No level is given, or none that is known.
    Unknown,
    /// Trace, debug, information, notice.
    Low,
    /// Warnings.
    Warn,
    /// Errors and worse.
    Error,
}

/// The opening line of a logged event, parsed.
#[derive(Clone, Debug)]
pub struct Head {
    /// When it was written, if it says so.
    pub stamp: Option<Stamp>,
    /// Its level.
    pub level: Level,
    /// Where in the line the text behind stamp and brackets starts: level, thread, logger and message.
    pub text: usize,
    /// Where in the line the level word ends, or `text` if it has none.
    pub level_end: usize,
}

/// Level words, in the spellings that stand as a word of their own.
const LEVELS: &[(&[u8], Level)] = &[
    (b"TRACE", Level::Low),
    (b"DEBUG", Level::Low),
    (b"INFO", Level::Low),
    (b"NOTICE", Level::Low),
    (b"CONFIG", Level::Low),
    (b"FINE", Level::Low),
    (b"FINER", Level::Low),
    (b"FINEST", Level::Low),
    (b"LOG", Level::Low),
    (b"DETAIL", Level::Low),
    (b"HINT", Level::Low),
    (b"CONTEXT", Level::Low),
    (b"STATEMENT", Level::Low),
    (b"QUERY", Level::Low),
    (b"LOCATION", Level::Low),
    (b"WARN", Level::Warn),
    (b"WARNING", Level::Warn),
    (b"ERROR", Level::Error),
    (b"SEVERE", Level::Error),
    (b"FATAL", Level::Error),
    (b"CRITICAL", Level::Error),
    (b"CRIT", Level::Error),
    (b"ALERT", Level::Error),
    (b"EMERG", Level::Error),
    (b"PANIC", Level::Error),
    // Serilog's and zerolog's.
    (b"VRB", Level::Low),
    (b"DBG", Level::Low),
    (b"INF", Level::Low),
    (b"WRN", Level::Warn),
    (b"ERR", Level::Error),
    (b"FTL", Level::Error),
];

/// Levels that open a line in lower case, before a colon (.NET's console logger).
const LOWER_LEVELS: &[(&[u8], Level)] = &[
    (b"trce", Level::Low),
    (b"dbug", Level::Low),
    (b"info", Level::Low),
    (b"warn", Level::Warn),
    (b"fail", Level::Error),
    (b"crit", Level::Error),
];

/// How far into the line a level is looked for, behind the stamp.
const LEVEL_SEARCH_BYTES: usize = 160;

impl Head {
    /// Parses `line` as the opening line of an event. `None` where it bears neither a stamp nor a level at its
    /// front: such a line may still open a record, but nothing proves it.
    pub fn parse(line: &[u8]) -> Option<Head> {
        let first = *line.first()?;
        if first == b' ' || first == b'\t' {
            return None;
        }
        match Stamp::find(line).filter(|stamp| is_front(&line[..stamp.range.start])) {
            Some(stamp) => Some(stamped(line, stamp)),
            None => unstamped(line),
        }
    }

    /// The text behind the stamp: level, thread, logger and message.
    pub fn text<'l>(&self, line: &'l [u8]) -> &'l [u8] {
        line.get(self.text..).unwrap_or_default()
    }

    /// The text behind the level.
    pub fn message<'l>(&self, line: &'l [u8]) -> &'l [u8] {
        line.get(self.level_end..).unwrap_or_default()
    }
}

fn stamped(line: &[u8], stamp: Stamp) -> Head {
    let text = skip(line, stamp.range.end, b"] |-");
    let front = level_in(&line[..stamp.range.start], 0);
    let (level, level_end) = match front {
        Some((level, _)) => (level, text),
        None => {
            let reach = line.len().min(text + LEVEL_SEARCH_BYTES);
            level_in(&line[..reach], text).unwrap_or((Level::Unknown, text))
        }
    };
    Head {
        stamp: Some(stamp),
        level,
        text,
        level_end,
    }
}

/// A head without a time: `ERROR:    text`, `WARN  text`, `[error] text`, `fail: Logger[13]`, `E1122 11:03:08.1 …`.
fn unstamped(line: &[u8]) -> Option<Head> {
    let word_end = line
        .iter()
        .position(|b| matches!(b, b' ' | b':' | b'\t' | b']'))
        .unwrap_or(line.len());
    let bracketed = line[0] == b'[';
    let word = &line[usize::from(bracketed)..word_end.max(usize::from(bracketed))];
    let closing = line.get(word_end).copied();
    let spelt = |table: &[(&[u8], Level)]| {
        table
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, level)| *level)
    };
    let level = match closing {
        Some(b']') if bracketed => find_level(word)?,
        Some(b':') if !bracketed => spelt(LEVELS).or_else(|| spelt(LOWER_LEVELS))?,
        Some(b' ' | b'\t') if !bracketed => spelt(LEVELS).or_else(|| glog_level(line))?,
        _ => return None,
    };
    let level_end = skip(line, word_end, b"]: \t");
    Some(Head {
        stamp: None,
        level,
        text: 0,
        level_end,
    })
}

/// glog and klog: one letter and the date, `E1122 11:03:08.123456 …`.
fn glog_level(line: &[u8]) -> Option<Level> {
    let digits = line.get(1..5)?.iter().all(u8::is_ascii_digit) && line.get(5) == Some(&b' ');
    let level = match line[0] {
        b'I' => Level::Low,
        b'W' => Level::Warn,
        b'E' | b'F' => Level::Error,
        _ => return None,
    };
    digits.then_some(level)
}

/// The first level word in `line[from..]`: in capitals as a word of its own, or in any case in square brackets.
fn level_in(line: &[u8], from: usize) -> Option<(Level, usize)> {
    let mut at = from;
    for _ in 0..10 {
        at = skip(line, at, b" \t|");
        let rest = line.get(at..).filter(|rest| !rest.is_empty())?;
        let len = rest
            .iter()
            .position(|b| matches!(b, b' ' | b'\t' | b'|'))
            .unwrap_or(rest.len());
        let token = &rest[..len];
        let bare = trim_punctuation(token);
        let marked = token.starts_with(b"[") || token.starts_with(b"<") && token.ends_with(b">");
        let level = if marked || token.starts_with(b"level=") {
            find_level(bare)
        } else {
            exact(bare)
        };
        if let Some(level) = level {
            return Some((level, skip(line, at + len, b" \t|:")));
        }
        at += len;
    }
    None
}

fn exact(word: &[u8]) -> Option<Level> {
    LEVELS
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, level)| *level)
}

/// A level in any case, alone or behind a module's name (`proxy:error`), or one letter (`E`).
fn find_level(word: &[u8]) -> Option<Level> {
    let word = word.strip_prefix(b"level=").unwrap_or(word);
    let word = word.rsplit(|b| *b == b':').next().unwrap_or(word);
    match word {
        b"I" | b"D" => return Some(Level::Low),
        b"W" => return Some(Level::Warn),
        b"E" | b"C" => return Some(Level::Error),
        _ => {}
    }
    LEVELS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, level)| *level)
}

fn trim_punctuation(token: &[u8]) -> &[u8] {
    let punctuation = |b: &u8| {
        matches!(
            b,
            b'[' | b']' | b'(' | b')' | b':' | b',' | b'<' | b'>' | b'"'
        )
    };
    let start = token
        .iter()
        .position(|b| !punctuation(b))
        .unwrap_or(token.len());
    let end = token
        .iter()
        .rposition(|b| !punctuation(b))
        .map_or(start, |last| last + 1);
    &token[start..end]
}

fn skip(line: &[u8], from: usize, what: &[u8]) -> usize {
    from + line
        .get(from..)
        .unwrap_or_default()
        .iter()
        .take_while(|b| what.contains(b))
        .count()
}

/// Whether what stands before a stamp may stand before a head's stamp: an opening bracket (WebLogic's is `<` or `####<`), a level, a process id, a
/// thread in brackets, a syslog priority. Anything else means that the stamp is part of some text.
fn is_front(front: &[u8]) -> bool {
    // Erlang's `=ERROR REPORT==== `.
    if front.starts_with(b"=") && front.ends_with(b"==== ") {
        return true;
    }
    let mut depth = 0_i32;
    for token in front
        .split(|b| matches!(b, b' ' | b'\t' | b'|'))
        .filter(|token| !token.is_empty())
    {
        let opens = token.iter().filter(|b| **b == b'[').count() as i32;
        let closes = token.iter().filter(|b| **b == b']').count() as i32;
        let known = depth > 0
            || token.starts_with(b"[")
            || matches!(token, b"-" | b"<" | b"####<")
            || is_severity(token)
            || exact(trim_punctuation(token)).is_some()
            || is_pid(token)
            || (token.starts_with(b"<") && token.ends_with(b">"));
        if !known {
            return false;
        }
        depth += opens - closes;
    }
    true
}

/// Ruby's `E,` before its bracket.
fn is_severity(token: &[u8]) -> bool {
    token.len() == 2 && token[0].is_ascii_uppercase() && token[1] == b','
}

/// `4711` or Redis's `22308:M`.
fn is_pid(token: &[u8]) -> bool {
    let digits = token.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = &token[digits..];
    digits > 0
        && (rest.is_empty() || (rest.len() == 2 && rest[0] == b':' && rest[1].is_ascii_uppercase()))
}

/// Words by which a text tells that something went wrong; used to tell a trace's announcement from a line that
/// happens to stand before it.
const FAILURE_WORDS: [&str; 17] = [
    "Errno",
    "rror",
    "xception",
    "fail",
    "Fail",
    "abort",
    "died",
    "lost",
    "closed",
    "reset",
    "crash",
    "panic",
    "aught",
    "nable",
    "annot",
    "threw",
    "went wrong",
];

static FAILURES: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(FAILURE_WORDS).ok());

/// Whether `text` announces a failure.
pub fn announces_failure(text: &[u8]) -> bool {
    // Sixteen short words always make an automaton; without one nothing is announced, and more is shown.
    FAILURES.as_ref().is_some_and(|words| words.is_match(text))
}
