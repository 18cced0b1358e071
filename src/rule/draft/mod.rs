//! A record becomes a rule that takes it, with its proof: a first draft for whoever knows the program.
//!
//! In comes the text of one record and the rules in force, out goes the text of a rule file that passes its own check,
//! or why no rule may take that record.
//!
//! Invariant: nothing here is drafted for what `never.toml` bars or for a call of ours. Nothing here reads or writes a
//! file, and nothing knows whether the record is noise: that is for a person to say.
//! The smallest file, and the one to imitate, is `lookalike.rs`.

mod conditions;
mod lookalike;
mod template;
mod written;

use std::fmt;

use super::cause::{Causes, Noise};
use super::error::RuleError;
use super::file::UserFile;
use super::judge::Verdict;
use super::proof;
use super::set::RuleSet;
use crate::record::{Assembly, Extent, Language, Link, Record};
use conditions::Conditions;
use template::Template;
use written::Written;

pub use written::PLACEHOLDER;

/// Look-alikes that a draft has: as many as a proof needs.
const LOUD: usize = proof::EXAMPLES_MIN;

/// Why nothing is drafted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no record.
    Empty,
    /// More than one record: where the second begins, in lines from 1.
    Several(u64),
    /// A rule in force takes it.
    Taken(String),
    /// A rule that is off by default takes it.
    Off(String),
    /// It is never noise.
    Barred {
        /// The bar.
        bar: String,
        /// Why it bars.
        why: String,
        /// What in the record met it.
        found: String,
    },
    /// A client library is in the trace.
    Client {
        /// Which.
        library: String,
        /// Its frame.
        frame: String,
    },
    /// An error that is not about a connection stands around the disconnect.
    Outer(String),
    /// Nothing in it is always the same.
    Shapeless,
    /// The draft does not hold: what is wrong with it.
    Unproven(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Empty => write!(f, "there is no record in it; paste one, trace and all"),
            Refusal::Several(line) => {
                write!(f, "line {line} begins another record; paste one at a time")
            }
            Refusal::Taken(rule) => write!(
                f,
                "the rule {rule} takes this record already, see `quell rules show {rule}`"
            ),
            Refusal::Off(rule) => write!(
                f,
                "the rule {rule} takes this record, but is off by default; switch it on with --enable {rule}"
            ),
            Refusal::Barred { bar, why, found } => write!(
                f,
                "this is never noise ({bar}): {why} It is in {found:?}. No rule may take it"
            ),
            Refusal::Client { library, frame } => write!(
                f,
                "a client library is in the trace ({library}: {frame}), so a call of ours failed. No rule may take it"
            ),
            Refusal::Outer(error) => write!(
                f,
                "{error} stands around the disconnect: that is a failure of the program's own. No rule may take it"
            ),
            Refusal::Shapeless => write!(
                f,
                "nothing in it is always the same and four letters long, so that a rule would take anything"
            ),
            Refusal::Unproven(what) => write!(f, "no rule can be drafted from it: {what}"),
        }
    }
}

/// Drafts a rule file from the text of one record. `rules` are in force, `open` are the same with those that are off
/// by default, `id` is the rule's name if one is wished.
///
/// # Errors
/// Why no rule may, or can, take it.
pub fn draft(
    text: &str,
    id: Option<&str>,
    rules: &RuleSet,
    open: &RuleSet,
    causes: &Causes,
) -> Result<String, Refusal> {
    let text = text.trim_matches(['\n', '\r']);
    let block = text.as_bytes();
    let mut assembly = Assembly::default();
    let extent = assembly.read(block, 0, true);
    if text.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    if extent != (Extent::Whole { end: block.len() }) {
        return Err(Refusal::Several(assembly.pieces.len() as u64 + 1));
    }
    let record = Record::parse(block, &assembly.pieces);
    check(&record, rules, open)?;
    let conditions = Conditions::of(&record, open).ok_or(Refusal::Shapeless)?;
    let cause = cause(&record, causes);
    let mut written = Written::new(text, id, cause, conditions, &record);
    written.quiet.push(variant(&record));
    let set = RuleSet::unproven(&file(&written)).map_err(|errors| unproven(&errors))?;
    for candidate in lookalike::candidates(&record, open) {
        if written.loud.len() < LOUD && !proof::takes_any(&set, &candidate) {
            written.loud.push(candidate);
        }
    }
    match RuleSet::load(&[file(&written)], &super::Selection::default()) {
        Ok(_) => Ok(written.to_string()),
        Err(errors) => Err(unproven(&errors)),
    }
}

