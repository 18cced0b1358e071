//! What survives the program: how far reading has come, what was held back, and the output as it was committed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use super::files::append;
use super::outputs::file_has;
use crate::kit::{House, Live, Mount, has, noise, plain, text_of, wait_until};

/// The usual arguments, and more.
fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let usual = [
        "follow",
        "a.log",
        "--from-start",
        "-o",
        "out",
        "--state",
        "state",
    ];
    usual.into_iter().chain(more.iter().copied()).collect()
}

fn start(house: &House) -> Live {
    house.live(args(&[]))
}

fn kill(live: Live) {
    live.signal(Signal::KILL);
    // For who wants to know why a test has failed.
    eprint!("{}", text_of(live.gone().stderr));
}

fn end(live: Live) -> String {
    live.signal(Signal::TERM);
    text_of(live.gone().stderr)
}

/// Runs until this text is out, and is killed.
fn run_until(house: &House, text: &str) {
    let live = start(house);
    file_has(house, "out", text);
    kill(live);
}

/// Runs until this text is out and committed, and is killed.
fn commit(house: &House, text: &str) {
    let live = start(house);
    file_has(house, "out", text);
    let committed = fs::metadata(house.path("out")).expect("the output").len();
    wait_for_state(house, &format!("\"bytes\":{committed}"));
    kill(live);
}

fn wait_for_state(house: &House, text: &str) {
    let deadline = std::time::Instant::now() + crate::kit::DEADLINE;
    while !has(&house.read("state/follow"), text) {
        assert!(
            std::time::Instant::now() < deadline,
            "the state never held {text}"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

fn refused(house: &House, text: &str) -> Output {
    let output = house.run(args(&[]));
    let said = text_of(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(text), "{said}");
    output
}

#[test]
fn a_restart_goes_on_where_reading_stood() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    run_until(&house, &plain(1));
    append(&house.path("a.log"), plain(2));
    run_until(&house, &plain(2));
    let live = start(&house);
    append(&house.path("a.log"), plain(3));
    file_has(&house, "out", &plain(3));
    assert_eq!(end(live), "");
    let live = start(&house);
    append(&house.path("a.log"), plain(4));
    file_has(&house, "out", &plain(4));
    assert_eq!(end(live), "");
    assert_eq!(
        text_of(house.read("out")),
        (1..5).map(plain).collect::<String>()
    );
}

#[test]
fn what_was_held_back_before_a_kill_is_counted_after_it() {
    let house = House::new();
    append(
        &house.path("a.log"),
        [noise(1), noise(2), noise(3), plain(4)].concat(),
    );
    commit(&house, &plain(4));
    append(&house.path("a.log"), [noise(5), plain(6)].concat());
    let live = start(&house);
    file_has(&house, "out", &plain(6));
    end(live);
    let out = text_of(house.read("out"));
    assert!(
        out.starts_with(&[noise(1), plain(4), plain(6)].concat()),
        "{out}"
    );
    assert_eq!(out.matches("quell: 3x ").count(), 1, "{out}");
}

#[test]
fn a_kind_that_was_shown_before_a_restart_is_not_shown_again() {
    let house = House::new();
    append(&house.path("a.log"), noise(1) + &plain(2));
    let live = start(&house);
    file_has(&house, "out", &plain(2));
    end(live);
    append(&house.path("a.log"), noise(3) + &plain(4));
    let live = start(&house);
    file_has(&house, "out", &plain(4));
    end(live);
    let out = text_of(house.read("out"));
    assert!(
        out.starts_with(&[noise(1), plain(2), plain(4)].concat()),
        "{out}"
    );
}

#[test]
fn what_was_written_but_not_committed_is_taken_back_and_written_again() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    commit(&house, &plain(1));
    append(&house.path("out"), "half of a line that was never comm");
    append(&house.path("a.log"), plain(2));
    run_until(&house, &plain(2));
    assert_eq!(text_of(house.read("out")), plain(1) + &plain(2));
}

#[test]
fn an_output_that_is_shorter_than_was_committed_is_refused() {
    let house = House::new();
    append(&house.path("a.log"), plain(1) + &plain(2));
    commit(&house, &plain(2));
    house.write("out", plain(1));
    refused(&house, "so somebody has changed it");
    assert_eq!(text_of(house.read("out")), plain(1));
}

#[test]
fn an_output_with_foreign_text_where_ours_was_is_not_cut() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    commit(&house, &plain(1));
    let foreign = plain(7) + &plain(8);
    house.write("out", &foreign);
    refused(&house, "nothing in it is cut off");
    assert_eq!(text_of(house.read("out")), foreign);
}

