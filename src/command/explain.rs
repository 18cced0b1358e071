//! Says what a text, a rule or a record means: what happened, whose doing it was, whether it is noise, what to do.

use std::path::{Path, PathBuf};

use super::answer::{Answer, Library};
use super::records;
use super::rulebook::{self, Rulebook};
use super::rules::{print, quietly};
use super::verdicts::Verdicts;
use super::{Ending, Tone, Voice};
use crate::episode::summary::escape;
use crate::format::{Format, Wear};
use crate::record::Head;
use crate::rule::cause::{Causes, Tongue};
use crate::rule::{RuleError, RuleSet, Selection};

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// A text, a rule's or a cause's name, or a file; without it a record is read from standard input.
    pub subject: Option<String>,
    /// In which language.
    pub tongue: Tongue,
    /// As one JSON object instead of text.
    pub json: bool,
    /// Which rules judge.
    pub rules: Rulebook,
}

/// Explains it. What is not known is said, with names that are near, and ends in failure.
pub fn explain(asked: &Asked, voice: &mut dyn Voice) -> Ending {
    let loaded = Causes::builtin().map_err(|error| vec![error]);
    let causes = match loaded {
        Ok(causes) => causes,
        Err(errors) => return refused(&errors, voice),
    };
    let files = match asked.rules.files() {
        Ok(files) => files,
        Err(errors) => return refused(&errors, voice),
    };
    let library = Library {
        causes: &causes,
        files: &files,
        tongue: asked.tongue,
    };
    let answer = match &asked.subject {
        None => from_file(Path::new("-"), asked, &library, voice),
        Some(subject) => about(subject, asked, &library, voice),
    };
    match answer {
        Ok(answer) => tell(&answer, asked, &library, voice),
        Err(ending) => ending,
    }
}

/// The answer on what was named: a rule or a cause by its name, a file, a whole record, or words.
fn about<'l>(
    subject: &str,
    asked: &Asked,
    library: &Library<'l>,
    voice: &mut dyn Voice,
) -> Result<Answer<'l>, Ending> {
    let name = subject.trim();
    let path = PathBuf::from(subject);
    if let Some(answer) = library.named(name) {
        Ok(answer)
    } else if name == "-" || path.is_file() {
        from_file(&path, asked, library, voice)
    } else if is_record(name) {
        let mut verdicts = verdicts(asked, library, voice)?;
        // Reading what is at hand cannot fail.
        let _ = records::each_of(name.as_bytes(), &mut |line, case| {
            verdicts.read(line, case);
            Ok(())
        });
        Ok(verdicts.answer())
    } else {
        Ok(library.on_text(name))
    }
}

/// Whether a text stands as it does in a log, not as somebody says it.
fn is_record(text: &str) -> bool {
    let line = text.as_bytes();
    text.contains('\n') || Head::parse(line).is_some() || Wear::of(line, Format::Auto).is_some()
}

fn from_file<'l>(
    path: &Path,
    asked: &Asked,
    library: &Library<'l>,
    voice: &mut dyn Voice,
) -> Result<Answer<'l>, Ending> {
    let mut verdicts = verdicts(asked, library, voice)?;
    let mut source = records::open(path, voice).map_err(|error| {
        voice.say(Tone::Error, &error.to_string());
        Ending::SomeFailed
    })?;
    let read = records::each(&mut source, &mut |line, case| {
        verdicts.read(line, case);
        Ok(())
    });
    match read {
        Ok(()) => Ok(verdicts.answer()),
        Err(error) => {
            let text = format!("{}: reading failed ({error})", source.name());
            voice.say(Tone::Error, &text);
            Err(Ending::SomeFailed)
        }
    }
}

fn verdicts<'l>(
    asked: &Asked,
    library: &Library<'l>,
    voice: &mut dyn Voice,
) -> Result<Verdicts<'l>, Ending> {
    let loaded = asked.rules.load();
    let open = all_on(&asked.rules);
    match loaded.and_then(|rules| Ok((rules, open?))) {
        Ok((rules, open)) => Ok(Verdicts::new(rules, open, library)),
        Err(errors) => Err(refused(&errors, voice)),
    }
}

/// The same rules with those that are off by default, to tell what they would take.
///
/// # Errors
/// Everything that is wrong with the files.
pub fn all_on(rules: &Rulebook) -> Result<RuleSet, Vec<RuleError>> {
    let files = rules.files()?;
    let mut selection: Selection = rules.selection.clone();
    let programs = files.iter().map(|(_, file)| file.program.clone());
    selection.enable = programs.collect();
    let wider = Rulebook {
        paths: rules.paths.clone(),
        selection,
    };
    wider.load()
}

fn tell(
    answer: &Answer<'_>,
    asked: &Asked,
    library: &Library<'_>,
    voice: &mut dyn Voice,
) -> Ending {
    let known = answer.is_known();
    if !known && !asked.json {
        voice.say(Tone::Error, &unknown(answer, asked, library));
        return Ending::SomeFailed;
    }
    let text = if asked.json {
        answer.json()
    } else {
        answer.text(library)
    };
    let ending = quietly(print(&text), voice);
    if known {
        ending
    } else {
        ending.and(Ending::SomeFailed)
    }
}

/// What is said where nothing is known.
fn unknown(answer: &Answer<'_>, asked: &Asked, library: &Library<'_>) -> String {
    let label = |name| library.label(name);
    let Some(subject) = &asked.subject else {
        return label("nothing").to_owned();
    };
    if Path::new(subject).is_file() {
        return format!("{}: {}", escape(subject.as_bytes()), label("nothing"));
    }
    let mut text = format!("{}: {}", escape(subject.as_bytes()), label("unknown"));
    if !answer.near.is_empty() {
        text.push_str(&format!("; {}: {}", label("near"), answer.near.join(", ")));
    }
    text
}

fn refused(errors: &[RuleError], voice: &mut dyn Voice) -> Ending {
    rulebook::complain(errors, voice);
    Ending::Refused
}
