//! What the rules say of lines that a carrier brings: their own examples, carried otherwise.

use std::sync::Arc;

use quell::episode::{First, SummaryStyle};
use quell::format::{Format, Wear, export};
use quell::pipeline::Options;
use quell::rule::RuleSet;

use super::drive::{Cuts, run};
use super::envelope::ENVELOPES;
use super::logs::stock;
use super::wrapped::{filtered, joined, passing, timeless, wrapped};
use super::{check_account, check_fidelity, text};

/// A line of syslog, taken apart.
struct Carried {
    program: String,
    words: String,
}

/// The examples that a carrier brings, one line each, and whether their rule takes them.
fn examples() -> Vec<(String, bool)> {
    let stock = stock();
    let all = |records: &[Vec<u8>], quiet: bool| -> Vec<(String, bool)> {
        let texts = records
            .iter()
            .map(|record| String::from_utf8(record.clone()).unwrap());
        texts
            .filter(|text| !text.contains('\n'))
            .map(|text| (text, quiet))
            .collect()
    };
    [all(&stock.carried, true), all(&stock.loud, false)].concat()
}

fn carried(line: &str) -> Option<Carried> {
    let wear = Wear::of(line.as_bytes(), Format::Syslog)?;
    let program = line[wear.program.clone()].to_owned();
    Some(Carried {
        program,
        words: line[wear.inner].to_owned(),
    })
}

/// The ways in which one machine's carrier would have brought it.
fn ways(Carried { program, words }: &Carried) -> Vec<Vec<u8>> {
    let (name, process) = match program
        .strip_suffix(']')
        .and_then(|tag| tag.split_once('['))
    {
        Some((name, process)) => (name, process),
        None => (program.as_str(), "-"),
    };
    let message = serde_json::Value::from(words.as_str());
    let pid = |field: &str| {
        if process == "-" {
            String::new()
        } else {
            field.replace('#', process)
        }
    };
    [
        format!("Nov 22 10:00:00 host {program}: {words}\n"),
        format!("<30>Nov 22 10:00:00 host {program}: {words}\n"),
        format!("2026-11-22T10:00:00.123456+00:00 host {program}: {words}\n"),
        format!("1795341600.123456 host {program}: {words}\n"),
        format!("<30>1 2026-11-22T10:00:00.123Z host {name} {process} - - {words}\n"),
        format!(
            "{{\"__REALTIME_TIMESTAMP\":\"1795341600123456\",{}\"SYSLOG_IDENTIFIER\":\"{name}\",\"MESSAGE\":{message}}}\n",
            pid("\"_PID\":\"#\",")
        ),
        format!(
            "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795341600123456\n{}SYSLOG_IDENTIFIER={name}\nMESSAGE={words}\n\n",
            pid("_PID=#\n")
        ),
    ]
    .map(String::into_bytes)
    .to_vec()
}

/// Whether a log of one line is held back.
fn is_held(rules: &Arc<RuleSet>, line: &[u8]) -> bool {
    let (tape, ledger) = run(rules, timeless(First::None), line, &Cuts::Never);
    check_fidelity(&tape).unwrap();
    ledger.suppressed.bytes > 0
}

/// A daemon's line gets the verdict that its rule's own examples ask for, whichever carrier brought it.
#[test]
fn a_carrier_changes_no_verdict() {
    let mut wrong = Vec::new();
    let mut told = [0; 2];
    for (line, quiet) in examples() {
        let Some(parts) = carried(&line) else {
            continue;
        };
        told[usize::from(quiet)] += 1;
        let ways = [vec![format!("{line}\n").into_bytes()], ways(&parts)].concat();
        for way in ways
            .iter()
            .filter(|way| is_held(&stock().rules, way) != quiet)
        {
            wrong.push(format!(
                "{quiet}: {}",
                String::from_utf8_lossy(way).trim_end()
            ));
        }
    }
    assert!(told.iter().all(|count| *count > 20), "{told:?}");
    assert!(
        wrong.is_empty(),
        "{} of {told:?}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// A carrier's line within an envelope, as a container's daemon writes it, gets the same verdict as without one.
#[test]
fn carried_lines_in_envelopes_change_no_verdict() {
    let lines: Vec<String> = examples()
        .into_iter()
        .filter(|(line, _)| !line.contains(['#', '\u{1b}']))
        .map(|(line, _)| line)
        .filter(|line| carried(line).is_some())
        .collect();
    let (wanted, count) = filtered(&stock().rules, &lines, First::None);
    assert!(count > 20, "{count}");
    for envelope in ENVELOPES {
        let input = joined(&wrapped(envelope, 0, &lines, usize::MAX));
        let options = timeless(First::None);
        let (tape, ledger) = run(&stock().rules, options, &input, &Cuts::Never);
        let left = passing(&tape, &input);
        let left: Vec<u8> = left.iter().flat_map(|line| envelope.unwrap(line)).collect();
        assert_eq!(text(&left), text(&wanted), "{envelope:?}");
        assert_eq!(ledger.suppressed.records, count, "{envelope:?}");
        check_account(
            &text(&input),
            Options {
                style: SummaryStyle::None,
                ..options
            },
            &tape,
            &ledger,
        )
        .unwrap();
    }
}

/// Entries are rows of the export format, and nothing of them is lost on the way.
#[test]
fn carried_entries_pass_whole() {
    let entries: Vec<u8> = examples()
        .iter()
        .filter_map(|(line, _)| carried(line))
        .filter_map(|parts| ways(&parts).pop())
        .flatten()
        .collect();
    let (tape, _) = run(
        &stock().silent,
        timeless(First::None),
        &entries,
        &Cuts::Every(97),
    );
    assert_eq!(text(&tape.out), text(&entries));
    assert_eq!(
        export::rows(&tape.out, 0, true).len(),
        export::rows(&entries, 0, true).len()
    );
}
