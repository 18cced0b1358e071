//! What the rules are, whether they hold, and what they make of a log.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::rulebook::{self, Rulebook};
use super::verdicts::tier_name;
use super::{Ending, Tone, Voice};
use crate::episode::summary::escape;
use crate::rule::builtin::ParsedFile;
use crate::rule::draft::PLACEHOLDER;
use crate::rule::file::RuleText;
use crate::rule::{RuleError, RuleSet, Selection, proof};

/// Version of the objects that `rules list --json` and `rules show --json` print.
pub const RULES_VERSION: u32 = 1;

/// One rule, as `--json` shows it.
#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    program: &'a str,
    /// The program's name for people.
    title: &'a str,
    /// The file it stands in.
    file: &'a str,
    tier: &'static str,
    cause: &'a str,
    /// Off until it is enabled by name.
    opt_in: bool,
    /// Whether it is in force.
    on: bool,
    why: &'a str,
    hides: &'a str,
    source: &'a str,
}

/// What `rules list --json` prints.
#[derive(Serialize)]
struct List<'a> {
    version: u32,
    rules: Vec<Shown<'a>>,
}

/// What `rules show --json` prints.
#[derive(Serialize)]
struct Whole<'a> {
    version: u32,
    #[serde(flatten)]
    rule: Shown<'a>,
    quiet: &'a [String],
    loud: &'a [String],
    /// As it is written.
    text: String,
}

/// Lists all rules, the machine's own and those asked for included, and whether they are in force.
pub fn list(rules: &Rulebook, json: bool, voice: &mut dyn Voice) -> Ending {
    with_files(rules, voice, |files, selection| {
        let every = files
            .iter()
            .flat_map(|file| file.1.rule.iter().map(move |rule| (file, rule)));
        let every: Vec<_> = every
            .map(|(file, rule)| shown(file, rule, selection))
            .collect();
        if json {
            return json_of(&List {
                version: RULES_VERSION,
                rules: every,
            });
        }
        let mut text = String::new();
        for rule in every {
            let state = if rule.on { "on" } else { "off" };
            let Shown {
                id, tier, cause, ..
            } = rule;
            let _ = writeln!(text, "{state:<3}  {tier:<9}  {id:<36}  {cause}");
        }
        text
    })
}

/// Shows one rule as it is written, with its reasons and its proof.
pub fn show(id: &str, rules: &Rulebook, json: bool, voice: &mut dyn Voice) -> Ending {
    let mut found = false;
    let ending = with_files(rules, voice, |files, selection| {
        let place = files.iter().find_map(|file| {
            let at = file.1.rule.iter().position(|rule| rule.id == id)?;
            Some((file, at, file.1.rule.get(at)?))
        });
        let Some((file, at, rule)) = place else {
            return String::new();
        };
        found = true;
        let text = rule_text(&file.0.text, at);
        let shown = shown(file, rule, selection);
        if json {
            return json_of(&Whole {
                version: RULES_VERSION,
                rule: shown,
                quiet: &rule.proof.quiet,
                loud: &rule.proof.loud,
                text,
            });
        }
        let state = if shown.on { "on" } else { "off" };
        let language = file.1.language.as_deref().unwrap_or("none");
        format!(
            "# {}: program {}, language {language}; this rule is {state}\n{text}",
            shown.file, shown.program
        )
    });
    if ending == Ending::Fine && !found {
        let id = escape(id.as_bytes());
        let text = format!("{id}: there is no such rule, see `quell rules list`");
        voice.say(Tone::Error, &text);
        return Ending::Refused;
    }
    ending
}

fn shown<'a>(file: &'a ParsedFile, rule: &'a RuleText, selection: &Selection) -> Shown<'a> {
    let (source, parsed) = file;
    Shown {
        id: &rule.id,
        program: &parsed.program,
        title: &parsed.title,
        file: &source.name,
        tier: tier_name(rule.tier),
        cause: &rule.cause,
        opt_in: rule.opt_in,
        on: selection.puts_on(&rule.id, &parsed.program, rule.opt_in),
        why: &rule.why,
        hides: &rule.hides,
        source: &rule.source,
    }
}

