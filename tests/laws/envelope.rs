//! Lines put into envelopes, as their real writers do, and taken out of them again.

#![allow(dead_code, reason = "each test file uses another part of it")]

use std::fmt::Write as _;

/// An envelope.
#[derive(Clone, Copy, Debug)]
pub enum Envelope {
    Docker,
    Cri,
    Syslog,
    SyslogIso,
    Syslog5424,
    JournalUnix,
    Compose,
    Wrapper,
    EngineTime,
    JournalJson,
    JournalEvents,
    Shipped,
    ShippedInCri,
    ShippedInDocker,
    JournalExport,
}

pub const ENVELOPES: [Envelope; 15] = [
    Envelope::Docker,
    Envelope::Cri,
    Envelope::Syslog,
    Envelope::SyslogIso,
    Envelope::Syslog5424,
    Envelope::JournalUnix,
    Envelope::Compose,
    Envelope::Wrapper,
    Envelope::EngineTime,
    Envelope::JournalJson,
    Envelope::JournalEvents,
    Envelope::Shipped,
    Envelope::ShippedInCri,
    Envelope::ShippedInDocker,
    Envelope::JournalExport,
];

impl Envelope {
    /// One line of a writer's, in the envelope; in parts if the envelope has parts and `part` bytes are fewer than it
    /// has.
    pub fn wrap(self, writer: usize, line: &str, part: usize, out: &mut Vec<Vec<u8>>) {
        let mut parts: Vec<&str> = Vec::new();
        let mut rest = line;
        if matches!(self, Envelope::Docker | Envelope::Cri) {
            while let Some((left, right)) = (rest.len() > part).then(|| split(rest, part)) {
                parts.push(left);
                rest = right;
            }
        }
        for left in parts {
            out.push(self.line(writer, left, true));
        }
        out.push(self.line(writer, rest, false));
    }

    fn line(self, writer: usize, text: &str, partial: bool) -> Vec<u8> {
        let time = "2026-11-22T10:00:00.123456789Z";
        let stream = ["stdout", "stderr"][writer % 2];
        let wrapped = match self {
            Envelope::Docker => {
                let end = if partial { "" } else { "\n" };
                let log = serde_json::Value::String(format!("{text}{end}")).to_string();
                let log = log
                    .replace('<', "\\u003c")
                    .replace('>', "\\u003e")
                    .replace('&', "\\u0026");
                format!("{{\"log\":{log},\"stream\":\"{stream}\",\"time\":\"{time}\"}}")
            }
            Envelope::Cri => format!("{time} {stream} {} {text}", if partial { "P" } else { "F" }),
            Envelope::Syslog => format!("Nov 22 10:00:00 host app[{writer}]: {}", octal(text)),
            Envelope::SyslogIso => format!(
                "2026-11-22T10:00:00.123456+00:00 host app[{writer}]: {}",
                octal(text)
            ),
            Envelope::Syslog5424 => format!(
                "<14>1 2026-11-22T10:00:00.123Z host app {writer} - [a@1 b=\"c\\\"]\"] {}",
                octal(text)
            ),
            Envelope::JournalUnix => format!("1795341600.123456 host app[{writer}]: {text}"),
            Envelope::Compose => format!("web_{writer}   | {text}"),
            Envelope::Wrapper => format!("INFO   | jvm {writer}    | 2026/11/22 10:00:00 | {text}"),
            Envelope::EngineTime => format!("{time} {text}"),
            Envelope::JournalJson | Envelope::JournalEvents => {
                let front = if matches!(self, Envelope::JournalJson) {
                    ""
                } else {
                    "data: "
                };
                let message = serde_json::Value::from(text);
                format!(
                    "{front}{{\"_PID\":\"{writer}\",\"PRIORITY\":\"6\",\"MESSAGE\":{message},\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}}"
                )
            }
            Envelope::Shipped => {
                let message = serde_json::Value::from(text)
                    .to_string()
                    .replace('/', "\\/");
                format!(
                    "{{\"@timestamp\":\"{time}\",\"log\":{{\"offset\":1}},\"message\":{message},\"container_id\":\"{writer}\"}}"
                )
            }
            Envelope::JournalExport => {
                let front = format!(
                    "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795341600123456\n_PID={writer}\nMESSAGE"
                );
                let mut entry = front.into_bytes();
                if text.len().is_multiple_of(2) {
                    entry.extend_from_slice(format!("={text}\n").as_bytes());
                } else {
                    entry.push(b'\n');
                    entry.extend_from_slice(&(text.len() as u64).to_le_bytes());
                    entry.extend_from_slice(format!("{text}\n").as_bytes());
                }
                return entry;
            }
            Envelope::ShippedInCri => {
                let shipped =
                    String::from_utf8(Envelope::Shipped.line(writer, text, false)).unwrap();
                return Envelope::Cri.line(writer, &shipped, false);
            }
            Envelope::ShippedInDocker => {
                let shipped =
                    String::from_utf8(Envelope::Shipped.line(writer, text, false)).unwrap();
                return Envelope::Docker.line(writer, &shipped, false);
            }
        };
        wrapped.into_bytes()
    }

