//! What the rules are, whether they hold, and what they make of a log.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::rulebook::{self, Rulebook};
use super::{Ending, Tone, Voice};
use crate::episode::summary::escape;
use crate::limits::{BLOCK_BYTES, LINE_BYTES_MAX, RECORD_BYTES_MAX};
use crate::record::{Assembly, Extent, Record};
use crate::rule::file::UserFile;
use crate::rule::file::{RuleFile, RuleText};
use crate::rule::{Reason, RuleError, RuleSet, Selection, Tier, Verdict, proof};
use crate::system::source::{Fill, Source, SourceError};

type Rules = (RuleSet, Vec<(UserFile, RuleFile)>);

/// Lists the built-in rules.
pub fn list(voice: &mut dyn Voice) -> Ending {
    with_builtin(voice, |(_, files)| {
        let mut text = String::new();
        for rule in files.iter().flat_map(|(_, file)| &file.rule) {
            let state = if rule.opt_in { "off" } else { "on" };
            let (id, tier) = (&rule.id, tier_name(rule.tier));
            let _ = writeln!(text, "{state:<3}  {tier:<9}  {id:<36}  {}", rule.cause);
        }
        print(&text)
    })
}

/// Shows one built-in rule as it is written, with its reasons and its proof.
pub fn show(id: &str, voice: &mut dyn Voice) -> Ending {
    let mut found = false;
    let ending = with_builtin(voice, |(_, files)| {
        for (source, file) in files {
            if let Some(at) = file.rule.iter().position(|rule| rule.id == id) {
                found = true;
                let text = rule_text(&source.text, at);
                return print(&format!("# {}\n{text}", source.name));
            }
        }
        Ok(())
    });
    if ending == Ending::Fine && !found {
        let id = escape(id.as_bytes());
        let text = format!("{id}: there is no such rule, see `quell rules list`");
        voice.say(Tone::Error, &text);
        return Ending::Refused;
    }
    ending
}

/// Holds rule files against their own proof and the built-in rules.
pub fn check(paths: &[PathBuf], voice: &mut dyn Voice) -> Ending {
    let checked = rulebook::read(paths)
        .and_then(|files| Ok((RuleSet::load(&files, &Selection::default())?, files.len())));
    match checked {
        Ok((_, files)) => printed(&format!("{files} files are in order\n"), voice),
        Err(errors) => {
            rulebook::complain(&errors, voice);
            Ending::Refused
        }
    }
}

/// Holds the built-in rules against their proofs.
pub fn test(voice: &mut dyn Voice) -> Ending {
    let mut failed: Vec<RuleError> = Vec::new();
    let ending = with_builtin(voice, |(set, files)| {
        for (source, file) in files {
            failed.extend(proof::check(set, source, file));
        }
        let rules = files.iter().map(|(_, file)| file.rule.len()).sum::<usize>();
        let examples = |rule: &RuleText| rule.proof.quiet.len() + rule.proof.loud.len();
        let examples: usize = files
            .iter()
            .flat_map(|(_, file)| &file.rule)
            .map(examples)
            .sum();
        print(&format!(
            "{rules} rules, {examples} examples, {} failed\n",
            failed.len()
        ))
    });
    rulebook::complain(&failed, voice);
    if failed.is_empty() {
        ending
    } else {
        ending.and(Ending::SomeFailed)
    }
}

/// Shows for each record of a file that any rule looked at, which one took it or which condition refused it.
pub fn attempt(path: &Path, rules: &Rulebook, voice: &mut dyn Voice) -> Ending {
    let rules = match rules.load() {
        Ok(rules) => rules,
        Err(errors) => {
            rulebook::complain(&errors, voice);
            return Ending::Refused;
        }
    };
    let opened = if path == Path::new("-") {
        Source::stdin(BLOCK_BYTES)
    } else {
        Source::open(path, BLOCK_BYTES)
    };
    match opened {
        Ok(mut source) => {
            let tried = Trial::default().run(&mut source, &rules);
            quietly(tried, voice)
        }
        Err(error) => unopened(&error, voice),
    }
}

