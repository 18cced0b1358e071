//! Judges the records of a log and keeps one verdict of each sort, for those who ask what became of them and why.

use serde::Serialize;

use super::answer::{Answer, Library};
use crate::episode::key::KeyBuilder;
use crate::episode::summary::escape;
use crate::pipeline::Case;
use crate::record::Record;
use crate::rule::cause::{Causes, ErrorText};
use crate::rule::{Condition, Finding, Reason, RuleSet, Tier, Verdict};

/// What became of the records of one sort, told by the first of them.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// Whether they are collapsed.
    pub collapsed: bool,
    /// The rule that took them, or that came nearest.
    pub rule: Option<String>,
    /// `client`, `undecided`, or `dependency` for what is always shown as a failed call of ours.
    pub tier: Option<&'static str>,
    /// The frame that owns the socket.
    pub owner: Option<String>,
    /// What makes two records repeats of each other, field by field.
    pub kind: Option<String>,
    /// The condition that refused them.
    pub condition: Option<&'static str>,
    /// What that means.
    pub because: Option<String>,
    /// What in the record it was.
    pub found: Option<String>,
    /// Of those that no rule is about, which error they name: each is a sort of its own.
    #[serde(skip)]
    pub error: String,
    /// How many there are.
    pub records: u64,
    /// Where the first one begins.
    pub line: u64,
    /// Its first line.
    pub text: String,
}

/// Verdicts by sort, in the order of their first records.
pub struct Verdicts<'l> {
    rules: RuleSet,
    /// The same with those that are off by default.
    open: RuleSet,
    library: Library<'l>,
    told: Vec<Told>,
    errors: Vec<&'l ErrorText>,
    key: KeyBuilder,
}

impl<'l> Verdicts<'l> {
    /// No verdicts yet.
    pub fn new(rules: RuleSet, open: RuleSet, library: &Library<'l>) -> Verdicts<'l> {
        Verdicts {
            rules,
            open,
            library: library.clone(),
            told: Vec::new(),
            errors: Vec::new(),
            key: KeyBuilder::default(),
        }
    }

    /// Judges one record that begins at `line`.
    pub fn read(&mut self, line: u64, case: &Case<'_>) {
        let (record, verdict) = case.judge(&self.rules);
        let (told, errors) = match verdict {
            Verdict::Collapse(finding) => {
                let errors = self.named_in(record);
                (taken(&mut self.key, record, &finding), errors)
            }
            Verdict::Keep(Reason::NoRule)
                if !speaks(self.library.causes, record) && off(&self.open, case).is_none() =>
            {
                return;
            }
            Verdict::Keep(reason) => {
                let errors = self.behind(record, &reason);
                let mut told = self.kept(case, record, &reason);
                let named = errors.first().filter(|_| reason == Reason::NoRule);
                told.error = named.map(|error| error.id.clone()).unwrap_or_default();
                (told, errors)
            }
        };
        for error in errors {
            if !self.errors.iter().any(|known| known.id == error.id) {
                self.errors.push(error);
            }
        }
        self.count(Told {
            line,
            text: escape(case.record.first_line()),
            ..told
        });
    }

    /// All of it.
    pub fn answer(self) -> Answer<'l> {
        self.library.on_verdicts(self.told, &self.errors)
    }

    fn count(&mut self, told: Told) {
        let same = |other: &&mut Told| {
            (&other.rule, other.condition, &other.error)
                == (&told.rule, told.condition, &told.error)
        };
        match self.told.iter_mut().find(same) {
            Some(known) => known.records += 1,
            None => self.told.push(told),
        }
    }

