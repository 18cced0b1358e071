//! Decides, line by line, whether a record goes on.

use std::hash::{BuildHasher, Hasher};

use super::embedded;
use super::error_type::{error_type, strip_thread};
use super::frame_language;
use super::head::{Head, Level, announces_failure};
use super::seen::Seen;
use super::shape::{erlang_process, is_close, is_header, is_request, is_sasl, seals, tells_below};
use super::trace::{Grammar, Language, State};
use crate::limits::MESSAGE_LINES_MAX;

/// What a line means for the record that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The line belongs to it.
    Takes,
    /// The line belongs to it if a later one proves so.
    MayTake,
    /// The line does not belong to it.
    Refuses,
}

/// The reading of one record: the grammar's states, and what its first line said that later lines depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    grammar: Grammar,
    level: Level,
    announces: bool,
    /// The first line is the first half of `java.util.logging`'s two-line head.
    two_line: bool,
    dashes: bool,
    /// The head announces a mark that will close the event.
    seals: bool,
    /// The head is of a program that goes on below it, indented.
    below: bool,
    /// The head is the line by which Erlang's older reports begin; they end at a blank line.
    sasl: bool,
    /// May start a report of gin's: it names a socket of Go's that failed.
    gin: bool,
    /// Starts at an indented error, which only Node prints.
    koa: bool,
    /// A blank line stands between head and trace, so that one behind the trace belongs to it as well.
    gapped: bool,
    /// The type of an error that the head's own text ends in.
    named: Option<Box<[u8]>>,
    /// Starts at an error, not at a logged event: another writer's events may stand between its lines.
    bare: bool,
    /// What further lines of the same report must repeat; `None` where the head is none of PostgreSQL's or Erlang's.
    prefix: Option<u64>,
    /// The first line of one of Erlang's reports, as a hash: the same line again is the same event again.
    first: Option<u64>,
    /// Lines taken so far.
    lines: usize,
    /// Lines in a row that were only message.
    message_lines: usize,
    /// The kind of the last line, if taking it changed nothing: another of its kind changes nothing either.
    steady: Option<(Seen, bool)>,
}

impl Machine {
    /// Starts a record at the line `text`, which looks like `seen` and may bear a head.
    pub fn open(seen: Seen, text: &[u8], head: Option<&Head>) -> Machine {
        let indented = is_indented(text);
        let bears = matches!(
            seen,
            Seen::Head | Seen::LevelLine | Seen::Detail | Seen::Report
        );
        let head = head.filter(|_| bears);
        let start = match seen {
            Seen::LevelLine | Seen::Detail | Seen::Report => Seen::Head,
            seen => seen,
        };
        // An indented first line is an orphan of something that is gone: it opens nothing.
        // But koa's own handler prints errors whole, two blanks deep.
        let announces = announces_failure(text);
        let blanks = text.iter().take_while(|b| **b == b' ').count();
        let koa = seen == Seen::Error && blanks == 2;
        let grammar = Grammar::default().step(start, false, |language, _, _| {
            !indented || koa && language == Language::Node
        });
        Machine {
            grammar,
            gin: memchr::memmem::find(text, b" tcp ").is_some(),
            koa,
            level: head.map_or(Level::Unknown, |head| head.level),
            announces,
            two_line: head
                .is_some_and(|head| head.level == Level::Unknown && has_half_day(text, head)),
            dashes: seen == Seen::Dashes,
            seals: head.is_some() && seals(text),
            below: head.is_some() && tells_below(text),
            sasl: head.is_some() && is_sasl(text),
            gapped: false,
            named: announces
                .then(|| named_error(head.map_or(text, |head| head.message(text))))
                .flatten(),
            bare: head.is_none(),
            prefix: head.and_then(|head| report_prefix(seen, text, head)),
            first: (seen == Seen::Report).then(|| hash(text)),
            lines: 1,
            message_lines: 0,
            steady: None,
        }
    }

