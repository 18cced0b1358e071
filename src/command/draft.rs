//! Drafts a rule from a record that somebody pasted.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::explain::all_on;
use super::records;
use super::rulebook::{self, Rulebook};
use super::rules::{print, quietly};
use super::{Ending, Tone, Voice};
use crate::limits::RECORD_BYTES_MAX;
use crate::rule::RuleError;
use crate::rule::cause::Causes;
use crate::rule::draft::{self, Refusal};
use crate::system::shown;
use crate::system::source::{Fill, Source};

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where the record is; `-` is standard input.
    pub file: PathBuf,
    /// The rule's name, if one is wished.
    pub id: Option<String>,
    /// Where the draft goes, if not to standard output. It must not exist yet.
    pub output: Option<PathBuf>,
    /// The rules that there are already.
    pub rules: Rulebook,
}

/// Drafts it, or says why no rule may take such a record.
pub fn draft(asked: &Asked, voice: &mut dyn Voice) -> Ending {
    let causes = Causes::builtin().map_err(|error| vec![error]);
    let loaded = asked
        .rules
        .load()
        .and_then(|rules| Ok((rules, all_on(&asked.rules)?, causes?)));
    let (rules, open, causes) = match loaded {
        Ok(loaded) => loaded,
        Err(errors) => return refused(&errors, voice),
    };
    let text = match read(&asked.file, voice) {
        Ok(text) => text,
        Err(text) => return failed(&text, voice),
    };
    let drafted = opened(&text)
        .and_then(|text| draft::draft(&text, asked.id.as_deref(), &rules, &open, &causes));
    match drafted {
        Ok(draft) => write(&draft, asked.output.as_deref(), voice),
        Err(refusal) => failed(&refusal.to_string(), voice),
    }
}

/// The record as rules know it: its writer's own text, behind the program's name where its carrier gives that.
///
/// # Errors
/// There is no record, or more than one.
fn opened(text: &str) -> Result<String, Refusal> {
    let mut found: Option<Vec<u8>> = None;
    let mut next = None;
    let text = text.trim_matches(['\n', '\r']);
    // Reading what is at hand cannot fail.
    let _ = records::each_of(text.as_bytes(), &mut |line, case| {
        if found.is_some() {
            next = next.or(Some(line));
        } else {
            found = Some(case.named.map_or_else(|| case.text(), <[u8]>::to_vec));
        }
        Ok(())
    });
    match (found, next) {
        (_, Some(line)) => Err(Refusal::Several(line)),
        (None, None) => Err(Refusal::Empty),
        (Some(own), None) => Ok(String::from_utf8_lossy(&own).into_owned()),
    }
}

/// The whole text, which must be one record, and so is not longer than one.
fn read(file: &Path, voice: &mut dyn Voice) -> Result<String, String> {
    let mut source = records::open(file, voice).map_err(|error| error.to_string())?;
    let name = source.name().clone();
    let bytes =
        read_all(&mut source).map_err(|error| format!("{name}: reading failed ({error})"))?;
    if bytes.len() > RECORD_BYTES_MAX {
        let text = format!("{name}: more than {RECORD_BYTES_MAX} bytes; give one record alone");
        return Err(text);
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("{name}: byte {at} is not UTF-8 text, and rule files are; replace it")
    })
}

fn read_all(source: &mut Source) -> io::Result<Vec<u8>> {
    while source.fill()? != Fill::End && source.block().len() <= RECORD_BYTES_MAX {}
    Ok(source.block().to_vec())
}

fn write(draft: &str, output: Option<&Path>, voice: &mut dyn Voice) -> Ending {
    let Some(path) = output else {
        return quietly(print(draft), voice);
    };
    let written = File::create_new(path).and_then(|mut file| file.write_all(draft.as_bytes()));
    match written {
        Ok(()) => {
            let path = shown(path);
            let text = format!(
                "{path}: drafted; replace what is in capitals, then `quell rules check {path}`"
            );
            voice.say(Tone::Note, &text);
            Ending::Fine
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let text = format!(
                "{}: there is such a file already, name another",
                shown(path)
            );
            failed(&text, voice)
        }
        Err(error) => failed(
            &format!("{}: cannot be written ({error})", shown(path)),
            voice,
        ),
    }
}

fn failed(text: &str, voice: &mut dyn Voice) -> Ending {
    voice.say(Tone::Error, text);
    Ending::SomeFailed
}

fn refused(errors: &[RuleError], voice: &mut dyn Voice) -> Ending {
    rulebook::complain(errors, voice);
    Ending::Refused
}