/// Names, numbers and texts only: nothing in it can fail to be written as JSON.
fn json_of(what: &impl Serialize) -> String {
    serde_json::to_string(what).unwrap_or_default() + "\n"
}

/// Holds rule files against their own proof and the built-in rules.
pub fn check(paths: &[PathBuf], voice: &mut dyn Voice) -> Ending {
    let checked = rulebook::read(paths).and_then(|files| {
        RuleSet::load(&files, &Selection::default())?;
        Ok(files)
    });
    let files = match checked {
        Ok(files) => files,
        Err(errors) => {
            rulebook::complain(&errors, voice);
            return Ending::Refused;
        }
    };
    for file in files.iter().filter(|file| file.text.contains(PLACEHOLDER)) {
        let text = format!("{}: it still says {PLACEHOLDER}", file.name);
        voice.say(Tone::Note, &text);
    }
    let order = match files.len() {
        1 => "1 file is in order\n".to_owned(),
        count => format!("{count} files are in order\n"),
    };
    printed(&order, voice)
}

/// Holds the built-in rules against their proofs.
pub fn test(voice: &mut dyn Voice) -> Ending {
    let (set, files) = match RuleSet::from_texts() {
        Ok(rules) => rules,
        Err(errors) => {
            rulebook::complain(&errors, voice);
            return Ending::SomeFailed;
        }
    };
    let failed: Vec<RuleError> = files
        .iter()
        .flat_map(|(source, file)| proof::check(&set, source, file))
        .collect();
    let rules = || files.iter().flat_map(|(_, file)| &file.rule);
    let examples = |rule: &RuleText| rule.proof.quiet.len() + rule.proof.loud.len();
    let (count, examples) = (rules().count(), rules().map(examples).sum::<usize>());
    let text = format!(
        "{count} rules, {examples} examples, {} failed\n",
        failed.len()
    );
    let ending = printed(&text, voice);
    rulebook::complain(&failed, voice);
    if failed.is_empty() {
        ending
    } else {
        ending.and(Ending::SomeFailed)
    }
}

/// The text of the rule number `at` in a file, with the comment right above it.
fn rule_text(text: &str, at: usize) -> String {
    let starts = rule_starts(text);
    let Some(start) = starts.get(at) else {
        return String::new();
    };
    let end = starts.get(at + 1).copied().unwrap_or(text.len());
    let own = text.get(*start..end).unwrap_or_default();
    own.trim_end().to_owned() + "\n"
}

/// Where each rule of a file starts: at its `[[rule]]`, or at the comment right above that.
fn rule_starts(text: &str) -> Vec<usize> {
    let (mut starts, mut comment, mut at) = (Vec::new(), None, 0);
    for line in text.split_inclusive('\n') {
        if line.trim() == "[[rule]]" {
            starts.push(comment.unwrap_or(at));
        }
        comment = line.starts_with('#').then(|| comment.unwrap_or(at));
        at += line.len();
    }
    starts
}

fn with_files(
    rules: &Rulebook,
    voice: &mut dyn Voice,
    show: impl FnOnce(&[ParsedFile], &Selection) -> String,
) -> Ending {
    let loaded = rules
        .files()
        .and_then(|files| rules.check_names(&files).map(|()| files));
    match loaded {
        Ok(files) => printed(&show(&files, &rules.selection), voice),
        Err(errors) => {
            rulebook::complain(&errors, voice);
            Ending::Refused
        }
    }
}

fn printed(text: &str, voice: &mut dyn Voice) -> Ending {
    quietly(print(text), voice)
}

pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A reader that has seen enough is no failure.
pub(super) fn quietly(done: io::Result<()>, voice: &mut dyn Voice) -> Ending {
    match done {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            voice.say(Tone::Error, &format!("{error}"));
            Ending::SomeFailed
        }
        _ => Ending::Fine,
    }
}
