//! Noise or failure: whose connection was it?

use super::bar::Bar;
use super::file::{Direction, LinkChoice, Side, Tier};
use super::owner::Group;
use super::pattern::Pattern;
use super::ports;
use super::reason::{Condition, Reason};
use super::set::{LineMatcher, Matcher, OwnerChoice, Rule, RuleSet, Signal, TraceMatcher};
use super::signs::Signs;
use super::traits::{Memory, Traits};
use crate::record::{Language, Link, Piece, Record, Seen};
use std::sync::Arc;

use regex::bytes::Captures;

/// What becomes of a record.
#[derive(Debug)]
pub enum Verdict<'r, 'b> {
    /// It is passed on as it is.
    Keep(Reason<'r>),
    /// It is one more of its kind.
    Collapse(Finding<'r, 'b>),
}

/// What a rule found.
#[derive(Clone, Debug)]
pub struct Finding<'r, 'b> {
    /// The rule.
    pub rule: &'r Arc<Rule>,
    /// The error's type, or the whole text that the template matched.
    pub error: &'b [u8],
    /// The error's message.
    pub message: &'b [u8],
    /// The frame that owns the socket, as printed.
    pub owner: &'b [u8],
    /// Address of the other end.
    pub peer: Option<&'b [u8]>,
    /// Path of the request.
    pub path: Option<&'b [u8]>,
    /// How the connection ended.
    pub signs: Signs,
}

type Judged<'r, 'b> = Result<Finding<'r, 'b>, Condition<'r>>;

impl RuleSet {
    /// Judges one record. Pure: the same record gets the same verdict, whatever came before it.
    pub fn judge<'r, 'b>(&'r self, record: &Record<'b>) -> Verdict<'r, 'b> {
        self.judge_with(record, &mut Memory::default())
    }

    /// The same, remembering what traces said: a flood repeats them to the letter. The verdict does not depend on
    /// what is remembered.
    pub fn judge_with<'r, 'b>(
        &'r self,
        record: &Record<'b>,
        memory: &mut Memory,
    ) -> Verdict<'r, 'b> {
        self.judge_by(record, memory, |_| true)
    }

    /// What the rule of that name alone makes of a record, whichever rules come before it.
    pub(super) fn judge_alone<'r, 'b>(&'r self, record: &Record<'b>, id: &str) -> Verdict<'r, 'b> {
        self.judge_by(record, &mut Memory::default(), |rule| rule.id == id)
    }

    fn judge_by<'r, 'b>(
        &'r self,
        record: &Record<'b>,
        memory: &mut Memory,
        asked: impl Fn(&Rule) -> bool,
    ) -> Verdict<'r, 'b> {
        if record
            .pieces
            .first()
            .is_some_and(|piece| piece.seen == Seen::Summary)
        {
            return Verdict::Keep(Reason::Summary);
        }
        let mut nearest: Option<(&'r str, Condition<'r>)> = None;
        let trace = (!record.links.is_empty()).then(|| self.weigh(record, memory));
        let candidates = self.candidates(record.first_line(), trace.is_some());
        let rules = candidates
            .iter()
            .filter_map(|at| Some((*at, self.rules.get(*at)?)));
        for (at, rule) in rules.filter(|(_, rule)| asked(rule)) {
            let judged = match (&rule.matcher, &trace) {
                (Matcher::Line(line), _) => line_rule(rule, line, record),
                (Matcher::Trace(matcher), Some(trace)) => {
                    self.trace_rule(at, matcher, record, trace, memory)
                }
                _ => continue,
            };
            match judged {
                Ok(finding) if rule.is_anchored(record) => return Verdict::Collapse(finding),
                Ok(_) => {}
                Err(condition) => {
                    if nearest
                        .as_ref()
                        .is_none_or(|(_, nearest)| condition > *nearest)
                    {
                        nearest = Some((&rule.id, condition));
                    }
                }
            }
        }
        Verdict::Keep(match nearest {
            None | Some((_, Condition::Signal)) => Reason::NoRule,
            Some((rule, condition)) => Reason::Refused { rule, condition },
        })
    }

