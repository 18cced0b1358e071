//! What must be survived.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::bench::{Bench, Lines, kill, until};
use crate::kit::mount::Mount;

fn bench() -> Bench {
    Bench::new(&std::env::temp_dir()).with(&["--writer", "append"])
}

fn complaint(bench: &Bench) -> String {
    let done = bench
        .drain(&["--once"])
        .output()
        .expect("the program starts");
    assert_eq!(done.status.code(), Some(1));
    String::from_utf8(done.stderr).expect("text")
}

#[test]
fn two_drains_on_one_file_the_second_says_so_and_ends() {
    let bench = bench();
    bench.append(&Lines::Numbered.write(0, 10));
    let first = bench.start(&[]);
    until("the first has begun", || !bench.drained().is_empty());
    assert!(complaint(&bench).contains("another quell"));
    // With another output and another state as well.
    let mut second = bench.drain(&["--once"]);
    let other = bench.folder().join("other");
    fs::create_dir(&other).expect("a folder");
    second.arg("--state").arg(&other);
    let done = second.output().expect("the program starts");
    assert_eq!(done.status.code(), Some(1));
    kill(first);
}

#[test]
fn a_file_that_a_stranger_truncated_is_read_from_its_beginning_and_that_is_counted() {
    let bench = bench();
    bench.append(&Lines::Numbered.write(0, 1000));
    bench.once();
    File::create(bench.source()).expect("truncated");
    bench.append(&Lines::Numbered.write(1000, 1010));
    let done = bench
        .drain(&["--once"])
        .output()
        .expect("the program starts");
    assert!(String::from_utf8_lossy(&done.stderr).contains("truncated"));
    bench.assert_same(&Lines::Numbered.write(0, 1010));
}

#[test]
fn a_file_with_another_content_is_a_conflict_and_is_not_touched() {
    let bench = bench();
    bench.append(&Lines::Numbered.write(0, 1000));
    bench.once();
    let mut file = File::create(bench.source()).expect("truncated");
    let other = Lines::Identical.write(0, 3000);
    file.write_all(&other).expect("room");
    assert!(complaint(&bench).contains("nothing is touched"));
    assert_eq!(fs::read(bench.source()).expect("the source"), other);
    bench.assert_same(&Lines::Numbered.write(0, 1000));
    let status = bench
        .drain(&["--status"])
        .output()
        .expect("the program starts");
    assert_eq!(status.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&status.stdout).contains("something else"));
}

#[test]
fn an_output_that_somebody_changed_is_refused() {
    let bench = bench();
    bench.append(&Lines::Numbered.write(0, 1000));
    bench.once();
    fs::write(bench.target(), Lines::Identical.write(0, 1000)).expect("room");
    assert!(complaint(&bench).contains("somebody changed this output"));
}

#[test]
fn a_rotated_file_is_finished_before_its_successor_is_read() {
    let bench = bench();
    bench.append(&Lines::Numbered.write(0, 1000));
    let child = bench.start(&[]);
    until("the first lines are drained", || {
        !bench.drained().is_empty()
    });
    let mut old = File::options()
        .append(true)
        .open(bench.source())
        .expect("the source");
    fs::rename(bench.source(), bench.folder().join("a.log.1")).expect("renamed");
    bench.append(&Lines::Numbered.write(2000, 3000));
    old.write_all(&Lines::Numbered.write(1000, 2000))
        .expect("room");
    drop(old);
    let bytes = Lines::Numbered.write(0, 3000);
    until("both are drained", || bench.drained().len() >= bytes.len());
    kill(child);
    bench.once();
    bench.assert_same(&bytes);
}

#[test]
fn a_file_that_was_rotated_while_nobody_drained_it_is_found_and_finished() {
    let bench = bench();
    bench.append(&Lines::Numbered.write(0, 1000));
    bench.once();
    bench.append(&Lines::Numbered.write(1000, 2000));
    fs::rename(bench.source(), bench.folder().join("a.log.1")).expect("renamed");
    bench.append(&Lines::Numbered.write(2000, 3000));
    let child = bench.start(&[]);
    let bytes = Lines::Numbered.write(0, 3000);
    until("both are drained", || bench.drained().len() >= bytes.len());
    kill(child);
    bench.assert_same(&bytes);
}

#[test]
fn a_read_only_state_folder_is_said_at_once_and_nothing_is_consumed() {
    let bench = bench();
    bench.append(&Lines::Numbered.write(0, 1000));
    let mut command = bench.drain(&["--once", "--state", "/proc"]);
    let done = command.output().expect("the program starts");
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stderr).contains("cannot be opened"));
    bench.assert_same(b"");
}

#[test]
fn a_state_on_a_disk_that_is_read_only_is_said_and_nothing_is_consumed() {
    let bench = bench();
    let lines = Lines::Numbered.write(0, 1000);
    bench.append(&lines);
    let Some(disk) = Mount::memory("size=1m") else {
        return;
    };
    disk.remount("ro");
    let mut command = bench.drain(&["--once", "--state"]);
    let done = command.arg(disk.path()).output().expect("it starts");
    assert_eq!(done.status.code(), Some(1));
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("Read-only file system"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    bench.assert_same(b"");
    assert_eq!(fs::read(bench.source()).expect("the source"), lines);
}

#[test]
fn a_full_disk_stops_the_consuming_and_loses_nothing() {
    let bench = bench();
    let Some(disk) = Mount::memory("size=512k") else {
        return;
    };
    let target = disk.path().join("quiet.log");
    let lines = Lines::Numbered.write(0, 60_000);
    bench.append(&lines);
    let mut command = Command::new(env!("CARGO_BIN_EXE_quell"));
    command
        .arg("drain")
        .arg(bench.source())
        .arg("-o")
        .arg(&target);
    command
        .args(["--chunk", "1M", "--state"])
        .arg(bench.folder());
    command.env_clear().stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut complaint = String::new();
    let errors = child.stderr.take().expect("a pipe");
    BufReader::new(errors)
        .read_line(&mut complaint)
        .expect("a line");
    assert!(
        complaint.contains("the output takes no more"),
        "{complaint}"
    );
    assert_eq!(
        bench.disk() >> 20,
        lines.len() as u64 >> 20,
        "nothing is given back"
    );
    disk.remount("size=64m");
    until("the rest is drained", || {
        fs::read(&target).unwrap_or_default() == lines
    });
    kill(child);
}
