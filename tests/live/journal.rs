//! The journal, as files that the journal's own tool makes.

use std::fmt::Write as _;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::kit::{House, Live, has, noise, plain, text_of, wait_until};

/// Where the tool is that makes journals of entries.
const REMOTE: [&str; 2] = [
    "/usr/lib/systemd/systemd-journal-remote",
    "/lib/systemd/systemd-journal-remote",
];

/// Appends the lines of a text to the journal, each an entry of a unit; not possible where the tool is not installed.
fn journalise(house: &House, unit: &str, from: u32, text: &str) -> bool {
    journalise_since(NOW, house, unit, from, text)
}

/// Seconds since 1970 from which entries are counted, and those of a time to come, where no window is over by the clock on the
/// wall.
const NOW: u64 = 1_795_341_600;
const LATER: u64 = 3_995_000_000;

/// The same, the first entry at `since`.
fn journalise_since(since: u64, house: &House, unit: &str, from: u32, text: &str) -> bool {
    let Some(tool) = REMOTE.iter().find(|tool| std::fs::metadata(tool).is_ok()) else {
        eprintln!("systemd-journal-remote is not installed, this is left out");
        return false;
    };
    std::fs::create_dir_all(house.path("journals")).expect("a folder");
    let mut entries = String::new();
    for (number, line) in text.lines().enumerate() {
        let micros = (since + u64::from(from)) * 1_000_000 + number as u64;
        let _ = write!(
            entries,
            "__REALTIME_TIMESTAMP={micros}\n__MONOTONIC_TIMESTAMP={micros}\n\
             _BOOT_ID=4c9f0b7f3f2b4f0e8d1b6a5c3e2d1f00\n_SYSTEMD_UNIT={unit}.service\n_PID=78\n\
             SYSLOG_IDENTIFIER={unit}\nPRIORITY=6\nMESSAGE={line}\n\n"
        );
    }
    let mut remote = Command::new(tool)
        .arg("--output")
        .arg(house.path("journals/x.journal"))
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the tool starts");
    let mut stdin = remote.stdin.take().expect("a pipe");
    stdin.write_all(entries.as_bytes()).expect("it reads");
    drop(stdin);
    assert!(remote.wait().expect("our child").success());
    true
}

/// The arguments for that journal.
fn args<'a>(own: &[&'a str]) -> Vec<&'a str> {
    let file = ["--", "--directory=journals"];
    ["journal"]
        .iter()
        .chain(own)
        .chain(&file)
        .copied()
        .collect()
}

/// How many entries have this message.
fn count(bytes: &[u8], message: &str) -> usize {
    text_of(bytes)
        .lines()
        .filter(|line| *line == format!("MESSAGE={}", message.trim_end()))
        .count()
}

