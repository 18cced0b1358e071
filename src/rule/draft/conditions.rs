//! By what a drafted rule knows its records.

use super::template::Template;
use crate::record::{Language, Link, Record};
use crate::rule::anchor;
use crate::rule::file::{Side, Tier};
use crate::rule::owner::frame_name;
use crate::rule::set::RuleSet;
use crate::rule::traits::Memory;

/// The conditions of a draft.
pub(super) enum Conditions {
    /// Told by its first line.
    Line {
        pattern: String,
        /// What every further line must match, if there are any.
        continues: Option<String>,
    },
    /// Told by its chain of errors.
    Trace(Box<Trace>),
}

/// Conditions on a chain of errors.
pub(super) struct Trace {
    pub language: Language,
    pub tier: Tier,
    pub signal: Vec<String>,
    pub types: Vec<String>,
    pub message: Option<String>,
    pub owner: String,
    pub head: Option<String>,
    pub frame: Option<String>,
}

impl Conditions {
    /// The conditions that the record meets; `None` where nothing in it would tell it from others.
    pub fn of(record: &Record<'_>, set: &RuleSet) -> Option<Conditions> {
        match record.language {
            Some(language) if !record.frames.is_empty() && !record.links.is_empty() => {
                let trace = Trace::of(record, language, set)?;
                Some(Conditions::Trace(Box::new(trace)))
            }
            _ => of_line(record),
        }
    }

    /// How sure the draft is.
    pub fn tier(&self) -> Tier {
        match self {
            Conditions::Line { .. } => Tier::Undecided,
            Conditions::Trace(trace) => trace.tier,
        }
    }
}

fn of_line(record: &Record<'_>) -> Option<Conditions> {
    let first = record.first_line();
    let stamped = record.head.as_ref().is_some_and(|head| head.text > 0);
    let text = record.head.as_ref().map_or(first, |head| head.text(first));
    let text = String::from_utf8_lossy(text);
    let open = if stamped { "" } else { "^" };
    let pattern = format!("{open}{}$", Template::of(text.trim_end()).pattern());
    anchor::of_pattern(&pattern)?;
    let further: Vec<String> = record
        .pieces
        .iter()
        .skip(1)
        .map(|piece| String::from_utf8_lossy(piece.line.text(record.block)).into_owned())
        .map(|line| Template::of(line.trim_end()).nameless())
        .collect();
    let continues = (!further.is_empty()).then(|| format!(r"^(?:{})\s*$", further.join("|")));
    Some(Conditions::Line { pattern, continues })
}

impl Trace {
    fn of(record: &Record<'_>, language: Language, set: &RuleSet) -> Option<Trace> {
        let traits = set.weigh(record, &mut Memory::default());
        let group = traits.group.and_then(|at| set.owners.group(at));
        let server = group.filter(|group| group.side == Side::Server);
        let root = record.links.last()?;
        let signal: Vec<String> = set.signals_of(language, root).map(str::to_owned).collect();
        let told = |link: &&Link<'_>| {
            let neutral = server.is_some() && set.bars.is_neutral(language, link.error);
            set.signals_of(language, link).next().is_some() || neutral
        };
        let untold = || record.links.iter().filter(|link| !told(link));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut types: Vec<String> = untold().map(|link| text(link.error)).collect();
        types.extend(
            signal
                .is_empty()
                .then(|| text(root.error))
                .filter(|own| !types.contains(own)),
        );
        types.retain(|error| !error.is_empty());
        let links = record
            .links
            .iter()
            .filter(|link| types.contains(&text(link.error)));
        let messages: Vec<String> = links
            .map(|link| Template::of(&text(link.message)).nameless())
            .collect();
        let head = text(record.message_text());
        let owner = traits.owner.and_then(|at| record.frames.get(at));
        let site = owner.map(|frame| text(&frame_name(language, frame.text)));
        let named = server.is_none() && !record.head_text().is_empty();
        Some(Trace {
            language,
            tier: if server.is_some() {
                Tier::Client
            } else {
                Tier::Undecided
            },
            signal,
            message: (!types.is_empty()).then(|| format!("^(?:{})$", messages.join("|"))),
            types,
            owner: server.map_or_else(|| "none".to_owned(), |group| group.name.clone()),
            head: named.then(|| format!("{}$", Template::of(head.trim()).nameless())),
            frame: site
                .filter(|_| server.is_none())
                .map(|site| site_pattern(&site)),
        })
    }
}

/// A pattern for a place in the code, without its line.
fn site_pattern(site: &str) -> String {
    let bare = site.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
    // Python's names are a path and a function; between them a frame has its line.
    let parts: Vec<String> = bare.splitn(2, ".py:").map(regex::escape).collect();
    match parts.as_slice() {
        [path, function] => format!(r#"{path}\.py".*, in {function}$"#),
        _ => format!(r"{}\b", regex::escape(bare)),
    }
}
