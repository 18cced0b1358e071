//! What the frames of a trace say about whose socket it was.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use super::file::Side;
use super::owner::frame_name;
use super::pattern::Pattern;
use super::set::RuleSet;
use super::signs::FrameSigns;
use crate::limits::VERDICTS_MAX;
use crate::record::{Frame, Language, Record};

/// What the frames and the further lines of a record say, as far as it does not depend on its first line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traits {
    /// The language of an error that the head names and that has no trace.
    pub guessed: Option<Language>,
    /// Number of the frame that owns the socket.
    pub owner: Option<usize>,
    /// Number of the group that it belongs to.
    pub group: Option<usize>,
    /// Number of the group of a client library, if one is anywhere in the record.
    pub client: Option<usize>,
    /// The owner's frame is there twice: threads that wrote at once mixed their traces.
    pub is_torn: bool,
    /// How the connection ended, as far as frames show it.
    pub frames: FrameSigns,
    /// Number of a bar that keeps the record.
    pub bar: Option<usize>,
    /// Under which key the body is remembered, if it is in one piece.
    pub body: Option<BodyKey>,
}

/// Two keyed hashes of a body.
type BodyKey = (u64, u64);

/// The same of a body that is recalled: with what the rule finds in it, by their places in the body.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    /// The rule's place among all.
    pub place: usize,
    /// The error's type and its message.
    pub error: Range<usize>,
    pub message: Range<usize>,
    /// The frame that owns the socket; empty where there is none.
    pub owner: Range<usize>,
    pub frames: FrameSigns,
}

/// A rule that nothing in a body refuses; the first line may.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    /// The rule's place among all.
    pub place: usize,
    /// Number of the error that is a disconnect.
    pub link: usize,
}

/// Traits of traces seen before, by their text.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    seen: HashMap<BodyKey, Traits, foldhash::fast::RandomState>,
    /// Of a rule (by its place) and a body, whether something that the rule excludes is in the body.
    excluded: HashMap<(usize, BodyKey), bool, foldhash::fast::RandomState>,
    /// Of a body, the rules that nothing in it refuses.
    fits: HashMap<BodyKey, Arc<[Fit]>, foldhash::fast::RandomState>,
    /// The same of traces, by the numbers under which they are recalled.
    heard: HashMap<u64, Arc<[Heard]>, foldhash::fast::RandomState>,
    // Two keyed hashes, so that no text that somebody sends can be made to look like another.
    first: foldhash::quality::RandomState,
    second: foldhash::quality::RandomState,
}

impl RuleSet {
    /// The traits of a record with at least one error.
    pub(super) fn weigh(&self, record: &Record<'_>, memory: &mut Memory) -> Traits {
        let Some(body) = record.body().filter(|body| !body.is_empty()) else {
            return self.traits(record);
        };
        let types: Vec<&[u8]> = record.links.iter().map(|link| link.error).collect();
        let text = (record.language, types, body);
        let key = (memory.first.hash_one(&text), memory.second.hash_one(&text));
        if let Some(traits) = memory.seen.get(&key) {
            return *traits;
        }
        let traits = Traits {
            body: Some(key),
            ..self.traits(record)
        };
        if memory.seen.len() >= VERDICTS_MAX {
            memory.seen.clear();
            memory.excluded.clear();
            memory.fits.clear();
            memory.heard.clear();
        }
        memory.seen.insert(key, traits);
        traits
    }

    fn traits(&self, record: &Record<'_>) -> Traits {
        let mut traits = Traits {
            bar: self
                .bars
                .of_types(record)
                .or_else(|| self.bars.of_words(record.words().skip(1))),
            ..Traits::default()
        };
        let Some(language) = record.language else {
            traits.guessed = record.links.last().and_then(|link| guess(link.error));
            return traits;
        };
        traits.frames = FrameSigns::of(record, language);
        let group_of = |frame: &Frame<'_>| {
            self.owners
                .find(language, &frame_name(language, frame.text))
        };
        for at in socket_frames(record, language) {
            let Some(frame) = record.frames.get(at) else {
                continue;
            };
            let group = group_of(frame);
            let side = group
                .and_then(|group| self.owners.group(group))
                .map(|group| group.side);
            if !matches!(side, Some(Side::Runtime | Side::Either)) {
                let link = record.links.iter().find(|link| link.frames.contains(&at));
                let own = link.map_or(&record.frames[..0], |link| record.frames_of(link));
                traits.is_torn = language == Language::Python && is_torn(own, frame);
                (traits.owner, traits.group) = (Some(at), group);
                break;
            }
        }
        let is_client = |at: &usize| {
            self.owners
                .group(*at)
                .is_some_and(|group| group.side == Side::Client)
        };
        traits.client = record.frames.iter().filter_map(group_of).find(is_client);
        traits
    }
}

