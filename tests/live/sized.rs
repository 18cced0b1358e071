//! Outputs that are kept to their size.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::kit::{House, Live, Mount, noise_of, plain, text_of, wait_until};

const SIZE: u64 = 4096;

fn log(lines: u32) -> String {
    (0..lines).map(plain).collect()
}

/// What was put away of `quiet.log`, the oldest first, and `quiet.log` itself.
fn shelf(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    let away = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        let rest = name.and_then(|name| name.strip_prefix("quiet.log.2"));
        rest.is_some_and(|rest| ["Z", ".zst", ".gz"].iter().any(|end| rest.ends_with(end)))
    };
    paths.retain(away);
    paths.sort();
    paths.push(folder.join("quiet.log"));
    paths
}

fn unpacked(path: &Path) -> String {
    read(path).expect("a whole file of text")
}

fn read(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    let mut text = String::new();
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("zst") => zstd::Decoder::new(&*bytes).ok()?.read_to_string(&mut text),
        Some("gz") => flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text),
        _ => (&*bytes).read_to_string(&mut text),
    }
    .ok()?;
    Some(text)
}

fn together(folder: &Path) -> String {
    shelf(folder).iter().map(|path| unpacked(path)).collect()
}

#[test]
fn the_output_is_rotated_by_its_size_at_the_end_of_a_line() {
    for (how, ending) in [("none", 'Z'), ("zst", 't'), ("gz", 'z')] {
        let house = House::new();
        let input = log(1000);
        let args = [
            "-o",
            "quiet.log",
            "--max-size",
            "4k",
            "--keep",
            "1000",
            "--compress",
            how,
        ];
        let output = house.pipe(&input, args);
        assert_eq!(
            (output.status.code(), text_of(output.stderr)),
            (Some(0), String::new())
        );
        let shelf = shelf(&house.path(""));
        assert!(shelf.len() > 10, "{shelf:?}");
        for path in &shelf {
            let text = unpacked(path);
            assert!(
                text.len() as u64 <= SIZE && text.ends_with('\n'),
                "{path:?}"
            );
        }
        for path in &shelf[..shelf.len() - 1] {
            assert!(path.to_string_lossy().ends_with(ending), "{path:?}");
        }
        assert!(together(&house.path("")) == input, "{how}");
    }
}

#[test]
fn a_line_larger_than_the_output_is_written_whole() {
    let house = House::new();
    let long = "y".repeat(20_000) + "\n";
    let endless = "z".repeat(3_000_000) + "\n";
    let input = [log(50), long.clone(), log(50), endless.clone(), log(50)].concat();
    house.pipe(
        &input,
        ["-o", "quiet.log", "--max-size", "4k", "--keep", "1000"],
    );
    assert!(together(&house.path("")) == input);
    for line in [long, endless] {
        let paths = shelf(&house.path(""));
        let with = |path: &&PathBuf| unpacked(path).contains(&line);
        let path = paths.iter().find(with).expect("it is whole");
        assert!(
            unpacked(path).len() <= line.len() * 9 / 8,
            "it is nearly alone"
        );
    }
}

#[test]
fn each_rotated_file_has_the_summaries_of_what_was_held_back_for_it() {
    let house = House::new();
    let mut input = String::new();
    for second in 0..59 {
        input += &noise_of("Shop", second);
        input += &plain(second).repeat(5);
    }
    let args = [
        "-o",
        "quiet.log",
        "--max-size",
        "4k",
        "--keep",
        "1000",
        "--stats=json",
    ];
    let output = house.pipe(&input, args);
    let stats: serde_json::Value = serde_json::from_slice(&output.stderr).expect("JSON");
    let shelf = shelf(&house.path(""));
    let mut held = 0;
    for path in &shelf {
        let text = unpacked(path);
        let last = text.lines().last().expect("a line");
        let count = last
            .split("quell: ")
            .nth(1)
            .and_then(|rest| rest.split('x').next());
        held += count
            .and_then(|count| count.parse::<u64>().ok())
            .unwrap_or_else(|| panic!("{path:?} does not end with its summary: {last}"));
    }
    assert!(shelf.len() > 2);
    assert_eq!((held, &stats["suppressed"]["records"]), (58, &58.into()));
}

#[test]
fn no_more_is_kept_than_was_asked_for() {
    let house = House::new();
    let input = log(2000);
    let sized = ["-o", "quiet.log", "--max-size", "4k", "--compress", "none"];
    house.pipe(&input, [&sized[..], &["--keep", "3"]].concat());
    assert_eq!(shelf(&house.path("")).len(), 4);
    assert!(
        input.ends_with(&together(&house.path(""))),
        "the newest are kept"
    );
    let house = House::new();
    house.pipe(
        &input,
        [&sized[..], &["--keep", "1000", "--max-total", "20k"]].concat(),
    );
    let text = together(&house.path(""));
    assert!(
        text.len() <= 20 << 10 && text.len() > 12 << 10,
        "{}",
        text.len()
    );
    assert!(input.ends_with(&text));
}