    fn trace_rule<'r, 'b>(
        &'r self,
        place: usize,
        matcher: &'r TraceMatcher,
        record: &Record<'b>,
        trace: &Traits,
        memory: &mut Memory,
    ) -> Judged<'r, 'b> {
        let rule = &self.rules[place];
        let language = record.language.or(trace.guessed);
        let link = self.signal_link(matcher, record, language);
        // Without frames only a proven head's own words count: any text may mention an error.
        let told =
            |link: &&Link<'_>| !link.in_head || record.head.is_some() || !record.frames.is_empty();
        let link = link.filter(told).ok_or(Condition::Signal)?;
        let head = matcher.head.as_ref();
        if head.is_some_and(|head| !says(record, head)) {
            return Err(Condition::Head);
        }
        let owner = trace.owner.and_then(|at| record.frames.get(at));
        self.check_owner(matcher, trace)?;
        check_frames(matcher, record, owner.map_or(b"", |frame| frame.code))?;
        if memory.excludes(place, &matcher.not, record, trace.body) {
            return Err(Condition::Not);
        }
        self.check_words(rule, matcher, record, trace)?;
        Ok(Finding {
            rule,
            error: link.error,
            message: link.message,
            owner: owner.map_or(b"", |frame| frame.text),
            peer: None,
            path: None,
            signs: Signs::of_trace(link.message, record.head_text(), trace.frames),
        })
    }

    /// Whose socket it was.
    fn check_owner<'r>(
        &'r self,
        matcher: &TraceMatcher,
        trace: &Traits,
    ) -> Result<(), Condition<'r>> {
        let group = trace.group.and_then(|at| self.owners.group(at));
        if !matcher.owner.iter().any(|choice| owned_by(choice, group)) {
            return Err(Condition::Owner {
                found: group.map(|group| group.name.as_str()),
            });
        }
        match trace.client.and_then(|at| self.owners.group(at)) {
            Some(client) => Err(Condition::Client {
                found: &client.name,
            }),
            None => Ok(()),
        }
    }

    /// That nothing in the record says more than the disconnect.
    fn check_words<'r>(
        &'r self,
        rule: &Rule,
        matcher: &TraceMatcher,
        record: &Record<'_>,
        trace: &Traits,
    ) -> Result<(), Condition<'r>> {
        if !record
            .links
            .iter()
            .all(|link| self.is_plain(rule, matcher, link))
        {
            return Err(Condition::Wrapper);
        }
        let silent = matcher.head.is_some() || record.head_text().is_empty();
        if rule.tier == Tier::Undecided && !silent {
            return Err(Condition::Words);
        }
        if trace.is_torn || is_half_framed(record) {
            return Err(Condition::Torn);
        }
        let first = std::iter::once(record.first_line());
        let bar = trace.bar.or_else(|| self.bars.of_words(first));
        match bar.and_then(|at| self.bars.bar(at)) {
            Some((Bar::FailedCall, bar)) => Err(Condition::FailedCall { bar }),
            Some((Bar::Never, bar)) => Err(Condition::Never { bar }),
            None => Ok(()),
        }
    }

    fn signal_link<'a, 'b>(
        &self,
        matcher: &TraceMatcher,
        record: &'a Record<'b>,
        language: Option<Language>,
    ) -> Option<&'a Link<'b>> {
        if language != Some(matcher.language) {
            return None;
        }
        match matcher.link {
            LinkChoice::Root => record
                .links
                .last()
                .filter(|link| self.has_signal(matcher, link)),
            LinkChoice::Any => record
                .links
                .iter()
                .find(|link| self.has_signal(matcher, link)),
        }
    }

    /// The signals of a language that an error is one of.
    pub(super) fn signals_of<'r>(
        &'r self,
        language: Language,
        link: &Link<'_>,
    ) -> impl Iterator<Item = &'r str> {
        let own = self
            .signals
            .iter()
            .filter(move |signal| signal.language == Some(language));
        own.filter(move |signal| signal.matches(link))
            .map(|signal| signal.id.as_str())
    }

    fn has_signal(&self, matcher: &TraceMatcher, link: &Link<'_>) -> bool {
        let mut signals = matcher
            .signals
            .iter()
            .filter_map(|at| self.signals.get(*at));
        matcher
            .inline
            .as_ref()
            .is_some_and(|signal| signal.matches(link))
            || signals.any(|signal| signal.matches(link))
    }

    /// Whether an error of the chain says no more than the disconnect: it is one, or (where a server owns the socket)
    /// a wrapper that is known to add nothing.
    pub(super) fn is_plain(&self, rule: &Rule, matcher: &TraceMatcher, link: &Link<'_>) -> bool {
        let disconnect = self.has_signal(matcher, link)
            || self
                .signals
                .iter()
                .any(|signal| signal.language == Some(matcher.language) && signal.matches(link));
        disconnect
            || (rule.tier == Tier::Client && self.bars.is_neutral(matcher.language, link.error))
    }
}

impl Signal {
    fn matches(&self, link: &Link<'_>) -> bool {
        let typed = self.types.is_empty() || self.types.has(link.error);
        typed
            && self
                .message
                .as_ref()
                .is_none_or(|message| message.is_match(link.message))
    }
}