fn unopened(error: &SourceError, voice: &mut dyn Voice) -> Ending {
    voice.say(Tone::Error, &error.to_string());
    Ending::SomeFailed
}

/// What was seen while rules were tried.
#[derive(Default)]
struct Trial {
    /// Lines before the block.
    lines: u64,
    records: u64,
    taken: u64,
    refused: u64,
}

impl Trial {
    fn run(mut self, source: &mut Source, rules: &RuleSet) -> io::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        loop {
            let last = source.fill()? == Fill::End;
            // What is longer is cut here: it is only tried, and would pass unjudged.
            let full = source.block().len() > RECORD_BYTES_MAX + LINE_BYTES_MAX;
            let done = self.read(source.block(), last || full, rules, &mut out)?;
            source.consume(done);
            if last {
                break;
            }
        }
        let Trial {
            records,
            taken,
            refused,
            ..
        } = self;
        let rest = records - taken - refused;
        writeln!(
            out,
            "{records} records: {taken} taken, {refused} refused, {rest} that no rule is about"
        )?;
        out.flush()
    }

    /// Judges the whole records of a block, and says how many bytes they have.
    fn read(
        &mut self,
        block: &[u8],
        last: bool,
        rules: &RuleSet,
        out: &mut dyn Write,
    ) -> io::Result<usize> {
        let mut assembly = Assembly::default();
        let mut at = 0;
        while at < block.len() {
            let Extent::Whole { end } = assembly.read(block, at, last) else {
                break;
            };
            self.judge(block, &assembly, rules, out)?;
            let end = end.max(at + 1);
            self.lines += memchr::memchr_iter(b'\n', &block[at..end]).count() as u64;
            at = end;
        }
        Ok(at)
    }

    fn judge(
        &mut self,
        block: &[u8],
        assembly: &Assembly,
        rules: &RuleSet,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.records += 1;
        let record = Record::parse(block, &assembly.pieces);
        let verdict = match rules.judge(&record) {
            Verdict::Collapse(finding) => {
                self.taken += 1;
                format!(
                    "taken by {} ({})",
                    finding.rule.id,
                    tier_name(finding.rule.tier)
                )
            }
            Verdict::Keep(Reason::Refused { rule, condition }) => {
                self.refused += 1;
                format!("kept: {rule} came near, but {condition}")
            }
            Verdict::Keep(_) => return Ok(()),
        };
        let line = self.lines + 1;
        writeln!(
            out,
            "{line}: {verdict}\n    {}",
            escape(record.first_line())
        )
    }
}

/// The text of the rule number `at` in a file.
fn rule_text(text: &str, at: usize) -> String {
    let mut number = None;
    let mut own = String::new();
    for line in text.lines() {
        if line.trim_end() == "[[rule]]" {
            number = Some(number.map_or(0, |number: usize| number + 1));
        }
        if number == Some(at) {
            own.push_str(line);
            own.push('\n');
        }
    }
    own
}

fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Client => "client",
        Tier::Undecided => "undecided",
    }
}

fn with_builtin(voice: &mut dyn Voice, show: impl FnOnce(&Rules) -> io::Result<()>) -> Ending {
    match RuleSet::from_texts() {
        Ok(rules) => quietly(show(&rules), voice),
        Err(errors) => {
            rulebook::complain(&errors, voice);
            Ending::SomeFailed
        }
    }
}

fn printed(text: &str, voice: &mut dyn Voice) -> Ending {
    quietly(print(text), voice)
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A reader that has seen enough is no failure.
fn quietly(done: io::Result<()>, voice: &mut dyn Voice) -> Ending {
    match done {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            voice.say(Tone::Error, &format!("{error}"));
            Ending::SomeFailed
        }
        _ => Ending::Fine,
    }
}
