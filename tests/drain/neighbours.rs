//! What file systems refuse, and what others see of a file that is drained: rows 58, 59 and 62 to 65 of the list of faults.
//! Row 60, a kill in any step, is `kills.rs`; row 61, a loss of power, is `power.rs`.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};

use crate::bench::{Bench, Lines, kill, until};
use crate::kit::mount::Mount;

fn bench() -> Bench {
    Bench::new(&std::env::temp_dir())
}

fn length(bench: &Bench) -> u64 {
    fs::metadata(bench.source()).expect("the source").len()
}

/// A program of another process that has the source open as its output, and writes what it is given.
struct Writer(std::process::Child);

impl Writer {
    fn new(to: File) -> Writer {
        let child = Command::new("cat").stdin(Stdio::piped()).stdout(to).spawn();
        Writer(child.expect("cat is there"))
    }

    fn write(&mut self, bytes: &[u8]) {
        let stdin = self.0.stdin.as_mut().expect("a pipe");
        stdin.write_all(bytes).expect("it reads");
    }

    fn end(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().expect("it ends");
    }
}

/// Row 58.
#[test]
fn under_a_writer_with_a_position_the_file_keeps_its_length_and_no_line_is_lost() {
    let bench = bench();
    let mut writer = Writer::new(File::create(bench.source()).expect("the source"));
    let child = bench.start(&[]);
    let mut written = 0;
    for _ in 0..4 {
        writer.write(&Lines::Numbered.write(written, written + 20_000));
        written += 20_000;
        let lines = Lines::Numbered.write(0, written);
        until("it is drained", || bench.drained() == lines);
    }
    let bytes = Lines::Numbered.write(0, written).len() as u64;
    until("space is given back", || bench.disk() < 3 << 20);
    assert_eq!(length(&bench), bytes);
    writer.end();
    kill(child);
}

/// Row 58, too: all writers append, until one comes that does not.
#[test]
fn a_writer_with_a_position_that_turns_up_later_costs_no_line() {
    let bench = bench();
    let append = File::options().append(true).open(bench.source());
    let mut first = Writer::new(append.expect("the source"));
    let child = bench.start(&[]);
    let comes = |written: u64| {
        let lines = Lines::Numbered.write(0, written);
        until("it is drained", || bench.drained() == lines);
    };
    first.write(&Lines::Numbered.write(0, 60_000));
    comes(60_000);
    first.end();
    // Where the file ends now, as a program that has just looked.
    let mut at = File::options()
        .write(true)
        .open(bench.source())
        .expect("the source");
    std::io::Seek::seek(&mut at, std::io::SeekFrom::End(0)).expect("an end");
    let mut second = Writer::new(at);
    for turn in 3..6 {
        second.write(&Lines::Numbered.write(turn * 20_000, (turn + 1) * 20_000));
        comes((turn + 1) * 20_000);
    }
    second.end();
    kill(child);
}

/// Row 59.
#[test]
fn where_no_writer_is_seen_the_file_keeps_its_length() {
    let bench = bench();
    let lines = Lines::Numbered.write(0, 100_000);
    bench.append(&lines);
    bench.once();
    assert_eq!(length(&bench), lines.len() as u64);
    assert!(bench.disk() < 3 << 20);
    bench.assert_same(&lines);
}

/// Row 62: clusters larger than any cut that is tried first.
#[test]
fn a_cut_that_the_file_system_finds_too_small_is_made_larger() {
    let Some(disk) = Mount::made("ext4", &["-O", "bigalloc", "-C", "4194304"], "loop") else {
        return;
    };
    let bench = Bench::new(disk.path()).with(&["--writer", "append"]);
    let lines = Lines::Numbered.write(0, 400_000);
    let child = bench.start(&[]);
    for piece in lines.chunks(1 << 20) {
        bench.append(piece);
    }
    until("it is drained", || bench.drained().len() == lines.len());
    until("it is shorter", || length(&bench) <= 8 << 20);
    kill(child);
    bench.once();
    bench.assert_same(&lines);
}