#[test]
fn what_somebody_adds_after_an_orderly_end_stays() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    let live = start(&house);
    file_has(&house, "out", &plain(1));
    end(live);
    append(&house.path("out"), "a note\n");
    append(&house.path("a.log"), plain(2));
    let live = start(&house);
    live.err_has("somebody else has added 7 bytes");
    file_has(&house, "out", &plain(2));
    end(live);
    assert_eq!(
        text_of(house.read("out")),
        plain(1) + "a note\n" + &plain(2)
    );
}

#[test]
fn an_output_that_was_rotated_while_we_were_killed_is_taken_back_where_it_is() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    commit(&house, &plain(1));
    append(&house.path("out"), "half of a line that was never comm");
    fs::rename(house.path("out"), house.path("out.1")).expect("a rename");
    append(&house.path("a.log"), plain(2));
    run_until(&house, &plain(2));
    assert_eq!(text_of(house.read("out.1")), plain(1));
    assert_eq!(text_of(house.read("out")), plain(2));
}

#[test]
fn an_output_that_is_rotated_under_us_is_finished_and_the_new_one_gone_on_with() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    let live = start(&house);
    file_has(&house, "out", &plain(1));
    fs::rename(house.path("out"), house.path("out.1")).expect("a rename");
    append(&house.path("a.log"), plain(2));
    file_has(&house, "out.1", &plain(2));
    live.signal(Signal::HUP);
    wait_until(|| house.path("out").exists());
    append(&house.path("a.log"), plain(3));
    file_has(&house, "out", &plain(3));
    kill(live);
    append(&house.path("a.log"), plain(4));
    run_until(&house, &plain(4));
    assert_eq!(text_of(house.read("out.1")), plain(1) + &plain(2));
    assert_eq!(text_of(house.read("out")), plain(3) + &plain(4));
}

#[test]
fn a_rename_chain_while_we_were_down_is_read_from_its_old_end_to_its_new_one() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    commit(&house, &plain(1));
    append(&house.path("a.log"), plain(2));
    for second in 3..6 {
        rotate(&house);
        append(&house.path("a.log"), plain(second));
    }
    run_until(&house, &plain(5));
    assert_eq!(
        text_of(house.read("out")),
        (1..6).map(plain).collect::<String>()
    );
}

/// Shifts `a.log` and what was renamed before it by one.
fn rotate(house: &House) {
    for number in (1..9).rev() {
        let from = house.path(format!("a.log.{number}"));
        if from.exists() {
            fs::rename(from, house.path(format!("a.log.{}", number + 1))).expect("a rename");
        }
    }
    fs::rename(house.path("a.log"), house.path("a.log.1")).expect("a rename");
}

#[test]
fn files_that_were_rotated_and_compressed_while_we_were_down_are_read_from_where_reading_stood() {
    for (program, end) in [
        ("gzip", "gz"),
        ("xz", "xz"),
        ("bzip2", "bz2"),
        ("zstd", "zst"),
    ] {
        let house = House::new();
        append(
            &house.path("a.log"),
            (0..200).map(plain).collect::<String>(),
        );
        commit(&house, &plain(199));
        append(&house.path("a.log"), plain(200));
        for second in [201, 202] {
            rotate(&house);
            append(&house.path("a.log"), plain(second));
            if !compress(program, &house.path("a.log.1")) {
                eprintln!("{program} is not installed, it is left out");
                return;
            }
            let packed = house.path(format!("a.log.1.{end}"));
            if second == 201 {
                // What comes next must not take its place.
                fs::rename(packed, house.path(format!("a.log.2.{end}"))).expect("a rename");
            }
        }
        run_until(&house, &plain(202));
        let out = text_of(house.read("out"));
        let whole = (0..203).map(plain).collect::<String>();
        let missing = (0..203).find(|second| !out.contains(&plain(*second)));
        assert!(
            out == whole,
            "{program}: {missing:?} is missing, or something is there twice"
        );
    }
}

fn compress(program: &str, path: &Path) -> bool {
    let mut command = Command::new(program);
    if program == "zstd" {
        command.args(["-q", "--rm"]);
    }
    command
        .arg(path)
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn a_file_that_was_rotated_and_removed_while_we_were_down_is_said_to_be_lost() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    commit(&house, &plain(1));
    append(&house.path("a.log"), plain(2));
    fs::remove_file(house.path("a.log")).expect("a removal");
    append(&house.path("a.log"), plain(3));
    let live = start(&house);
    live.err_has("the file that was read before is gone");
    file_has(&house, "out", &plain(3));
    kill(live);
    assert_eq!(text_of(house.read("out")), plain(1) + &plain(3));
}

