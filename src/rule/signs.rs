//! How a connection ended, as far as a record that a rule takes shows it: while reading or writing, in the midst of a
//! page, at what age.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::{Captures, Regex};

use super::owner::frame_name;
use crate::record::{Language, Record};

/// What the program was doing with the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Reading from it.
    Read,
    /// Writing to it.
    Write,
}

/// The signs of one record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// What the program was doing, if that shows.
    pub call: Option<Call>,
    /// Code that makes pages is in the trace: the answer was sent while it was still being made.
    pub renders: bool,
    /// How old the connection was, or for how long it had been silent, in milliseconds.
    pub age_ms: Option<u64>,
}

/// Words of an error or a line that tell a read from a write. The first that is found decides; of several at one place
/// the longest.
const WORDS: [(&str, Call); 27] = [
    ("Broken pipe", Call::Write),
    ("broken pipe", Call::Write),
    ("EPIPE", Call::Write),
    ("socket write error", Call::Write),
    ("socket read error", Call::Read),
    ("Connection reset by peer: socket write error", Call::Write),
    ("(Write failed)", Call::Write),
    ("(Read failed)", Call::Read),
    ("while sending", Call::Write),
    ("while reading", Call::Read),
    ("while waiting for request", Call::Read),
    ("could not send", Call::Write),
    ("could not receive", Call::Read),
    ("unexpected EOF", Call::Read),
    ("write tcp", Call::Write),
    ("read tcp", Call::Read),
    ("write ECONN", Call::Write),
    ("read ECONN", Call::Read),
    ("writev() failed", Call::Write),
    ("send() failed", Call::Write),
    ("sendfile() failed", Call::Write),
    ("recv() failed", Call::Read),
    ("reading communication packets", Call::Read),
    ("writing communication packets", Call::Write),
    ("Error writing", Call::Write),
    ("Error reading", Call::Read),
    ("Reading from client", Call::Read),
];

/// What the frames of code that makes pages begin with: JSP and its containers, and the template engines of Java and
/// Python. Facts for the cause `small-buffer`; whose socket it was is not their matter.
const PAGES: [&str; 16] = [
    "org.apache.jsp.",
    "org.apache.jasper.",
    "jsp_servlet.",
    "com.ibm._jsp.",
    "javax.servlet.jsp.",
    "jakarta.servlet.jsp.",
    "org.apache.taglibs.",
    "org.thymeleaf.",
    "freemarker.",
    "org.apache.velocity.",
    "com.sun.faces.renderkit.",
    "org.apache.myfaces.renderkit.",
    "gg.jte.",
    "jinja2/",
    "django/template/",
    "mako/",
];

struct Words {
    search: AhoCorasick,
}

// Both are built from constants that the tests build as well; without them nothing is told, and no cause is claimed.
static SEARCH: LazyLock<Option<Words>> = LazyLock::new(|| {
    let search = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(WORDS.iter().map(|(word, _)| word));
    search.ok().map(|search| Words { search })
});

static AGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let unit = "(?<unit>ms|milliseconds?|s|secs?|seconds?|m|min|minutes?)";
    let words = r"(?-u)\b(?:after|aged?|[Ii]dle(?: for)?|duration|elapsed|lasted|session time)";
    Regex::new(&format!(
        r"{words}[ =:]{{1,2}}(?<age>[0-9]{{1,9}}(?:\.[0-9]{{1,6}})?) ?{unit}\b"
    ))
    .ok()
});

impl Signs {
    /// The signs of a line that a template matched.
    pub(super) fn of_line(text: &[u8], captures: &Captures<'_>) -> Signs {
        Signs {
            call: call_in(text),
            renders: false,
            age_ms: captured_age(captures).or_else(|| age_in(text)),
        }
    }

    /// Of a trace: the error's message says it, or else its frames do.
    pub(super) fn of_trace(message: &[u8], head: &[u8], frames: FrameSigns) -> Signs {
        // The plain words are what a socket of the JDK throws from a read; a write says more.
        let plain = (message == b"Connection reset").then_some(Call::Read);
        Signs {
            call: call_in(message).or(frames.call).or(plain),
            renders: frames.renders,
            age_ms: age_in(head),
        }
    }
}

/// What the frames say, apart from the words.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FrameSigns {
    call: Option<Call>,
    renders: bool,
}

