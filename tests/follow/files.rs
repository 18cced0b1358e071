//! What happens to a file that is followed.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::kit::{House, Live, has, noise, plain, text_of};

pub fn append(path: &Path, text: impl AsRef<[u8]>) {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .expect("a file of the test");
    file.write_all(text.as_ref()).expect("room");
}

/// Follows `a.log` from its beginning, which holds one line.
fn follow(house: &House, more: &[&str]) -> Live {
    append(&house.path("a.log"), plain(1));
    let mut args = vec!["follow", "a.log", "--from-start"];
    args.extend(more);
    let live = house.live(args);
    live.out_has(&plain(1));
    live
}

/// Ends it, and gives what it has written and said.
fn end(live: Live) -> (String, String) {
    live.signal(Signal::TERM);
    let output = live.gone();
    assert_eq!(output.status.code(), Some(143));
    (text_of(output.stdout), text_of(output.stderr))
}

#[test]
fn lines_are_seen_as_they_are_written() {
    let house = House::new();
    let live = follow(&house, &[]);
    for second in 2..20 {
        append(&house.path("a.log"), plain(second));
        live.out_has(&plain(second));
    }
    let (out, said) = end(live);
    let all: String = (1..20).map(plain).collect();
    assert_eq!((out, said), (all, String::new()));
}

#[test]
fn noise_is_held_and_counted() {
    let house = House::new();
    let live = follow(&house, &[]);
    append(
        &house.path("a.log"),
        [noise(2), noise(3), noise(4), plain(5)].concat(),
    );
    live.out_has(&plain(5));
    let (out, _) = end(live);
    assert!(
        out.starts_with(&[plain(1), noise(2), plain(5)].concat()),
        "{out}"
    );
    assert!(out.contains("quell: 2x "), "{out}");
}

#[test]
fn it_begins_with_the_last_ten_lines_or_as_many_as_are_asked_for() {
    let house = House::new();
    house.write("a.log", (0..30).map(plain).collect::<String>());
    for (args, from) in [
        (&["follow", "a.log"][..], 20),
        (&["follow", "a.log", "-n", "3"], 27),
    ] {
        let live = house.live(args);
        live.out_has(&plain(29));
        let all: String = (from..30).map(plain).collect();
        assert_eq!(end(live).0, all);
    }
    let live = house.live(["follow", "a.log", "-n0"]);
    live.err_has(""); // It has begun when a line that is written now is seen.
    let mut second = 30;
    let out = loop {
        append(&house.path("a.log"), plain(second));
        let out = live.out(|_| true);
        if !out.is_empty() {
            break text_of(out);
        }
        second += 1;
        std::thread::yield_now();
    };
    assert!(!out.contains(&plain(29)), "{out}");
}

#[test]
fn a_line_that_is_written_in_two_halves_is_shown_whole() {
    let house = House::new();
    let live = follow(&house, &[]);
    let line = plain(2);
    append(&house.path("a.log"), &line[..20]);
    append(&house.path("a.log"), &line[20..]);
    live.out_has(&line);
    assert_eq!(end(live).0, plain(1) + &line);
}

#[test]
fn a_last_line_that_was_not_finished_is_written_when_it_ends() {
    let house = House::new();
    let live = follow(&house, &[]);
    append(&house.path("a.log"), plain(2) + "unfinish");
    live.out_has(&plain(2));
    assert_eq!(end(live).0, plain(1) + &plain(2) + "unfinish");
}

#[test]
fn renamed_and_created_the_old_file_is_read_to_its_end_and_then_the_new_one() {
    let house = House::new();
    let live = follow(&house, &[]);
    let mut writer = OpenOptions::new()
        .append(true)
        .open(house.path("a.log"))
        .expect("a file");
    fs::rename(house.path("a.log"), house.path("a.log.1")).expect("a rename");
    writer.write_all(plain(2).as_bytes()).expect("room");
    append(&house.path("a.log"), plain(3));
    live.out_has(&plain(3));
    // Who has not heard of the rotation yet writes on where he did.
    writer.write_all(plain(4).as_bytes()).expect("room");
    live.out_has(&plain(4));
    append(&house.path("a.log"), plain(5));
    live.out_has(&plain(5));
    let all: String = (1..6).map(plain).collect();
    assert_eq!(end(live), (all, String::new()));
}