    /// The writer's own text of a line, with its line ending if it is whole.
    pub fn unwrap(self, line: &[u8]) -> Vec<u8> {
        if matches!(self, Envelope::JournalExport) {
            let at = line
                .windows(8)
                .position(|eight| eight == b"\nMESSAGE")
                .unwrap()
                + 8;
            let text = line[at..].strip_suffix(b"\n").unwrap();
            let text = text.strip_prefix(b"=").unwrap_or_else(|| &text[9..]);
            return text.to_vec();
        }
        let line = std::str::from_utf8(line).unwrap();
        let line = line.strip_suffix('\n').unwrap_or(line);
        let behind = |mark: &str| {
            line.split_once(mark)
                .map(|(_, text)| text.to_owned())
                .unwrap()
        };
        let text = match self {
            Envelope::Docker => {
                let object: serde_json::Value = serde_json::from_str(line).unwrap();
                return object["log"].as_str().unwrap().as_bytes().to_vec();
            }
            Envelope::Cri => {
                let rest = line.splitn(4, ' ').nth(3).unwrap();
                let partial = line.split(' ').nth(2) == Some("P");
                return format!("{rest}{}", if partial { "" } else { "\n" }).into_bytes();
            }
            Envelope::Syslog | Envelope::SyslogIso => unoctal(&behind("]: ")),
            Envelope::Syslog5424 => unoctal(&behind("\"c\\\"]\"] ")),
            Envelope::JournalUnix => behind("]: "),
            Envelope::Compose => behind("   | "),
            Envelope::Wrapper => behind("10:00:00 | "),
            Envelope::EngineTime => behind(" "),
            Envelope::JournalJson | Envelope::JournalEvents | Envelope::Shipped => {
                let line = line.trim_start_matches("data: ");
                let object: serde_json::Value = serde_json::from_str(line).unwrap();
                let message = object.get("MESSAGE").unwrap_or_else(|| &object["message"]);
                message.as_str().unwrap().to_owned()
            }
            Envelope::JournalExport => unreachable!("it is none of lines"),
            Envelope::ShippedInCri => {
                return Envelope::Shipped.unwrap(&Envelope::Cri.unwrap(line.as_bytes()));
            }
            Envelope::ShippedInDocker => {
                return Envelope::Shipped.unwrap(&Envelope::Docker.unwrap(line.as_bytes()));
            }
        };
        format!("{text}\n").into_bytes()
    }

    /// Whether lines of several writers can be told apart.
    pub fn has_writers(self) -> bool {
        !matches!(self, Envelope::EngineTime)
    }
}

fn split(text: &str, at: usize) -> (&str, &str) {
    let at = (at..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap();
    text.split_at(at)
}

fn octal(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if character.is_ascii_control() {
            let _ = write!(out, "#{:03o}", character as u32);
        } else {
            out.push(character);
        }
    }
    out
}

fn unoctal(text: &str) -> String {
    (0..=127_u32)
        .filter(|code| *code < 32 || *code == 127)
        .fold(text.to_owned(), |text, code| {
            text.replace(
                &format!("#{code:03o}"),
                &char::from_u32(code).unwrap().to_string(),
            )
        })
}

/// Whose line it is, by the number that stands in it.
pub fn writer_of(envelope: Envelope, line: &[u8]) -> usize {
    let line = String::from_utf8_lossy(line);
    let line = line.as_ref();
    let number = |mark: &str| {
        line.split_once(mark)
            .map_or(0, |(_, rest)| usize::from(rest.as_bytes()[0] - b'0'))
    };
    match envelope {
        Envelope::Docker => usize::from(
            line.contains("\"stream\":\"stderr\",\"time\":\"2026-11-22T10:00:00.123456789Z\"}"),
        ),
        Envelope::Cri => usize::from(line.split(' ').nth(1) == Some("stderr")),
        Envelope::Syslog | Envelope::SyslogIso | Envelope::JournalUnix => number("app["),
        Envelope::Syslog5424 => number("host app "),
        Envelope::Compose => number("web_"),
        Envelope::Wrapper => number("jvm "),
        Envelope::EngineTime => 0,
        Envelope::JournalExport => number("_PID="),
        Envelope::JournalJson | Envelope::JournalEvents => number("\"_PID\":\""),
        Envelope::Shipped => number("\"container_id\":\""),
        Envelope::ShippedInCri => number("\"container_id\":\""),
        Envelope::ShippedInDocker => number("\\\"container_id\\\":\\\""),
    }
}