impl FrameSigns {
    /// The signs of a record's frames.
    pub(super) fn of(record: &Record<'_>, language: Language) -> FrameSigns {
        let link = record.links.last();
        let own = link.map_or(&record.frames[..0], |link| record.frames_of(link));
        // Python prints the failing call last.
        let inner = match language {
            Language::Python => own.last(),
            _ => own.first(),
        };
        let renders = record.frames.iter().any(|frame| {
            let name = frame_name(language, frame.text);
            PAGES.iter().any(|page| name.starts_with(page.as_bytes()))
        });
        FrameSigns {
            call: inner.and_then(|frame| {
                let name = frame_name(language, frame.text);
                let method = name.rsplit(|b| matches!(b, b'.' | b':')).next();
                method_call(frame.code).or_else(|| method_call(method.unwrap_or_default()))
            }),
            renders,
        }
    }
}

/// What the name of a method, or a line of source, does with a socket.
fn method_call(text: &[u8]) -> Option<Call> {
    let has = |word: &str| memchr::memmem::find(text, word.as_bytes()).is_some();
    let writes = ["write", "Write", "send", "flush"]
        .iter()
        .any(|word| has(word));
    let reads = ["read", "Read", "recv"].iter().any(|word| has(word));
    match (reads, writes) {
        (true, false) => Some(Call::Read),
        (false, true) => Some(Call::Write),
        _ => None,
    }
}

fn call_in(text: &[u8]) -> Option<Call> {
    let words = SEARCH.as_ref()?;
    let found = words.search.find(text)?;
    WORDS.get(found.pattern().as_usize()).map(|(_, call)| *call)
}

/// The age that a rule's pattern names: `(?P<age_ms>…)` or `(?P<age_s>…)`.
fn captured_age(captures: &Captures<'_>) -> Option<u64> {
    let number = |name, unit| millis(captures.name(name)?.as_bytes(), unit);
    number("age_ms", 1.0).or_else(|| number("age_s", 1000.0))
}

/// The age that a text names: `after 60000 ms`, `idle for 300 s`.
fn age_in(text: &[u8]) -> Option<u64> {
    // Most heads have no number behind a word, and that is told quicker than what it means.
    let may_name = |at: &[u8]| at[1].is_ascii_digit() && matches!(at[0], b' ' | b'=' | b':');
    if !text.windows(2).any(may_name) {
        return None;
    }
    let captures = AGE.as_ref()?.captures(text)?;
    let unit = match captures.name("unit")?.as_bytes() {
        b"ms" => 1.0,
        unit if unit.starts_with(b"milli") => 1.0,
        unit if unit.starts_with(b"s") => 1000.0,
        _ => 60_000.0,
    };
    millis(captures.name("age")?.as_bytes(), unit)
}

fn millis(number: &[u8], unit: f64) -> Option<u64> {
    let number: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    let age = number * unit;
    // Nine digits of minutes at most: far below what a whole number holds.
    (age.is_finite() && age >= 0.0).then_some(age as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_tell_a_read_from_a_write() {
        for (text, call) in [
            ("Broken pipe", Some(Call::Write)),
            (
                "Connection reset by peer: socket write error",
                Some(Call::Write),
            ),
            ("Connection reset by peer", None),
            ("read ECONNRESET", Some(Call::Read)),
            ("write EPIPE", Some(Call::Write)),
            (
                "write tcp 10.0.0.1:80->10.0.0.7:50000: write: broken pipe",
                Some(Call::Write),
            ),
            (
                "recv() failed (104: Connection reset by peer) while sending to client",
                Some(Call::Read),
            ),
            (
                "could not receive data from client: Connection reset by peer",
                Some(Call::Read),
            ),
        ] {
            assert_eq!(call_in(text.as_bytes()), call, "{text}");
        }
        assert_eq!(method_call(b"writev0"), Some(Call::Write));
        assert_eq!(method_call(b"socketRead0"), Some(Call::Read));
        assert_eq!(method_call(b"readThenWrite"), None);
        assert_eq!(method_call(b"self._sock.recv_into(b)"), Some(Call::Read));
    }

    #[test]
    fn an_age_is_read_with_its_unit() {
        for (text, age) in [
            ("closed after 60000 ms", Some(60_000)),
            ("idle for 300 s, dropped", Some(300_000)),
            ("idle=5m", Some(300_000)),
            ("session lasted 12.5 seconds", Some(12_500)),
            ("after 60 requests", None),
            ("after 60", None),
            ("Linkage 60 s", None),
        ] {
            assert_eq!(age_in(text.as_bytes()), age, "{text}");
        }
    }
}
