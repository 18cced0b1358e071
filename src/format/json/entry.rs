//! One object, taken apart.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::moment::Moment;
use super::{EVENT_FRONT, names, throwable};
use crate::format::wear::{Kind, Origin};

/// An object that reads as a logged event. It borrows from the text.
#[derive(Debug)]
pub struct Entry<'t> {
    /// What stands before the object.
    pub(super) front: &'t [u8],
    pub(super) fields: Fields<'t>,
}

/// The fields of an object, in order.
#[derive(Debug, Default)]
pub(super) struct Fields<'t>(pub Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'t> Entry<'t> {
    /// Reads a text; `None` if it is no object, is torn, or has nothing of an event: a message or a trace, and a time
    /// or a level.
    pub fn read(text: &'t [u8]) -> Option<Entry<'t>> {
        let object = text.strip_prefix(EVENT_FRONT).unwrap_or(text);
        if !super::may_be_entry(object) {
            return None;
        }
        let fields: Fields<'t> = serde_json::from_slice(object).ok()?;
        let front = &text[..text.len() - object.len()];
        let entry = Entry { front, fields };
        let dated =
            entry.fields.find(names::TIME).is_some() || entry.fields.find(names::LEVEL).is_some();
        let says = entry.message().is_some() || !entry.trace().is_empty();
        (dated && says).then_some(entry)
    }

    /// Whose it is.
    pub fn origin(&self) -> Origin {
        if self.is_summary() {
            return Origin::SUMMARY;
        }
        let parts: Vec<&[u8]> = names::WRITER
            .iter()
            .filter_map(|name| self.fields.get(name))
            .map(|value| value.get().as_bytes())
            .collect();
        Origin::of(Kind::Json, &parts)
    }

    /// Whether it is one of quell's own summaries.
    pub fn is_summary(&self) -> bool {
        self.fields
            .get("quell")
            .is_some_and(|value| value.get().starts_with('{'))
    }

    /// What the event says, if it says anything.
    pub fn message(&self) -> Option<String> {
        names::MESSAGE
            .iter()
            .find_map(|name| text_of(self.fields.get(name)?.get()))
    }

    /// What went wrong in a few words, where that is told apart from the message, on one line.
    pub fn error(&self) -> Option<String> {
        let texts = names::ERROR
            .iter()
            .filter_map(|name| text_of(self.fields.find_one(name)?));
        let mut lines = texts.filter(|text| !text.is_empty() && !text.contains('\n'));
        lines.next()
    }

    /// The lines of the trace; empty if there is none.
    pub fn trace(&self) -> String {
        let trace = names::TRACE
            .iter()
            .filter_map(|name| throwable::trace_of(self.fields.find_one(name)?))
            .find(|trace| !trace.is_empty())
            .unwrap_or_default();
        let text = |name: &str| text_of(self.fields.find_one(name)?);
        match text("error.type").filter(|_| trace.starts_with("  File \"")) {
            // ECS for Python keeps the frames, the error's type and its message apart.
            Some(kind) => {
                throwable::whole(&trace, &kind, &text("error.message").unwrap_or_default())
            }
            None => trace,
        }
    }

    /// Whether it is an event of Python's in Elastic's schema that holds a trace.
    pub(super) fn has_pythons_frames(&self) -> bool {
        let frames = self.fields.find_one("error.stack_trace");
        frames.is_some_and(|frames| frames.starts_with("\"  File \\\""))
    }

    /// When it was written.
    pub fn moment(&self) -> Option<Moment> {
        Moment::read(self.fields.find(names::TIME)?)
    }

    /// The level, as records spell it; `None` where only a carrier speaks.
    pub fn level(&self) -> Option<&'static str> {
        match self.fields.find(names::LEVEL) {
            Some(value) => Some(level_of(value).unwrap_or("INFO")),
            // Serilog leaves the commonest level out.
            None => self.fields.get("@t").map(|_| "INFO"),
        }
    }

    /// The words in front of the message: thread and logger.
    pub fn speaker(&self) -> String {
        let text =
            |names: &[&str]| text_of(self.fields.find(names)?).filter(|text| !text.contains('\n'));
        let mut words = String::new();
        if let Some(thread) = text(names::THREAD) {
            words.push_str(&format!("[{thread}] "));
        }
        if let Some(logger) = text(names::LOGGER).filter(|_| !self.names_itself()) {
            words.push_str(&logger);
            words.push_str(": ");
        }
        words
    }

    /// Whether `name` is the program's: bunyan and pino, whose levels are numbers, have no loggers.
    fn names_itself(&self) -> bool {
        let is_number = |value: &str| value.starts_with(|c: char| c.is_ascii_digit());
        let logger = names::LOGGER
            .iter()
            .find(|name| self.fields.find_one(name).is_some());
        logger == Some(&"name") && self.fields.find(names::LEVEL).is_some_and(is_number)
    }

    /// The program and its process as syslog names them: `program[12]`; empty where a logger speaks for itself.
    pub fn program(&self) -> String {
        let text = |name: &str| text_of(self.fields.get(name)?.get());
        let Some(program) = text("SYSLOG_IDENTIFIER").or_else(|| text("_COMM")) else {
            return String::new();
        };
        match text("SYSLOG_PID").or_else(|| text("_PID")) {
            Some(process) => format!("{program}[{process}]"),
            None => program,
        }
    }
}