#[test]
fn records_of_many_entries_are_one_and_repeats_are_counted() {
    let house = House::new();
    let log: String = (1..5).map(noise).chain([plain(6)]).collect();
    if !journalise(&house, "tomcat10", 1, &log) {
        return;
    }
    let output = house.run(args(&[]));
    let said = text_of(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let (first, again) = (noise(1), noise(2));
    let head = |record: &str| record.lines().next().expect("a head").to_owned();
    assert_eq!(count(&output.stdout, &head(&first)), 1);
    assert_eq!(count(&output.stdout, &head(&again)), 0);
    assert_eq!(count(&output.stdout, &plain(6)), 1);
    assert!(
        has(&output.stdout, "quell: 3x "),
        "{}",
        text_of(&output.stdout)
    );
}

#[test]
fn only_the_units_that_are_named_are_read() {
    let house = House::new();
    if !journalise(&house, "one", 1, &plain(1)) {
        return;
    }
    journalise(&house, "two", 2, &plain(2));
    let output = house.run(args(&["-u", "two"]));
    assert_eq!(
        (
            count(&output.stdout, &plain(1)),
            count(&output.stdout, &plain(2))
        ),
        (0, 1)
    );
}

#[test]
fn a_restart_goes_on_behind_the_last_entry() {
    let house = House::new();
    if !journalise(&house, "one", 1, &plain(1)) {
        return;
    }
    let own = ["-o", "out", "--state", "state"];
    for second in 2..5 {
        let output = house.run(args(&own));
        assert_eq!(output.status.code(), Some(0), "{}", text_of(&output.stderr));
        journalise(&house, "one", second, &plain(second));
    }
    assert!(house.run(args(&own)).status.success());
    let out = house.read("out");
    for second in 1..5 {
        assert_eq!(
            count(&out, &plain(second)),
            1,
            "{second}: {}",
            text_of(&out)
        );
    }
}

#[test]
fn kills_neither_repeat_nor_skip_an_entry() {
    let house = House::new();
    if !journalise(
        &house,
        "one",
        1,
        &(plain(1) + &noise(2) + &noise(3) + &plain(4)),
    ) {
        return;
    }
    let own = args(&["-f", "-o", "out", "--state", "state", "--every", "60s"]);
    for second in 5..9 {
        let live = Live::of(&mut house.quell(&own));
        wait_until(|| {
            std::fs::read(house.path("out")).is_ok_and(|out| count(&out, &plain(second - 1)) == 1)
        });
        live.signal(Signal::KILL);
        live.gone();
        journalise(&house, "one", second, &plain(second));
    }
    let live = Live::of(&mut house.quell(&own));
    wait_until(|| count(&house.read("out"), &plain(8)) == 1);
    live.signal(Signal::TERM);
    assert_eq!(live.gone().status.code(), Some(143));
    let out = house.read("out");
    for second in [1, 4, 5, 6, 7, 8] {
        assert_eq!(
            count(&out, &plain(second)),
            1,
            "{second}: {}",
            text_of(&out)
        );
    }
    assert_eq!(
        text_of(&out).matches("quell: 1x ").count(),
        1,
        "{}",
        text_of(&out)
    );
}

/// Killed again and again at random moments while entries come: what comes out is what comes out of a run that nobody
/// disturbs. `QUELL_KILLS` says how often.
#[test]
fn kills_at_random_moments_do_not_show_in_the_entries() {
    let kills = std::env::var("QUELL_KILLS").ok();
    let kills: u32 = kills.and_then(|kills| kills.parse().ok()).unwrap_or(12);
    let house = House::new();
    let quiet = ["--every", "12h", "--linger", "1h"];
    let follows = ["-f", "-o", "out", "--state", "state"];
    let (goes_on, ends) = (
        [&follows[..], &quiet].concat(),
        [&follows[1..], &quiet].concat(),
    );
    let (mut dice, mut second): (u64, u32) = (0x9e37_79b9_7f4a_7c15, 1);
    for round in 0..kills {
        let live = (round > 0).then(|| Live::of(&mut house.quell(args(&goes_on))));
        for _ in 0..3 {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            let more = (0..1 + dice % 6).map(|at| match (at + dice) % 3 {
                0 => noise(second),
                _ => plain(second + at as u32),
            });
            let text: String = more.collect();
            if !journalise_since(LATER, &house, "one", second, &text) {
                return;
            }
            second += 1;
            thread::sleep(Duration::from_millis(dice >> 16 & 127));
        }
        if let Some(live) = live {
            live.signal(Signal::KILL);
            live.gone();
        }
    }
    assert!(house.run(args(&ends)).status.success());
    let undisturbed = house.run(args(&quiet));
    let (out, expected) = (text_of(house.read("out")), text_of(undisturbed.stdout));
    let differs = out
        .lines()
        .zip(expected.lines())
        .find(|(own, other)| own != other);
    assert!(
        out == expected,
        "after {kills} kills {} and {} bytes differ, first in {differs:#?}",
        out.len(),
        expected.len()
    );
}

#[test]
fn what_journalctl_complains_of_is_said_and_fails() {
    let house = House::new();
    let output = house.run(["journal", "--", "--file=none.journal"]);
    let said = text_of(&output.stderr);
    if said.contains("there is no such program") {
        return;
    }
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("No such file"), "{said}");
}