fn line_rule<'r, 'b>(
    rule: &'r Arc<Rule>,
    line: &'r LineMatcher,
    record: &Record<'b>,
) -> Judged<'r, 'b> {
    let text = record.first_line();
    let captures = line.pattern.regex().and_then(|regex| regex.captures(text));
    let captures = captures.ok_or(Condition::Signal)?;
    check_lines(line, record)?;
    if line.direction == Some(Direction::Inbound) && !is_inbound(&captures) {
        return Err(Condition::Direction);
    }
    let capture = |name: &str| captures.name(name).map(|found| found.as_bytes());
    let level_end = record.head.as_ref().map_or(0, |head| head.level_end);
    let matched = captures.get(0).map_or(0..text.len(), |found| found.range());
    let message = text.get(level_end.max(matched.start)..matched.end);
    let message = message.filter(|message| !message.is_empty());
    Ok(Finding {
        rule,
        error: b"",
        message: message.unwrap_or(&text[level_end..]),
        owner: b"",
        peer: capture("peer"),
        path: capture("path"),
        signs: Signs::of_line(text, &captures),
    })
}

/// That the further lines are the ones the rule allows, and that nothing it excludes is in any.
fn check_lines<'r>(line: &LineMatcher, record: &Record<'_>) -> Result<(), Condition<'r>> {
    let mut all = record.pieces.iter();
    if all.any(|piece| found(&line.not, piece.line.text(record.block))) {
        return Err(Condition::Not);
    }
    let mut further = record.pieces.iter().skip(1);
    let allowed = match &line.continues {
        Some(pattern) => further.all(|piece| pattern.is_match(piece.line.text(record.block))),
        None => {
            record.links.iter().all(|link| link.in_head) && further.all(|piece| is_dump(piece.seen))
        }
    };
    if allowed {
        Ok(())
    } else {
        Err(Condition::Continues)
    }
}

/// Whether the other end opened the connection, as its ports tell.
fn is_inbound(captures: &Captures<'_>) -> bool {
    let port = |name| {
        let text = captures.name(name)?.as_bytes();
        std::str::from_utf8(text).ok()?.parse::<u32>().ok()
    };
    let both = port("lport").zip(port("rport"));
    both.is_some_and(|(local, remote)| ports::is_inbound(local, remote))
}

/// Lines of a dump that may follow a line which says all.
fn is_dump(seen: Seen) -> bool {
    matches!(
        seen,
        Seen::Goroutine | Seen::GoCall | Seen::Place | Seen::Blank | Seen::Frame | Seen::More
    )
}

/// Whether the head's text is the one that a rule asks for; of a head in two lines either way it can be read.
fn says(record: &Record<'_>, head: &Pattern) -> bool {
    let joined = || {
        record
            .joined_head()
            .is_some_and(|text| head.is_match(&text))
    };
    head.is_match(record.head_text()) || joined()
}

/// Whether a report of Python's socketserver lacks a part of its frame of dashes: threads wrote at once.
fn is_half_framed(record: &Record<'_>) -> bool {
    let is_dashes = |piece: Option<&Piece>| piece.is_some_and(|piece| piece.seen == Seen::Dashes);
    let opened = is_dashes(record.pieces.first());
    let text = record.head_text();
    let report = text.starts_with(b"Exception ")
        && memchr::memmem::find(text, b" processing of request from").is_some();
    opened != is_dashes(record.pieces.last()) || (report && !opened)
}

fn found(patterns: &[Pattern], text: &[u8]) -> bool {
    patterns.iter().any(|pattern| pattern.is_match(text))
}

/// That the frames, and the source text below the owner's, are the ones the rule asks for.
fn check_frames<'r>(
    matcher: &TraceMatcher,
    record: &Record<'_>,
    code: &[u8],
) -> Result<(), Condition<'r>> {
    let mut frames = record.frames.iter();
    let framed = matcher.frame.is_empty() || frames.any(|frame| found(&matcher.frame, frame.text));
    let coded = matcher.code.is_empty() || found(&matcher.code, code);
    if framed && coded {
        Ok(())
    } else {
        Err(Condition::Frame)
    }
}

fn owned_by(choice: &OwnerChoice, group: Option<&Group>) -> bool {
    match choice {
        OwnerChoice::Server => group.is_some_and(|group| group.side == Side::Server),
        OwnerChoice::None => group.is_none(),
        OwnerChoice::Any => group.is_none_or(|group| group.side != Side::Client),
        OwnerChoice::Group(name) => group.is_some_and(|group| group.name == *name),
    }
}
