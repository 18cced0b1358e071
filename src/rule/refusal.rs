//! What in a record it was that kept it: asked for a few records by people, so that nothing here is remembered.

use super::file::Side;
use super::owner::frame_name;
use super::pattern::Pattern;
use super::reason::Condition;
use super::set::{LineMatcher, Matcher, Rule, RuleSet, TraceMatcher};
use super::traits::{Memory, Traits};
use crate::record::{Frame, Record};

impl RuleSet {
    /// The part of the record for which `condition` of the rule `id` refused it; `None` where something is missing
    /// rather than there.
    #[must_use]
    pub fn evidence<'b>(
        &self,
        record: &Record<'b>,
        id: &str,
        condition: &Condition<'_>,
    ) -> Option<&'b [u8]> {
        let rule = self.rule(id)?;
        let found = match &rule.matcher {
            Matcher::Line(line) => in_line(line, record, condition),
            Matcher::Trace(trace) => self.in_trace(rule, trace, record, condition),
        };
        found.filter(|text| !text.is_empty())
    }

    /// The bar of `never.toml` that is about the record, with its reason and the part of the record that met it.
    #[must_use]
    pub fn barred<'b>(&self, record: &Record<'b>) -> Option<(&str, &str, &'b [u8])> {
        let by_type = self.bars.of_types(record);
        let at = by_type.or_else(|| self.bars.of_words(record.words()))?;
        let (_, id) = self.bars.bar(at)?;
        let why = self.bars.why(id).unwrap_or_default();
        Some((id, why, self.met_by(record).unwrap_or_default()))
    }

    /// The frame of a client library, if one is in the record, and the library's name.
    #[must_use]
    pub fn client<'b>(&self, record: &Record<'b>) -> Option<(&str, &'b [u8])> {
        let language = record.language?;
        record.frames.iter().find_map(|frame| {
            let name = frame_name(language, frame.text);
            let group = self.owners.group(self.owners.find(language, &name)?)?;
            (group.side == Side::Client).then_some((group.name.as_str(), frame.text))
        })
    }

    /// The frame that owns the failing socket, as printed.
    #[must_use]
    pub fn owner<'b>(&self, record: &Record<'b>) -> Option<&'b [u8]> {
        let traits = self.weigh(record, &mut Memory::default());
        frame_of(record, &traits).map(|frame| frame.text)
    }

    fn in_trace<'b>(
        &self,
        rule: &Rule,
        trace: &TraceMatcher,
        record: &Record<'b>,
        condition: &Condition<'_>,
    ) -> Option<&'b [u8]> {
        match condition {
            Condition::Signal | Condition::Continues | Condition::Direction => None,
            Condition::Not => met(&trace.not, lines(record)),
            Condition::Head | Condition::Words => Some(record.head_text()),
            Condition::Owner { .. } | Condition::Frame | Condition::Torn => self.owner(record),
            Condition::Client { .. } => self.client(record).map(|(_, frame)| frame),
            Condition::Wrapper => {
                let mut links = record.links.iter();
                let link = links.find(|link| !self.is_plain(rule, trace, link));
                link.map(|link| link.error)
            }
            Condition::FailedCall { .. } | Condition::Never { .. } => self.met_by(record),
        }
    }

    /// The type or the line of the record that meets a bar.
    fn met_by<'b>(&self, record: &Record<'b>) -> Option<&'b [u8]> {
        let mut links = record.links.iter().chain(&record.side);
        let by_type = links.find(|link| self.bars.has_type(link.error));
        let mut words = record.words();
        by_type
            .map(|link| link.error)
            .or_else(|| words.find(|line| self.bars.of_words(std::iter::once(*line)).is_some()))
    }
}

fn in_line<'b>(
    line: &LineMatcher,
    record: &Record<'b>,
    condition: &Condition<'_>,
) -> Option<&'b [u8]> {
    match condition {
        Condition::Not => met(&line.not, lines(record)),
        Condition::Direction => Some(record.first_line()),
        Condition::Continues => {
            let allowed = |text: &[u8]| {
                let pattern = line.continues.as_ref();
                pattern.is_some_and(|pattern| pattern.is_match(text))
            };
            lines(record).skip(1).find(|text| !allowed(text))
        }
        _ => None,
    }
}

fn lines<'b>(record: &Record<'b>) -> impl Iterator<Item = &'b [u8]> {
    let block = record.block;
    record.pieces.iter().map(|piece| piece.line.text(block))
}

/// The first of these lines that one of the patterns is in.
fn met<'b>(patterns: &[Pattern], mut lines: impl Iterator<Item = &'b [u8]>) -> Option<&'b [u8]> {
    lines.find(|line| patterns.iter().any(|pattern| pattern.is_match(line)))
}

fn frame_of<'a, 'b>(record: &'a Record<'b>, traits: &Traits) -> Option<&'a Frame<'b>> {
    traits.owner.and_then(|at| record.frames.get(at))
}
