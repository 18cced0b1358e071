//! The promises, as laws that are tried on made-up logs.
//!
//! The logs are the same in every run, so that a failure is the change's own. To look for new ones:
//! `PROPTEST_RNG_SEED=$RANDOM LAWS_TIMES=50 cargo test --release --test laws`.

#[path = "laws/carried.rs"]
mod carried;
mod common;
#[path = "laws/drive.rs"]
mod drive;
#[path = "laws/envelope.rs"]
mod envelope;
#[path = "laws/logs.rs"]
mod logs;
#[path = "laws/model.rs"]
mod model;
#[path = "laws/pressed.rs"]
mod pressed;
#[path = "laws/wrapped.rs"]
mod wrapped;

use std::sync::Arc;
use std::time::Duration;

use drive::{Cuts, Run, Tape, in_gear, run};
use logs::{Log, bare_log, log, outgrown, soup, stock, unbroken_log};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use quell::episode::mask::mask;
use quell::episode::summary::escape;
use quell::episode::{First, Settings, SummaryStyle};
use quell::limits::LINE_BYTES_MAX;
use quell::line::Stamp;
use quell::pipeline::{Gear, Ledger, Options};
use quell::record::fence;
use quell::rule::RuleSet;

/// So many logs for one law, `LAWS_TIMES` as many if the environment says so.
fn cases(cases: u32) -> ProptestConfig {
    let times = std::env::var("LAWS_TIMES").ok();
    let mut config = ProptestConfig {
        cases: cases * times.and_then(|times| times.parse().ok()).unwrap_or(1),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(17);
    }
    config
}

/// The usual options, with a full account.
fn usual() -> Options {
    Options {
        account: true,
        ..Options::default()
    }
}

/// All the ways in which repeats are counted and summaries are written.
fn options() -> impl Strategy<Value = Options> {
    let first = prop_oneof![3 => Just(First::Full), 1 => Just(First::Line), 1 => Just(First::None)];
    let every = prop_oneof![2 => Just(60), 1 => Just(1), 1 => Just(3600)];
    let forget = prop_oneof![2 => Just(86_400), 1 => Just(10)];
    let kinds_max = prop_oneof![3 => Just(4096), 1 => 1..4_usize];
    let style = prop_oneof![3 => Just(SummaryStyle::Text), 1 => Just(SummaryStyle::Json), 1 => Just(SummaryStyle::None)];
    (first, every, forget, kinds_max, style).prop_map(|(first, every, forget, kinds_max, style)| {
        Options {
            settings: Settings {
                every: Duration::from_secs(every),
                forget: Duration::from_secs(forget),
                first,
                kinds_max,
            },
            style,
            ..usual()
        }
    })
}

fn cuts() -> impl Strategy<Value = Cuts> {
    prop_oneof![
        Just(Cuts::Every(4096)),
        (17..700_usize).prop_map(Cuts::Every),
        vec(any::<u16>(), 1..12).prop_map(Cuts::At)
    ]
}

/// Fidelity, as far as it can be said without knowing what the rules take.
fn check_fidelity(tape: &Tape) -> Result<(), TestCaseError> {
    prop_assert_eq!(&tape.fault, &None);
    let summaries = tape.summaries.split(|byte| *byte == b'\n');
    for summary in summaries.filter(|summary| !summary.is_empty()) {
        let starts_a_line = tape
            .out
            .split(|byte| *byte == b'\n')
            .any(|line| line == summary);
        prop_assert!(
            starts_a_line,
            "this summary does not stand on a line of its own: {}",
            summary.escape_ascii()
        );
    }
    Ok(())
}

