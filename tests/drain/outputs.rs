//! The output is rotated, put away by others, and opened again: what all its files hold together is what was drained.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

use crate::bench::{Bench, Lines, kill, until};

const SIZED: [&str; 8] = [
    "--writer",
    "append",
    "--max-size",
    "300000",
    "--keep",
    "1000",
    "--compress",
    "none",
];

fn bench(args: &[&str]) -> Bench {
    Bench::new(&std::env::temp_dir()).with(args)
}

/// The outputs, oldest first.
fn outputs(bench: &Bench) -> Vec<PathBuf> {
    let name = bench.target();
    let name = name.file_name().expect("a name").to_string_lossy();
    let mut paths: Vec<PathBuf> = fs::read_dir(bench.folder())
        .expect("the test's folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            let other = path.file_name().expect("a name").to_string_lossy();
            other
                .strip_prefix(&*name)
                .is_some_and(|rest| rest.starts_with('.') && !rest.ends_with(".attic"))
        })
        .collect();
    paths.sort();
    paths.push(bench.target());
    paths
}

fn all_drained(bench: &Bench) -> Vec<u8> {
    let read = |path: &PathBuf| fs::read(path).unwrap_or_default();
    outputs(bench).iter().flat_map(read).collect()
}

fn signal(child: &std::process::Child, signal: Signal) {
    let pid = Pid::from_child(child);
    kill_process(pid, signal).expect("it runs");
}

#[test]
fn a_sized_output_is_rotated_at_its_size_and_holds_every_line_once() {
    let bench = bench(&SIZED);
    let lines = Lines::Numbered.write(0, 60_000);
    bench.append(&lines);
    bench.once();
    assert!(all_drained(&bench) == lines);
    let paths = outputs(&bench);
    assert!(paths.len() > 8, "{paths:?}");
    for path in paths {
        let bytes = fs::read(&path).expect("an output");
        assert!(bytes.len() <= 300_000 && bytes.ends_with(b"\n"));
    }
}

#[test]
fn kills_about_a_rotation_of_the_output_lose_and_repeat_nothing() {
    let bench = bench(&SIZED);
    let mut written = 0;
    for turn in 1..=12 {
        bench.append(&Lines::Numbered.write(written, written + 12_000));
        written += 12_000;
        let steps = ["out-half", "out-written", "out-synced", "committed"];
        let step = format!("{}:{turn}", steps[turn % steps.len()]);
        let child = bench.start(&["--once", "--stop-at", &step]);
        child.wait_with_output().expect("it ends");
    }
    bench.once();
    assert!(all_drained(&bench) == Lines::Numbered.write(0, written));
}

#[test]
fn an_output_that_was_put_away_is_opened_again_on_sighup() {
    let bench = bench(&["--writer", "append"]);
    bench.append(&Lines::Numbered.write(0, 1000));
    let child = bench.start(&[]);
    let lines = Lines::Numbered.write(0, 1000);
    until("the first lines", || bench.drained() == lines);
    let old = bench.folder().join("a.quiet.log.1");
    fs::rename(bench.target(), &old).expect("renamed");
    bench.append(&Lines::Numbered.write(1000, 2000));
    let lines = Lines::Numbered.write(0, 2000);
    until("more in the old one", || {
        fs::read(&old).is_ok_and(|read| read == lines)
    });
    signal(&child, Signal::HUP);
    until("a new one", || bench.target().exists());
    bench.append(&Lines::Numbered.write(2000, 3000));
    let lines = Lines::Numbered.write(2000, 3000);
    until("more in the new one", || bench.drained() == lines);
    kill(child);
    bench.once();
    assert_eq!(
        fs::read(&old).expect("the old one"),
        Lines::Numbered.write(0, 2000)
    );
    bench.assert_same(&lines);
}

#[test]
fn an_output_that_was_put_away_after_a_kill_loses_what_was_not_committed_of_it() {
    let bench = bench(&["--writer", "append"]);
    bench.append(&Lines::Numbered.write(0, 30_000));
    let child = bench.start(&["--stop-at", "out-written:2"]);
    child.wait_with_output().expect("it ends");
    assert!(!bench.drained().is_empty());
    let old = bench.folder().join("a.quiet.log.1");
    fs::rename(bench.target(), &old).expect("renamed");
    bench.once();
    let whole = [fs::read(&old).expect("the old one"), bench.drained()].concat();
    assert!(whole == Lines::Numbered.write(0, 30_000));
}

#[test]
fn a_service_manager_hears_of_each_turn() {
    let bench = bench(&["--writer", "append"]);
    let path = bench.folder().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager
        .set_read_timeout(Some(crate::kit::DEADLINE))
        .expect("a timeout");
    bench.append(&Lines::Numbered.write(0, 1000));
    let mut child = serve(&bench, &path);
    hears(&manager, "READY=1");
    hears(&manager, "STATUS=1 files: ");
    signal(&child, Signal::HUP);
    hears(&manager, "RELOADING=1");
    hears(&manager, "READY=1");
    signal(&child, Signal::TERM);
    hears(&manager, "STOPPING=1");
    child.wait().expect("it ends");
    bench.assert_same(&Lines::Numbered.write(0, 1000));
}

fn serve(bench: &Bench, socket: &Path) -> std::process::Child {
    let mut command = bench.drain(&[]);
    command.env("NOTIFY_SOCKET", socket);
    command.spawn().expect("the program starts")
}

/// Waits until the manager hears this.
fn hears(manager: &UnixDatagram, text: &str) {
    let mut message = [0; 4096];
    loop {
        let bytes = manager.recv(&mut message).expect("it is heard in time");
        if String::from_utf8_lossy(&message[..bytes]).contains(text) {
            return;
        }
    }
}
