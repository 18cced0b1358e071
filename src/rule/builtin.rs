//! The rules that the program brings along.

use serde::Deserialize;

use super::compile::{Parts, Source, compile, parse};
use super::error::RuleError;
use super::file::{NeverFile, OwnerFile, RuleFile, SignalFile, UserFile};
use super::proof;
use super::set::{RuleSet, Selection};
use crate::limits::PROOF_RULES;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// The rule files, packed by the build script.
static PACKED: &str = include_str!(concat!(env!("OUT_DIR"), "/rules.json"));

/// The text of `rules/causes.toml`.
pub(super) fn causes() -> &'static str {
    let found = TEXTS.iter().find(|(stem, _)| *stem == "causes");
    found.map_or("", |(_, text)| text)
}

#[derive(Deserialize)]
struct Packed {
    files: Vec<RuleFile>,
    signals: SignalFile,
    owners: OwnerFile,
    never: NeverFile,
}

/// A rule file's text, and what it says.
pub type ParsedFile = (UserFile, RuleFile);

impl RuleSet {
    /// The built-in rules and the user's, as far as the selection admits them.
    ///
    /// # Errors
    /// Everything that is wrong with the user's files, a failed proof included.
    pub fn load(user: &[UserFile], selection: &Selection) -> Result<RuleSet, Vec<RuleError>> {
        let parts = packed_with(user)?;
        if user.is_empty() {
            return compile(parts, selection);
        }
        let mut all = compile(parts.clone(), &all_on(&parts))?;
        let own = parts.files.iter().filter(|source| source.text.is_some());
        let mut failed: Vec<RuleError> = Vec::new();
        for (file, source) in user.iter().zip(own) {
            let count = source.file.rule.len();
            for start in (0..count).step_by(PROOF_RULES) {
                let part = start..count.min(start + PROOF_RULES);
                failed.extend(proof::check_part(&all, file, &source.file, part));
                all.forget_patterns();
            }
        }
        if failed.is_empty() {
            compile(parts, selection)
        } else {
            Err(failed)
        }
    }

    /// The built-in rules and one file whose proof is still to be made.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub(super) fn unproven(file: &UserFile) -> Result<RuleSet, Vec<RuleError>> {
        let parts = packed_with(std::slice::from_ref(file))?;
        let selection = all_on(&parts);
        compile(parts, &selection)
    }

    /// The built-in rule files as they are written, with what they say.
    ///
    /// # Errors
    /// Where one is no such file; the tests see to it that all are.
    pub fn texts() -> Result<Vec<ParsedFile>, Vec<RuleError>> {
        let own = |stem: &str| !["signals", "owners", "never", "causes"].contains(&stem);
        let files = TEXTS.iter().filter(|(stem, _)| own(stem));
        files
            .map(|(stem, text)| {
                let file = UserFile {
                    name: format!("rules/{stem}.toml"),
                    text: (*text).to_owned(),
                };
                let parsed = parse(&file.name, &file.text).map_err(|error| vec![error])?;
                Ok((file, parsed))
            })
            .collect()
    }

    /// The rules of the files alone, with their prose: for those who read or test the built-in rules.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn from_texts() -> Result<(RuleSet, Vec<ParsedFile>), Vec<RuleError>> {
        let mut parts = packed().map_err(|error| vec![error])?;
        let files = RuleSet::texts()?;
        let source = |(file, parsed): &ParsedFile| Source {
            name: file.name.clone(),
            text: Some(file.text.clone()),
            file: parsed.clone(),
        };
        parts.files = files.iter().map(source).collect();
        let enable = files
            .iter()
            .map(|(_, parsed)| parsed.program.clone())
            .collect();
        let set = compile(
            parts,
            &Selection {
                enable,
                ..Selection::default()
            },
        )?;
        set.bars
            .check()
            .map_err(|text| vec![RuleError::whole("rules/never.toml", text)])?;
        Ok((set, files))
    }
}

/// A proof is about the rule, not about what happens to be switched on.
fn all_on(parts: &Parts) -> Selection {
    let programs = parts.files.iter().map(|source| source.file.program.clone());
    Selection {
        enable: programs.collect(),
        ..Selection::default()
    }
}

fn packed() -> Result<Parts, RuleError> {
    let packed: Packed = serde_json::from_str(PACKED)
        .map_err(|error| RuleError::whole("built-in rules", error.to_string()))?;
    let files = packed.files.into_iter().map(|file| Source {
        name: format!("{}.toml", file.program),
        text: None,
        file,
    });
    Ok(Parts {
        files: files.collect(),
        signals: packed.signals,
        owners: packed.owners,
        never: packed.never,
    })
}

/// The built-in rules and the user's files; everything that is wrong with the files.
fn packed_with(user: &[UserFile]) -> Result<Parts, Vec<RuleError>> {
    let mut parts = packed().map_err(|error| vec![error])?;
    let mut errors = Vec::new();
    for file in user {
        match parse(&file.name, &file.text) {
            Ok(parsed) => parts.files.push(Source {
                name: file.name.clone(),
                text: Some(file.text.clone()),
                file: parsed,
            }),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(parts)
    } else {
        Err(errors)
    }
}