/// What came in is what passed and what was held back, and each record held back is in one summary.
fn check_account(
    log: &Log,
    options: Options,
    tape: &Tape,
    ledger: &Ledger,
) -> Result<(), TestCaseError> {
    let lines = log.0.iter().filter(|byte| **byte == b'\n').count() as u64;
    let (input, passed, suppressed) = (ledger.input, ledger.passed, ledger.suppressed);
    let passed_bytes: usize = tape.passed.iter().map(|range| range.len()).sum();
    prop_assert_eq!(input.bytes, log.0.len() as u64, "bytes in");
    prop_assert_eq!(passed.bytes, passed_bytes as u64, "bytes passed");
    let held: usize = tape.held.iter().map(|range| range.len()).sum();
    prop_assert_eq!(suppressed.bytes, held as u64, "bytes held back");
    prop_assert_eq!(
        passed.bytes + suppressed.bytes,
        input.bytes,
        "bytes passed and suppressed"
    );
    prop_assert_eq!(input.lines, lines, "lines in");
    prop_assert_eq!(
        passed.lines + suppressed.lines,
        input.lines,
        "lines passed and suppressed"
    );
    prop_assert_eq!(
        passed.records + suppressed.records,
        input.records,
        "records passed and suppressed"
    );
    let sum = |amounts: Vec<quell::pipeline::Amount>| {
        amounts
            .into_iter()
            .fold(quell::pipeline::Amount::default(), |mut sum, amount| {
                sum.add(amount);
                sum
            })
    };
    prop_assert_eq!(
        sum(ledger.by_rule.values().copied().collect()),
        suppressed,
        "by rule"
    );
    prop_assert_eq!(
        sum(ledger.by_tier.values().copied().collect()),
        suppressed,
        "by tier"
    );
    prop_assert_eq!(
        sum(ledger.by_cause.values().copied().collect()),
        suppressed,
        "by cause"
    );
    if options.style != SummaryStyle::None {
        let (records, lines) = tape.counts();
        prop_assert_eq!(records, suppressed.records, "records in summaries");
        // What is left out of a first record that is shown by its first line is in no summary: it is not a repeat.
        if options.settings.first != First::Line {
            prop_assert_eq!(lines, suppressed.lines, "lines in summaries");
        }
    }
    Ok(())
}

fn rules() -> &'static Arc<RuleSet> {
    &stock().rules
}

fn text(bytes: &[u8]) -> Log {
    Log(bytes.to_vec())
}

