//! Where the lines of many files go.

use std::fs;
use std::process::Stdio;

use rustix::process::Signal;

use super::files::append;
use crate::kit::{DEADLINE, House, Live, has, noise, plain, text_of};

/// Waits until a file holds `text`, and gives all of it.
pub fn file_has(house: &House, name: &str, text: &str) -> String {
    let deadline = std::time::Instant::now() + DEADLINE;
    loop {
        let bytes = fs::read(house.path(name)).unwrap_or_default();
        if has(&bytes, text) {
            return text_of(bytes);
        }
        assert!(
            std::time::Instant::now() < deadline,
            "{name} never held {text}: {}",
            text_of(bytes)
        );
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[test]
fn several_files_on_one_output_have_titles() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    append(&house.path("b.log"), plain(2));
    let live = house.live(["follow", "a.log", "b.log"]);
    live.out_has(&plain(2));
    append(&house.path("b.log"), plain(3));
    live.out_has(&plain(3));
    append(&house.path("a.log"), plain(4));
    live.out_has(&plain(4));
    live.signal(Signal::TERM);
    let parts = [
        "==> a.log <==\n",
        &plain(1),
        "\n==> b.log <==\n",
        &plain(2),
        &plain(3),
        "\n==> a.log <==\n",
        &plain(4),
    ];
    assert_eq!(text_of(live.gone().stdout), parts.concat());
}

#[test]
fn each_file_has_an_output_of_its_own() {
    let house = House::new();
    for folder in ["logs", "logs/one", "logs/two", "out"] {
        fs::create_dir(house.path(folder)).expect("a folder");
    }
    append(&house.path("logs/one/a.log"), plain(1));
    append(&house.path("logs/two/a.log"), noise(2));
    let live = house.live(["follow", "logs/*/a.log", "--out-dir", "out"]);
    file_has(&house, "out/one/a.log", &plain(1));
    append(&house.path("logs/two/a.log"), [noise(3), plain(4)].concat());
    let two = file_has(&house, "out/two/a.log", &plain(4));
    assert_eq!(two, noise(2) + &plain(4));
    live.signal(Signal::TERM);
    live.gone();
    assert!(text_of(house.read("out/two/a.log")).contains("quell: 1x "));
    assert_eq!(text_of(house.read("out/one/a.log")), plain(1));
}

#[test]
fn two_files_of_one_name_do_not_share_an_output() {
    let house = House::new();
    for folder in ["one", "two", "out"] {
        fs::create_dir(house.path(folder)).expect("a folder");
    }
    append(&house.path("one/a.log"), plain(1));
    append(&house.path("two/a.log"), plain(2));
    let live = house.live(["follow", "one/a.log", "two/a.log", "--out-dir", "out"]);
    live.err_has("two/a.log: another followed file has the same name");
    assert_eq!(file_has(&house, "out/a.log", &plain(1)), plain(1));
}

#[test]
fn a_file_that_is_the_output_is_refused() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    let live = house.live(["follow", "a.log", "-o", "a.log"]);
    live.err_has("this file is also the output");
}

#[test]
fn a_reader_that_has_gone_ends_it_although_nothing_is_written() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    let mut command = house.quell(["follow", "a.log"]);
    let mut live = Live::of(command.stdout(Stdio::piped()));
    live.out_has(&plain(1));
    let mut command = house.quell(["follow", "a.log"]);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it is our child").code(), Some(0));
    live.signal(Signal::TERM);
    live.status();
}

#[test]
fn the_output_is_opened_again_when_it_was_rotated() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    let live = house.live(["follow", "a.log", "-o", "quiet.log"]);
    file_has(&house, "quiet.log", &plain(1));
    append(
        &house.path("a.log"),
        [noise(2), noise(3), plain(4)].concat(),
    );
    file_has(&house, "quiet.log", &plain(4));
    fs::rename(house.path("quiet.log"), house.path("quiet.log.1")).expect("a rename");
    live.signal(Signal::HUP);
    file_has(&house, "quiet.log.1", "quell: 1x ");
    append(&house.path("a.log"), plain(5));
    assert_eq!(file_has(&house, "quiet.log", &plain(5)), plain(5));
}

#[test]
fn an_output_is_kept_to_its_size() {
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    let args = [
        "follow",
        "a.log",
        "--from-start",
        "-o",
        "quiet.log",
        "--max-size",
        "4k",
        "--compress",
        "none",
    ];
    let live = house.live(args);
    for second in 2..200 {
        append(&house.path("a.log"), plain(second));
    }
    file_has(&house, "quiet.log", &plain(199));
    live.signal(Signal::TERM);
    live.gone();
    let mut parts: Vec<_> = fs::read_dir(house.path(""))
        .expect("a folder")
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("quiet.log"))
        .map(|entry| fs::read(entry.path()).expect("a file"))
        .collect();
    let sizes: Vec<usize> = parts.iter().map(Vec::len).collect();
    assert!(
        sizes.len() > 3 && sizes.iter().all(|size| *size <= 4096),
        "{sizes:?}"
    );
    parts.sort();
    assert_eq!(
        text_of(parts.concat()),
        (1..200).map(plain).collect::<String>()
    );
}
