//! Lines become records.
//!
//! In comes a block of bytes, out go records: the lines of one event, parsed into its head and its chain of errors.
//!
//! Invariant: nothing here knows what a rule is, which errors are noise, or who owns a frame. A record borrows from
//! the block; its text is never copied.
//! The smallest file, and the one to imitate, is `trace/php.rs`.

pub mod assemble;
mod chain;
mod embedded;
mod error_type;
pub mod fence;
pub mod head;
pub mod machine;
mod recall;
mod ruby;
pub mod seen;
mod shape;
pub mod trace;

pub use assemble::{Assembly, Extent, Piece};
pub use chain::{Frame, Link, Relation};
pub use head::{Head, Level};
pub use machine::Machine;
pub use seen::Seen;
pub use trace::Language;

/// One event, parsed.
#[derive(Debug)]
pub struct Record<'b> {
    /// The block that holds it.
    pub block: &'b [u8],
    /// Its lines in order; what lies between two of them belongs to somebody else.
    pub pieces: &'b [Piece],
    /// Its head, if its first line proves to be one.
    pub head: Option<Head>,
    /// The language of its trace, if it has one.
    pub language: Option<Language>,
    /// Its errors, outermost first, root last; side branches (suppressed errors) apart in `side`.
    pub links: Vec<Link<'b>>,
    /// Errors that accompanied the chain without being part of it.
    pub side: Vec<Link<'b>>,
    /// All frames; each link names its range.
    pub frames: Vec<Frame<'b>>,
}

impl<'b> Record<'b> {
    /// Parses the lines that an `Assembly` found.
    pub fn parse(block: &'b [u8], pieces: &'b [Piece]) -> Record<'b> {
        let first = pieces.first().map(|piece| piece.line.text(block));
        Record::with_head(block, pieces, first.and_then(Head::parse))
    }

    /// The same, where the first line was parsed already.
    fn with_head(block: &'b [u8], pieces: &'b [Piece], head: Option<Head>) -> Record<'b> {
        let mut record = Record::outline(block, pieces, head);
        record.language = pieces
            .iter()
            .find_map(|piece| language(piece.seen, piece.line.text(block)));
        chain::parse(&mut record);
        record
    }

    /// Its lines and its head, without language, errors and frames.
    fn outline(block: &'b [u8], pieces: &'b [Piece], head: Option<Head>) -> Record<'b> {
        let first = pieces.first().map(|piece| piece.seen);
        Record {
            block,
            pieces,
            head: head
                .filter(|_| matches!(first, Some(Seen::Head | Seen::LevelLine | Seen::Report))),
            language: None,
            links: Vec::new(),
            side: Vec::new(),
            frames: Vec::new(),
        }
    }

    /// Whether its head may name an error, as far as that does not depend on the language.
    pub fn may_name_error(&self) -> bool {
        embedded::find(self.message_text()).is_some()
    }

    /// Its first line, without its line ending.
    pub fn first_line(&self) -> &'b [u8] {
        self.pieces
            .first()
            .map_or(&self.block[..0], |piece| piece.line.text(self.block))
    }

    /// The head's text behind stamp and brackets, or all of the first line where nothing proves a head; of a head in
    /// two lines the second. Empty where the record starts at its error.
    pub fn head_text(&self) -> &'b [u8] {
        let first = self.first_line();
        match (&self.head, self.pieces.first().map(|piece| piece.seen)) {
            (Some(head), _) => self.second_head().unwrap_or_else(|| head.text(first)),
            // Between socketserver's dashes and its traceback stands whose request it was.
            (_, Some(Seen::Dashes)) => {
                let second = self.pieces.get(1).filter(|piece| piece.seen == Seen::Text);
                second.map_or(first, |piece| piece.line.text(self.block))
            }
            (_, Some(Seen::Text | Seen::Open | Seen::Crash | Seen::Panic | Seen::Goroutine)) => {
                first
            }
            _ => &first[..0],
        }
    }

    /// A head in two lines as other layouts print it, in one: who logged it, then the message. `None` for a head that
    /// is one line.
    pub fn joined_head(&self) -> Option<Vec<u8>> {
        let message = self.second_head()?;
        let logger = self.head.as_ref()?.text(self.first_line());
        Some([logger, b" ", message].concat())
    }

    /// The head's text behind its level.
    pub fn message_text(&self) -> &'b [u8] {
        let first = self.first_line();
        match &self.head {
            Some(head) => self.second_head().unwrap_or_else(|| head.message(first)),
            None => first,
        }
    }

    /// Whether its head has two lines.
    pub fn has_second_head(&self) -> bool {
        self.second_head().is_some()
    }

    /// The message of a head in two lines, as `java.util.logging` prints it.
    fn second_head(&self) -> Option<&'b [u8]> {
        let second = self
            .pieces
            .get(1)
            .filter(|piece| piece.seen == Seen::LevelLine)?;
        let line = second.line.text(self.block);
        Head::parse(line).map(|head| head.message(line))
    }

    /// The lines that say something in words: all but frames and source text.
    pub fn words(&self) -> impl Iterator<Item = &'b [u8]> + '_ {
        let frame = |seen: Seen| {
            matches!(
                seen,
                Seen::Frame | Seen::FrameOpen | Seen::More | Seen::File | Seen::Caret | Seen::Blank
            )
        };
        self.pieces
            .iter()
            .filter(move |piece| !frame(piece.seen))
            .map(|piece| piece.line.text(self.block))
    }

    /// Its lines behind the first in one piece; `None` where somebody else's stand between them.
    pub fn body(&self) -> Option<&'b [u8]> {
        let own = self.pieces.get(1..).unwrap_or_default();
        let adjoin = own
            .windows(2)
            .all(|pair| pair[0].line.end == pair[1].line.start);
        let (first, last) = (own.first()?, own.last()?);
        adjoin.then(|| &self.block[first.line.start..last.line.end])
    }

    /// The frames of one link, in the order they were printed.
    pub fn frames_of(&self, link: &Link<'b>) -> &[Frame<'b>] {
        self.frames.get(link.frames.clone()).unwrap_or_default()
    }

    /// The first address in its head that stands for itself: whose connection it was, most often. An address within a
    /// name (`http-nio-10.0.0.1-8080-exec-3`) is where the server listens.
    pub fn peer(&self) -> Option<&'b [u8]> {
        let head = self.head_text();
        let ends = |b: &u8| !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        let mut from = 0;
        while let Some(dot) = memchr::memchr(b'.', head.get(from..)?) {
            let (before, behind) = head.split_at(from + dot);
            let start = before.iter().rposition(ends).map_or(0, |last| last + 1);
            let len = behind.iter().position(ends).unwrap_or(behind.len());
            from = before.len() + len;
            let word = &head[start..from];
            if word.len() >= 7 && is_address(word) {
                return Some(word);
            }
        }
        None
    }

    /// How many bytes its own lines have.
    pub fn bytes(&self) -> usize {
        self.pieces
            .iter()
            .map(|piece| piece.line.end - piece.line.start)
            .sum()
    }
}