    /// The errors that a kept record speaks of: the one that its bar is about, or else those that it names.
    fn behind(&self, record: &Record<'_>, reason: &Reason<'_>) -> Vec<&'l ErrorText> {
        let barred = match reason {
            Reason::Refused { condition, .. } => match condition {
                Condition::Never { bar } | Condition::FailedCall { bar } => Some(*bar),
                _ => None,
            },
            _ => self.rules.barred(record).map(|(bar, ..)| bar),
        };
        let by_bar = barred.and_then(|bar| self.library.causes.barred(bar));
        by_bar.map_or_else(|| self.named_in(record), |error| vec![error])
    }

    /// The errors that a record names: in its root, else in an error around it, else in its first line.
    fn named_in(&self, record: &Record<'_>) -> Vec<&'l ErrorText> {
        let links = record.links.iter().rev().map(|link| {
            let (error, message) = (
                String::from_utf8_lossy(link.error),
                String::from_utf8_lossy(link.message),
            );
            format!("{error}: {message}")
        });
        let first = String::from_utf8_lossy(record.first_line()).into_owned();
        let mut texts = links.chain([first]);
        let found = texts.find_map(|text| {
            let errors = self.library.causes.find(&text);
            (!errors.is_empty()).then_some(errors)
        });
        found.unwrap_or_default()
    }

    fn kept(&self, case: &Case<'_>, record: &Record<'_>, reason: &Reason<'_>) -> Told {
        let tongue = self.library.tongue;
        let mut told = Told {
            collapsed: false,
            rule: None,
            tier: None,
            owner: self.rules.owner(record).map(escape),
            kind: None,
            condition: Some(reason.name()),
            because: Some(
                self.library
                    .causes
                    .condition(reason.name(), tongue)
                    .to_owned(),
            ),
            found: None,
            error: String::new(),
            records: 1,
            line: 0,
            text: String::new(),
        };
        match reason {
            Reason::Refused { rule, condition } => {
                told.rule = Some((*rule).to_owned());
                told.tier = condition.is_dependency().then_some("dependency");
                told.found = found(&self.rules, record, rule, condition);
            }
            Reason::NoRule => {
                let barred = self.rules.barred(record);
                told.found = barred.map(|(bar, _, part)| format!("{bar}: {}", escape(part)));
            }
            Reason::Summary | Reason::Oversize => return told,
        }
        if let Some(id) = off(&self.open, case) {
            let text = self.library.causes.condition("off", tongue);
            told.rule = Some(id.to_owned());
            told.tier = None;
            told.condition = Some("off");
            told.because = Some(text.replace("{found}", &format!("--enable {id}")));
        }
        told
    }
}

/// The rule that would take a record, were it not off by default. `open` are all rules.
pub fn off<'r>(open: &'r RuleSet, case: &Case<'_>) -> Option<&'r str> {
    match case.judge(open).1 {
        Verdict::Collapse(finding) => Some(&finding.rule.id),
        Verdict::Keep(_) => None,
    }
}

/// Whether a record that no rule is about speaks of a connection's end at all.
pub fn speaks(causes: &Causes, record: &Record<'_>) -> bool {
    let mut lines = record.words();
    !record.links.is_empty() || lines.any(|line| causes.speaks(line))
}

/// What is told of a record that a rule takes.
pub fn taken(key: &mut KeyBuilder, record: &Record<'_>, finding: &Finding<'_, '_>) -> Told {
    Told {
        collapsed: true,
        rule: Some(finding.rule.id.clone()),
        tier: Some(tier_name(finding.rule.tier)),
        owner: (!finding.owner.is_empty()).then(|| escape(finding.owner)),
        kind: Some(kind(key, record, finding)),
        condition: None,
        because: None,
        found: None,
        error: String::new(),
        records: 1,
        line: 0,
        text: String::new(),
    }
}

/// What makes a record a repeat of another: the fields of its key, the rule left out.
pub fn kind(key: &mut KeyBuilder, record: &Record<'_>, finding: &Finding<'_, '_>) -> String {
    let (bytes, _) = key.build(record, finding);
    let fields = bytes.split(|b| *b == b'\n').skip(1);
    let told: Vec<String> = fields
        .map(|field| escape(field.trim_ascii()))
        .filter(|field| !field.is_empty())
        .collect();
    told.join(" | ")
}

/// What in the record a condition met: the bar's or the client library's name, and the part of the record.
pub fn found(
    rules: &RuleSet,
    record: &Record<'_>,
    rule: &str,
    condition: &Condition<'_>,
) -> Option<String> {
    let name = match condition {
        Condition::Client { found } => Some(*found),
        Condition::Owner { found } => *found,
        Condition::Never { bar } | Condition::FailedCall { bar } => Some(*bar),
        _ => None,
    };
    let part = rules.evidence(record, rule, condition).map(escape);
    match (name, part) {
        (Some(name), Some(part)) => Some(format!("{name}: {part}")),
        (Some(name), None) => Some(name.to_owned()),
        (None, part) => part,
    }
}

/// How a tier is called.
#[must_use]
pub fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Client => "client",
        Tier::Undecided => "undecided",
    }
}
