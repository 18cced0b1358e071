//! Many writers at full speed, of every kind.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::thread::JoinHandle;

use crate::bench::{Bench, grounds, kill, until};

/// How many lines each writer writes: more on demand.
fn lines() -> u64 {
    let asked = std::env::var("QUELL_LINES").ok();
    asked
        .and_then(|number| number.parse().ok())
        .unwrap_or(100_000)
}

/// How a writer writes.
#[derive(Clone, Copy)]
enum Manner {
    /// One line in one call.
    Lines,
    /// 64 KiB in one call.
    Batches,
    /// Lines torn over two calls; alone only.
    Torn,
    /// Opens the file anew every 1,000 lines.
    Reopening,
}

fn line(writer: u64, number: u64) -> Vec<u8> {
    format!("w{writer} {number:010} some text of a line\n").into_bytes()
}

fn write(path: &Path, writer: u64, manner: Manner) -> JoinHandle<()> {
    let path = path.to_owned();
    std::thread::spawn(move || {
        let open = || {
            File::options()
                .append(true)
                .open(&path)
                .expect("the source")
        };
        let mut file = open();
        let mut batch = Vec::new();
        for number in 0..lines() {
            let line = line(writer, number);
            match manner {
                Manner::Lines => file.write_all(&line),
                Manner::Torn => file
                    .write_all(&line[..7])
                    .and_then(|()| file.write_all(&line[7..])),
                Manner::Batches => {
                    batch.extend_from_slice(&line);
                    if batch.len() < 64 << 10 && number + 1 < lines() {
                        continue;
                    }
                    file.write_all(&std::mem::take(&mut batch))
                }
                Manner::Reopening => {
                    if number % 1000 == 0 {
                        file = open();
                    }
                    file.write_all(&line)
                }
            }
            .expect("room in the test's folder");
        }
    })
}

/// Each writer's lines are there once, whole and in order.
fn assert_whole(bench: &Bench, writers: u64) {
    let mut next: BTreeMap<u64, u64> = (0..writers).map(|writer| (writer, 0)).collect();
    for found in bench.drained().split_inclusive(|b| *b == b'\n') {
        let at = found.get(1).map_or(0, |digit| u64::from(digit - b'0'));
        let number = next.get_mut(&at).expect("a line of one of the writers");
        assert_eq!(
            String::from_utf8_lossy(found),
            String::from_utf8_lossy(&line(at, *number))
        );
        *number += 1;
    }
    assert!(next.values().all(|number| *number == lines()), "{next:?}");
}

fn drains_whole(ground: &Path, args: &[&str], writers: u64, manner: Manner) {
    let bench = Bench::new(ground).with(args);
    let child = bench.start(&[]);
    let threads: Vec<_> = (0..writers)
        .map(|writer| write(&bench.source(), writer, manner))
        .collect();
    for thread in threads {
        thread.join().expect("the writer ends");
    }
    let bytes = writers * lines() * line(0, 0).len() as u64;
    until("everything is drained", || {
        bench.drained().len() as u64 >= bytes
    });
    kill(child);
    bench.once();
    assert_whole(&bench, writers);
    assert!(
        bench.disk() <= 3 << 20,
        "{} bytes on the disk",
        bench.disk()
    );
}

#[test]
fn writers_that_append_lose_nothing_whatever_they_write_at_once() {
    for ground in grounds() {
        for (writers, manner) in [
            (1, Manner::Lines),
            (4, Manner::Lines),
            (4, Manner::Batches),
            (1, Manner::Torn),
            (2, Manner::Reopening),
        ] {
            drains_whole(&ground, &["--writer", "append"], writers, manner);
        }
    }
}

#[test]
fn holes_alone_lose_nothing_either() {
    for ground in grounds() {
        drains_whole(&ground, &["--collapse", "never"], 8, Manner::Lines);
    }
}

#[test]
fn a_writer_with_a_position_of_its_own_costs_no_line_even_when_it_was_vouched_for() {
    let bench = Bench::new(&std::env::temp_dir()).with(&["--writer", "append"]);
    let mut file = File::options()
        .write(true)
        .open(bench.source())
        .expect("the source");
    let child = bench.start(&[]);
    for number in 0..lines() {
        file.write_all(&line(0, number))
            .expect("room in the test's folder");
    }
    let bytes = lines() * line(0, 0).len() as u64;
    until("everything is drained", || {
        bench.drained().len() as u64 >= bytes
    });
    kill(child);
    bench.once();
    assert_whole(&bench, 1);
}
