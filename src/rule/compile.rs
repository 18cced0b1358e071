//! Rule files become a rule set.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use toml::de::{DeTable, DeValue};

use super::anchor;
use super::bar::Bars;
use super::error::RuleError;
use super::file::{
    LineText, NeverFile, OwnerFile, RuleFile, RuleText, SignalFile, SignalText, TraceText, VERSION,
};
use super::owner::Owners;
use super::pattern::Pattern;
use super::set::{
    LineMatcher, Matcher, OwnerChoice, Rule, RuleSet, Selection, Signal, TraceMatcher,
};
use super::types::TypeList;
use crate::limits::RULES_MAX;
use crate::record::Language;

/// What a rule set is made of.
#[derive(Clone)]
pub(super) struct Parts {
    pub files: Vec<Source>,
    pub signals: SignalFile,
    pub owners: OwnerFile,
    pub never: NeverFile,
}

/// One rule file and where it came from.
#[derive(Clone)]
pub(super) struct Source {
    /// Its name in messages.
    pub name: String,
    /// Its text, if it was read from a file that a person may mend.
    pub text: Option<String>,
    pub file: RuleFile,
}

/// Programs whose rules hold for a whole language: they are tried last.
const GENERIC: [&str; 4] = ["java", "python", "node", "go"];

/// Puts the rules in order, compiles what is new, and leaves out what the selection does not admit.
pub(super) fn compile(parts: Parts, selection: &Selection) -> Result<RuleSet, Vec<RuleError>> {
    let whole = |name: &str, text: String| vec![RuleError::whole(name, text)];
    let owners = Owners::new(parts.owners.group).map_err(|text| whole("owners.toml", text))?;
    let bars = Bars::new(parts.never).map_err(|text| whole("never.toml", text))?;
    let signals: Vec<Signal> = parts.signals.signal.into_iter().map(signal).collect();
    let (mut rules, mut errors) = (Vec::new(), Vec::new());
    let mut ids: HashSet<String> = HashSet::new();
    let (own, generic): (Vec<_>, Vec<_>) = parts
        .files
        .into_iter()
        .partition(|source| !GENERIC.contains(&source.file.program.as_str()));
    for source in own.into_iter().chain(generic) {
        let frame = Frame {
            source: &source,
            signals: &signals,
            owners: &owners,
        };
        for (at, text) in source.file.rule.iter().enumerate() {
            match frame.rule(at, text) {
                Ok(rule) if !ids.insert(rule.id.clone()) => {
                    errors.push(frame.error(
                        at,
                        &["id"],
                        format!(
                            "there is already a rule {:?}; give it another name",
                            rule.id
                        ),
                    ));
                }
                Ok(rule) => rules.push(rule),
                Err(error) => errors.push(error),
            }
        }
        if rules.len() > RULES_MAX {
            errors.push(RuleError::whole(
                &source.name,
                format!("more than {RULES_MAX} rules; leave some out"),
            ));
            break;
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    rules.retain(|rule: &Rule| selection.admits(rule));
    Ok(RuleSet::new(rules, signals, owners, bars))
}

fn signal(text: SignalText) -> Signal {
    let anchors = match (&text.message, text.anchors.is_empty()) {
        (_, false) => text
            .anchors
            .iter()
            .map(|anchor| anchor.as_bytes().to_vec())
            .collect(),
        (message, true) => anchor::of_link(message.as_deref(), &text.types).unwrap_or_default(),
    };
    Signal {
        language: Language::named(&text.language),
        id: text.id,
        types: TypeList::new(&text.types),
        message: text.message.as_deref().map(Pattern::lazy),
        anchors,
    }
}

/// One file while its rules are compiled.
struct Frame<'a> {
    source: &'a Source,
    signals: &'a [Signal],
    owners: &'a Owners,
}

impl Frame<'_> {
    fn rule(&self, at: usize, text: &RuleText) -> Result<Rule, RuleError> {
        let matcher = match (&text.line, &text.trace) {
            (Some(line), None) => self.line(at, line)?,
            (None, Some(trace)) => self.trace(at, trace)?,
            _ => {
                return Err(self.error(
                    at,
                    &["id"],
                    "a rule has either [rule.line] or [rule.trace]".to_owned(),
                ));
            }
        };
        let anchors = self.anchors(text, &matcher).ok_or_else(|| {
            let text = "no literal of four bytes or more is in every text that this matches; name one in the pattern";
            self.error(at, &["id"], text.to_owned())
        })?;
        Ok(Rule {
            id: text.id.clone(),
            program: self.source.file.program.clone(),
            tier: text.tier,
            cause: text.cause.clone(),
            opt_in: text.opt_in,
            why: text.why.clone(),
            hides: text.hides.clone(),
            source: text.source.clone(),
            matcher,
            anchors,
            names_anchors: text.names_anchors
                || (self.source.text.is_some() && !text.anchors.is_empty()),
            finders: OnceLock::new(),
        })
    }

    fn line(&self, at: usize, line: &LineText) -> Result<Matcher, RuleError> {
        Ok(Matcher::Line(Box::new(LineMatcher {
            pattern: self.pattern(at, &["line", "pattern"], &line.pattern)?,
            not: self.patterns(at, &["line", "not"], &line.not)?,
            continues: self.optional(at, &["line", "continues"], line.continues.as_deref())?,
            needs: self.optional(at, &["line", "needs"], line.needs.as_deref())?,
            direction: line.direction,
        })))
    }

    fn trace(&self, at: usize, trace: &TraceText) -> Result<Matcher, RuleError> {
        let language = self.source.file.language.as_deref().and_then(Language::named).ok_or_else(|| {
            let text = "the file needs `language = \"…\"` for a rule with [rule.trace]: java, node, python, go, dotnet, …";
            self.error(at, &["trace"], text.to_owned())
        })?;
        let find = |name: &String| {
            self.signals
                .iter()
                .position(|signal| signal.id == *name)
                .ok_or_else(|| {
                    self.error(
                        at,
                        &["trace", "signal"],
                        format!("there is no signal {name:?} in signals.toml"),
                    )
                })
        };
        let message = self.optional(at, &["trace", "message"], trace.message.as_deref())?;
        let inline = (!trace.types.is_empty() || message.is_some()).then(|| Signal {
            id: String::new(),
            language: Some(language),
            types: TypeList::new(&trace.types),
            message,
            anchors: Vec::new(),
        });
        Ok(Matcher::Trace(Box::new(TraceMatcher {
            language,
            signals: trace.signal.iter().map(find).collect::<Result<_, _>>()?,
            inline,
            link: trace.link,
            owner: trace
                .owner
                .iter()
                .map(|name| self.owner(at, name))
                .collect::<Result<_, _>>()?,
            head: self.optional(at, &["trace", "head"], trace.head.as_deref())?,
            frame: self.patterns(at, &["trace", "frame"], &trace.frame)?,
            code: self.patterns(at, &["trace", "code"], &trace.code)?,
            not: self.patterns(at, &["trace", "not"], &trace.not)?,
        })))
    }

    fn owner(&self, at: usize, name: &str) -> Result<OwnerChoice, RuleError> {
        match name {
            "server" => Ok(OwnerChoice::Server),
            "none" => Ok(OwnerChoice::None),
            "any" => Ok(OwnerChoice::Any),
            group if self.owners.has_group(group) => Ok(OwnerChoice::Group(group.to_owned())),
            other => Err(self.error(
                at,
                &["trace", "owner"],
                format!("there is no owner group {other:?} in owners.toml"),
            )),
        }
    }

    fn anchors(&self, text: &RuleText, matcher: &Matcher) -> Option<Vec<Vec<u8>>> {
        if !text.anchors.is_empty() {
            return Some(
                text.anchors
                    .iter()
                    .map(|anchor| anchor.as_bytes().to_vec())
                    .collect(),
            );
        }
        match matcher {
            Matcher::Line(line) => anchor::of_pattern(line.pattern.as_str()),
            Matcher::Trace(trace) => {
                let mut anchors = Vec::new();
                for signal in &trace.signals {
                    let of_signal = &self.signals.get(*signal)?.anchors;
                    if of_signal.is_empty() {
                        return None;
                    }
                    anchors.extend_from_slice(of_signal);
                }
                let inline = text.trace.as_ref().filter(|_| trace.inline.is_some());
                if let Some(inline) = inline {
                    anchors.extend(anchor::of_link(inline.message.as_deref(), &inline.types)?);
                }
                (!anchors.is_empty()).then_some(anchors)
            }
        }
    }

    fn optional(
        &self,
        at: usize,
        path: &[&str],
        text: Option<&str>,
    ) -> Result<Option<Pattern>, RuleError> {
        text.map(|text| self.pattern(at, path, text)).transpose()
    }

    fn patterns(
        &self,
        at: usize,
        path: &[&str],
        texts: &[String],
    ) -> Result<Vec<Pattern>, RuleError> {
        texts
            .iter()
            .map(|text| self.pattern(at, path, text))
            .collect()
    }

    /// Built-in patterns were compiled by the tests; a person's are compiled here, so that a mistake has a place.
    fn pattern(&self, at: usize, path: &[&str], text: &str) -> Result<Pattern, RuleError> {
        let pattern = Pattern::lazy(text);
        if self.source.text.is_some() {
            pattern
                .check()
                .map_err(|what| self.error(at, path, format!("bad pattern {text:?}: {what}")))?;
        }
        Ok(pattern)
    }

    fn error(&self, at: usize, path: &[&str], text: String) -> RuleError {
        let id = self
            .source
            .file
            .rule
            .get(at)
            .map_or("", |rule| rule.id.as_str());
        let text = format!("rule {id:?}: {text}");
        match &self.source.text {
            Some(source) => {
                RuleError::at(&self.source.name, source, span_of(source, at, path), text)
            }
            None => RuleError::whole(&self.source.name, text),
        }
    }
}