    /// Whether the record may end after the lines taken so far. A single line always may.
    pub fn accepts(&self) -> bool {
        self.lines <= 1 || self.grammar.accepts()
    }

    /// Whether any further line could belong to it.
    pub fn is_open(&self) -> bool {
        self.grammar.is_alive()
    }

    /// Whether it is amid a trace, where another writer's line may be stepped over.
    pub fn in_trace(&self) -> bool {
        self.grammar.in_trace()
    }

    /// Whether it began without a head of its own.
    pub fn is_bare(&self) -> bool {
        self.bare
    }

    /// Whether its first line already announces that something went wrong, so that a trace may be on its way.
    pub fn expects_trace(&self) -> bool {
        self.level >= Level::Warn || self.announces || self.dashes
    }

    /// Whether the line is one more of the kind that was taken last and changed nothing.
    pub fn is_steady(&self, seen: Seen, text: &[u8]) -> bool {
        self.steady == Some((seen, is_indented(text)))
    }

    /// Reads one more line.
    pub fn step(&mut self, seen: Seen, text: &[u8]) -> Step {
        let indented = is_indented(text);
        if self.steady == Some((seen, indented)) {
            return Step::Takes;
        }
        let seen = self.in_place(seen, text);
        let next = self.grammar.step(seen, indented, |language, from, to| {
            self.allows(language, from, to, seen, text)
        });
        if !next.is_alive() {
            return Step::Refuses;
        }
        let unmoved = self.grammar == next && seen == Seen::Frame && next.accepts();
        self.steady = unmoved.then_some((seen, indented));
        self.grammar = next;
        self.gapped |= self.lines == 1 && seen == Seen::Blank;
        if seen == Seen::LevelLine {
            self.named = named_error(text);
        }
        self.lines += 1;
        if next.accepts() {
            self.message_lines = 0;
            Step::Takes
        } else {
            self.message_lines += 1;
            Step::MayTake
        }
    }

    /// Whether an error at the margin can be what the head announced: a head that ends in an error of its own prints
    /// the trace of that one.
    fn may_print(&self, text: &[u8]) -> bool {
        let error = error_type(strip_thread(text));
        self.named
            .as_deref()
            .is_none_or(|named| error == Some(named))
    }

    /// What a line means here: a level line or a detail is one only behind the right head.
    fn in_place(&self, seen: Seen, text: &[u8]) -> Seen {
        match seen {
            Seen::EventEnd if !self.seals && is_close(text) => Seen::Close,
            Seen::EventEnd if !self.seals => Seen::Text,
            Seen::LevelLine if !(self.two_line && self.lines == 1) => Seen::Head,
            Seen::Detail | Seen::Report => {
                let prefix = Head::parse(text).and_then(|head| report_prefix(seen, text, &head));
                let again = self.first == Some(hash(text));
                if prefix.is_some() && prefix == self.prefix && !again {
                    seen
                } else {
                    Seen::Head
                }
            }
            seen => seen,
        }
    }

