//! The draft as the text of a rule file.

use std::fmt;

use super::conditions::{Conditions, Trace};
use super::template::Template;
use crate::record::Record;
use crate::rule::file::{Tier, VERSION};

/// What stands where only a person can say it.
pub const PLACEHOLDER: &str = "REPLACE THIS";

/// Words of a record that its rule's name is made of.
const NAME_WORDS: usize = 4;

/// The program of a rule that was given no name.
const PROGRAM: &str = "own";

/// A rule file while it is drafted.
pub(super) struct Written {
    id: String,
    program: String,
    cause: String,
    conditions: Conditions,
    pub quiet: Vec<String>,
    pub loud: Vec<String>,
}

impl Written {
    /// A draft with the record itself as its first proof.
    pub fn new(
        text: &str,
        id: Option<&str>,
        cause: &str,
        conditions: Conditions,
        record: &Record<'_>,
    ) -> Written {
        let id = id.map_or_else(|| name(record), str::to_owned);
        let program = id.split('-').next().unwrap_or(PROGRAM);
        Written {
            program: program.to_owned(),
            id,
            cause: cause.to_owned(),
            conditions,
            quiet: vec![text.to_owned()],
            loud: Vec::new(),
        }
    }
}

/// A name from the words that are always in such a record, or from its outermost error.
fn name(record: &Record<'_>) -> String {
    let words: Vec<String> = match record.links.first() {
        Some(link) if !link.in_head => error_words(&String::from_utf8_lossy(link.error)),
        _ => {
            let text = String::from_utf8_lossy(record.message_text());
            Template::of(&text).words().map(str::to_lowercase).collect()
        }
    };
    let words = words.into_iter().take(NAME_WORDS);
    let all: Vec<String> = std::iter::once(PROGRAM.to_owned()).chain(words).collect();
    all.join("-")
}

/// `com.example.GuestGoneException` is `guest`, `gone`.
fn error_words(error: &str) -> Vec<String> {
    let last = error.rsplit(|c: char| !c.is_ascii_alphabetic()).next();
    let mut words: Vec<String> = Vec::new();
    for c in last.unwrap_or_default().chars() {
        match words.last_mut() {
            Some(word) if !c.is_ascii_uppercase() => word.push(c),
            _ => words.push(c.to_ascii_lowercase().to_string()),
        }
    }
    words.retain(|word| !["exception", "error"].contains(&word.as_str()));
    words
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# Drafted from one record: a start, not a verdict. Replace what is in capitals, see whether the conditions"
        )?;
        writeln!(
            f,
            "# and the examples say what you mean, then hold it against its proof: quell rules check FILE"
        )?;
        writeln!(
            f,
            "version = {VERSION}\nprogram = {}",
            quoted(&self.program)
        )?;
        if let Conditions::Trace(trace) = &self.conditions {
            writeln!(f, "language = {}", quoted(trace.language.name()))?;
        }
        writeln!(f, "\n[[rule]]\nid = {}", quoted(&self.id))?;
        writeln!(
            f,
            "# client: only a server prints this, or a server owns the socket. undecided: the text does not say whose it was."
        )?;
        let tier = match self.conditions.tier() {
            Tier::Client => "client",
            Tier::Undecided => "undecided",
        };
        writeln!(f, "tier = {}", quoted(tier))?;
        writeln!(
            f,
            "# What stands behind it; `quell explain {}` says more, `quell rules list` shows others.",
            self.cause
        )?;
        writeln!(f, "cause = {}", quoted(&self.cause))?;
        writeln!(
            f,
            "why = \"{PLACEHOLDER}: why such a record is noise here, and how you know.\""
        )?;
        writeln!(
            f,
            "hides = \"{PLACEHOLDER}: which failure could look the same.\""
        )?;
        match &self.conditions {
            Conditions::Line { pattern, continues } => line(f, pattern, continues.as_deref())?,
            Conditions::Trace(trace) => conditions(f, trace)?,
        }
        writeln!(f, "[rule.proof]\n# Records that it must take.")?;
        examples(f, "quiet", &self.quiet)?;
        writeln!(f, "# Look-alikes that no rule may take.")?;
        examples(f, "loud", &self.loud)
    }
}

fn line(f: &mut fmt::Formatter<'_>, pattern: &str, continues: Option<&str>) -> fmt::Result {
    writeln!(f, "[rule.line]\npattern = {}", quoted(pattern))?;
    match continues {
        Some(pattern) => writeln!(f, "continues = {}", quoted(pattern)),
        None => Ok(()),
    }
}

fn conditions(f: &mut fmt::Formatter<'_>, trace: &Trace) -> fmt::Result {
    writeln!(f, "[rule.trace]")?;
    let list = |texts: &[String]| {
        let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
        texts.join(", ")
    };
    if !trace.signal.is_empty() {
        writeln!(f, "signal = [{}]", list(&trace.signal))?;
    }
    if !trace.types.is_empty() {
        writeln!(f, "type = [{}]", list(&trace.types))?;
    }
    if let Some(message) = &trace.message {
        writeln!(f, "message = {}", quoted(message))?;
    }
    writeln!(f, "owner = [{}]", quoted(&trace.owner))?;
    if let Some(head) = &trace.head {
        writeln!(f, "head = {}", quoted(head))?;
    }
    if let Some(frame) = &trace.frame {
        writeln!(f, "frame = [{}]", quoted(frame))?;
    }
    Ok(())
}

fn examples(f: &mut fmt::Formatter<'_>, name: &str, texts: &[String]) -> fmt::Result {
    writeln!(f, "{name} = [")?;
    for text in texts {
        writeln!(f, "{},", example(text))?;
    }
    writeln!(f, "]")
}

/// A record on lines of its own, where its text allows it.
fn example(text: &str) -> String {
    if is_literal(text) {
        format!("'''\n{text}'''")
    } else {
        escaped(text)
    }
}

/// A text in the plainest quotes that hold it.
fn quoted(text: &str) -> String {
    if !text.contains(['"', '\\', '\n']) && is_literal(text) {
        format!("\"{text}\"")
    } else if !text.contains('\n') && is_literal(text) {
        format!("'''{text}'''")
    } else {
        escaped(text)
    }
}

/// Whether nothing in a text needs escaping between three single quotes.
fn is_literal(text: &str) -> bool {
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n');
    !text.contains("'''") && !text.ends_with('\'') && !text.contains(control)
}

fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