#[test]
fn renamed_and_created_twice_between_two_looks_nothing_is_lost() {
    let house = House::new();
    let live = follow(&house, &[]);
    live.signal(Signal::STOP);
    append(&house.path("a.log"), plain(2));
    fs::rename(house.path("a.log"), house.path("a.log.1")).expect("a rename");
    append(&house.path("a.log"), plain(3));
    fs::rename(house.path("a.log.1"), house.path("a.log.2")).expect("a rename");
    fs::rename(house.path("a.log"), house.path("a.log.1")).expect("a rename");
    append(&house.path("a.log"), plain(4));
    live.signal(Signal::CONT);
    live.out_has(&plain(4));
    let all: String = (1..5).map(plain).collect();
    assert_eq!(end(live), (all, String::new()));
}

#[test]
fn an_unfinished_line_at_the_end_of_an_old_file_does_not_run_into_the_new_one() {
    let house = House::new();
    let live = follow(&house, &[]);
    append(&house.path("a.log"), "torn");
    fs::rename(house.path("a.log"), house.path("a.log.1")).expect("a rename");
    append(&house.path("a.log"), plain(3));
    live.out_has(&plain(3));
    assert_eq!(end(live).0, plain(1) + "torn\n" + &plain(3));
}

#[test]
fn a_file_that_is_cut_short_is_begun_anew_and_the_loss_is_said() {
    let house = House::new();
    let live = follow(&house, &[]);
    File::create(house.path("a.log")).expect("a truncation");
    live.err_has("it was cut short");
    append(&house.path("a.log"), plain(2));
    live.out_has(&plain(2));
    let (out, said) = end(live);
    assert_eq!(out, plain(1) + &plain(2));
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn cut_short_and_grown_beyond_the_place_between_two_looks_is_seen_by_its_text() {
    let house = House::new();
    let live = follow(&house, &[]);
    live.signal(Signal::STOP);
    house.write("a.log", (2..9).map(plain).collect::<String>());
    live.signal(Signal::CONT);
    live.out_has(&plain(8));
    let (out, said) = end(live);
    assert_eq!(out, (1..9).map(plain).collect::<String>());
    assert!(said.contains("cut short"), "{said}");
}

#[test]
fn what_was_not_read_before_a_cut_is_found_in_the_copy() {
    let house = House::new();
    let live = follow(&house, &[]);
    append(&house.path("a.log"), plain(2));
    live.out_has(&plain(2));
    live.signal(Signal::STOP);
    append(&house.path("a.log"), plain(3));
    fs::copy(house.path("a.log"), house.path("a.log.1")).expect("a copy");
    house.write("a.log", plain(4));
    live.signal(Signal::CONT);
    live.out_has(&plain(4));
    let (out, said) = end(live);
    assert_eq!(out, (1..5).map(plain).collect::<String>());
    assert!(said.contains("read from a.log.1"), "{said}");
}

#[test]
fn nuls_that_a_writer_with_a_position_leaves_are_passed_over_and_said_once() {
    let house = House::new();
    let live = follow(&house, &[]);
    let writer = OpenOptions::new()
        .write(true)
        .open(house.path("a.log"))
        .expect("a file");
    writer.set_len(0).expect("a truncation");
    writer
        .write_all_at(plain(2).as_bytes(), 100_000)
        .expect("room");
    live.out_has(&plain(2));
    let (out, said) = end(live);
    assert_eq!(out, plain(1) + &plain(2));
    assert!(said.contains("100000 NULs"), "{said}");
}

#[test]
fn a_file_that_an_editor_replaces_is_gone_on_with_where_its_text_goes_on() {
    let house = House::new();
    let live = follow(&house, &[]);
    let grown = plain(1) + &plain(2);
    house.write("fresh", &grown);
    fs::rename(house.path("fresh"), house.path("a.log")).expect("a rename");
    live.out_has(&plain(2));
    house.write("fresh", plain(3));
    fs::rename(house.path("fresh"), house.path("a.log")).expect("a rename");
    live.out_has(&plain(3));
    assert_eq!(end(live).0, grown + &plain(3));
}

#[test]
fn a_file_that_is_swapped_by_hard_links_is_followed_by_its_name() {
    let house = House::new();
    let live = follow(&house, &[]);
    house.write("other", plain(2));
    fs::remove_file(house.path("a.log")).expect("a removal");
    fs::hard_link(house.path("other"), house.path("a.log")).expect("a link");
    live.out_has(&plain(2));
    append(&house.path("other"), plain(3));
    live.out_has(&plain(3));
    assert_eq!(end(live).0, (1..4).map(plain).collect::<String>());
}

#[test]
fn an_inode_that_is_used_again_at_once_is_another_file() {
    let house = House::new();
    let live = follow(&house, &[]);
    for second in 2..12 {
        fs::remove_file(house.path("a.log")).expect("a removal");
        append(&house.path("a.log"), plain(second));
        live.out_has(&plain(second));
    }
    assert_eq!(end(live).0, (1..12).map(plain).collect::<String>());
}

#[test]
fn a_file_that_is_moved_away_and_back_goes_on_where_it_was() {
    let house = House::new();
    let live = follow(&house, &[]);
    fs::rename(house.path("a.log"), house.path("b.log")).expect("a rename");
    append(&house.path("a.log"), plain(2));
    live.out_has(&plain(2));
    fs::rename(house.path("b.log"), house.path("a.log")).expect("a rename");
    append(&house.path("a.log"), plain(3));
    live.out_has(&plain(3));
    assert_eq!(end(live).0, (1..4).map(plain).collect::<String>());
}

#[test]
fn a_time_that_is_set_back_hides_no_line() {
    let house = House::new();
    let live = follow(&house, &[]);
    append(&house.path("a.log"), plain(2));
    let touched = Command::new("touch")
        .args(["-d", "2001-01-01"])
        .arg(house.path("a.log"))
        .status();
    assert!(touched.is_ok_and(|status| status.success()));
    live.out_has(&plain(2));
    append(&house.path("a.log"), plain(3));
    live.out_has(&plain(3));
    assert_eq!(end(live).0, (1..4).map(plain).collect::<String>());
}

#[test]
fn a_file_that_is_looked_at_from_time_to_time_is_followed_like_any_other() {
    let house = House::new();
    let live = follow(&house, &["--poll=20ms"]);
    append(&house.path("a.log"), plain(2));
    live.out_has(&plain(2));
    fs::rename(house.path("a.log"), house.path("a.log.1")).expect("a rename");
    append(&house.path("a.log"), plain(3));
    live.out_has(&plain(3));
    File::create(house.path("a.log")).expect("a truncation");
    live.err_has("cut short");
    append(&house.path("a.log"), plain(4));
    live.out_has(&plain(4));
    assert_eq!(end(live).0, (1..5).map(plain).collect::<String>());
}

#[test]
fn more_hints_than_the_system_can_hold_cost_no_line() {
    let house = House::new();
    let live = follow(&house, &[]);
    live.signal(Signal::STOP);
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events");
    let limit: u32 = limit.expect("Linux").trim().parse().expect("a number");
    // Two files in turn, so that no hint is the same as the one before.
    let others = ["b.log", "c.log"].map(|name| File::create(house.path(name)).expect("a file"));
    for at in 0..limit / 2 + 100 {
        for mut other in &others {
            other.write_all(b"x").expect("room");
        }
        if at == limit / 4 {
            append(&house.path("a.log"), plain(2));
        }
    }
    fs::rename(house.path("a.log"), house.path("a.log.1")).expect("a rename");
    append(&house.path("a.log"), plain(3));
    live.signal(Signal::CONT);
    live.out_has(&plain(3));
    let (out, said) = end(live);
    assert_eq!(out, (1..4).map(plain).collect::<String>());
    assert!(has(said.as_bytes(), "more happened"), "{said}");
}
