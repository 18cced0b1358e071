//! Logs in envelopes: the same records, the same verdicts.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use quell::episode::{First, Settings, SummaryStyle};
use quell::format::Format;
use quell::pipeline::{Gear, Options};
use quell::record::{Head, Level, Seen};
use quell::rule::RuleSet;

use super::drive::{Cuts, Run, Tape, in_gear, run};
use super::logs::{Log, log, stock, unbroken_log};
use super::{cases, check_account, check_fidelity, cuts, options, text};

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
}

const ENVELOPES: [Envelope; 14] = [
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
];

impl Envelope {
    /// One line of a writer's, in the envelope; in parts if the envelope has parts and `part` bytes are fewer than it
    /// has.
    fn wrap(self, writer: usize, line: &str, part: usize, out: &mut Vec<Vec<u8>>) {
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
    fn unwrap(self, line: &[u8]) -> Vec<u8> {
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
    fn has_writers(self) -> bool {
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

/// A log as text, of whole lines, none of which holds what an envelope cannot carry.
fn plain(log: &Log) -> Vec<String> {
    let text = String::from_utf8_lossy(&log.0).replace(['#', '\u{1b}'], "_");
    // Summaries stand in nobody's midst where lines have writers.
    let text = text.replace("quell: ", "other: ");
    let text = text.replace("\r\n", "\n").replace('\r', "_");
    let lines = text
        .split_terminator('\n')
        .map(|line| line.trim_start_matches('\u{feff}').to_owned());
    // An object within an envelope is another writer's, and a text whose level shows behind a carrier's stamp is a
    // head: without an envelope both are mere text.
    lines
        .filter(|line| !line.starts_with('{') && !gains_level(line))
        .collect()
}

fn gains_level(line: &str) -> bool {
    let carried = format!("Nov 22 10:00:00 host app[0]: {line}");
    let head = Head::parse(carried.as_bytes());
    Seen::of(line.as_bytes()) == Seen::Text && head.is_some_and(|head| head.level != Level::Unknown)
}

/// The lines in their envelope.
fn wrapped(envelope: Envelope, writer: usize, lines: &[String], part: usize) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for line in lines {
        envelope.wrap(writer, line, part, &mut out);
    }
    out
}

fn joined(lines: &[Vec<u8>]) -> Vec<u8> {
    lines
        .iter()
        .flat_map(|line| [&line[..], b"\n"].concat())
        .collect()
}

/// What passes, in lines.
fn passing<'i>(tape: &Tape, input: &'i [u8]) -> Vec<&'i [u8]> {
    let lines = tape
        .passed
        .iter()
        .flat_map(|range| input[range.clone()].split_inclusive(|b| *b == b'\n'));
    lines.collect()
}

/// Options under which what passes depends on verdicts alone.
fn timeless(first: First) -> Options {
    Options {
        settings: Settings {
            every: Duration::from_secs(1 << 33),
            forget: Duration::from_secs(1 << 33),
            first,
            ..Settings::default()
        },
        account: true,
        ..Options::default()
    }
}

/// What passes of the lines as they are.
fn filtered(rules: &Arc<RuleSet>, lines: &[String], first: First) -> (Vec<u8>, u64) {
    let log: Vec<u8> = lines
        .iter()
        .flat_map(|line| format!("{line}\n").into_bytes())
        .collect();
    let options = Options {
        format: Format::Plain,
        ..timeless(first)
    };
    let (tape, ledger) = run(rules, options, &log, &Cuts::Never);
    (passing(&tape, &log).concat(), ledger.suppressed.records)
}

fn envelope() -> impl Strategy<Value = Envelope> {
    prop::sample::select(&ENVELOPES[..])
}

/// Lines of several writers, mixed.
#[derive(Clone)]
struct Mixed {
    lines: Vec<Vec<u8>>,
    writers: Vec<Vec<String>>,
    envelope: Envelope,
    is_whole: bool,
}

impl std::fmt::Debug for Mixed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.envelope, Log(joined(&self.lines)))
    }
}

fn mixed() -> impl Strategy<Value = Mixed> {
    let writers = prop_oneof![1 => Just(1_usize), 2 => Just(2), 1 => Just(3)];
    let turns = vec((any::<prop::sample::Index>(), 1..6_usize), 400);
    let part = prop_oneof![4 => Just(usize::MAX), 1 => 5..60_usize];
    (envelope(), writers, vec(log(1..8), 3), turns, part).prop_map(
        |(envelope, writers, logs, turns, part)| {
            let writers = match envelope {
                Envelope::Docker | Envelope::Cri => writers.min(2),
                envelope if envelope.has_writers() => writers,
                _ => 1,
            };
            let writers: Vec<Vec<String>> = logs.iter().take(writers).map(plain).collect();
            let mut queues: Vec<_> = writers
                .iter()
                .enumerate()
                .map(|(writer, lines)| wrapped(envelope, writer, lines, part).into_iter())
                .collect();
            let mut lines = Vec::new();
            for (which, count) in turns.iter().cycle() {
                let writer = which.index(queues.len());
                lines.extend(queues[writer].by_ref().take(*count));
                if queues.iter().all(|queue| queue.len() == 0) {
                    break;
                }
            }
            Mixed {
                lines,
                writers,
                envelope,
                is_whole: part == usize::MAX,
            }
        },
    )
}