#[test]
fn a_size_without_an_output_is_wrong_usage() {
    let house = House::new();
    for args in [
        &["--max-size", "4k"][..],
        &["-o", "quiet.log", "--keep", "3"],
        &["-o", "quiet.log", "--max-size", "1k"],
        &["-o", "quiet.log", "--max-size", "4 elephants"],
    ] {
        assert_eq!(house.run(args).status.code(), Some(2), "{args:?}");
    }
    let output = house.run(["-o", "/dev/null", "--max-size", "4k"]);
    assert!(text_of(output.stderr).contains("no regular file"));
}

/// Each round is killed at another moment. What it had read and not written is lost, and nothing else: each round's lines
/// are there from the first on, without a gap, once, and whole, except for the one that was being written.
#[test]
fn kills_at_any_moment_leave_no_gap_and_repeat_nothing() {
    const ROUNDS: u32 = 40;
    let house = House::new();
    let args = [
        "-o",
        "quiet.log",
        "--max-size",
        "16k",
        "--keep",
        "100000",
        "--compress",
        "zst",
    ];
    for round in 0..ROUNDS {
        let mut quell = house.live(args);
        let moment = round * round * 2;
        for line in 0..moment + 1 {
            quell.write(format!("round {round} line {line} {}\n", "x".repeat(80)));
        }
        let begun = format!("round {round} line 0 ");
        wait_until(|| {
            let shelf = shelf(&house.path(""));
            // Files come and go meanwhile.
            shelf
                .iter()
                .rev()
                .any(|path| read(path).is_some_and(|text| text.contains(&begun)))
        });
        quell.signal(Signal::KILL);
        quell.gone();
    }
    // On a busy machine one start may not be enough to compress all that was left.
    wait_until(|| {
        house.pipe("", args);
        let entries = fs::read_dir(house.path("")).expect("a folder");
        let mut names = entries.map(|entry| entry.expect("an entry").file_name());
        names.all(|name| name == "quiet.log" || name.as_encoded_bytes().ends_with(b".zst"))
    });
    let text = together(&house.path(""));
    let mut lines = text.lines();
    let mut next = lines.next();
    for round in 0..ROUNDS {
        let mut line = 0;
        let text = |line: u32| format!("round {round} line {line} {}", "x".repeat(80));
        while next == Some(&text(line)) {
            line += 1;
            next = lines.next();
        }
        assert!(line > 0, "round {round}: {next:?}");
        // The kernel may have stopped amid the last write.
        if next.is_some_and(|torn| text(line).starts_with(torn)) {
            next = lines.next();
        }
    }
    assert_eq!(next, None);
}

#[test]
fn a_second_writer_says_so_and_ends() {
    let house = House::new();
    let args = ["-o", "quiet.log", "--max-size", "4k"];
    let mut first = house.live(args);
    first.write(plain(1));
    wait_until(|| {
        fs::read(house.path("quiet.log")).is_ok_and(|bytes| bytes == plain(1).as_bytes())
    });
    let output = house.run(args);
    assert!(text_of(output.stderr).contains("another quell writes to it"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn logrotate_may_rotate_it_instead() {
    let house = House::new();
    let mut quell = house.live(["-o", "quiet.log", "--max-size", "1M"]);
    quell.write(plain(1));
    wait_until(|| fs::read(house.path("quiet.log")).is_ok_and(|bytes| !bytes.is_empty()));
    let rules = format!(
        "{} {{\n size 1\n rotate 3\n create\n postrotate\n kill -HUP {}\n endscript\n}}\n",
        house.path("quiet.log").display(),
        quell.child.id()
    );
    let rules = house.write("rules", rules);
    let state = house.path("state");
    let rotated = Command::new("logrotate")
        .arg("-s")
        .arg(state)
        .arg(rules)
        .output();
    let Ok(rotated) = rotated else {
        eprintln!("logrotate is not installed, skipped");
        return;
    };
    assert!(rotated.status.success(), "{}", text_of(rotated.stderr));
    assert_eq!(text_of(house.read("quiet.log.1")), plain(1));
    // Until the signal is answered, a line may still go to the old file; so one at a time until one does not.
    let mut second = 2;
    wait_until(|| {
        quell.write(plain(second));
        second += 1;
        !house.read("quiet.log").is_empty()
    });
    quell.end();
    let text = text_of(house.read("quiet.log.1")) + &text_of(house.read("quiet.log"));
    assert_eq!(text, (1..second).map(plain).collect::<String>());
}

#[test]
fn a_full_disk_is_waited_for_and_nothing_is_dropped() {
    let house = House::new();
    let disk = house.path("disk");
    let Some(_mount) = Mount::memory(&disk, "512k") else {
        return;
    };
    fs::write(disk.join("ballast"), vec![b'b'; 400 << 10]).expect("room");
    let input = log(5000);
    let args = [
        "-o",
        "disk/quiet.log",
        "--max-size",
        "64k",
        "--keep",
        "100",
        "--compress",
        "none",
    ];
    let mut quell = Live::of(&mut house.quell(args));
    quell.write(&input);
    quell.err_has("takes no more");
    fs::remove_file(disk.join("ballast")).expect("it is there");
    quell.err_has("nothing was lost");
    let output = quell.end();
    assert_eq!(output.status.code(), Some(0));
    assert!(together(&disk) == input);
}