/// Row 62: a file system that knows no holes.
#[test]
fn a_file_system_that_refuses_is_said_once_and_the_file_is_filtered_all_the_same() {
    let Some(disk) = Mount::of("ramfs") else {
        return;
    };
    let bench = Bench::new(disk.path());
    let lines = Lines::Numbered.write(0, 100_000);
    bench.append(&lines);
    let done = bench.once();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(
        said.matches("cannot be given back here").count(),
        1,
        "{said}"
    );
    bench.assert_same(&lines);
    assert_eq!(length(&bench), lines.len() as u64);
}

/// Row 62: `chattr +a`, as audit logs have it.
#[test]
fn a_file_that_may_only_be_appended_to_is_refused() {
    let bench = bench();
    bench.append(&Lines::Numbered.write(0, 10));
    let chattr = |what: &str| {
        let done = Command::new("chattr")
            .arg(what)
            .arg(bench.source())
            .output();
        done.is_ok_and(|done| done.status.success())
    };
    if !chattr("+a") {
        eprintln!("skipped: chattr is for root, on a file system that knows it");
        return;
    }
    let done = bench
        .drain(&["--once"])
        .output()
        .expect("the program starts");
    assert!(chattr("-a"));
    assert_eq!(done.status.code(), Some(1));
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("by who may write it"), "{said}");
    bench.assert_same(b"");
}

/// Row 63.
#[test]
fn a_program_that_reads_the_file_too_is_named() {
    let bench = bench();
    bench.append(&Lines::Numbered.write(0, 10));
    let mut tail = Command::new("tail");
    let tail = tail.args(["-n", "+1", "-f"]).arg(bench.source());
    let mut tail = tail.stdout(Stdio::piped()).spawn().expect("tail is there");
    let mut line = vec![0; Lines::Numbered.write(0, 1).len()];
    let out = tail.stdout.as_mut().expect("a pipe");
    out.read_exact(&mut line).expect("it reads the file");
    let done = bench.once();
    kill(tail);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("tail (process "), "{said}");
}

/// Row 64.
#[test]
fn a_hole_reads_as_nuls_and_takes_no_room() {
    let bench = bench().with(&["--collapse", "never"]);
    let lines = Lines::Numbered.write(0, 100_000);
    bench.append(&lines);
    bench.once();
    let left = fs::read(bench.source()).expect("the source");
    let nuls = left.iter().take_while(|byte| **byte == 0).count();
    assert!(nuls >= 2 << 20, "{nuls} NULs");
    assert!(left[nuls..] == lines[nuls..]);
    assert!(bench.disk() < 3 << 20);
}

/// Row 65.
#[test]
fn a_reflinked_copy_keeps_what_it_holds() {
    let Some(disk) = Mount::image("xfs") else {
        return;
    };
    let bench = Bench::new(disk.path()).with(&["--writer", "append", "--collapse", "always"]);
    let lines = Lines::Numbered.write(0, 100_000);
    bench.append(&lines);
    let copy = bench.folder().join("copy");
    let mut cp = Command::new("cp");
    let done = cp
        .arg("--reflink=always")
        .arg(bench.source())
        .arg(&copy)
        .status();
    if !done.is_ok_and(|status| status.success()) {
        eprintln!("skipped: this xfs shares nothing");
        return;
    }
    bench.once();
    bench.assert_same(&lines);
    assert!(length(&bench) < 3 << 20);
    assert!(fs::read(&copy).expect("the copy") == lines);
}

#[test]
fn a_hole_that_a_writer_leaves_behind_is_passed_over_and_from_then_on_the_file_keeps_its_length() {
    let bench = bench().with(&["--writer", "append"]);
    bench.append(&Lines::Numbered.write(0, 10));
    let file = File::options().write(true).open(bench.source());
    let file = file.expect("the source");
    let lines = Lines::Numbered.write(10, 60_000);
    file.write_all_at(&lines, 5 << 20).expect("room");
    let done = bench.once();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("a position of its own"), "{said}");
    bench.assert_same(&Lines::Numbered.write(0, 60_000));
    assert!(length(&bench) > 5 << 20);
}
