//! Shows what the rules make of each record of a log, and why; changes nothing.

use std::io::{self, Write};
use std::path::Path;

use super::explain::all_on;
use super::records;
use super::rulebook::{self, Rulebook};
use super::rules::quietly;
use super::verdicts::{found, kind, off, speaks, tier_name};
use super::{Ending, Tone, Voice};
use crate::episode::key::KeyBuilder;
use crate::episode::summary::escape;
use crate::pipeline::Case;
use crate::record::Record;
use crate::rule::cause::Causes;
use crate::rule::{Reason, RuleSet, Verdict};
use crate::system::source::Source;

/// Shows for each record that speaks of a disconnect which rule took it, with the owner of the socket and the kind it
/// is of, or the very condition that refused it.
pub fn attempt(path: &Path, rules: &Rulebook, voice: &mut dyn Voice) -> Ending {
    let causes = Causes::builtin().map_err(|error| vec![error]);
    let loaded = rules
        .load()
        .and_then(|own| Ok((own, all_on(rules)?, causes?)));
    let (own, open, causes) = match loaded {
        Ok(loaded) => loaded,
        Err(errors) => {
            rulebook::complain(&errors, voice);
            return Ending::Refused;
        }
    };
    match records::open(path, voice) {
        Ok(mut source) => {
            let trial = Trial {
                rules: own,
                open,
                causes,
                key: KeyBuilder::default(),
                counts: Counts::default(),
            };
            quietly(trial.run(&mut source), voice)
        }
        Err(error) => {
            voice.say(Tone::Error, &error.to_string());
            Ending::SomeFailed
        }
    }
}

/// What is needed to try rules, and what was seen.
struct Trial {
    rules: RuleSet,
    /// The same with those that are off by default.
    open: RuleSet,
    causes: Causes,
    key: KeyBuilder,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    records: u64,
    taken: u64,
    refused: u64,
}

impl Trial {
    fn run(mut self, source: &mut Source) -> io::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        records::each(source, &mut |line, case| {
            self.counts.records += 1;
            match self.verdict(case) {
                Some(verdict) => writeln!(
                    out,
                    "{line}: {verdict}\n    {}",
                    escape(case.record.first_line())
                ),
                None => Ok(()),
            }
        })?;
        let Counts {
            records,
            taken,
            refused,
        } = self.counts;
        let rest = records - taken - refused;
        writeln!(
            out,
            "{records} records: {taken} taken, {refused} refused, {rest} that no rule is about"
        )?;
        out.flush()
    }

    /// What became of one record, in words; nothing of one that does not speak of a disconnect.
    fn verdict(&mut self, case: &Case<'_>) -> Option<String> {
        let (record, verdict) = case.judge(&self.rules);
        match verdict {
            Verdict::Collapse(finding) => {
                self.counts.taken += 1;
                let (id, tier) = (&finding.rule.id, tier_name(finding.rule.tier));
                let mut text = format!("taken by {id} ({tier})");
                if !finding.owner.is_empty() {
                    text.push_str(&format!("\n    owner: {}", escape(finding.owner)));
                }
                let kind = kind(&mut self.key, record, &finding);
                text.push_str(&format!("\n    kind: {kind}"));
                Some(text)
            }
            Verdict::Keep(reason) => {
                self.counts.refused += u64::from(matches!(reason, Reason::Refused { .. }));
                self.kept(case, record, &reason)
            }
        }
    }

    /// What is said of a record that is left alone.
    fn kept(&self, case: &Case<'_>, record: &Record<'_>, reason: &Reason<'_>) -> Option<String> {
        if let Some(id) = off(&self.open, case) {
            let text = format!("kept: {id} would take it, but is off; see --enable");
            return Some(text);
        }
        match reason {
            Reason::Refused { rule, condition } => {
                let found = found(&self.rules, record, rule, condition);
                let found = found.map(|found| format!("\n    found: {found}"));
                Some(format!("kept: {reason}{}", found.unwrap_or_default()))
            }
            Reason::NoRule => self.unruled(record),
            Reason::Summary | Reason::Oversize => Some(format!("kept: {reason}")),
        }
    }

    /// What is said of a record that no rule in force is about.
    fn unruled(&self, record: &Record<'_>) -> Option<String> {
        if !speaks(&self.causes, record) {
            return None;
        }
        let mut text = format!("kept: {}", Reason::NoRule);
        if let Some((bar, _, part)) = self.rules.barred(record) {
            text.push_str(&format!("\n    found: {bar}: {}", escape(part)));
        }
        Some(text)
    }
}
