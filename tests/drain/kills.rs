//! Killed at every step and at any moment: the output is what an uninterrupted run writes.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use crate::bench::{Bench, Lines, grounds, kill, traces};

const STEPS: [&str; 11] = [
    "out-half",
    "out-written",
    "source-synced",
    "out-synced",
    "committed",
    "punched",
    "punch-synced",
    "intent",
    "collapsed",
    "collapse-synced",
    "done",
];

/// The steps that come to pass where a file is not made shorter.
const STEPS_OF_PUNCHING: usize = 7;

/// How often a program is killed at random in each setting: more on demand.
fn kills() -> u32 {
    let asked = std::env::var("DRAIN_KILLS").ok();
    asked.and_then(|number| number.parse().ok()).unwrap_or(12)
}

#[test]
fn a_kill_at_any_step_loses_and_repeats_nothing() {
    // Without the pairs that say nothing new: each takes many seconds.
    for (turn, ground) in grounds().iter().enumerate() {
        for lines in [Lines::Numbered, Lines::Identical].into_iter().skip(turn) {
            let bench = Bench::new(ground).with(&["--writer", "append"]);
            let each = lines.per(3 << 19);
            let mut written = 0;
            let mut killed = 0;
            for step in STEPS {
                bench.append(&lines.write(written, written + each));
                written += each;
                let child = bench.start(&["--once", "--stop-at", step]);
                let done = child.wait_with_output().expect("it ends");
                killed += usize::from(!done.status.success());
            }
            bench.once();
            bench.assert_same(&lines.write(0, written));
            assert!(killed >= STEPS_OF_PUNCHING, "killed {killed} times");
            assert!(
                bench.disk() <= 4 << 20,
                "{} bytes on the disk",
                bench.disk()
            );
        }
    }
}

#[test]
fn kills_at_any_moment_under_a_writer_that_never_stops_lose_and_repeat_nothing() {
    let modes: [&[&str]; 2] = [&["--writer", "append"], &["--collapse", "never"]];
    for ground in grounds() {
        for (lines, mode) in Lines::ALL
            .into_iter()
            .flat_map(|lines| modes.map(|mode| (lines, mode)))
        {
            let bench = Bench::new(&ground).with(mode);
            let written = write_while(&bench, lines, |bench| {
                for turn in 0..kills() {
                    let child = bench.start(&[]);
                    wait_a_moment(turn);
                    kill(child);
                }
            });
            bench.once();
            bench.assert_same(&lines.write(0, written));
        }
    }
}

/// Windows of an hour, of the log's own time: none ends by the clock on the wall.
const HOURLY: [&str; 4] = ["--writer", "append", "--every", "1h"];

/// What a run that nobody interrupts makes of a log.
fn uninterrupted(log: &[Vec<u8>]) -> Vec<u8> {
    let bench = Bench::new(&std::env::temp_dir()).with(&HOURLY);
    log.iter().for_each(|piece| bench.append(piece));
    bench.once();
    let quiet = bench.drained();
    let summaries = quiet.split(|b| *b == b'\n').filter(|line| {
        let text = b" quell: ";
        line.windows(text.len()).any(|window| window == text)
    });
    assert!(summaries.count() > 3, "something is counted");
    quiet
}

#[test]
fn a_kill_at_any_step_costs_no_count_and_doubles_no_summary() {
    let log = traces(STEPS.len() as u64);
    let expected = uninterrupted(&log);
    let bench = Bench::new(&std::env::temp_dir()).with(&HOURLY);
    for (piece, step) in log.iter().zip(STEPS) {
        bench.append(piece);
        let child = bench.start(&["--stop-at", step]);
        let done = child.wait_with_output().expect("it ends");
        assert!(!done.status.success(), "it was killed at {step}");
    }
    bench.once();
    bench.assert_same(&expected);
}

#[test]
fn kills_at_any_moment_cost_no_count_and_double_no_summary() {
    let log = traces(u64::from(kills()));
    let expected = uninterrupted(&log);
    let bench = Bench::new(&std::env::temp_dir()).with(&HOURLY);
    for (turn, piece) in (0..).zip(&log) {
        let child = bench.start(&[]);
        bench.append(piece);
        wait_a_moment(turn);
        kill(child);
    }
    bench.once();
    bench.assert_same(&expected);
}

/// So long that each kill comes at another moment.
fn wait_a_moment(turn: u32) {
    let moment = Duration::from_micros(u64::from(turn) * 7919 % 60_000 + 500);
    let end = Instant::now() + moment;
    while Instant::now() < end {
        std::thread::yield_now();
    }
}

/// Appends lines as long as `meanwhile` lasts; says how many there are.
fn write_while(bench: &Bench, lines: Lines, meanwhile: impl FnOnce(&Bench)) -> u64 {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let mut file = File::options()
        .append(true)
        .open(bench.source())
        .expect("the source");
    let writer = std::thread::spawn(move || {
        let each = lines.per(32 << 10);
        let mut written = 0;
        loop {
            file.write_all(&lines.write(written, written + each))
                .expect("room in the test's folder");
            written += each;
            // Also the pause between two writes: about 16 MiB in a second.
            match stopped.recv_timeout(Duration::from_millis(2)) {
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
                _ => return written,
            }
        }
    });
    meanwhile(bench);
    drop(stop);
    writer.join().expect("the writer ends")
}
