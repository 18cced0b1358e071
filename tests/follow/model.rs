//! Random lists of what may happen to a followed file, run on the real program and on a model of it.
//!
//! There are 18 lists, six for each way in which the program hears of changes: 10,800 actions unless `QUELL_ACTIONS` says how many
//! each list has. `QUELL_SEED` takes other lists, `QUELL_LIST` only one of them.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::files::append;
use super::state::committed;
use crate::kit::{DEADLINE, House, Live, text_of, wait_until};

/// How the program hears of changes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hearing {
    Told,
    Polls,
    Overflows,
}

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    /// Lines are written at once.
    Append(usize),
    /// A line is written in two halves.
    Torn,
    /// The file is renamed, and those renamed before it are, too. Nobody makes a new one yet.
    Rename,
    /// A file is made, if there is none.
    Create,
    /// The file is cut to nothing.
    Truncate,
    /// The file is cut to nothing and has more bytes than before at once.
    Regrow,
    /// A copy with more lines takes its place.
    Replace,
    /// The file is removed and another made at once, most often with the same inode.
    Reuse,
    /// The file that was renamed first is compressed.
    Compress,
    /// The program is killed.
    Kill,
    /// More hints come than the system can hold.
    Flood,
    /// Everything that was written is waited for.
    Settle,
}

/// A source of numbers that is the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    fn action(&mut self, hearing: Hearing) -> Action {
        match self.roll(100) {
            0..40 => Action::Append(1 + self.roll(4)),
            40..46 => Action::Torn,
            46..58 => Action::Rename,
            58..70 => Action::Create,
            70..73 => Action::Truncate,
            73..75 => Action::Regrow,
            75..78 => Action::Replace,
            78..81 => Action::Reuse,
            81..86 => Action::Compress,
            86..88 => Action::Kill,
            88 if hearing == Hearing::Overflows => Action::Flood,
            88..90 => Action::Append(40),
            _ => Action::Settle,
        }
    }
}

/// A line of the model, and whether it may be missing.
#[derive(Clone, Debug)]
struct Line {
    text: String,
    may_be_lost: bool,
    /// It is nowhere but in the output, if there.
    is_gone: bool,
}

/// One file of the model.
#[derive(Debug, Default)]
struct File {
    /// Numbers of its lines.
    lines: Vec<usize>,
    /// How many of them the program has read for certain.
    read: usize,
    /// The program has had it open.
    is_seen: bool,
}

/// The model, and the program beside it.
struct World {
    house: House,
    hearing: Hearing,
    program: Option<Live>,
    /// All lines in the order in which they are to come out.
    lines: Vec<Line>,
    /// The file that bears the name, if there is one.
    file: Option<File>,
    renamed: usize,
    said: String,
    /// What was done so far, when, and how many lines there were then.
    done: Vec<(Duration, usize, Action)>,
    begun: Instant,
    /// The state as it was when the program was started again, and how often it was.
    left: Option<Vec<u8>>,
    kills: u32,
}

impl World {
    fn new(hearing: Hearing) -> World {
        World {
            house: House::new(),
            hearing,
            program: None,
            lines: Vec::new(),
            file: None,
            renamed: 0,
            said: String::new(),
            done: Vec::new(),
            begun: Instant::now(),
            left: None,
            kills: 0,
        }
    }

    fn path(&self) -> PathBuf {
        self.house.path("a.log")
    }

    fn start(&mut self) {
        self.left = fs::read(self.house.path("state/follow")).ok();
        let mut args = vec![
            "follow",
            "a.log",
            "--from-start",
            "-o",
            "out",
            "--state",
            "state",
        ];
        if self.hearing == Hearing::Polls {
            args.push("--poll=10ms");
        }
        let mut command = self.house.quell(args);
        self.program = Some(Live::of(command.stdout(Stdio::null())));
    }

    fn next_line(&mut self) -> String {
        let number = self.lines.len();
        let text = format!(
            "2026-11-22 10:00:00.000 INFO  [main] com.example.Shop : order number {number:07} is paid\n"
        );
        self.lines.push(Line {
            text: text.clone(),
            may_be_lost: false,
            is_gone: false,
        });
        if let Some(file) = &mut self.file {
            file.lines.push(number);
        }
        text
    }

