//! Noise or failure: whose connection was it?

use super::bar::Bar;
use super::file::{LinkChoice, Side, Tier};
use super::owner::Group;
use super::pattern::Pattern;
use super::reason::{Condition, Reason};
use super::set::{Matcher, OwnerChoice, Rule, RuleSet, Signal, TraceMatcher};
use super::signs::Signs;
use super::template;
use super::traits::{Memory, Traits, found};
use crate::record::{Frame, Language, Link, Piece, Record, Seen};
use std::sync::Arc;

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

pub(super) type Judged<'r, 'b> = Result<Finding<'r, 'b>, Condition<'r>>;

impl RuleSet {
    /// Judges one record. Pure: the same record gets the same verdict, whatever came before it.
    pub fn judge<'r, 'b>(&'r self, record: &Record<'b>) -> Verdict<'r, 'b> {
        self.judge_by(record, &mut Memory::default(), |_| true)
    }

    /// What the rule of that name alone makes of a record, whichever rules come before it.
    pub(super) fn judge_alone<'r, 'b>(&'r self, record: &Record<'b>, id: &str) -> Verdict<'r, 'b> {
        self.judge_by(record, &mut Memory::default(), |rule| rule.id == id)
    }

    pub(super) fn judge_by<'r, 'b>(
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
                (Matcher::Line(line), _) => template::line_rule(rule, line, record),
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
        let link = self
            .signal_link(matcher, record, language)
            .and_then(|at| record.links.get(at));
        // Without frames only a proven head's own words count: any text may mention an error.
        let told =
            |link: &&Link<'_>| !link.in_head || record.head.is_some() || !record.frames.is_empty();
        let link = link.filter(told).ok_or(Condition::Signal)?;
        let head = matcher.head.as_ref();
        if head.is_some_and(|head| !says(record, head)) {
            return Err(Condition::Head);
        }
        let code = owner_of(record, trace).map_or(&b""[..], |frame| frame.code);
        self.check_owner(matcher, trace)?;
        check_frames(matcher, record, code)?;
        if memory.excludes(place, &matcher.not, record, trace.body) {
            return Err(Condition::Not);
        }
        self.check_words(rule, matcher, record, trace)?;
        Ok(finding(rule, record, link, trace))
    }

    /// Whose socket it was.
    pub(super) fn check_owner<'r>(
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
        if !self.are_plain(rule, matcher, record) {
            return Err(Condition::Wrapper);
        }
        if !is_silent_enough(rule, matcher, record) {
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

    /// Whether no error of the chain says more than the disconnect.
    pub(super) fn are_plain(
        &self,
        rule: &Rule,
        matcher: &TraceMatcher,
        record: &Record<'_>,
    ) -> bool {
        let mut links = record.links.iter();
        links.all(|link| self.is_plain(rule, matcher, link))
    }

    /// Number of the error that is the disconnect.
    pub(super) fn signal_link(
        &self,
        matcher: &TraceMatcher,
        record: &Record<'_>,
        language: Option<Language>,
    ) -> Option<usize> {
        if language != Some(matcher.language) {
            return None;
        }
        let is_signal = |link: &Link<'_>| self.has_signal(matcher, link);
        match matcher.link {
            LinkChoice::Root => {
                let last = record.links.len().checked_sub(1)?;
                is_signal(&record.links[last]).then_some(last)
            }
            LinkChoice::Any => record.links.iter().position(is_signal),
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

/// Whether the head says no more than a rule allows: of what the text cannot decide, it must say nothing of its own.
pub(super) fn is_silent_enough(rule: &Rule, matcher: &TraceMatcher, record: &Record<'_>) -> bool {
    rule.tier != Tier::Undecided || matcher.head.is_some() || record.head_text().is_empty()
}

/// The frame that owns the socket.
pub(super) fn owner_of<'a, 'b>(record: &'a Record<'b>, trace: &Traits) -> Option<&'a Frame<'b>> {
    record.frames.get(trace.owner?)
}

pub(super) fn finding<'r, 'b>(
    rule: &'r Arc<Rule>,
    record: &Record<'b>,
    link: &Link<'b>,
    trace: &Traits,
) -> Finding<'r, 'b> {
    Finding {
        rule,
        error: link.error,
        message: link.message,
        owner: owner_of(record, trace).map_or(b"", |frame| frame.text),
        peer: None,
        path: None,
        signs: Signs::of_trace(link.message, record.head_text(), trace.frames),
    }
}

/// Whether the head's text is the one that a rule asks for; of a head in two lines either way it can be read.
pub(super) fn says(record: &Record<'_>, head: &Pattern) -> bool {
    let joined = || {
        record
            .joined_head()
            .is_some_and(|text| head.is_match(&text))
    };
    head.is_match(record.head_text()) || joined()
}

/// Whether a report of Python's socketserver lacks a part of its frame of dashes: threads wrote at once.
pub(super) fn is_half_framed(record: &Record<'_>) -> bool {
    let is_dashes = |piece: Option<&Piece>| piece.is_some_and(|piece| piece.seen == Seen::Dashes);
    let opened = is_dashes(record.pieces.first());
    let text = record.head_text();
    let report = text.starts_with(b"Exception ")
        && memchr::memmem::find(text, b" processing of request from").is_some();
    opened != is_dashes(record.pieces.last()) || (report && !opened)
}

/// That the frames, and the source text below the owner's, are the ones the rule asks for.
pub(super) fn check_frames<'r>(
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
