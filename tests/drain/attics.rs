//! The output and its attic restore to exactly what the writer wrote. That kills cost nothing of it is asked in `kills.rs`.

use std::fs;
use std::path::PathBuf;

use rustix::process::{Pid, Signal, kill_process};

use crate::bench::{Bench, Lines, kill, traces, until};

fn bench(args: &[&str]) -> Bench {
    let bench = Bench::new(&std::env::temp_dir());
    bench
        .with(&["--writer", "append", "--every", "1h"])
        .with(args)
}

/// The outputs that were put away, oldest first, and the one that is written.
fn outputs(bench: &Bench) -> Vec<PathBuf> {
    let entries = fs::read_dir(bench.folder()).expect("the test's folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let is_output = |path: &PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy();
        name.starts_with("a.quiet.log.") && !name.ends_with(".attic")
    };
    let mut paths: Vec<PathBuf> = paths.filter(is_output).collect();
    paths.sort();
    paths.push(bench.target());
    paths
}

fn restored(bench: &Bench) -> Vec<u8> {
    let restored = |path: &PathBuf| bench.restored(path);
    outputs(bench).iter().flat_map(restored).collect()
}

#[test]
fn what_was_drained_in_one_run_is_restored() {
    let bench = bench(&[]);
    let log = traces(2).concat();
    bench.append(&log);
    bench.once();
    assert!(bench.drained().len() < log.len());
    assert!(bench.restored(&bench.target()) == log);
}

#[test]
fn what_was_drained_in_many_runs_behind_what_was_there_is_restored() {
    let bench = bench(&[]);
    fs::write(bench.target(), "an old line\n").expect("room");
    let mut log = b"an old line\n".to_vec();
    for piece in traces(4) {
        bench.append(&piece);
        bench.once();
        bench.append(&Lines::Identical.write(0, 10));
        bench.once();
        log.extend([piece, Lines::Identical.write(0, 10)].concat());
    }
    assert!(bench.restored(&bench.target()) == log);
}

#[test]
fn each_output_that_was_put_away_for_its_size_has_an_attic() {
    for compression in ["none", "zst"] {
        let sizes = ["--max-size", "1000000", "--compress", compression];
        let bench = bench(&sizes);
        let log = traces(3);
        for (turn, piece) in (1..).zip(&log) {
            bench.append(piece);
            let step = ["out-written:2", "out-synced:2", "committed:3"][turn % 3];
            let child = bench.start(&["--once", "--stop-at", step]);
            child.wait_with_output().expect("it ends");
        }
        bench.once();
        assert!(outputs(&bench).len() > 3);
        assert!(restored(&bench) == log.concat());
    }
}

#[test]
fn an_output_that_somebody_put_away_takes_its_attic_along() {
    let bench = bench(&[]);
    let log = traces(2);
    bench.append(&log[0]);
    let child = bench.start(&[]);
    let lines = Lines::Numbered.write(0, 1);
    let holds = |path: PathBuf, line: &[u8]| {
        let read = fs::read(path).unwrap_or_default();
        read.windows(line.len()).any(|window| window == line)
    };
    until("the first piece", || holds(bench.target(), &lines));
    fs::rename(bench.target(), bench.folder().join("a.quiet.log.1")).expect("renamed");
    kill_process(Pid::from_child(&child), Signal::HUP).expect("it runs");
    until("a new output", || bench.target().exists());
    bench.append(&log[1]);
    until("more in it", || !bench.drained().is_empty());
    kill(child);
    bench.once();
    assert!(restored(&bench) == log.concat());
}

#[test]
fn a_rotated_source_whose_last_line_is_torn_is_restored_whole() {
    let bench = bench(&[]);
    let log = traces(1).concat();
    bench.append(&log);
    bench.append(b"torn");
    bench.once();
    fs::rename(bench.source(), bench.folder().join("a.log.1")).expect("renamed");
    bench.append(&Lines::Numbered.write(7, 9));
    let child = bench.start(&[]);
    until("the new one", || {
        bench.drained().ends_with(&Lines::Numbered.write(8, 9))
    });
    kill(child);
    bench.once();
    let expected = [log, b"torn".to_vec(), Lines::Numbered.write(7, 9)].concat();
    assert!(bench.restored(&bench.target()) == expected);
    assert!(
        bench
            .drained()
            .windows(6)
            .any(|window| window == b"\ntorn\n")
    );
}

#[test]
fn a_lost_attic_is_said_and_another_one_begun() {
    let bench = bench(&[]);
    let log = traces(2);
    bench.append(&log[0]);
    bench.once();
    let attic = bench.folder().join("a.quiet.log.attic");
    fs::remove_file(&attic).expect("an attic");
    bench.append(&log[1]);
    let done = bench.once();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("the attic is gone"), "{said}");
    assert!(bench.restored(&bench.target()).ends_with(&log[1]));
}

#[test]
fn no_attic_is_kept_where_none_is_wanted() {
    let bench = bench(&["--no-attic"]);
    bench.append(&traces(1).concat());
    bench.once();
    assert!(!bench.folder().join("a.quiet.log.attic").exists());
}

#[test]
fn an_output_that_was_put_away_after_a_kill_fits_its_attic() {
    let bench = bench(&[]);
    let log = traces(2).concat();
    bench.append(&log);
    let child = bench.start(&["--once", "--stop-at", "out-synced:3"]);
    child.wait_with_output().expect("it ends");
    fs::rename(bench.target(), bench.folder().join("a.quiet.log.1")).expect("renamed");
    bench.once();
    assert!(restored(&bench) == log);
}
