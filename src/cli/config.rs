//! One file that says what a service does: the keys are the long names of the flags of `quell follow`, so there is one
//! vocabulary, and what a flag refuses is refused here, too, with its line and column.
//!
//! ```toml
//! version = 1
//! state = "/var/lib/quell"
//!
//! [defaults]                      # for every file that does not say otherwise
//! every = "5m"
//!
//! [[file]]
//! path = "/var/log/app/*.log"     # or several: ["a.log", "b.log"]
//! out-dir = "/var/log/quell"
//! max-size = "100M"
//! ```

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use clap::Command;
use clap::error::{ContextKind, ContextValue};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::flags;
use crate::command::follow::{Asked, Outputs};
use crate::limits::CONFIG_BYTES_MAX;
use crate::rule::RuleError;
use crate::system::shown;

/// The version of the configuration that this program reads.
pub const VERSION: &str = "1";

/// What stands at the top.
const TOP: [&str; 5] = ["version", "state", "poll", "defaults", "file"];

/// Flags that are one thing for the whole program.
const WHOLE: [&str; 2] = ["state", "poll"];

/// Reads what is to be followed.
///
/// # Errors
/// Everything that is wrong with it, as far as it can be told at once.
pub fn read(path: &Path) -> Result<Vec<Asked>, Vec<RuleError>> {
    let name = shown(path);
    let text = text(path).map_err(|cause| {
        let text = format!("cannot be read ({cause}), check the name and its permissions");
        vec![RuleError::whole(&name, text)]
    })?;
    parse(&name, &text)
}

fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = File::open(path)?;
    file.take(CONFIG_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > CONFIG_BYTES_MAX {
        let text = format!("more than {CONFIG_BYTES_MAX} bytes");
        return Err(io::Error::other(text));
    }
    Ok(text)
}

fn parse(name: &str, text: &str) -> Result<Vec<Asked>, Vec<RuleError>> {
    let mistake = |span, what: String| RuleError::at(name, text, span, what);
    let table = DeTable::parse(text)
        .map_err(|error| vec![mistake(error.span(), error.message().to_owned())])?;
    let mut reader = Reader {
        command: flags::follow::command(),
        mistakes: Vec::new(),
    };
    let asked = reader.read(table.get_ref());
    if reader.mistakes.is_empty() {
        return Ok(asked);
    }
    let mistakes = reader.mistakes.into_iter();
    Err(mistakes.map(|(span, what)| mistake(span, what)).collect())
}