fn file(written: &Written) -> UserFile {
    UserFile {
        name: "the draft".to_owned(),
        text: written.to_string(),
    }
}

fn unproven(errors: &[RuleError]) -> Refusal {
    Refusal::Unproven(
        errors
            .first()
            .map(|error| error.text.clone())
            .unwrap_or_default(),
    )
}

/// What no rule may take, and what a rule takes already.
fn check(record: &Record<'_>, rules: &RuleSet, open: &RuleSet) -> Result<(), Refusal> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if let Verdict::Collapse(finding) = rules.judge(record) {
        return Err(Refusal::Taken(finding.rule.id.clone()));
    }
    if let Verdict::Collapse(finding) = open.judge(record) {
        return Err(Refusal::Off(finding.rule.id.clone()));
    }
    if let Some((bar, why, found)) = rules.barred(record) {
        return Err(Refusal::Barred {
            bar: bar.to_owned(),
            why: why.to_owned(),
            found: text(found),
        });
    }
    match rules.client(record) {
        Some((library, frame)) => Err(Refusal::Client {
            library: library.to_owned(),
            frame: text(frame),
        }),
        None => check_outer(record, rules),
    }
}

/// Errors of the language's own that are not about connections, such as a broken state or a bad value: they are a
/// failure, whatever led to them.
fn check_outer(record: &Record<'_>, rules: &RuleSet) -> Result<(), Refusal> {
    let Some(language) = record.language else {
        return Ok(());
    };
    let told = |link: &Link<'_>| {
        let neutral = rules.bars.is_neutral(language, link.error);
        neutral || rules.signals_of(language, link).next().is_some()
    };
    let outer = record
        .links
        .split_last()
        .map_or(&[][..], |(_, outer)| outer);
    let own = outer
        .iter()
        .find(|link| is_language_s_own(language, link.error) && !told(link));
    match own {
        Some(link) => Err(Refusal::Outer(
            String::from_utf8_lossy(link.error).into_owned(),
        )),
        None => Ok(()),
    }
}

/// Whether a type is of the language itself, and not of a program or a library.
fn is_language_s_own(language: Language, error: &[u8]) -> bool {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|own| error.starts_with(own.as_bytes()));
    match language {
        Language::Java => begins(&["java.lang.", "java.util.", "javax.", "jakarta."]),
        Language::Dotnet => begins(&["System."]),
        Language::Python | Language::Node => !error.contains(&b'.'),
        Language::Ruby | Language::Php => !error.contains(&b':') && !error.contains(&b'\\'),
        Language::Go | Language::Rust | Language::Erlang | Language::Postgres => false,
    }
}

/// The likeliest cause of what the record names.
fn cause<'c>(record: &Record<'_>, causes: &'c Causes) -> &'c str {
    let root = record.links.last().map(|link| {
        let (error, message) = (
            String::from_utf8_lossy(link.error),
            String::from_utf8_lossy(link.message),
        );
        format!("{error}: {message}")
    });
    let first = String::from_utf8_lossy(record.first_line()).into_owned();
    let mut errors = root
        .into_iter()
        .chain([first])
        .flat_map(|text| causes.find(&text));
    let error = errors.find(|error| error.noise != Noise::Never);
    let cause = error.and_then(|error| error.causes.first());
    cause.map_or("client-left", String::as_str)
}

/// The same record with its variable parts changed: another time, other numbers, another address.
fn variant(record: &Record<'_>) -> String {
    let mut lines = record
        .pieces
        .iter()
        .map(|piece| piece.line.text(record.block));
    let first = lines.next().unwrap_or_default();
    let from = record.head.as_ref().map_or(0, |head| head.text);
    let (front, rest) = first.split_at_checked(from).unwrap_or((&[], first));
    let mut text = String::from_utf8_lossy(front).into_owned();
    text.push_str(&Template::of(&String::from_utf8_lossy(rest)).variant());
    for line in lines {
        text.push('\n');
        let line = String::from_utf8_lossy(line);
        text.push_str(&if record.frames.is_empty() {
            Template::of(&line).variant()
        } else {
            template::shift_place(&line)
        });
    }
    text
}
