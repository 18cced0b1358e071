//! Killed at every step and at any moment: the output is what an uninterrupted run writes.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use quell::system::reclaim::{Ground, Phase, Resolved, resolve};

use crate::bench::{Bench, Lines, grounds, kill, traces};
use crate::kit::mount::Mount;

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

/// How often a program is killed at random on each file system, unless `QUELL_KILLS` says otherwise.
fn kills() -> u32 {
    let asked = std::env::var("QUELL_KILLS").ok();
    asked.and_then(|number| number.parse().ok()).unwrap_or(60)
}

/// May the file become shorter?
const SHORTER: [&str; 4] = ["--writer", "append", "--collapse", "always"];
const HOLES: [&str; 2] = ["--collapse", "never"];

/// Killed once at each step. Says how often that was, since a step may not come to pass everywhere.
fn killed_at_steps(ground: &Path, lines: Lines, mode: &[&str]) -> usize {
    let bench = Bench::new(ground).with(mode);
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
    let disk = bench.disk();
    assert!(disk <= 4 << 20, "{disk} bytes on the disk");
    killed
}

/// Killed so many times at any moment, under a writer that never stops.
fn killed_at_random(ground: &Path, lines: Lines, mode: &[&str], kills: u32) {
    let bench = Bench::new(ground).with(mode);
    let written = write_while(&bench, lines, |bench| {
        for turn in 0..kills {
            let child = bench.start(&[]);
            wait_a_moment(turn);
            kill(child);
        }
    });
    bench.once();
    bench.assert_same(&lines.write(0, written));
}

/// Every content in every mode.
fn killed_in_every_way(ground: &Path) {
    let settings = Lines::ALL.map(|lines| [(lines, &SHORTER[..]), (lines, &HOLES[..])]);
    let settings = settings.as_flattened();
    for (lines, mode) in settings {
        killed_at_random(
            ground,
            *lines,
            mode,
            kills().div_ceil(settings.len() as u32),
        );
    }
}

#[test]
fn a_kill_at_any_step_loses_and_repeats_nothing() {
    // Without the pairs that say nothing new: each takes many seconds.
    for (turn, ground) in grounds().iter().enumerate() {
        for lines in [Lines::Numbered, Lines::Identical].into_iter().skip(turn) {
            let killed = killed_at_steps(ground, lines, &SHORTER);
            assert!(killed >= STEPS_OF_PUNCHING, "killed {killed} times");
        }
    }
}

#[test]
fn kills_at_any_moment_under_a_writer_that_never_stops_lose_and_repeat_nothing() {
    grounds()
        .iter()
        .for_each(|ground| killed_in_every_way(ground));
}

#[test]
fn on_ext4_kills_lose_and_repeat_nothing() {
    if let Some(disk) = Mount::image("ext4") {
        let killed = killed_at_steps(disk.path(), Lines::Identical, &SHORTER);
        assert_eq!(killed, STEPS.len());
        // Else that was done where temporary files are.
        let temporary = File::open(std::env::temp_dir()).and_then(Ground::of);
        if temporary.is_ok_and(|ground| ground != Ground::Ext) {
            killed_in_every_way(disk.path());
        }
    }
}

#[test]
fn on_xfs_kills_lose_and_repeat_nothing() {
    if let Some(disk) = Mount::image("xfs") {
        let killed = killed_at_steps(disk.path(), Lines::Identical, &SHORTER);
        assert_eq!(killed, STEPS.len());
        killed_in_every_way(disk.path());
    }
}

#[test]
fn on_btrfs_kills_lose_and_repeat_nothing() {
    if let Some(disk) = Mount::image("btrfs") {
        let killed = killed_at_steps(disk.path(), Lines::Identical, &SHORTER);
        assert!(killed >= STEPS_OF_PUNCHING, "killed {killed} times");
        killed_in_every_way(disk.path());
    }
}

/// Appends in turn with another file, so that the call has many pieces to move.
fn append_in_fragments(bench: &Bench, bytes: &[u8]) {
    let open = |path| File::options().append(true).create(true).open(path);
    let mut files =
        [bench.source(), bench.folder().join("other")].map(|path| open(path).expect("a file"));
    for piece in bytes.chunks(8 << 10) {
        for file in &mut files {
            file.write_all(piece).expect("room in the test's folder");
            file.sync_data().expect("a disk");
        }
    }
}

/// There the call is many transactions, and a kill in its midst leaves a gap of NULs in the file.
#[test]
fn on_xfs_a_kill_in_the_midst_of_a_collapse_loses_and_repeats_nothing() {
    let Some(disk) = Mount::image_with("xfs", "loop,allocsize=4096") else {
        return;
    };
    let bench = Bench::new(disk.path()).with(&SHORTER);
    let lines = Lines::Identical;
    let each = lines.per(3 << 19);
    let (mut written, mut amid, mut gaps) = (0, 0, 0);
    for turn in 0..kills() / 12 {
        append_in_fragments(&bench, &lines.write(written, written + each));
        written += each;
        let mut child = bench.start(&["--once"]);
        // As soon as the record says that the call may have begun, or a little later.
        while !bench.intends() && child.try_wait().expect("a child").is_none() {}
        (0..turn * 100).for_each(|_| std::hint::spin_loop());
        kill(child);
        let mark = bench.mark().expect("a record");
        let found = resolve(&mark, File::open(bench.source()).expect("the source"));
        let Ok(Resolved::Whole(mended)) = found else {
            panic!("{mark:?} becomes {found:?}");
        };
        amid += u32::from(mark.phase != Phase::Idle);
        gaps += u32::from(mended.gap.is_some());
    }
    eprintln!("{amid} kills while it was made shorter, {gaps} left a gap");
    bench.once();
    bench.assert_same(&lines.write(0, written));
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
    assert!(bench.restored(&bench.target()) == log.concat());
}

#[test]
fn kills_at_any_moment_cost_no_count_and_double_no_summary() {
    let log = traces(u64::from(kills() / 5).min(24));
    let expected = uninterrupted(&log);
    for ground in grounds() {
        let bench = Bench::new(&ground).with(&HOURLY);
        for (turn, piece) in (0..).zip(&log) {
            let child = bench.start(&[]);
            bench.append(piece);
            wait_a_moment(turn);
            kill(child);
        }
        bench.once();
        bench.assert_same(&expected);
        assert!(bench.restored(&bench.target()) == log.concat());
    }
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
        // Of empty lines fewer bytes: what costs time is lines.
        let each = lines.per(32 << 10).min(2 << 10);
        let mut written = 0;
        loop {
            file.write_all(&lines.write(written, written + each))
                .expect("room in the test's folder");
            written += each;
            // Also the pause between two writes: about 16 MiB in a second, or a million empty lines.
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