    /// The guards: steps that depend on more than the kind of line.
    fn allows(&self, language: Language, from: State, to: State, seen: Seen, text: &[u8]) -> bool {
        if self.koa && seen == Seen::Frame && frame_language(text) != Language::Node {
            return false;
        }
        if language == Language::Go && to == State::Message {
            let shown = match from {
                State::Message => is_header(text),
                _ => is_request(text),
            };
            return self.gin && shown && self.message_lines < MESSAGE_LINES_MAX;
        }
        let indented = is_indented(text);
        let before_trace = matches!(
            from,
            State::Head | State::Message | State::Gap | State::Plain
        );
        match to {
            State::Message | State::Extra => {
                let message = self.message_lines < MESSAGE_LINES_MAX;
                message
                    && (indented
                        || from == State::Error
                        || from == State::Extra
                        || from == State::Crash
                        || self.dashes
                        || self.level >= Level::Warn && !opens_another(text))
            }
            _ if language == Language::Postgres => self.prefix.is_some() || self.below && indented,
            State::Done if language == Language::Erlang && seen != Seen::Report => {
                self.sasl && self.lines < MESSAGE_LINES_MAX
            }
            State::Head => self.two_line || from == State::Start,
            State::Tail if language == Language::Go => self.gin,
            State::Tail if seen == Seen::EventEnd => self.seals,
            State::Tail if seen == Seen::Blank => {
                self.two_line || self.gapped || self.sasl || self.seals && from == State::Tail
            }
            State::Tail => self.dashes,
            State::Error
                if before_trace && !indented && seen == Seen::Error && !self.may_print(text) =>
            {
                false
            }
            State::Error | State::Frames | State::Chain | State::Block if before_trace => {
                indented && seen == Seen::Error || self.expects_trace() || self.two_line
            }
            _ => true,
        }
    }
}

/// The type of the error that a head's text ends in, if it names one as what it is about.
fn named_error(text: &[u8]) -> Option<Box<[u8]>> {
    embedded::find(text)
        .filter(|named| !named.bracketed)
        .map(|named| named.error.into())
}

fn is_indented(text: &[u8]) -> bool {
    text.first().is_some_and(|b| matches!(b, b' ' | b'\t'))
}

/// Whether a line at the margin rather opens a record of its own than goes on with a message: it announces a failure,
/// and is no `name: <value>` of the kind that Python's asyncio prints below a head.
fn opens_another(text: &[u8]) -> bool {
    let name = text
        .iter()
        .take_while(|b| b.is_ascii_lowercase() || **b == b'_')
        .count();
    !(name > 0 && text[name..].starts_with(b": ")) && announces_failure(text)
}

/// Whether the stamp ends in AM or PM, as in `Nov 22, 2026 11:03:22 AM class method`.
fn has_half_day(text: &[u8], head: &Head) -> bool {
    let stamp = head
        .stamp
        .as_ref()
        .map_or(&[][..], |stamp| &text[stamp.range.clone()]);
    stamp.ends_with(b"AM") || stamp.ends_with(b"PM")
}

/// Whether two lines belong to one of Erlang's reports.
pub(super) fn is_one_report(before: &[u8], text: &[u8]) -> bool {
    let prefix = |text| report_prefix(Seen::Report, text, &Head::parse(text)?);
    Seen::of(before) == Seen::Report && prefix(before) == prefix(text)
}

/// What all lines of one report have in common, as a hash. PostgreSQL's: process, user and database, between stamp and
/// level. Erlang's: all up to the process, stamp and level included.
fn report_prefix(seen: Seen, text: &[u8], head: &Head) -> Option<u64> {
    if seen == Seen::Report {
        let end = head.level_end + erlang_process(head.message(text))?;
        return text.get(..end).map(hash);
    }
    let start = head.stamp.as_ref().map_or(0, |stamp| stamp.range.end);
    let front = text.get(start..head.level_end)?;
    let trimmed = front.trim_ascii_end();
    let blanks = front.len() - trimmed.len();
    let word = trimmed.rsplit(|b| *b == b' ').next()?;
    const WORDS: [&[u8]; 15] = [
        b"LOG:",
        b"ERROR:",
        b"FATAL:",
        b"PANIC:",
        b"WARNING:",
        b"NOTICE:",
        b"INFO:",
        b"DEBUG:",
        b"DETAIL:",
        b"HINT:",
        b"CONTEXT:",
        b"STATEMENT:",
        b"QUERY:",
        b"LOCATION:",
        b"BACKTRACE:",
    ];
    if blanks < 2 || !WORDS.contains(&word) {
        return None;
    }
    Some(hash(&trimmed[..trimmed.len() - word.len()]))
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = foldhash::fast::FixedState::default().build_hasher();
    hasher.write(bytes);
    hasher.finish()
}
