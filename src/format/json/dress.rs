//! A summary under the names that a stream's objects use.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entry::{Entry, text_of};
use super::moment::Moment;
use super::names;
use crate::line::latin;

/// The fields of an object, ready for another event.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Template {
    #[serde(with = "latin")]
    front: Box<[u8]>,
    slots: Vec<(Box<str>, Slot)>,
}

/// What a field gets.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Slot {
    Time(Moment),
    /// The words for a warning and for an error.
    Level([Box<str>; 2]),
    Message,
    /// quell's name, where a logger's stood.
    Logger,
    /// What it had.
    Same(Box<str>),
    /// An object of which only this one is filled in.
    Within(Box<str>, Box<Slot>),
}

impl Template {
    /// The names of an entry.
    pub fn of(entry: &Entry<'_>) -> Template {
        let time = first(entry, names::TIME);
        let level = first(entry, names::LEVEL);
        let message = names::MESSAGE.iter().copied().find(|name| {
            entry
                .fields
                .find_one(name)
                .is_some_and(|value| text_of(value).is_some())
        });
        // A message named `event` is structlog's, frames apart from their error are those of ECS for Python.
        let is_pythons = message == Some("event") || entry.has_pythons_frames();
        let mut slots = Vec::new();
        for (name, value) in &entry.fields.0 {
            let named = |role: Option<&str>| role == Some(name.as_ref());
            let value = value.get();
            let slot = if named(time) {
                Moment::read(value).map(|moment| Slot::Time(moment.unplaced()))
            } else if named(level) || name == "PRIORITY" || name == "level_value" {
                Some(Slot::Level(levels(name, value, is_pythons)))
            } else if named(message) {
                Some(Slot::Message)
            } else if name == "log" && entry.fields.get("log.level").is_some() {
                // Elastic's schema has what the event was there, too.
                let logger = entry.fields.find_one("log.logger");
                logger.map(|_| Slot::Within("logger".into(), Box::new(Slot::Logger)))
            } else if name == "log" && level == Some("log.level") {
                let inner = entry.fields.find_one("log.level").unwrap_or("\"\"");
                Some(Slot::Within(
                    "level".into(),
                    Box::new(Slot::Level(levels("level", inner, is_pythons))),
                ))
            } else if ["logger_name", "logger", "log.logger", "loggerName"].contains(&name.as_ref())
            {
                Some(Slot::Logger)
            } else {
                is_lasting(name).then(|| Slot::Same(value.into()))
            };
            slots.extend(slot.map(|slot| (settled(name, message), slot)));
        }
        if message.is_none() {
            slots.push(("message".into(), Slot::Message));
        }
        Template {
            front: entry.front.into(),
            slots,
        }
    }

    /// The same without the fields that are only taken over.
    pub fn bare(mut self) -> Template {
        self.slots
            .retain(|(_, slot)| !matches!(slot, Slot::Same(_)));
        self
    }

    /// Its size in bytes, roughly.
    pub fn bytes(&self) -> usize {
        let size = |slot: &Slot| match slot {
            Slot::Same(value) => value.len(),
            _ => 32,
        };
        self.slots
            .iter()
            .map(|(name, slot)| name.len() + size(slot))
            .sum()
    }

    /// Writes an object that says `message`, as of `micros`, with `quell` as a field of its own.
    pub fn dress(&self, message: &str, grave: bool, micros: i64, quell: &Value, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.front);
        out.push(b'{');
        for (name, slot) in &self.slots {
            write_text(name, out);
            out.push(b':');
            slot.write(message, grave, micros, out);
            out.push(b',');
        }
        out.extend_from_slice(b"\"quell\":");
        out.extend_from_slice(quell.to_string().as_bytes());
        out.push(b'}');
    }
}

impl Slot {
    fn write(&self, message: &str, grave: bool, micros: i64, out: &mut Vec<u8>) {
        match self {
            Slot::Time(moment) => moment.write(micros, out),
            Slot::Level(words) => out.extend_from_slice(words[usize::from(grave)].as_bytes()),
            Slot::Message => write_text(message, out),
            Slot::Logger => write_text("quell", out),
            Slot::Same(value) => out.extend_from_slice(value.as_bytes()),
            Slot::Within(name, slot) => {
                out.push(b'{');
                write_text(name, out);
                out.push(b':');
                slot.write(message, grave, micros, out);
                out.push(b'}');
            }
        }
    }
}

/// The first of these names that the entry has a value for.
fn first(entry: &Entry<'_>, names: &'static [&'static str]) -> Option<&'static str> {
    names
        .iter()
        .copied()
        .find(|name| entry.fields.find_one(name).is_some())
}

/// Serilog's message template would have to be filled in by its reader: a summary is the message itself.
fn settled(name: &str, message: Option<&str>) -> Box<str> {
    if name == "@mt" && message == Some("@mt") {
        "@m".into()
    } else {
        name.into()
    }
}

fn is_lasting(name: &str) -> bool {
    names::LASTING.contains(&name)
        || (name.starts_with('_') && name != "_SOURCE_REALTIME_TIMESTAMP")
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(Value::from(text).to_string().as_bytes());
}

/// A warning and an error, spelt as this value spells its level.
fn levels(name: &str, value: &str, is_pythons: bool) -> [Box<str>; 2] {
    let text = text_of(value).unwrap_or_default();
    let quoted = value.starts_with('"');
    let (warn, error) = match text.parse::<u32>() {
        Ok(0..=7) => ("4", "3"),
        Ok(8..=60) => ("40", "50"),
        Ok(_) => ("30000", "40000"),
        // Python's.
        Err(_) if name == "levelname" => ("WARNING", "ERROR"),
        // structlog's, which spells Python's in small letters.
        Err(_) if text == "error" && is_pythons => ("warning", "error"),
        Err(_) => words(&text),
    };
    [warn, error].map(|word| {
        if quoted {
            format!("\"{word}\"").into()
        } else {
            word.into()
        }
    })
}

fn words(text: &str) -> (&'static str, &'static str) {
    let upper = text.bytes().all(|b| b.is_ascii_uppercase());
    let title = text.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
    match (text.len(), upper, title) {
        (1, true, _) => ("W", "E"),
        _ if text == "WARNING" || text == "CRITICAL" => ("WARNING", "ERROR"),
        (_, true, _) => ("WARN", "ERROR"),
        (_, _, true) => ("Warning", "Error"),
        _ if text == "warning" => ("warning", "error"),
        _ => ("warn", "error"),
    }
}