/// The language that one line of a trace gives away.
fn language(seen: Seen, text: &[u8]) -> Option<Language> {
    match seen {
        Seen::Traceback => Some(Language::Python),
        Seen::Goroutine | Seen::GoCall => Some(Language::Go),
        Seen::Frame | Seen::FrameOpen => Some(frame_language(text)),
        Seen::Open | Seen::Crash | Seen::CrashNote => Some(Language::Node),
        Seen::Arrow => Some(Language::Dotnet),
        Seen::Php => Some(Language::Php),
        Seen::Place | Seen::From => Some(Language::Ruby),
        Seen::Panic | Seen::Backtrace => Some(Language::Rust),
        Seen::Stars | Seen::Report => Some(Language::Erlang),
        Seen::Detail => Some(Language::Postgres),
        Seen::More | Seen::Reactor | Seen::Cause | Seen::CauseAlone => Some(Language::Java),
        _ => None,
    }
}

/// `at f (file.js:12:3)` is Node's, `at A.b(A.java:12)` Java's, `at A.B(String c)` .NET's.
fn frame_language(text: &[u8]) -> Language {
    let text = text.strip_suffix(b" {").unwrap_or(text);
    // Where a logger adds the archive behind each frame: ` ~[tomcat-embed-core.jar:9.0]`.
    let text = match text.iter().rposition(|b| *b == b'[') {
        Some(open) if text.ends_with(b"]") => text[..open]
            .strip_suffix(b"~")
            .unwrap_or(&text[..open])
            .trim_ascii_end(),
        _ => text,
    };
    let place = text.strip_suffix(b")").unwrap_or(text);
    let line = place
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit())
        .count();
    let rest = &place[..place.len() - line];
    let numbered = line > 0 && rest.ends_with(b":");
    if numbered
        && rest[..rest.len() - 1]
            .last()
            .is_some_and(u8::is_ascii_digit)
    {
        return Language::Node;
    }
    let source = place
        .iter()
        .rposition(|b| *b == b'(')
        .map_or(&place[..0], |open| &place[open + 1..]);
    match source {
        b"Native Method" | b"Unknown Source" | b"<generated>" => Language::Java,
        b"<anonymous>" | b"native" => Language::Node,
        _ if numbered || source.ends_with(b".java") => Language::Java,
        _ if source.starts_with(b"index ")
            || memchr::memmem::find(place, b"at async ").is_some() =>
        {
            Language::Node
        }
        _ => Language::Dotnet,
    }
}

/// An IPv4 address: four numbers up to 255.
fn is_address(word: &[u8]) -> bool {
    if !word[0].is_ascii_digit() {
        return false;
    }
    let mut parts = 0;
    for part in word.split(|b| *b == b'.') {
        let number = std::str::from_utf8(part)
            .ok()
            .and_then(|part| part.parse::<u16>().ok());
        if part.len() > 3 || number.is_none_or(|number| number > 255) {
            return false;
        }
        parts += 1;
    }
    parts == 4
}
