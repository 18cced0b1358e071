//! Logs in envelopes: the same records, the same verdicts.

use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use quell::episode::{First, Settings, SummaryStyle};
use quell::format::{Format, export};
use quell::line::Line;
use quell::pipeline::{Gear, Options};
use quell::record::{Head, Level, Seen};
use quell::rule::RuleSet;

use super::drive::{Cuts, Run, Tape, in_gear, run};
use super::envelope::{ENVELOPES, Envelope, writer_of};
use super::logs::{Log, log, stock, unbroken_log};
use super::{cases, check_account, check_fidelity, cuts, options, text};

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
pub fn wrapped(envelope: Envelope, writer: usize, lines: &[String], part: usize) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for line in lines {
        envelope.wrap(writer, line, part, &mut out);
    }
    out
}

pub fn joined(lines: &[Vec<u8>]) -> Vec<u8> {
    lines
        .iter()
        .flat_map(|line| [&line[..], b"\n"].concat())
        .collect()
}

/// What passes, in lines.
pub fn passing<'i>(tape: &Tape, input: &'i [u8]) -> Vec<&'i [u8]> {
    let entries = export::rows(input, 0, true);
    if input.starts_with(export::FRONT) {
        let passes = |row: &&Line| tape.has(&row.range());
        return entries
            .iter()
            .filter(passes)
            .map(|row| &input[row.range()])
            .collect();
    }
    let lines = tape
        .passed
        .iter()
        .flat_map(|range| input[range.clone()].split_inclusive(|b| *b == b'\n'));
    lines.collect()
}

/// Options under which what passes depends on verdicts alone.
pub fn timeless(first: First) -> Options {
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
pub fn filtered(rules: &Arc<RuleSet>, lines: &[String], first: First) -> (Vec<u8>, u64) {
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
pub struct Mixed {
    pub lines: Vec<Vec<u8>>,
    writers: Vec<Vec<String>>,
    envelope: Envelope,
    is_whole: bool,
}

impl std::fmt::Debug for Mixed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.envelope, Log(joined(&self.lines)))
    }
}

pub fn mixed() -> impl Strategy<Value = Mixed> {
    mixed_in(envelope())
}

/// The same as a logger's objects, one for each line of its threads.
fn logged() -> impl Strategy<Value = Vec<u8>> {
    mixed_in(Just(Envelope::Shipped)).prop_map(|mixed| {
        let lines = String::from_utf8_lossy(&joined(&mixed.lines)).into_owned();
        let lines = lines.replace(r#""log":{"offset":1}"#, r#""level":"WARN""#);
        lines.into_bytes()
    })
}

fn mixed_in(envelope: impl Strategy<Value = Envelope>) -> impl Strategy<Value = Mixed> {
    let writers = prop_oneof![1 => Just(1_usize), 2 => Just(2), 1 => Just(3)];
    let turns = vec((any::<prop::sample::Index>(), 1..6_usize), 400);
    let part = prop_oneof![4 => Just(usize::MAX), 1 => 5..60_usize];
    (envelope, writers, vec(log(1..8), 3), turns, part).prop_map(
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

    /// The same of objects that loggers write.
    #[test]
    fn logged_or_not_cuts_and_gears_do_not_show(log in logged(), options in options(), cuts in cuts()) {
        let options = Options { style: SummaryStyle::Text, ..options };
        let input = Log(log);
        let (whole, whole_ledger) = run(&stock().rules, options, &input.0, &Cuts::Never);
        check_fidelity(&whole)?;
        for gear in [Gear::Skim, Gear::Step] {
            let (tape, ledger) = run(&stock().rules, in_gear(options, gear), &input.0, &cuts);
            prop_assert_eq!(text(&tape.out), text(&whole.out), "{:?} {:?}", gear, input);
            prop_assert_eq!(&ledger, &whole_ledger);
        }
    }

    /// Ending and going on between any two reads changes neither the output nor the account.
    #[test]
    fn wrapped_restarts_do_not_show(mixed in mixed(), options in options(), cuts in cuts()) {
        let input = Log(joined(&mixed.lines));
        let (whole, whole_ledger) = run(&stock().rules, options, &input.0, &Cuts::Never);
        let mut restarted = Run::new(&stock().rules, options, &input.0);
        for position in cuts.positions(input.0.len()) {
            restarted.read_to(position);
            restarted.restart(&stock().rules, options);
        }
        let (tape, ledger) = restarted.finish();
        prop_assert_eq!(text(&tape.out), text(&whole.out), "{:?}", input);
        prop_assert_eq!(ledger, whole_ledger);
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