/// Whose line it is, by the number that stands in it.
fn writer_of(envelope: Envelope, line: &[u8]) -> usize {
    let line = std::str::from_utf8(line).unwrap();
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
        Envelope::JournalJson | Envelope::JournalEvents => number("\"_PID\":\""),
        Envelope::Shipped => number("\"container_id\":\""),
        Envelope::ShippedInCri => number("\"container_id\":\""),
        Envelope::ShippedInDocker => number("\\\"container_id\\\":\\\""),
    }
}

proptest! {
    #![proptest_config(cases(32))]

    /// One writer: unwrapping what is left of the wrapped log gives what is left of the plain one.
    #[test]
    fn an_envelope_changes_no_verdict(log in log(1..16), envelope in envelope(), part in prop_oneof![Just(usize::MAX), 5..60_usize]) {
        let lines = plain(&log);
        let input = joined(&wrapped(envelope, 0, &lines, part));
        let (tape, ledger) = run(&stock().rules, timeless(First::Full), &input, &Cuts::Never);
        let left: Vec<u8> = passing(&tape, &input).iter().flat_map(|line| envelope.unwrap(line)).collect();
        let (wanted, count) = filtered(&stock().rules, &lines, First::Full);
        if part == usize::MAX {
            prop_assert_eq!(text(&left), text(&wanted), "{:?}", text(&input));
            prop_assert_eq!(ledger.suppressed.records, count);
        } else {
            // Where an anchor is cut by a part's end, the record passes.
            prop_assert!(ledger.suppressed.records <= count);
        }
    }

    /// Several writers: each one's lines are filtered as if the others were not there.
    #[test]
    fn writers_do_not_confuse_each_other(mixed in mixed()) {
        let input = joined(&mixed.lines);
        let (tape, _) = run(&stock().rules, timeless(First::None), &input, &Cuts::Never);
        let left = passing(&tape, &input);
        for (writer, lines) in mixed.writers.iter().enumerate() {
            let own = left.iter().filter(|line| writer_of(mixed.envelope, line) == writer);
            let own: Vec<u8> = own.flat_map(|line| mixed.envelope.unwrap(line)).collect();
            let (wanted, _) = filtered(&stock().rules, lines, First::None);
            if mixed.is_whole {
                prop_assert_eq!(text(&own), text(&wanted), "of {} in {:?}", writer, text(&input));
            } else {
                prop_assert!(own.len() >= wanted.len());
            }
        }
    }

    /// Neither cuts nor gears show, and the account holds.
    #[test]
    fn wrapped_or_not_cuts_and_gears_do_not_show(mixed in mixed(), options in options(), cuts in cuts()) {
        let options = Options { style: SummaryStyle::Text, ..options };
        let input = Log(joined(&mixed.lines));
        let (whole, whole_ledger) = run(&stock().rules, options, &input.0, &Cuts::Never);
        check_fidelity(&whole)?;
        for gear in [Gear::Skim, Gear::Step] {
            let (tape, ledger) = run(&stock().rules, in_gear(options, gear), &input.0, &cuts);
            prop_assert_eq!(text(&tape.out), text(&whole.out), "{:?} {:?}", gear, input);
            prop_assert_eq!(&ledger, &whole_ledger);
        }
    }

    /// What is released early loses and doubles nothing.
    #[test]
    fn a_wrapped_release_loses_nothing(mixed in mixed(), options in options(), releases in vec(any::<prop::sample::Index>(), 1..6)) {
        let input = Log(joined(&mixed.lines));
        let ends: Vec<usize> = input.0.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
        prop_assume!(!ends.is_empty());
        let mut at: Vec<usize> = releases.iter().map(|index| *index.get(&ends)).collect();
        at.sort_unstable();
        let mut run = Run::new(&stock().rules, options, &input.0);
        for end in at {
            run.read_to(end);
            run.release();
        }
        let (tape, ledger) = run.finish();
        check_fidelity(&tape)?;
        check_account(&input, Options { style: SummaryStyle::None, ..options }, &tape, &ledger)?;
    }

    /// A second run changes nothing, wherever the summaries of one writer stand amid the lines of another.
    #[test]
    fn a_second_mixed_run_changes_nothing(mixed in mixed()) {
        let input = joined(&mixed.lines);
        let (once, _) = run(&stock().rules, Options::default(), &input, &Cuts::Never);
        let (twice, _) = run(&stock().rules, Options::default(), &once.out, &Cuts::Never);
        prop_assert_eq!(text(&twice.out), text(&once.out));
    }

    /// A second run changes nothing.
    #[test]
    fn a_second_wrapped_run_changes_nothing(log in unbroken_log(1..16), envelope in envelope()) {
        let input = joined(&wrapped(envelope, 0, &plain(&log), usize::MAX));
        let options = Options::default();
        let (once, _) = run(&stock().rules, options, &input, &Cuts::Never);
        let (twice, _) = run(&stock().rules, options, &once.out, &Cuts::Never);
        prop_assert_eq!(text(&twice.out), text(&once.out));
    }
}