#[test]
fn a_file_that_was_cut_while_we_were_down_goes_on_in_its_copy() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    commit(&house, &plain(1));
    append(&house.path("a.log"), plain(2));
    fs::copy(house.path("a.log"), house.path("a.log.1")).expect("a copy");
    house.write("a.log", plain(3));
    run_until(&house, &plain(3));
    assert_eq!(
        text_of(house.read("out")),
        (1..4).map(plain).collect::<String>()
    );
}

#[test]
fn a_file_that_was_cut_while_we_were_down_goes_on_in_its_compressed_copy() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    commit(&house, &plain(1));
    append(&house.path("a.log"), plain(2));
    fs::copy(house.path("a.log"), house.path("a.log.1")).expect("a copy");
    assert!(compress("gzip", &house.path("a.log.1")));
    house.write("a.log", plain(3));
    run_until(&house, &plain(3));
    assert_eq!(
        text_of(house.read("out")),
        (1..4).map(plain).collect::<String>()
    );
}

#[test]
fn a_file_that_was_cut_and_renamed_while_we_were_down_is_read_from_its_beginning() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    commit(&house, &plain(1));
    house.write("a.log", plain(3) + &plain(4));
    rotate(&house);
    append(&house.path("a.log"), plain(5));
    let live = start(&house);
    live.err_has("it was cut short");
    file_has(&house, "out", &plain(5));
    end(live);
    assert_eq!(
        text_of(house.read("out")),
        [plain(1), plain(3), plain(4), plain(5)].concat()
    );
}

#[test]
fn the_account_goes_on_after_an_end_and_after_a_kill() {
    let house = House::new();
    let mut log = String::new();
    let mut counting = |from: u32, to: u32| {
        let more: String = (from..to).map(noise).chain([plain(to)]).collect();
        append(&house.path("a.log"), &more);
        log += &more;
        let live = house.live(args(&["--stats=json"]));
        file_has(&house, "out", &plain(to));
        (live, log.len())
    };
    let (live, _) = counting(1, 20);
    end(live);
    let (live, _) = counting(21, 40);
    let committed = fs::metadata(house.path("out")).expect("the output").len();
    wait_for_state(&house, &format!("\"bytes\":{committed}"));
    kill(live);
    let (live, bytes) = counting(41, 59);
    let account = end(live);
    let account: serde_json::Value = serde_json::from_str(&account).expect(&account);
    assert_eq!(account["input"]["bytes"], bytes, "{account}");
    let out = text_of(house.read("out"));
    let summaries = out.split(" quell: ").skip(1);
    let told = summaries.filter_map(|text| text.split_once('x')?.0.parse::<u64>().ok());
    let (told, suppressed) = (told.sum::<u64>(), &account["suppressed"]["records"]);
    assert!(told > 40 && *suppressed == told, "{told} {account} {out}");
}

#[test]
fn a_second_program_on_one_state_says_so_and_ends() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    let live = start(&house);
    file_has(&house, "out", &plain(1));
    refused(&house, "another quell works with this state");
    end(live);
}

#[test]
fn a_state_that_cannot_be_read_is_refused_and_nothing_begins_anew_silently() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    commit(&house, &plain(1));
    let whole = house.read("state/follow");
    for (bytes, text) in [
        (Vec::new(), "not a state of quell"),
        (b"x".repeat(8192), "not a state of quell"),
        (
            whole
                .iter()
                .map(|byte| byte ^ u8::from(*byte == b'"'))
                .collect(),
            "damaged",
        ),
    ] {
        house.write("state/follow", &bytes);
        refused(&house, text);
        assert_eq!(house.read("state/follow"), bytes);
    }
    assert_eq!(text_of(house.read("out")), plain(1));
}

#[test]
fn a_state_on_a_disk_that_cannot_be_written_is_refused_at_once() {
    let house = House::new();
    let disk = house.path("disk");
    let Some(_disk) = Mount::memory(&disk, "1m") else {
        return;
    };
    let remount = ["-o", "remount,ro"];
    let read_only = Command::new("mount").args(remount).arg(&disk).status();
    assert!(read_only.is_ok_and(|status| status.success()));
    append(&house.path("a.log"), plain(1));
    let output = house.run(["follow", "a.log", "-o", "out", "--state", "disk/state"]);
    let said = text_of(output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("disk/state") && said.contains("Read-only"),
        "{said}"
    );
}