impl Memory {
    /// Whether one of the patterns that the rule at `place` excludes is in the record.
    pub(super) fn excludes(
        &mut self,
        place: usize,
        not: &[Pattern],
        record: &Record<'_>,
        body: Option<BodyKey>,
    ) -> bool {
        if not.is_empty() {
            return false;
        }
        let in_body = || is_in_body(not, record);
        found(not, record.first_line())
            || match body {
                Some(key) => *self.excluded.entry((place, key)).or_insert_with(in_body),
                None => in_body(),
            }
    }

    /// What was heard of the trace of that number.
    pub(super) fn heard(&self, trace: u64) -> Option<Arc<[Heard]>> {
        self.heard.get(&trace).cloned()
    }

    /// Keeps in mind what is heard of a trace.
    pub(super) fn hear(&mut self, trace: u64, find: impl FnOnce() -> Vec<Heard>) {
        if self.heard.len() < VERDICTS_MAX {
            self.heard.entry(trace).or_insert_with(|| find().into());
        }
    }

    /// The rules that nothing in a body refuses, which `find` works out where the body is new.
    pub(super) fn fits(&mut self, body: BodyKey, find: impl FnOnce() -> Vec<Fit>) -> Arc<[Fit]> {
        let fits = self.fits.entry(body).or_insert_with(|| find().into());
        Arc::clone(fits)
    }
}

/// Whether one of these patterns is in a line behind the first.
pub(super) fn is_in_body(patterns: &[Pattern], record: &Record<'_>) -> bool {
    let mut further = record.pieces.iter().skip(1);
    !patterns.is_empty() && further.any(|piece| found(patterns, piece.line.text(record.block)))
}

pub(super) fn found(patterns: &[Pattern], text: &[u8]) -> bool {
    patterns.iter().any(|pattern| pattern.is_match(text))
}

/// Whether `frame` stands among `own` more than once although its function does not call itself: side by side, between
/// frames that stand there once.
fn is_torn(own: &[Frame<'_>], frame: &Frame<'_>) -> bool {
    let same =
        |other: &Frame<'_>, frame: &Frame<'_>| other.text == frame.text && other.code == frame.code;
    let count = |frame: &Frame<'_>| own.iter().filter(|other| same(other, frame)).count();
    let times = count(frame);
    let first = own.iter().position(|other| same(other, frame)).unwrap_or(0);
    let run = own.get(first..first + times).unwrap_or_default();
    let before = first.checked_sub(1).and_then(|at| own.get(at));
    let around = before.into_iter().chain(own.get(first + times));
    let calls_itself = run.len() == times && run.iter().all(|other| same(other, frame));
    times > 1 && !(calls_itself && around.into_iter().all(|other| count(other) == 1))
}

/// Numbers of the frames from the failing call outwards: those of the root, then those it shares with the errors
/// around it.
fn socket_frames(record: &Record<'_>, language: Language) -> Vec<usize> {
    let mut frames = Vec::new();
    let mut common = usize::MAX;
    for link in record.links.iter().rev() {
        let own = link.frames.clone();
        let shared = own.end.saturating_sub(common.min(own.len()))..own.end;
        if language == Language::Python {
            frames.extend(shared.rev());
        } else {
            frames.extend(shared);
        }
        // What a Python error was raised from is itself amid the frames of the error around it.
        if language == Language::Python {
            continue;
        }
        if link.common == 0 {
            break;
        }
        common = link.common;
    }
    frames
}

/// The language that an error's type alone gives away.
fn guess(error: &[u8]) -> Option<Language> {
    let packaged = error.iter().filter(|b| **b == b'.').count() >= 2
        && error.first().is_some_and(u8::is_ascii_lowercase);
    match error {
        b"Error" | b"TypeError" | b"BadRequestError" => Some(Language::Node),
        _ if packaged => Some(Language::Java),
        _ if error.starts_with(b"System.") || error.starts_with(b"Microsoft.") => {
            Some(Language::Dotnet)
        }
        _ if error.starts_with(b"Errno::") => Some(Language::Ruby),
        _ => None,
    }
}