proptest! {
    #![proptest_config(cases(48))]

    /// With no rule in force, nothing changes.
    #[test]
    fn without_rules_nothing_changes(log in log(0..20), cuts in cuts(), step in any::<bool>()) {
        let gear = if step { Gear::Step } else { Gear::Skim };
        let (tape, ledger) = run(&stock().silent, in_gear(usual(), gear), &log.0, &cuts);
        prop_assert_eq!(text(&tape.out), log.clone());
        check_account(&log, usual(), &tape, &ledger)?;
    }

    /// What passes stands in order as it stood; a record passes whole or not at all; only what a rule takes is held
    /// back, and never the first of its kind.
    #[test]
    fn only_repeats_of_what_a_rule_takes_are_held_back(log in bare_log(1..24)) {
        let (tape, _) = run(rules(), usual(), &log.0, &Cuts::Never);
        check_fidelity(&tape)?;
        let mut after = 0;
        for entry in model::read(rules(), &log.0) {
            let passes = entry.lines.iter().all(|line| tape.has(line));
            let held = entry.lines.iter().all(|line| tape.lacks(line));
            let words = text(&log.0[entry.range.clone()]);
            prop_assert!(passes || held, "half of this record passed: {words:?}");
            prop_assert!(passes || entry.key.is_some(), "no rule takes this record: {words:?}");
            prop_assert!(passes || !entry.is_first, "this is the first of its kind: {words:?}");
            for line in &entry.lines {
                prop_assert!(tape.has(&(after..line.start)), "lines between or in the midst of records are lost");
                after = line.end;
            }
        }
        prop_assert!(tape.has(&(after..log.0.len())));
    }

    /// The account holds, whatever the options.
    #[test]
    fn the_account_holds(log in log(1..24), options in options(), cuts in cuts()) {
        let (tape, ledger) = run(rules(), options, &log.0, &cuts);
        check_fidelity(&tape)?;
        check_account(&log, options, &tape, &ledger)?;
    }

    /// However the input is cut into reads, the output is the same, and so is the account.
    #[test]
    fn cuts_do_not_show(log in log(1..20), options in options(), cuts in cuts()) {
        let (whole, whole_ledger) = run(rules(), options, &log.0, &Cuts::Never);
        let (cut, cut_ledger) = run(rules(), options, &log.0, &cuts);
        prop_assert_eq!(text(&cut.out), text(&whole.out));
        prop_assert_eq!(cut_ledger, whole_ledger);
    }

    /// The fast path is not seen in the output, nor in the account.
    #[test]
    fn gears_do_not_show(log in log(1..24), options in options(), cuts in cuts()) {
        let (skim, skim_ledger) = run(rules(), in_gear(options, Gear::Skim), &log.0, &cuts);
        let (step, step_ledger) = run(rules(), in_gear(options, Gear::Step), &log.0, &cuts);
        prop_assert_eq!(text(&skim.out), text(&step.out));
        prop_assert_eq!(skim_ledger, step_ledger);
    }

    /// Reading may start at a fence as well as at the start.
    #[test]
    fn a_fence_is_where_a_record_begins(log in log(1..24)) {
        let starts: Vec<usize> = model::read(&stock().silent, &log.0).iter().map(|entry| entry.range.start).collect();
        for (newline, _) in log.0.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            if newline + 1 < log.0.len() {
                let fence = fence::before(&log.0, newline + 1, 0);
                prop_assert!(starts.contains(&fence), "the fence {fence} before {} is amid a record", newline + 1);
            }
        }
    }

    /// A second run changes nothing.
    #[test]
    fn a_second_run_changes_nothing(log in unbroken_log(1..24), every in prop_oneof![Just(60), Just(1), Just(3600)]) {
        let settings = Settings { every: Duration::from_secs(every), ..Settings::default() };
        let options = Options { settings, ..usual() };
        let (once, _) = run(rules(), options, &log.0, &Cuts::Never);
        let (twice, _) = run(rules(), options, &once.out, &Cuts::Never);
        prop_assert_eq!(text(&twice.out), text(&once.out));
    }

    /// Judging early what is held loses and doubles nothing, whenever it happens; what stands away from it is dealt
    /// with as ever.
    #[test]
    fn an_early_release_loses_nothing(log in bare_log(1..20), options in options(), releases in vec(any::<prop::sample::Index>(), 1..6)) {
        let ends: Vec<usize> = log.0.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
        prop_assume!(!ends.is_empty());
        let mut at: Vec<usize> = releases.iter().map(|index| *index.get(&ends)).collect();
        at.sort_unstable();
        let mut run = Run::new(rules(), options, &log.0);
        for end in &at {
            run.read_to(*end);
            run.release();
        }
        let (tape, ledger) = run.finish();
        check_fidelity(&tape)?;
        check_account(&log, Options { style: SummaryStyle::None, ..options }, &tape, &ledger)?;
        if options.style != SummaryStyle::None {
            prop_assert_eq!(tape.counts().0, ledger.suppressed.records);
        }
        for entry in model::read(rules(), &log.0).iter().filter(|entry| entry.key.is_none()) {
            let torn = at.iter().any(|end| entry.reach.start < *end && *end < entry.reach.end);
            let passes = entry.lines.iter().all(|line| tape.has(line));
            prop_assert!(torn || passes, "no rule takes this record: {:?}", text(&log.0[entry.range.clone()]));
        }
    }

    /// Summaries may be asked for at any time: each record is still in one of them, and none stands within a line.
    #[test]
    fn summaries_on_demand_lose_nothing(
        log in prop_oneof![20 => log(1..20).boxed(), 1 => outgrown().boxed()],
        options in options(),
        shares in vec(any::<u16>(), 1..6),
    ) {
        let mut run = Run::new(rules(), options, &log.0);
        for position in Cuts::At(shares).positions(log.0.len()) {
            run.read_to(position);
            run.flush();
        }
        let (tape, ledger) = run.finish();
        check_fidelity(&tape)?;
        check_account(&log, options, &tape, &ledger)?;
    }

    /// A release between two records is not seen in the output.
    #[test]
    fn a_release_between_records_does_not_show(log in bare_log(1..20), options in options(), releases in vec(any::<prop::sample::Index>(), 1..6)) {
        let (whole, ledger) = run(rules(), options, &log.0, &Cuts::Never);
        let ends: Vec<usize> = model::read(rules(), &log.0).iter().map(|entry| entry.range.end).filter(|end| log.0[..*end].ends_with(b"\n")).collect();
        prop_assume!(!ends.is_empty());
        let mut at: Vec<usize> = releases.iter().map(|index| *index.get(&ends)).collect();
        at.sort_unstable();
        let mut run = Run::new(rules(), options, &log.0);
        for end in at {
            run.read_to(end);
            run.release();
        }
        let (tape, released_ledger) = run.finish();
        prop_assert_eq!(text(&tape.out), text(&whole.out));
        prop_assert_eq!(released_ledger, ledger);
    }
}

proptest! {
    #![proptest_config(cases(48))]

    /// Ending and going on between any two reads changes neither the output nor the account.
    #[test]
    fn restarts_do_not_show(log in log(1..20), options in options(), cuts in cuts()) {
        let (whole, whole_ledger) = run(rules(), options, &log.0, &Cuts::Never);
        let mut restarted = Run::new(rules(), options, &log.0);
        for position in cuts.positions(log.0.len()) {
            restarted.read_to(position);
            restarted.restart(rules(), options);
        }
        let (restarted, ledger) = restarted.finish();
        prop_assert_eq!(text(&restarted.out), text(&whole.out));
        prop_assert_eq!(ledger, whole_ledger);
    }
}

proptest! {
    #![proptest_config(cases(16))]

    /// One byte at a time.
    #[test]
    fn single_bytes_do_not_show(log in log(1..4), options in options(), bytes in 1..4_usize) {
        let (whole, whole_ledger) = run(rules(), options, &log.0, &Cuts::Never);
        let (cut, cut_ledger) = run(rules(), options, &log.0, &Cuts::Every(bytes));
        prop_assert_eq!(text(&cut.out), text(&whole.out));
        prop_assert_eq!(cut_ledger, whole_ledger);
    }
}