#[test]
fn a_state_that_is_torn_in_one_half_goes_on_from_the_other() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    commit(&house, &plain(1));
    append(&house.path("a.log"), plain(2));
    commit(&house, &plain(2));
    for page in [0, 4096] {
        let mut torn = house.read("state/follow");
        torn[page + 70] ^= 1;
        house.write("state/follow", torn);
        append(&house.path("a.log"), plain(3));
        let live = start(&house);
        file_has(&house, "out", &plain(3));
        end(live);
        assert_eq!(
            text_of(house.read("out")).matches(&plain(2)).count(),
            1,
            "after a tear at {page}"
        );
    }
}

#[test]
fn a_state_for_other_files_changes_nothing_for_ours() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    commit(&house, &plain(1));
    append(&house.path("b.log"), plain(2));
    let mut command = house.quell([
        "follow",
        "b.log",
        "--from-start",
        "-o",
        "other",
        "--state",
        "state",
    ]);
    let live = Live::of(&mut command);
    assert_eq!(file_has(&house, "other", &plain(2)), plain(2));
    end(live);
}

#[test]
fn titles_are_not_written_twice_because_of_a_restart() {
    let house = House::new();
    let args = [
        "follow",
        "a.log",
        "b.log",
        "--from-start",
        "-o",
        "out",
        "--state",
        "state",
    ];
    append(&house.path("a.log"), plain(1));
    append(&house.path("b.log"), plain(2));
    let live = house.live(args);
    file_has(&house, "out", &plain(2));
    end(live);
    let before = text_of(house.read("out"));
    let last = if before.ends_with(&plain(2)) {
        "b.log"
    } else {
        "a.log"
    };
    append(&house.path(last), plain(3));
    let live = house.live(args);
    file_has(&house, "out", &plain(3));
    end(live);
    assert_eq!(text_of(house.read("out")), before + &plain(3));
}

/// Bytes of the output that are committed, by the state's slot that has more.
pub fn committed(house: &House) -> usize {
    let state = text_of(fs::read(house.path("state/follow")).unwrap_or_default());
    // Of each slot: the first number of bytes is that of the output.
    let slots = state.split("\"outputs\":").skip(1);
    let numbers = slots.filter_map(|slot| {
        let (_, rest) = slot.split_once("\"bytes\":")?;
        rest.split_once(',')?.0.parse().ok()
    });
    numbers.max().unwrap_or(0)
}

/// Runs over a log that grows, and is killed again and again at random moments: what comes out is what comes out of a
/// run that nobody disturbs. `QUELL_KILLS` says how often.
#[test]
fn kills_at_random_moments_do_not_show_in_the_output() {
    let kills = std::env::var("QUELL_KILLS").ok();
    let kills: u32 = kills.and_then(|kills| kills.parse().ok()).unwrap_or(60);
    let house = House::new();
    // Longer than all kills take: what a window's end by the clock on the wall writes depends on that clock.
    let quiet = ["--every", "12h", "--linger", "1h"];
    let mut dice: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut second = 0;
    let mut log = String::new();
    let mut write = |record: String| {
        // In a time to come, so that no window is over by the clock on the wall: its moment would show.
        let record = record.replace("2026-", "2096-");
        append(&house.path("a.log"), &record);
        log += &record;
        record
    };
    // Nobody can know of a file that was rotated before it was seen.
    commit(&house, &write(plain(0)));
    for round in 0..kills {
        let known = committed(&house);
        let live = house.live(args(&quiet));
        for _ in 0..6 {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            for _ in 0..dice % 40 {
                second += 1;
                write(if second % 3 == 0 {
                    noise(second)
                } else {
                    plain(second)
                });
            }
            thread::sleep(Duration::from_millis(dice >> 16 & 31));
        }
        if round % 7 == 3 {
            rotate(&house);
            write(plain(second));
            let oldest = house.path("a.log.8");
            if oldest.exists() {
                fs::remove_file(oldest).expect("a removal");
            }
        }
        if round % 5 == 4 {
            // So that not all work is done again each time, and is older than any file.
            wait_until(|| committed(&house) > known);
        }
        kill(live);
    }
    second += 1;
    let last = write(plain(second));
    let live = house.live(args(&quiet));
    file_has(&house, "out", &last);
    end(live);
    house.write("whole.log", log);
    let undisturbed = house.run(["whole.log", "--every", "12h", "--linger", "1h"]);
    let (out, expected) = (text_of(house.read("out")), text_of(undisturbed.stdout));
    let differs = out
        .lines()
        .zip(expected.lines())
        .find(|(own, other)| own != other);
    assert!(
        out == expected,
        "after {kills} kills the outputs differ, first in {differs:#?}"
    );
}
