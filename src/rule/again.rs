//! Judging what was judged before: a flood repeats its traces to the letter, behind heads that differ.
//!
//! What a trace says of each rule does not depend on the head. Where the same trace comes again, only the head is asked.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use super::judge::{
    Finding, Verdict, check_frames, finding, is_half_framed, is_silent_enough, owner_of, says,
};
use super::set::{Matcher, Rule, RuleSet, TraceMatcher};
use super::signs::Signs;
use super::traits::{Fit, Heard, Memory, Traits, found, is_in_body};
use crate::line::place_in;
use crate::record::{Language, Record, Seen};

impl RuleSet {
    /// The same, remembering what traces said: a flood repeats them to the letter. The verdict does not depend on
    /// what is remembered. `trace` is the number of the trace behind the first line, if it has one.
    pub fn judge_with<'r, 'b>(
        &'r self,
        record: &Record<'b>,
        trace: Option<u64>,
        memory: &mut Memory,
    ) -> Verdict<'r, 'b> {
        match self.judge_known(record, trace, memory) {
            Some(finding) => Verdict::Collapse(finding),
            None => self.judge_by(record, memory, |_| true),
        }
    }

    /// The finding of a record behind whose first line the trace of that number stands, if that was heard before;
    /// errors and frames of the record need not be read. `None` where it has to be judged as ever.
    pub fn judge_again<'r, 'b>(
        &'r self,
        outline: &Record<'b>,
        trace: u64,
        memory: &Memory,
    ) -> Option<Finding<'r, 'b>> {
        let heard = memory.heard(trace)?;
        let first = outline.first_line();
        let is_head = matches!(outline.pieces.first()?.seen, Seen::Head | Seen::LevelLine);
        if !is_head || outline.may_name_error() || self.has_candidates(first) {
            return None;
        }
        let body = outline.body()?;
        let heads = OnceCell::new();
        let text = |place: &Range<usize>| body.get(place.clone()).unwrap_or_default();
        heard.iter().find_map(|heard| {
            let silent = self.is_silent(heard.place, outline, &heads);
            let rule = self.rules.get(heard.place)?;
            let message = text(&heard.message);
            silent.then(|| Finding {
                rule,
                error: text(&heard.error),
                message,
                owner: text(&heard.owner),
                peer: None,
                path: None,
                signs: Signs::of_trace(message, outline.head_text(), heard.frames),
            })
        })
    }

    /// What is found in a body by the rules that nothing in it refuses.
    fn heard(&self, fits: &[Fit], record: &Record<'_>, trace: &Traits) -> Vec<Heard> {
        let body = record.body().unwrap_or_default();
        let place = |part: &[u8]| place_in(part, body).unwrap_or_default();
        let heard = fits.iter().filter_map(|fit| {
            let link = record.links.get(fit.link)?;
            Some(Heard {
                place: fit.place,
                error: place(link.error),
                message: place(link.message),
                owner: owner_of(record, trace).map_or(0..0, |frame| place(frame.text)),
                frames: trace.frames,
            })
        });
        heard.collect()
    }

    /// The finding of a record whose body was judged before, by its first line; `None` where that does not tell, or
    /// no rule takes it: then it is judged in full.
    fn judge_known<'r, 'b>(
        &'r self,
        record: &Record<'b>,
        number: Option<u64>,
        memory: &mut Memory,
    ) -> Option<Finding<'r, 'b>> {
        // What an error in the first line says is not the body's.
        if record.head.is_none() || record.links.iter().any(|link| link.in_head) {
            return None;
        }
        let first = record.pieces.first().map(|piece| piece.seen);
        if record.links.is_empty()
            || first == Some(Seen::Summary)
            || self.has_candidates(record.first_line())
        {
            return None;
        }
        let trace = self.weigh(record, memory);
        let fits = memory.fits(trace.body?, || self.fits(record, &trace));
        // Whether a head names an error is asked of Ruby in its own way.
        if let Some(number) = number.filter(|_| record.language != Some(Language::Ruby)) {
            memory.hear(number, || self.heard(&fits, record, &trace));
        }
        let heads = OnceCell::new();
        let mut silent = fits
            .iter()
            .filter(|fit| self.is_silent(fit.place, record, &heads));
        silent.find_map(|fit| {
            let (rule, link) = (self.rules.get(fit.place)?, record.links.get(fit.link)?);
            Some(finding(rule, record, link, &trace))
        })
    }

    /// The rules that nothing behind a record's first line refuses.
    fn fits(&self, record: &Record<'_>, trace: &Traits) -> Vec<Fit> {
        let fits = self.traces().iter().filter_map(|place| {
            let (rule, matcher) = self.trace_matcher(*place)?;
            let link = self.signal_link(matcher, record, record.language.or(trace.guessed))?;
            self.check_owner(matcher, trace).ok()?;
            check_frames(
                matcher,
                record,
                owner_of(record, trace).map_or(b"", |frame| frame.code),
            )
            .ok()?;
            let says_more = is_in_body(&matcher.not, record)
                || !self.are_plain(rule, matcher, record)
                || trace.is_torn
                || trace.bar.is_some();
            (!says_more).then_some(Fit {
                place: *place,
                link,
            })
        });
        fits.collect()
    }

    fn trace_matcher(&self, place: usize) -> Option<(&Arc<Rule>, &TraceMatcher)> {
        let rule = self.rules.get(place)?;
        match &rule.matcher {
            Matcher::Trace(matcher) => Some((rule, matcher)),
            Matcher::Line(_) => None,
        }
    }

    /// Whether nothing in the first line keeps the record from a rule that its body does not keep it from. `heads` are
    /// the rules that may find their heads in it, once that was asked.
    fn is_silent(&self, place: usize, record: &Record<'_>, heads: &OnceCell<Vec<usize>>) -> bool {
        let Some((rule, matcher)) = self.trace_matcher(place) else {
            return false;
        };
        let may_say = || {
            // A head in two lines may be read in one, in which its literal may be neither's.
            let heads = heads.get_or_init(|| self.heads_in(record.head_text()));
            record.has_second_head() || heads.contains(&place)
        };
        let first = record.first_line();
        let head = matcher.head.as_ref();
        head.is_none_or(|head| may_say() && says(record, head))
            && !found(&matcher.not, first)
            && is_silent_enough(rule, matcher, record)
            && !is_half_framed(record)
            && self.bars.of_words(std::iter::once(first)).is_none()
            && rule.is_anchored(record)
    }
}
