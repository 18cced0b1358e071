//! The rules that are in force: the built-in ones, the machine's, and those that were asked for.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Tone, Voice};
use crate::limits::RULE_FILE_BYTES_MAX;
use crate::rule::builtin::ParsedFile;
use crate::rule::file::UserFile;
use crate::rule::{RuleError, RuleSet, Selection};
use crate::system::shown;

/// Where the machine's own rule files are, if there are any.
pub const SYSTEM_FOLDER: &str = "/etc/quell/rules.d";

/// Which rules are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rulebook {
    /// Rule files, and folders of them.
    pub paths: Vec<PathBuf>,
    /// Which of all rules are in force.
    pub selection: Selection,
}

impl Rulebook {
    /// Reads and checks all of them.
    ///
    /// # Errors
    /// Everything that is wrong with the files, or a name in the selection that nothing bears.
    pub fn load(&self) -> Result<RuleSet, Vec<RuleError>> {
        let files = read(&self.places())?;
        if self.selection.names().next().is_some() {
            self.check_names(&self.files()?)?;
        }
        RuleSet::load(&files, &self.selection)
    }

    /// All rule files as they are written, with what they say: the built-in ones, the machine's, and those asked for.
    ///
    /// # Errors
    /// Everything that is wrong with the files.
    pub fn files(&self) -> Result<Vec<ParsedFile>, Vec<RuleError>> {
        let mut files = RuleSet::texts()?;
        let (mut own, mut errors) = (Vec::new(), Vec::new());
        for file in read(&self.places())? {
            match file.parse() {
                Ok(parsed) => own.push((file, parsed)),
                Err(error) => errors.push(error),
            }
        }
        files.extend(own);
        if errors.is_empty() {
            Ok(files)
        } else {
            Err(errors)
        }
    }

    /// Where rule files are looked for, besides those that are built in.
    fn places(&self) -> Vec<PathBuf> {
        let system = Path::new(SYSTEM_FOLDER);
        let system = system.is_dir().then(|| system.to_owned());
        system
            .into_iter()
            .chain(self.paths.iter().cloned())
            .collect()
    }

    /// Reads and checks all of them again: new rules, or `None` if something is wrong with them, which is said.
    pub fn reload(&self, voice: &mut dyn Voice) -> Option<Arc<RuleSet>> {
        match self.load() {
            Ok(rules) => Some(Arc::new(rules)),
            Err(errors) => {
                complain(&errors, voice);
                voice.say(
                    Tone::Error,
                    "the rules were not read again, the old ones stay in force",
                );
                None
            }
        }
    }

    /// That every name in the selection is a rule's or a program's: a typing mistake would otherwise go unnoticed.
    ///
    /// # Errors
    /// Those that nothing bears.
    pub fn check_names(&self, files: &[ParsedFile]) -> Result<(), Vec<RuleError>> {
        let mut known = BTreeSet::new();
        for (_, file) in files {
            known.insert(file.program.as_str());
            known.extend(file.rule.iter().map(|rule| rule.id.as_str()));
        }
        let names = self.selection.names();
        let unknown: Vec<RuleError> = names
            .filter(|name| !known.contains(name))
            .map(|name| {
                let text = "there is no rule and no program of that name, see `quell rules list`";
                RuleError::whole(&shown(Path::new(name)), text)
            })
            .collect();
        if unknown.is_empty() {
            Ok(())
        } else {
            Err(unknown)
        }
    }
}

/// Says everything that is wrong.
pub fn complain(errors: &[RuleError], voice: &mut dyn Voice) {
    for error in errors {
        voice.say(Tone::Error, &error.to_string());
    }
}

/// Reads rule files, and of folders their `*.toml` by name.
///
/// # Errors
/// Everything that cannot be read.
pub fn read(paths: &[PathBuf]) -> Result<Vec<UserFile>, Vec<RuleError>> {
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        match listed(path) {
            Ok(found) => {
                for path in found {
                    match read_file(&path) {
                        Ok(file) => files.push(file),
                        Err(error) => errors.push(error),
                    }
                }
            }
            Err(cause) => errors.push(unreadable(path, &cause)),
        }
    }
    if errors.is_empty() {
        Ok(files)
    } else {
        Err(errors)
    }
}

fn listed(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn read_file(path: &Path) -> Result<UserFile, RuleError> {
    let failed = |cause| unreadable(path, &cause);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(RULE_FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let name = shown(path);
    if bytes.len() as u64 > RULE_FILE_BYTES_MAX {
        let text = format!("more than {RULE_FILE_BYTES_MAX} bytes; split it into several files");
        return Err(RuleError::whole(&name, text));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(UserFile { name, text }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes());
            let what = "this is not UTF-8 text; save the file as UTF-8";
            Err(RuleError::at(&name, &text, Some(at..at), what))
        }
    }
}

fn unreadable(path: &Path, cause: &io::Error) -> RuleError {
    let text = format!("cannot be read ({cause}), check the name and its permissions");
    RuleError::whole(&shown(path), text)
}
