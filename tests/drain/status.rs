//! What is told of files that are drained: by `--status`, and to who collects figures.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use crate::bench::{Bench, Lines, kill, until};
use crate::kit::mount::Mount;

fn bench() -> Bench {
    Bench::new(&std::env::temp_dir()).with(&["--writer", "append"])
}

fn ask(bench: &Bench, args: &[&str]) -> Output {
    let args = [&["--status"], args].concat();
    bench.drain(&args).output().expect("the program starts")
}

/// The figures that stand in a file, by name; of one drained file only.
fn figures(bench: &Bench) -> BTreeMap<String, u64> {
    let text = fs::read_to_string(bench.folder().join("figures.prom")).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let figure = |line: &str| {
        let (name, rest) = line.split_once("{file=\"").expect("a label");
        let (file, value) = rest.split_once("\"} ").expect("a value");
        assert_eq!(file, bench.source().to_str().expect("a name"));
        (name.to_owned(), value.parse().expect("a number"))
    };
    lines.map(figure).collect()
}

#[test]
fn the_status_says_how_far_it_is_and_what_was_given_back() {
    let bench = bench();
    let before = ask(&bench, &[]);
    assert_eq!(before.status.code(), Some(1), "nothing was drained yet");
    let lines = Lines::Numbered.write(0, 100_000);
    bench.append(&lines);
    bench.once();
    bench.append(b"one more\n");
    let done = ask(&bench, &["--stats=json"]);
    assert_eq!(done.status.code(), Some(0));
    let status: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let bytes = lines.len() as u64;
    assert_eq!(status["consumed"], bytes);
    assert_eq!(status["output_bytes"], bytes);
    assert_eq!(status["lag"], 9);
    assert_eq!(status["disk"], bench.disk());
    assert_eq!(status["conflict"], serde_json::Value::Null);
    assert!(status["given_back"].as_u64() >= Some(bytes - (3 << 19)));
    let said = String::from_utf8(ask(&bench, &[]).stdout).expect("text");
    assert!(said.ends_with("conflict: none\n"), "{said}");
}

#[test]
fn a_renamed_file_is_no_conflict_and_its_successor_waits() {
    let bench = bench();
    bench.append(&Lines::Numbered.write(0, 10));
    bench.once();
    bench.append(b"old\n");
    fs::rename(bench.source(), bench.folder().join("a.log.1")).expect("renamed");
    bench.append(b"new one\n");
    let done = ask(&bench, &["--stats=json"]);
    assert_eq!(done.status.code(), Some(0));
    let status: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(status["renamed"], true);
    assert_eq!(status["lag"], 12);
}

#[test]
fn figures_are_written_for_who_collects_them() {
    let bench = bench();
    let path = bench.folder().join("figures.prom");
    let args = ["--metrics", path.to_str().expect("a name")];
    let lines = Lines::Numbered.write(0, 100_000);
    bench.append(&lines);
    let child = bench.start(&args);
    until("the figures", || !figures(&bench).is_empty());
    assert_eq!(figures(&bench)["quell_drain_up"], 1);
    assert_eq!(figures(&bench)["quell_drain_conflict"], 0);
    let mode = fs::metadata(&path).expect("it is there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o644);
    until("it is drained", || bench.drained() == lines);
    kill(child);
    bench.once();
    // By one who only asks.
    assert_eq!(ask(&bench, &args).status.code(), Some(0));
    let asked = figures(&bench);
    assert_eq!(
        asked["quell_drain_consumed_bytes_total"],
        lines.len() as u64
    );
    assert_eq!(asked["quell_drain_waiting_bytes"], 0);
    assert_eq!(asked.get("quell_drain_up"), None);
    // In a conflict.
    fs::write(bench.source(), Lines::Identical.write(0, 200_000)).expect("room");
    let done = bench
        .drain(&args)
        .arg("--once")
        .output()
        .expect("it starts");
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(figures(&bench)["quell_drain_conflict"], 1);
    assert_eq!(figures(&bench)["quell_drain_up"], 0);
}

#[test]
fn figures_tell_of_a_full_disk_and_a_folder_that_takes_none_is_said() {
    let bench = bench();
    let Some(disk) = Mount::memory("size=64k") else {
        return;
    };
    bench.append(&Lines::Numbered.write(0, 10_000));
    let path = bench.folder().join("figures.prom");
    let mut command = bench.drain(&["--once", "--no-attic", "--state"]);
    command.arg(bench.folder()).arg("--metrics").arg(&path);
    // Its own output is on the small disk.
    let args: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let own = bench.target();
    let small = disk.path().join("quiet.log");
    let args = args.into_iter().map(|arg| {
        if arg == own {
            small.clone().into()
        } else {
            arg
        }
    });
    let mut full = std::process::Command::new(env!("CARGO_BIN_EXE_quell"));
    let done = full.args(args).output().expect("it starts");
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stderr).contains("takes no more"));
    assert_eq!(figures(&bench)["quell_drain_consumed_bytes_total"], 0);
    let nowhere = bench
        .drain(&["--once", "--metrics", "/nowhere/figures.prom"])
        .output();
    let nowhere = nowhere.expect("it starts");
    assert_eq!(nowhere.status.code(), Some(0), "draining goes on");
    let said = String::from_utf8_lossy(&nowhere.stderr).into_owned();
    assert!(
        said.contains("/nowhere: the folder cannot be opened"),
        "{said}"
    );
}
