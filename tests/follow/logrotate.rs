//! A fast writer under the real logrotate, at a rotation for each second's worth of lines: for five of them, or as many as
//! `QUELL_ROTATIONS` says.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::kit::{DEADLINE, House, Live, text_of, wait_until};

/// Lines that are written in a second.
const PACE: usize = 50_000;

/// What a line has before and behind its number.
const PARTS: (&str, &str) = ("2026-11-22 10:00:00.000 INFO  [main] order ", " is paid\n");

/// A writer of numbered lines, which opens its file again when it is told to, as a server does.
struct Writer {
    path: PathBuf,
    /// Is there when it is to open its file again.
    told: PathBuf,
    written: AtomicUsize,
    ends: AtomicBool,
}

impl Writer {
    fn open(&self) -> File {
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).open(&self.path);
        file.expect("a log")
    }

    fn run(&self) {
        let (mut file, begun) = (self.open(), Instant::now());
        while !self.ends.load(Ordering::Relaxed) {
            if fs::remove_file(&self.told).is_ok() {
                file = self.open();
            }
            let written = self.written.load(Ordering::Relaxed);
            let due = begun.elapsed().as_micros() as usize * PACE / 1_000_000;
            let text: String = (written..due.min(written + PACE / 100)).map(line).collect();
            if text.is_empty() {
                thread::sleep(Duration::from_millis(1));
                continue;
            }
            file.write_all(text.as_bytes()).expect("room");
            let lines = text.len() / line(0).len();
            self.written.store(written + lines, Ordering::Relaxed);
        }
    }
}

fn line(number: usize) -> String {
    format!("{}{number:08}{}", PARTS.0, PARTS.1)
}

/// The number of a line of ours.
fn number(line: &str) -> usize {
    let rest = line.strip_prefix(PARTS.0).unwrap_or_default();
    let number = rest.get(..8).filter(|_| rest.len() == 8 + PARTS.1.len());
    let number = number.and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("this is no line of ours: {line:?}"))
}

fn start(house: &House) -> Live {
    let args = "follow logs/a.log --from-start -o out --state state".split(' ');
    Live::of(house.quell(args).stdout(Stdio::null()))
}

/// What came of it.
struct Rotated {
    house: House,
    /// Lines that were written.
    written: usize,
    /// What quell has said.
    said: String,
}

/// Rotates under the writer, with these words in logrotate's recipe. Every `kills`th time, if ever, quell is killed meanwhile.
fn rotate(words: &str, kills: Option<usize>) -> Rotated {
    let house = House::new();
    fs::create_dir(house.path("logs")).expect("a folder");
    let (log, told) = (house.path("logs/a.log"), house.path("told"));
    let recipe = format!(
        "{} {{\n rotate 999\n missingok\n {words}\n postrotate\n touch {}\n endscript\n}}\n",
        log.display(),
        told.display()
    );
    let recipe = house.write("recipe", recipe);
    fs::set_permissions(&recipe, PermissionsExt::from_mode(0o644)).expect("our file");
    let writer = Writer {
        path: log,
        told,
        written: AtomicUsize::new(0),
        ends: AtomicBool::new(false),
    };
    let rotations = std::env::var("QUELL_ROTATIONS").ok();
    let rotations = rotations.and_then(|number| number.parse().ok());
    let (mut live, mut said) = (start(&house), String::new());
    thread::scope(|scope| {
        scope.spawn(|| writer.run());
        // Nobody can know of a file that was rotated before it was seen.
        wait_until(|| fs::metadata(house.path("out")).is_ok_and(|out| out.len() > 0));
        for turn in 1..=rotations.unwrap_or(5) {
            wait_until(|| writer.written.load(Ordering::Relaxed) >= turn * PACE);
            let mut logrotate = Command::new("logrotate");
            logrotate
                .args(["--force", "--state"])
                .arg(house.path("rotations"));
            let output = logrotate
                .arg(&recipe)
                .output()
                .expect("logrotate is installed");
            assert!(output.status.success(), "{}", text_of(output.stderr));
            if kills.is_some_and(|kills| turn % kills == 0) {
                live.signal(Signal::KILL);
                live.status();
                let killed = std::mem::replace(&mut live, start(&house));
                said += &text_of(killed.gone().stderr);
            }
        }
        writer.ends.store(true, Ordering::Relaxed);
    });
    let written = writer.written.load(Ordering::Relaxed);
    let last = line(written - 1);
    // Less than all of it, for it may be long.
    let ends = |text: &str| {
        let mut out = File::open(house.path("out")).expect("the output");
        let mut end = vec![0; text.len()];
        let from = SeekFrom::End(-i64::try_from(end.len()).expect("a line"));
        let read = out.seek(from).and_then(|_| out.read_exact(&mut end));
        read.is_ok() && end == text.as_bytes()
    };
    let deadline = Instant::now() + DEADLINE;
    while !ends(&last) {
        let said = || said.clone() + &live.err_has("");
        assert!(Instant::now() < deadline, "{last} never came: {}", said());
        thread::sleep(Duration::from_millis(5));
    }
    live.signal(Signal::TERM);
    said += &text_of(live.gone().stderr);
    Rotated {
        house,
        written,
        said,
    }
}

impl Rotated {
    /// Every line is there once, in its turn.
    fn is_whole(&self) {
        let out = text_of(self.house.read("out"));
        for (at, line) in out.split_inclusive('\n').enumerate() {
            assert_eq!(number(line), at, "{}", self.said);
        }
        assert_eq!(out.len(), self.written * line(0).len(), "{}", self.said);
        assert!(!self.said.contains("lost"), "{}", self.said);
    }
}

#[test]
fn under_logrotate_with_create_every_line_comes_once() {
    rotate("create\n nocompress", None).is_whole();
}

#[test]
fn under_logrotate_with_delaycompress_every_line_comes_once() {
    rotate("create\n compress\n delaycompress", None).is_whole();
}

#[test]
fn kills_under_logrotate_show_in_no_line() {
    rotate("create\n compress\n delaycompress", Some(2)).is_whole();
}

/// What is written between logrotate's copying and its cutting is lost to everybody; nothing else is as long as each cut is
/// seen before the next, nothing comes twice, and that something may be lost is said.
#[test]
fn under_logrotate_with_copytruncate_only_what_no_file_holds_is_lost() {
    let rotated = rotate("copytruncate\n nocompress", None);
    let out = text_of(rotated.house.read("out"));
    let came: Vec<usize> = out.split_inclusive('\n').map(number).collect();
    assert!(
        came.is_sorted_by(|one, other| one < other),
        "{}",
        rotated.said
    );
    let mut is_lost = vec![true; rotated.written];
    came.iter().for_each(|number| is_lost[*number] = false);
    let lost = is_lost.iter().filter(|lost| **lost).count();
    assert!(
        lost == 0 || rotated.said.contains("lost"),
        "{}",
        rotated.said
    );
    // Where two cuts come before it looks, it finds no copy that goes on where it stood, and says that lines are lost.
    if !rotated
        .said
        .lines()
        .all(|line| line.contains("not read yet is read from"))
    {
        return;
    }
    for file in fs::read_dir(rotated.house.path("logs")).expect("a folder") {
        let path = file.expect("an entry").path();
        let kept = text_of(fs::read(&path).expect("a log"));
        let found = kept
            .split_inclusive('\n')
            .map(number)
            .find(|number| is_lost[*number]);
        assert_eq!(
            found,
            None,
            "of {lost} lost {} holds one: {}",
            path.display(),
            rotated.said
        );
    }
}
