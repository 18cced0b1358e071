//! The power fails while a file is written and drained: simulated by a file system that is shut down without writing
//! out even its journal, then mounted again. Row 61 of the list of faults.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::bench::{Bench, Lines, kill};
use crate::kit::mount::Mount;

/// How often the power fails, unless `QUELL_LOSSES` says otherwise.
fn losses() -> u32 {
    let asked = std::env::var("QUELL_LOSSES").ok();
    asked.and_then(|number| number.parse().ok()).unwrap_or(6)
}

/// Shuts a file system down; nothing of what it holds in memory comes to the disk any more.
fn fail(place: &Path) -> bool {
    let mut shutdown = Command::new("xfs_io");
    let done = shutdown.args(["-x", "-c", "shutdown"]).arg(place).output();
    done.is_ok_and(|done| done.status.success())
}

/// The number of a line that is whole.
fn number(line: &[u8]) -> Option<u64> {
    let number = std::str::from_utf8(line.get(..12)?).ok()?.parse().ok()?;
    (line == Lines::Numbered.write(number, number + 1)).then_some(number)
}

fn numbers(text: &[u8]) -> Vec<u64> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    lines.filter_map(number).collect()
}

/// Writes from a number on until the disk is gone.
fn write_until(path: &Path, from: u64, failed: &AtomicBool) {
    let Ok(mut file) = File::options().append(true).open(path) else {
        return;
    };
    let mut written = from;
    while !failed.load(Ordering::Relaxed) {
        if file
            .write_all(&Lines::Numbered.write(written, written + 500))
            .is_err()
        {
            return;
        }
        written += 500;
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn survives_losses_of_power(kind: &str) {
    let Some(disk) = Mount::image(kind) else {
        return;
    };
    let bench = Bench::new(disk.path()).with(&["--writer", "append", "--collapse", "always"]);
    // Else the first loss may take the folder with it.
    Command::new("sync").status().expect("sync is there");
    let mut next = 0;
    let mut torn = 0;
    for turn in 0..losses() {
        let failed = AtomicBool::new(false);
        let child = bench.start(&[]);
        let is_cut = std::thread::scope(|scope| {
            scope.spawn(|| write_until(&bench.source(), next, &failed));
            // Not at the same moment each time.
            std::thread::sleep(Duration::from_millis(u64::from(turn) * 397 % 2500 + 100));
            let is_cut = fail(disk.path());
            failed.store(true, Ordering::Relaxed);
            is_cut
        });
        kill(child);
        if !is_cut {
            eprintln!("skipped: xfs_io is not there, or this file system cannot be shut down");
            return;
        }
        disk.again();
        // The writer has lost its last lines, and begins a new one behind what is left of them.
        let left = fs::read(bench.source()).unwrap_or_default();
        let last = numbers(&[bench.drained(), left].concat()).into_iter().max();
        bench.append(b"\n");
        bench.once();
        let drained = bench.drained();
        let found = numbers(&drained);
        assert_eq!(found, Vec::from_iter(0..found.len() as u64), "loss {turn}");
        assert_eq!(
            found.last().copied(),
            last,
            "what was on the disk is drained"
        );
        next = found.len() as u64;
        torn = drained.split(|byte| *byte == b'\n').count() - found.len();
    }
    eprintln!(
        "{kind}: power lost {} times, {next} lines, 0 lost, 0 doubled, {torn} other lines",
        losses()
    );
}

#[test]
fn a_loss_of_power_takes_no_line_that_was_on_the_disk_on_ext4() {
    survives_losses_of_power("ext4");
}

#[test]
fn a_loss_of_power_takes_no_line_that_was_on_the_disk_on_xfs() {
    survives_losses_of_power("xfs");
}

/// A machine that starts again may number its devices in another order.
#[test]
fn a_disk_that_comes_back_under_another_number_is_drained_on() {
    let Some(disk) = Mount::image("ext4") else {
        return;
    };
    let bench = Bench::new(disk.path()).with(&["--writer", "append", "--collapse", "always"]);
    let lines = 200_000;
    bench.append(&Lines::Numbered.write(0, lines));
    bench.once();
    disk.again_elsewhere();
    bench.append(&Lines::Numbered.write(lines, 2 * lines));
    bench.once();
    let found = numbers(&bench.drained());
    assert_eq!(found.len() as u64, 2 * lines);
    assert!(found.is_sorted(), "each line once, in its turn");
}