/// Where in a rule file's text the value stands that `path` names in the rule number `at`.
pub(super) fn span_of(source: &str, at: usize, path: &[&str]) -> Option<Range<usize>> {
    let document = DeTable::parse(source).ok()?;
    let rules = document.get_ref().get("rule")?;
    let DeValue::Array(rules) = rules.get_ref() else {
        return None;
    };
    let mut value = rules.get(at)?;
    for key in path {
        match value.get_ref() {
            DeValue::Table(table) => match table.get(*key) {
                Some(inner) => value = inner,
                None => break,
            },
            DeValue::Array(items) => {
                match key.parse::<usize>().ok().and_then(|index| items.get(index)) {
                    Some(inner) => value = inner,
                    None => break,
                }
            }
            _ => break,
        }
    }
    Some(value.span())
}

/// Reads the text of one rule file.
pub(super) fn parse(name: &str, text: &str) -> Result<RuleFile, RuleError> {
    let file: RuleFile = toml::from_str(text).map_err(|error| {
        RuleError::at(name, text, error.span(), error.message().replace('\n', " "))
    })?;
    if file.version != VERSION {
        let what = format!(
            "version {} of the rule format; this program reads version {VERSION}",
            file.version
        );
        return Err(RuleError::whole(name, what));
    }
    Ok(file)
}