impl<'t> Fields<'t> {
    /// The field of that very name.
    pub fn get(&self, name: &str) -> Option<&'t RawValue> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| *value)
    }

    /// The value of the first of these names that is there.
    pub fn find(&self, names: &[&str]) -> Option<&'t str> {
        names.iter().find_map(|name| self.find_one(name))
    }

    /// The value of a name, or of what a name with dots leads to.
    pub fn find_one(&self, name: &str) -> Option<&'t str> {
        if let Some(value) = self.get(name) {
            return Some(value.get()).filter(|value| *value != "null");
        }
        // Most names have none, and are asked of every line.
        let dot = name.bytes().position(|b| b == b'.')?;
        let (outer, inner) = (&name[..dot], &name[dot + 1..]);
        let object = self.get(outer)?.get();
        if !object.starts_with('{') {
            return None;
        }
        serde_json::from_str::<Fields<'t>>(object)
            .ok()?
            .find_one(inner)
    }
}

impl<'de: 't, 't> Deserialize<'de> for Fields<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut fields = Vec::with_capacity(16);
                while let Some((Name(name), value)) = map.next_entry()? {
                    fields.push((name, value));
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(InOrder).map(Fields)
    }
}

/// A field's name, borrowed if it can be.
#[derive(Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

/// The text of a string, of a number, or of the bytes that the journal writes for what is no text.
pub(super) fn text_of(value: &str) -> Option<String> {
    match value.as_bytes().first()? {
        b'"' => serde_json::from_str(value).ok(),
        b'[' => {
            let bytes: Vec<u8> = serde_json::from_str(value).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        b'0'..=b'9' | b'-' => Some(value.to_owned()),
        _ => None,
    }
}

/// A level by its name, in any case and with any colours, or by its number.
fn level_of(value: &str) -> Option<&'static str> {
    let text = text_of(value)?;
    if let Ok(number) = text.parse::<u32>() {
        return Some(match number {
            // Syslog's, counted downwards.
            0..=3 => "ERROR",
            4 => "WARN",
            5..=7 => "INFO",
            // pino's and bunyan's.
            8..40 => "INFO",
            40..50 => "WARN",
            _ => "ERROR",
        });
    }
    let mut word = text.into_bytes();
    crate::format::strip_colours(&mut word, 0);
    Some(match word.to_ascii_lowercase().as_slice() {
        b"warn" | b"warning" | b"w" | b"wrn" => "WARN",
        b"error" | b"err" | b"e" | b"severe" | b"fail" | b"eror" => "ERROR",
        b"fatal" | b"panic" | b"dpanic" | b"critical" | b"crit" | b"alert" | b"emerg"
        | b"emergency" | b"f" => "FATAL",
        _ => "INFO",
    })
}