proptest! {
    #![proptest_config(cases(256))]

    /// No bytes stop the reading, the judging or the writing.
    #[test]
    fn no_bytes_stop_it(log in soup(), clock in any::<i64>(), at in any::<prop::sample::Index>()) {
        model::read(rules(), &log.0);
        for line in log.0.split(|byte| *byte == b'\n') {
            let stamps = [Stamp::find(line), Stamp::at(line, at.index(line.len() + 2))];
            for stamp in stamps.into_iter().flatten() {
                prop_assert!(stamp.range.end <= line.len());
                let mut out = Vec::new();
                stamp.layout.write(stamp.resolve(clock), &mut out);
                stamp.layout.write(clock, &mut out);
                stamp.layout.write_time(clock, &mut out);
            }
            let shown = escape(line);
            prop_assert!(!shown.chars().any(char::is_control), "{shown:?}");
            mask(line, &mut Vec::new());
        }
        let (tape, ledger) = run(rules(), usual(), &log.0, &Cuts::Every(7));
        check_account(&log, usual(), &tape, &ledger)?;
    }
}

proptest! {
    #![proptest_config(cases(6))]

    /// What is beyond a bound passes, and neither cuts nor gears show.
    #[test]
    fn bounds_do_not_show(log in outgrown(), shares in vec(any::<u16>(), 1..4)) {
        let (whole, whole_ledger) = run(rules(), usual(), &log.0, &Cuts::Never);
        check_fidelity(&whole)?;
        check_account(&log, usual(), &whole, &whole_ledger)?;
        for (gear, cuts) in [(Gear::Step, Cuts::Never), (Gear::Skim, Cuts::At(shares))] {
            let (tape, ledger) = run(rules(), in_gear(usual(), gear), &log.0, &cuts);
            prop_assert!(tape.out == whole.out, "{gear:?} with {cuts:?} gives another output");
            check_account(&log, usual(), &tape, &ledger)?;
            // How many records were looked at is not compared: of a line beyond its bound a cut may hide the anchor.
            prop_assert_eq!(&ledger.by_rule, &whole_ledger.by_rule);
        }
    }
}

/// A line beyond its bound leaves before its end is there; a summary that is asked for meanwhile waits for that end.
#[test]
fn a_summary_waits_for_the_end_of_a_line() {
    let record = "WARNING asyncio: socket.send() raised exception.\n";
    let log = format!(
        "{record}{record}{}\nend\n",
        "x".repeat(LINE_BYTES_MAX + 100)
    )
    .into_bytes();
    let mut run = Run::new(rules(), usual(), &log);
    run.read_to(log.len() - 20);
    run.flush();
    let (tape, ledger) = run.finish();
    assert_eq!((ledger.suppressed.records, tape.counts().0), (1, 1));
    assert_eq!(tape.fault, None);
}

/// A stamp of the day before is no sign that a kind was silent for a day.
#[test]
fn a_late_stamp_makes_no_kind_new() {
    let record =
        |time: &str| format!("{time},000 WARNING asyncio: socket.send() raised exception.\n");
    let times = [
        "2026-11-22 10:00:00",
        "2026-11-21 09:00:00",
        "2026-11-22 10:02:00",
    ];
    let log: String = times.iter().map(|time| record(time)).collect();
    let (once, ledger) = run(rules(), usual(), log.as_bytes(), &Cuts::Never);
    assert_eq!(ledger.suppressed.records, 2);
    let (twice, _) = run(rules(), usual(), &once.out, &Cuts::Never);
    assert_eq!(text(&twice.out), text(&once.out));
}

/// The time of the lines before a line beyond its bound is read, even if that line leaves before its end is there.
#[test]
fn a_line_that_leaves_early_hides_no_time() {
    let log = format!(
        "2026-11-22 10:00:00,000 INFO start\n{}\n2026-11-22 12:30:00,000 WARNING asyncio: socket.send() raised exception.\n",
        "x".repeat(LINE_BYTES_MAX + 100),
    );
    let settings = Settings {
        first: First::None,
        ..Settings::default()
    };
    let options = Options {
        settings,
        ..usual()
    };
    let (whole, _) = run(rules(), options, log.as_bytes(), &Cuts::Never);
    let (cut, _) = run(
        rules(),
        options,
        log.as_bytes(),
        &Cuts::Every(LINE_BYTES_MAX + 90),
    );
    assert_eq!(cut.summaries, whole.summaries);
    assert!(cut.out == whole.out, "the cut shows");
}
