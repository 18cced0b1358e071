//! The source is renamed, compressed, and written to by who did not notice: every line comes once.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command};

use crate::bench::{Bench, Lines, kill, until};

fn bench() -> Bench {
    Bench::new(&std::env::temp_dir()).with(&["--writer", "append"])
}

fn renamed(bench: &Bench, number: u32) -> PathBuf {
    bench.folder().join(format!("a.log.{number}"))
}

/// Renames the source, and those that were renamed before it.
fn rotate(bench: &Bench) {
    for number in (1..9).rev() {
        for end in ["", ".gz"] {
            let name = |number| format!("{}{end}", renamed(bench, number).display());
            if PathBuf::from(name(number)).exists() {
                fs::rename(name(number), name(number + 1)).expect("renamed");
            }
        }
    }
    fs::rename(bench.source(), renamed(bench, 1)).expect("renamed");
}

fn compress(bench: &Bench, number: u32) {
    let done = Command::new("gzip").arg(renamed(bench, number)).status();
    assert!(done.is_ok_and(|status| status.success()));
}

/// Appends lines `from..to` to what bears the name.
fn append(bench: &Bench, from: u64, to: u64) {
    bench.append(&Lines::Numbered.write(from, to));
}

fn drained(bench: &Bench, lines: u64) -> Child {
    let child = bench.start(&[]);
    comes(bench, lines);
    child
}

fn comes(bench: &Bench, lines: u64) {
    let bytes = Lines::Numbered.write(0, lines).len();
    // As long as there is more, it is under way: renamed files are waited for one after the other.
    let mut came = bench.drained().len();
    while came < bytes {
        until("more is drained", || bench.drained().len() > came);
        came = bench.drained().len();
    }
    bench.assert_same(&Lines::Numbered.write(0, lines));
}

#[test]
fn what_is_written_to_a_renamed_file_long_after_it_was_left_is_drained() {
    let bench = bench();
    append(&bench, 0, 1000);
    let mut late = File::options()
        .append(true)
        .open(bench.source())
        .expect("the source");
    let child = drained(&bench, 1000);
    rotate(&bench);
    append(&bench, 1000, 2000);
    comes(&bench, 2000);
    let mut next = 2000;
    for turn in 0..4 {
        let lines = Lines::Numbered.write(next, next + 10);
        // Torn, once: the other half comes later.
        let (front, back) = lines.split_at(if turn == 1 { 300 } else { 0 });
        late.write_all(front).expect("room");
        late.write_all(back).expect("room");
        comes(&bench, next + 10);
        append(&bench, next + 10, next + 20);
        comes(&bench, next + 20);
        next += 20;
    }
    kill(child);
    // Also while nobody drains.
    late.write_all(&Lines::Numbered.write(next, next + 10))
        .expect("room");
    bench.once();
    append(&bench, next + 10, next + 20);
    bench.once();
    bench.assert_same(&Lines::Numbered.write(0, next + 20));
}

#[test]
fn files_that_came_and_went_while_nobody_drained_are_drained_in_their_order() {
    for compressed in [
        [false, false, false],
        [true, true, true],
        [true, true, false],
    ] {
        let bench = bench();
        append(&bench, 0, 1000);
        bench.once();
        for turn in 1..=3 {
            append(&bench, turn * 1000, turn * 1000 + 500);
            rotate(&bench);
            append(&bench, turn * 1000 + 500, turn * 1000 + 1000);
        }
        for (number, compressed) in [3, 2, 1].into_iter().zip(compressed) {
            if compressed {
                compress(&bench, number);
            }
        }
        kill(drained(&bench, 4000));
        bench.once();
        bench.assert_same(&Lines::Numbered.write(0, 4000));
    }
}

#[test]
fn a_kill_amid_a_compressed_file_loses_and_repeats_nothing() {
    let bench = bench();
    append(&bench, 0, 30_000);
    bench.once();
    append(&bench, 30_000, 60_000);
    rotate(&bench);
    append(&bench, 60_000, 70_000);
    compress(&bench, 1);
    for step in ["out-half", "out-synced:3", "committed:2", "committed:3"] {
        let child = bench.start(&["--stop-at", step]);
        child.wait_with_output().expect("it ends");
        rotate(&bench);
        File::create(bench.source()).expect("a source");
    }
    append(&bench, 70_000, 80_000);
    kill(drained(&bench, 80_000));
}

#[test]
fn a_file_that_is_compressed_while_it_is_waited_for_is_not_drained_again() {
    let bench = bench();
    append(&bench, 0, 1000);
    let child = drained(&bench, 1000);
    rotate(&bench);
    append(&bench, 1000, 2000);
    compress(&bench, 1);
    comes(&bench, 2000);
    rotate(&bench);
    append(&bench, 2000, 3000);
    comes(&bench, 3000);
    kill(child);
    bench.once();
    bench.assert_same(&Lines::Numbered.write(0, 3000));
}

#[test]
fn a_damaged_compressed_file_is_said_and_its_successor_drained() {
    let bench = bench();
    append(&bench, 0, 1000);
    bench.once();
    append(&bench, 1000, 40_000);
    rotate(&bench);
    bench.append(b"the last line\n");
    compress(&bench, 1);
    let packed = bench.folder().join("a.log.1.gz");
    let bytes = fs::read(&packed).expect("a file");
    let half = bytes.len() / 2;
    let file = File::options().write(true).open(&packed).expect("a file");
    file.set_len(half as u64).expect("cut");
    let child = bench.start(&[]);
    until("the successor", || {
        bench.drained().ends_with(b"the last line\n")
    });
    let done = {
        let mut child = child;
        child.kill().expect("it runs");
        child.wait_with_output().expect("it ends")
    };
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("the end of the compressed file"), "{said}");
}

#[test]
fn a_file_that_is_gone_is_said() {
    let bench = bench();
    append(&bench, 0, 1000);
    bench.once();
    append(&bench, 1000, 1010);
    fs::remove_file(bench.source()).expect("removed");
    append(&bench, 2000, 3000);
    let done = bench.once();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("is gone"), "{said}");
    let lines = [(0, 1000), (2000, 3000)].map(|(from, to)| Lines::Numbered.write(from, to));
    bench.assert_same(&lines.concat());
}

/// From cron, without a look at the successor for ever after.
#[test]
fn a_rotated_file_does_not_keep_a_drain_that_runs_once_from_its_successor() {
    let bench = bench();
    append(&bench, 0, 1000);
    bench.once();
    append(&bench, 1000, 2000);
    let writer = File::options().append(true).open(bench.source());
    let writer = writer.expect("the source");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(90);
    writer.set_modified(long_ago).expect("a time");
    rotate(&bench);
    append(&bench, 2000, 3000);
    bench.once();
    bench.assert_same(&Lines::Numbered.write(0, 3000));
}
