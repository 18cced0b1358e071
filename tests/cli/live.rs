//! What stays open: pipes, signals, the clock.

use std::fs;
use std::process::Stdio;

use rustix::process::Signal;

use crate::kit::{House, Live, has, noise, noise_line, plain, text_of};

const RULE_OFF: &str = "version = 1\nprogram = \"shop\"\n";

#[test]
fn a_finished_line_is_seen_while_the_input_stays_open() {
    let house = House::new();
    let mut quell = house.live(["--linger", "1h"]);
    for second in 1..20 {
        quell.write(plain(second));
        quell.out_has(&plain(second));
    }
}

#[test]
fn noise_is_held_and_what_comes_behind_it_is_seen() {
    let house = House::new();
    let mut quell = house.live([""; 0]);
    quell.write([noise(1), noise(2), plain(3)].concat());
    let text = quell.out_has(&plain(3));
    assert_eq!(text, [noise(1), plain(3)].concat());
}

#[test]
fn a_suspect_last_record_comes_out_within_the_linger() {
    let house = House::new();
    let mut quell = house.live(["--linger", "50ms"]);
    quell.write(noise(1));
    assert_eq!(quell.out_has("23 more\n"), noise(1));
}

#[test]
fn lines_that_come_after_the_linger_follow_their_record() {
    let house = House::new();
    let mut quell = house.live(["--linger", "1ms"]);
    let record = noise(2);
    let cut = record.find("Caused by").expect("a cause");
    quell.write(noise(1));
    quell.out_has("23 more\n");
    quell.write(&record[..cut]);
    quell.write(&record[cut..]);
    quell.write(plain(3));
    let text = quell.out_has(&plain(3));
    assert!(
        !text.contains("exec-2") || text.contains(&record),
        "torn: {text}"
    );
}

#[test]
fn a_window_ends_by_the_clock_when_nothing_arrives() {
    let house = House::new();
    let mut quell = house.live(["--every", "1s"]);
    quell.write(noise_line(1).repeat(3));
    let text = quell.out_has("suppressed");
    assert!(text.contains("quell: 2x "), "{text}");
}

#[test]
fn signals_that_end_it_flush_the_summary_first() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let house = House::new();
        let mut quell = house.live([""; 0]);
        quell.write([noise(1), noise(2), plain(3)].concat());
        quell.out_has(&plain(3));
        quell.signal(signal);
        let output = quell.gone();
        let text = text_of(&output.stdout);
        assert!(text.contains("quell: 1x "), "{text}");
        assert_eq!(output.status.code(), Some(code));
        assert_eq!(output.stderr.len(), 0);
    }
}

#[test]
fn an_unfinished_line_is_written_out_when_a_signal_ends_it() {
    let house = House::new();
    let mut quell = house.live([""; 0]);
    quell.write(plain(1) + "unfinish");
    quell.out_has(&plain(1));
    quell.signal(Signal::TERM);
    assert_eq!(text_of(quell.gone().stdout), plain(1) + "unfinish");
}

#[test]
fn sigusr1_writes_a_summary_at_once() {
    let house = House::new();
    let mut quell = house.live([""; 0]);
    quell.write([noise_line(1), noise_line(2), noise_line(3), plain(4)].concat());
    quell.out_has(&plain(4));
    quell.signal(Signal::USR1);
    assert!(quell.out_has("suppressed").contains("quell: 2x "));
    quell.write(plain(5));
    quell.out_has(&plain(5));
    assert_eq!(text_of(quell.end().stdout).matches("suppressed").count(), 1);
}

#[test]
fn sighup_with_a_broken_rules_file_keeps_the_old_rules_and_says_so() {
    let house = House::new();
    house.write("own.toml", RULE_OFF);
    let mut quell = house.live(["--rules", "own.toml"]);
    quell.write(noise(1) + &plain(2));
    quell.out_has(&plain(2));
    house.write("own.toml", "version = \n");
    quell.signal(Signal::HUP);
    let said = quell.err_has("the old ones stay in force");
    assert!(said.contains("own.toml:1:"), "{said}");
    quell.write(noise(3) + &plain(4));
    let text = quell.out_has(&plain(4));
    assert_eq!(text, [noise(1), plain(2), plain(4)].concat());
}

#[test]
fn sighup_opens_the_output_again() {
    let house = House::new();
    let mut quell = house.live(["-o", "quiet.log"]);
    quell.write([noise(1), noise(2), plain(3)].concat());
    let filled = |name: &'static str, text: String| {
        move |house: &House| fs::read(house.path(name)).is_ok_and(|bytes| has(&bytes, &text))
    };
    wait_for(&house, filled("quiet.log", plain(3)));
    fs::rename(house.path("quiet.log"), house.path("quiet.log.1")).expect("a rotation");
    quell.signal(Signal::HUP);
    wait_for(&house, |house| house.path("quiet.log").exists());
    quell.write(plain(4));
    wait_for(&house, filled("quiet.log", plain(4)));
    let old = text_of(house.read("quiet.log.1"));
    assert!(
        old.contains("quell: 1x "),
        "the rotated file has its own summaries: {old}"
    );
    assert_eq!(text_of(house.read("quiet.log")), plain(4));
    assert_eq!(quell.end().status.code(), Some(0));
}

#[test]
fn a_reader_that_has_gone_ends_it_quietly() {
    let house = House::new();
    let mut command = house.quell(["--stats=json"]);
    let mut quell = Live::of(command.stdout(Stdio::piped()));
    drop(quell.child.stdout.take());
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut closed = Live::of(house.quell([""; 0]).stdout(writer));
    closed.write(plain(1));
    let output = closed.end();
    assert_eq!(
        (output.status.code(), text_of(output.stderr)),
        (Some(0), String::new())
    );
    quell.close_stdin();
    assert_eq!(quell.status().code(), Some(0));
}

#[test]
fn a_full_output_is_said_once_and_a_second_signal_ends_it() {
    let house = House::new();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("/dev/full");
    let mut quell = Live::of(house.quell([""; 0]).stdout(full));
    quell.write(plain(1));
    quell.err_has("the output takes no more");
    quell.signal(Signal::TERM);
    // A second wish, not an echo of the first: told apart by time alone, so it is repeated until it is understood.
    let deadline = std::time::Instant::now() + crate::kit::DEADLINE;
    while quell.child.try_wait().expect("our child").is_none() {
        assert!(std::time::Instant::now() < deadline, "it does not end");
        quell.signal(Signal::TERM);
        std::thread::yield_now();
    }
    let output = quell.gone();
    assert_eq!(output.status.code(), Some(143));
    assert_eq!(text_of(output.stderr).matches("takes no more").count(), 1);
}

/// Waits until something holds of the house.
fn wait_for(house: &House, met: impl Fn(&House) -> bool) {
    let deadline = std::time::Instant::now() + crate::kit::DEADLINE;
    while !met(house) {
        assert!(std::time::Instant::now() < deadline, "this never came true");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}