    /// The lines of the file are gone, and so are those that may not have been read, if the program cannot read them
    /// any more.
    fn lose(&mut self, can_be_read: bool) {
        let Some(file) = &mut self.file else {
            return;
        };
        let read = if can_be_read {
            file.lines.len()
        } else {
            file.read
        };
        for (at, number) in std::mem::take(&mut file.lines).into_iter().enumerate() {
            self.lines[number].is_gone = true;
            self.lines[number].may_be_lost |= at >= read;
        }
        file.read = 0;
    }

    fn run(&mut self, action: Action) {
        let is_there = self.file.is_some();
        let (at, lines) = (self.begun.elapsed(), self.lines.len());
        match action {
            Action::Create if is_there => return,
            Action::Create | Action::Kill | Action::Flood | Action::Compress | Action::Settle => {}
            _ if !is_there => return,
            _ => {}
        }
        self.done.push((at, lines, action));
        let path = self.path();
        match action {
            Action::Append(count) => {
                if self.file.is_some() {
                    let text: String = (0..count).map(|_| self.next_line()).collect();
                    append(&path, text);
                }
            }
            Action::Torn => {
                if self.file.is_some() {
                    let text = self.next_line();
                    append(&path, &text[..33]);
                    append(&path, &text[33..]);
                }
            }
            Action::Rename => self.rename(),
            Action::Create => {
                if self.file.is_none() {
                    append(&path, "");
                    self.file = Some(File::default());
                }
            }
            Action::Truncate => {
                if self.file.is_some() {
                    self.lose(false);
                    fs::File::create(&path).expect("a truncation");
                }
            }
            Action::Regrow => self.regrow(),
            Action::Replace => self.replace(),
            Action::Reuse => self.reuse(),
            Action::Compress => self.compress(),
            Action::Kill => self.kill(),
            Action::Flood => self.flood(),
            Action::Settle => self.settle(),
        }
    }

    fn rename(&mut self) {
        if self.file.take().is_none() {
            return;
        }
        let name = |number| self.house.path(format!("a.log.{number}"));
        for number in (1..=self.renamed).rev() {
            for end in ["", ".gz"] {
                let from = name(number).with_extension(format!("{number}{end}"));
                let to = name(number + 1).with_extension(format!("{}{end}", number + 1));
                if from.exists() {
                    fs::rename(from, to).expect("a rename");
                }
            }
        }
        self.renamed += 1;
        fs::rename(self.path(), name(1)).expect("a rename");
    }

    fn regrow(&mut self) {
        let Some(size) = fs::metadata(self.path()).ok().map(|stat| stat.len()) else {
            return;
        };
        self.lose(false);
        let mut text = String::new();
        while text.len() as u64 <= size {
            text += &self.next_line();
        }
        // One write to a file that is cut when it is opened: who looks in between sees it empty.
        fs::write(self.path(), text).expect("room");
    }

    fn replace(&mut self) {
        if self.file.is_none() {
            return;
        }
        // What a program has not read of a file, it cannot know again in a copy.
        self.settle();
        let mut text = text_of(fs::read(self.path()).expect("a file"));
        for _ in 0..2 {
            text += &self.next_line();
        }
        self.house.write("fresh", text);
        fs::rename(self.house.path("fresh"), self.path()).expect("a rename");
        if let Some(file) = &mut self.file {
            file.is_seen = false;
        }
    }

    fn reuse(&mut self) {
        let Some(file) = &self.file else {
            return;
        };
        // Whoever has it open still reads it to its end.
        let can_be_read = file.is_seen && self.program.is_some();
        self.lose(can_be_read);
        fs::remove_file(self.path()).expect("a removal");
        append(&self.path(), "");
        self.file = Some(File::default());
    }

    fn compress(&mut self) {
        let oldest = (1..=self.renamed)
            .rev()
            .map(|number| self.house.path(format!("a.log.{number}")))
            .find(|path| path.exists());
        if let Some(path) = oldest {
            let status = Command::new("gzip").arg(&path).status();
            assert!(status.is_ok_and(|status| status.success()));
        }
    }