/// A key as it is written, where, and its value.
type Entry<'t, 'i> = (&'t str, Range<usize>, &'t Spanned<DeValue<'i>>);

/// Reads tables as flags.
struct Reader {
    /// Knows which flags there are and what they take.
    command: Command,
    /// What is wrong, and where.
    mistakes: Vec<(Option<Range<usize>>, String)>,
}

impl Reader {
    fn read(&mut self, top: &DeTable<'_>) -> Vec<Asked> {
        for (key, _) in top {
            if !TOP.contains(&key.get_ref().as_ref()) {
                self.unknown(key.span(), key.get_ref(), TOP.map(str::to_owned).to_vec());
            }
        }
        match top.get("version").map(|version| version.get_ref()) {
            Some(DeValue::Integer(number)) if number.as_str() == VERSION => {}
            _ => {
                let span = top.get("version").map(Spanned::span);
                self.wrong(span, format!("write `version = {VERSION}` at the top"));
            }
        }
        let mut shared = top
            .get("defaults")
            .map(|it| self.table(it))
            .unwrap_or_default();
        for name in WHOLE {
            if let Some((key, value)) = top.get_key_value(name) {
                shared.push((name, key.span(), value));
            }
        }
        let files = top.get("file").and_then(|file| file.get_ref().as_array());
        let Some(files) = files.filter(|files| !files.is_empty()) else {
            let span = top.get("file").map(Spanned::span);
            self.wrong(
                span,
                "name what is to be followed: [[file]], path = \"…\"".to_owned(),
            );
            return Vec::new();
        };
        let read = files.iter().filter_map(|file| {
            let asked = self.file(file, &shared)?;
            Some((file.span(), asked))
        });
        let read: Vec<_> = read.collect();
        self.refuse_shared(&read);
        read.into_iter().map(|(_, asked)| asked).collect()
    }

    /// Reads one `[[file]]` as the flags that it stands for.
    fn file(&mut self, file: &Spanned<DeValue<'_>>, shared: &[Entry<'_, '_>]) -> Option<Asked> {
        let before = self.mistakes.len();
        let own = self.table(file);
        let says = |key: &str| own.iter().any(|(own, ..)| *own == key);
        let inherited = shared.iter().filter(|(key, ..)| !says(key));
        let entries: Vec<&Entry<'_, '_>> = own.iter().chain(inherited).collect();
        let mut args: Vec<OsString> = Vec::new();
        let mut paths = Vec::new();
        for (key, span, value) in &entries {
            match *key {
                "path" => paths = self.words(value),
                _ => args.extend(self.flag(key, span, value)),
            }
        }
        if paths.is_empty() && self.mistakes.len() == before {
            self.wrong(Some(file.span()), "name the file: path = \"…\"".to_owned());
        }
        if self.mistakes.len() > before {
            return None;
        }
        args.push("--".into());
        args.extend(paths);
        match flags::follow::read(&mut self.command, args) {
            Ok(asked) => Some(asked),
            Err(error) => {
                let span = blamed(&error, &entries).unwrap_or_else(|| file.span());
                self.wrong(Some(span), said(&error));
                None
            }
        }
    }

    /// The entries of a table, of those that may stand in one.
    fn table<'t, 'i>(&mut self, value: &'t Spanned<DeValue<'i>>) -> Vec<Entry<'t, 'i>> {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(Some(value.span()), "this must be a table".to_owned());
            return Vec::new();
        };
        let entry = |(key, value): (&'t Spanned<_>, &'t Spanned<DeValue<'i>>)| {
            let name: &std::borrow::Cow<'i, str> = key.get_ref();
            (name.as_ref(), key.span(), value)
        };
        let entries = table.iter().map(entry);
        let (whole, own) = entries.partition(|(key, ..): &Entry<'_, '_>| WHOLE.contains(key));
        for (key, span, _) in whole {
            let text =
                format!("`{key}` is for all files: write it at the top, above the first table");
            self.wrong(Some(span), text);
        }
        own
    }

    /// One entry as the flag that it stands for, once for each of its values.
    fn flag(
        &mut self,
        key: &str,
        span: &Range<usize>,
        value: &Spanned<DeValue<'_>>,
    ) -> Vec<OsString> {
        let visible = |arg: &&clap::Arg| !arg.is_hide_set() && arg.get_id() != "help";
        let known = |arg: &&clap::Arg| arg.get_long() == Some(key);
        let Some(arg) = self.command.get_arguments().filter(visible).find(known) else {
            let longs = self.command.get_arguments().filter(visible);
            let mut longs: Vec<String> = longs
                .filter_map(|arg| Some(arg.get_long()?.to_owned()))
                .collect();
            longs.push("path".to_owned());
            self.unknown(span.clone(), key, longs);
            return Vec::new();
        };
        let takes = arg.get_action().takes_values();
        let bare = !takes
            || arg
                .get_num_args()
                .is_some_and(|range| range.min_values() == 0);
        match value.get_ref() {
            DeValue::Boolean(true) if bare => vec![format!("--{key}").into()],
            DeValue::Boolean(false) if bare => Vec::new(),
            _ if !takes => {
                self.wrong(Some(value.span()), "this must be true or false".to_owned());
                Vec::new()
            }
            _ => {
                let words = self.words(value).into_iter();
                words
                    .map(|word| {
                        let mut flag = OsString::from(format!("--{key}="));
                        flag.push(word);
                        flag
                    })
                    .collect()
            }
        }
    }

    /// A text, a number, or a list of them, as words.
    fn words(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<OsString> {
        match value.get_ref() {
            DeValue::String(text) => vec![text.as_ref().into()],
            DeValue::Integer(number) => vec![number.as_str().into()],
            DeValue::Array(list) => list.iter().flat_map(|value| self.words(value)).collect(),
            other => {
                let text = format!(
                    "this must be a text or a list of texts, not a {}",
                    other.type_str()
                );
                self.wrong(Some(value.span()), text);
                Vec::new()
            }
        }
    }

    /// Two that write to one place would write into each other's lines.
    fn refuse_shared(&mut self, read: &[(Range<usize>, Asked)]) {
        let mut written = BTreeSet::new();
        for (span, asked) in read {
            let Outputs::One(place) = &asked.outputs else {
                continue;
            };
            if !written.insert(place.file()) {
                let output = place.file().map(shown);
                let text = format!(
                    "another [[file]] has the output {}, name both paths in one: path = [\"…\", \"…\"]",
                    output.as_deref().unwrap_or("stdout, too")
                );
                self.wrong(Some(span.clone()), text);
            }
        }
    }

    fn unknown(&mut self, span: Range<usize>, key: &str, known: Vec<String>) {
        let near = known.iter().map(|name| (strsim::jaro(name, key), name));
        let near = near.filter(|(near, _)| *near > 0.7);
        let text = match near.max_by(|(a, _), (b, _)| a.total_cmp(b)) {
            Some((_, near)) => format!("there is no key `{key}` here, did you mean `{near}`?"),
            None => format!(
                "there is no key `{key}` here, write one of: {}",
                known.join(", ")
            ),
        };
        self.wrong(Some(span), text);
    }

    fn wrong(&mut self, span: Option<Range<usize>>, text: String) {
        self.mistakes.push((span, text));
    }
}

/// Where the value stands that a flag refuses.
fn blamed(error: &clap::Error, entries: &[&Entry<'_, '_>]) -> Option<Range<usize>> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let long = flag.trim_start_matches('-');
    let long = long.split([' ', '=', '[']).next()?;
    let entry = entries.iter().find(|(key, ..)| *key == long)?;
    Some(entry.2.span())
}

/// What a flag says about its value, in one line.
fn said(error: &clap::Error) -> String {
    let text = error.to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    let text = words.join(" ");
    text.strip_prefix("error: ").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests;