    fn kill(&mut self) {
        if let Some(program) = self.program.take() {
            program.signal(Signal::KILL);
            let said = program.gone().stderr;
            self.said += &text_of(said);
            self.take_back();
            self.kills += 1;
            // Every other time it is down while more happens, and else comes up amid that.
            if self.kills.is_multiple_of(2) {
                self.start();
            }
        }
    }

    /// What was not committed is taken back, and written again only if it can be read again.
    fn take_back(&mut self) {
        let committed = committed(&self.house);
        let out = fs::read(self.house.path("out")).unwrap_or_default();
        let out = text_of(&out[..committed.min(out.len())]);
        for line in &mut self.lines {
            line.may_be_lost |= line.is_gone && !out.contains(&line.text);
        }
        if let Some(file) = &mut self.file {
            let is_committed = |number: &&usize| out.contains(&self.lines[**number].text);
            file.read = file.lines.iter().take_while(is_committed).count();
            file.is_seen = false;
        }
    }

    fn flood(&mut self) {
        let Some(program) = &self.program else {
            return;
        };
        program.signal(Signal::STOP);
        let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events");
        let limit: usize = limit.expect("Linux").trim().parse().expect("a number");
        let mut others = ["b.log", "c.log"].map(|name| {
            let path = self.house.path(name);
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .expect("a file")
        });
        for at in 0..limit + 100 {
            others[at % 2].write_all(b"x").expect("room");
        }
        program.signal(Signal::CONT);
    }

    /// Waits until all lines that must come have come, and holds them against the model.
    fn settle(&mut self) {
        if self.program.is_none() {
            self.start();
        }
        // What stands in the output until then may be taken back.
        if let Some(left) = self.left.take() {
            let state = self.house.path("state/follow");
            wait_until(|| fs::read(&state).is_ok_and(|state| state != left));
        }
        let deadline = Instant::now() + DEADLINE;
        let last = self.lines.iter().rev().find(|line| !line.may_be_lost);
        let last = last.map(|line| line.text.clone()).unwrap_or_default();
        loop {
            let out = text_of(fs::read(self.house.path("out")).unwrap_or_default());
            if out.ends_with(&last) || (out.contains(&last) && self.lost_at_the_end()) {
                break;
            }
            assert!(
                Instant::now() < deadline,
                "this line never came: {last}{}",
                self.report(&out)
            );
            thread::sleep(Duration::from_millis(2));
        }
        self.check();
        if let Some(file) = &mut self.file {
            file.read = file.lines.len();
            // That it is open is known only of one whose lines have come.
            file.is_seen |= !file.lines.is_empty();
        }
    }

    fn lost_at_the_end(&self) -> bool {
        self.lines.last().is_some_and(|line| line.may_be_lost)
    }

    /// What has come is all lines in order, each once, but for those that may be lost.
    fn check(&self) {
        let out = text_of(fs::read(self.house.path("out")).unwrap_or_default());
        let mut came = out.split_inclusive('\n').peekable();
        for line in &self.lines {
            if came.peek() == Some(&line.text.as_str()) {
                came.next();
            } else if line.may_be_lost && came.peek().is_some_and(|came| is_half(came, &line.text))
            {
                // Read before the other half was written, which went with the file that was cut.
                came.next();
            } else {
                assert!(
                    line.may_be_lost,
                    "this line is missing: {}{}",
                    line.text,
                    self.report(&out)
                );
            }
        }
        let more = came.next();
        assert_eq!(
            more,
            None,
            "this line came twice, or not in its turn{}",
            self.report(&out)
        );
    }

    /// The last lines that came, and what was said.
    fn report(&self, out: &str) -> String {
        let mut report = String::from("\n");
        let _ = writeln!(report, "hearing: {:?}, said: {}", self.hearing, self.said);
        if let Some(program) = &self.program {
            let _ = writeln!(report, "said since: {}", program.err_has(""));
        }
        for (at, lines, action) in &self.done[self.done.len().saturating_sub(120)..] {
            let _ = writeln!(
                report,
                "done: {:.4} {action:?} at {lines}",
                at.as_secs_f64()
            );
        }
        let list = "for f in a.log*; do stat -c '%n %i made %W written %.9Y bytes %s' $f; \
                    zcat -f $f | grep -o 'number [0-9]*' | sed -n '1p;$p'; done";
        let listed = Command::new("sh")
            .args(["-c", list])
            .current_dir(self.house.path("."))
            .output();
        let _ = writeln!(report, "there:\n{}", text_of(listed.expect("sh").stdout));
        let state = fs::read(self.house.path("state/follow")).unwrap_or_default();
        let _ = writeln!(report, "state: {}", text_of(state).replace('\0', ""));
        let all: Vec<&str> = out.split_inclusive('\n').collect();
        let mut lines = self.lines.iter().map(|line| line.text.as_str());
        let number = |text: &str| lines.clone().position(|line| line == text);
        // Runs of numbers, as they came.
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for text in &all {
            match (number(text), runs.last_mut()) {
                (Some(number), Some((_, to))) if *to + 1 == number => *to = number,
                (Some(number), _) => runs.push((number, number)),
                (None, _) => runs.push((usize::MAX, usize::MAX)),
            }
        }
        let _ = writeln!(report, "came: {runs:?} of {}", lines.by_ref().count());
        let lost = (0..self.lines.len()).filter(|at| self.lines[*at].may_be_lost);
        let _ = writeln!(report, "may be lost: {:?}", lost.collect::<Vec<_>>());
        report
    }

    /// Ends, and holds what was said of losses against what was lost.
    fn end(&mut self) {
        self.settle();
        let program = self.program.take().expect("it runs");
        program.signal(Signal::TERM);
        let output = program.gone();
        self.said += &text_of(output.stderr);
        self.check();
        let out = text_of(self.house.read("out"));
        let lost = self
            .lines
            .iter()
            .filter(|line| !out.contains(&line.text))
            .count();
        let told = self.said.matches("cut short").count() + self.said.matches("is gone").count();
        assert!(
            lost == 0 || told > 0,
            "{lost} lines were lost without a word"
        );
    }
}

/// Whether this is the first part of a line, ended by the program since something else follows.
fn is_half(came: &str, line: &str) -> bool {
    let half = came.trim_end_matches('\n');
    !half.is_empty() && half.len() < line.len() - 1 && line.starts_with(half)
}

/// Runs lists of actions; several at a time, since they mostly wait.
fn run(hearing: Hearing) {
    let number = |name: &str, default: u64| {
        let given = std::env::var(name).ok();
        given
            .and_then(|given| given.parse().ok())
            .unwrap_or(default)
    };
    let (lists, actions) = (6, number("QUELL_ACTIONS", 600));
    let seed = number("QUELL_SEED", 1);
    thread::scope(|scope| {
        for list in (0..lists).filter(|list| *list == number("QUELL_LIST", *list)) {
            scope.spawn(move || {
                let mut dice = Dice((seed * 1000 + list + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let mut world = World::new(hearing);
                world.start();
                let guard = Told(hearing, seed, list);
                // Nobody can know of a file that was rotated before it was seen.
                for action in [Action::Create, Action::Append(1), Action::Settle] {
                    world.run(action);
                }
                for _ in 0..actions {
                    let action = dice.action(hearing);
                    world.run(action);
                }
                world.end();
                std::mem::forget(guard);
            });
        }
    });
}

/// Tells which list it was, should it fail.
struct Told(Hearing, u64, u64);

impl Drop for Told {
    fn drop(&mut self) {
        let Told(hearing, seed, list) = self;
        eprintln!("this was list {list} of QUELL_SEED={seed}, {hearing:?}");
    }
}

#[test]
fn whatever_happens_every_line_comes_once_when_changes_are_told() {
    run(Hearing::Told);
}

#[test]
fn whatever_happens_every_line_comes_once_when_files_are_looked_at() {
    run(Hearing::Polls);
}

#[test]
fn whatever_happens_every_line_comes_once_when_hints_are_lost() {
    run(Hearing::Overflows);
}
