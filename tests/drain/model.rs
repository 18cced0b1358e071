//! Random lists of what may happen to a drained file, run on the real program and on a model of it: whatever happens, each
//! line comes once, whole, and those of one file in their order; and what was taken out is restored.
//!
//! `QUELL_LISTS` and `QUELL_ACTIONS` say how many lists of how many actions, `QUELL_SEED` takes others.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::bench::{Bench, kill};

/// What may happen.
#[derive(Clone, Copy, Debug)]
enum Action {
    /// Lines are written at once.
    Append(u64),
    /// A line is written in two halves, and something else may happen in between.
    Torn,
    /// A record that is taken out is written.
    Noise,
    /// The file is renamed, and those renamed before it are, too; another one is made. The writer writes on where it was.
    Rename,
    /// The writer opens the file that bears the name now.
    Reopen,
    /// The file that was renamed first is compressed, unless somebody still writes to it.
    Compress,
    /// Somebody truncates the file, after everything was drained.
    Truncate,
    /// The program is started, if it does not run.
    Start,
    /// It is killed.
    Kill,
    /// It runs once, and is killed at a step.
    StopAt(usize),
    /// It is asked to end.
    End,
    /// It is asked for summaries, or to open its output again.
    Ask(Signal),
}

/// Steps at which it is killed; the others come to pass only when much was written.
const STEPS: [&str; 6] = [
    "out-half",
    "out-written",
    "source-synced",
    "out-synced",
    "committed",
    "committed:2",
];

/// A source of numbers that is the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn action(&mut self) -> Action {
        match self.roll(100) {
            0..30 => Action::Append(1 + self.roll(40)),
            30..34 => Action::Append(20_000),
            34..40 => Action::Torn,
            40..50 => Action::Noise,
            50..58 => Action::Rename,
            58..66 => Action::Reopen,
            66..70 => Action::Compress,
            70..72 => Action::Truncate,
            72..82 => Action::Start,
            82..88 => Action::Kill,
            88..94 => Action::StopAt(self.roll(STEPS.len() as u64) as usize),
            94..96 => Action::End,
            96..98 => Action::Ask(Signal::USR1),
            _ => Action::Ask(Signal::HUP),
        }
    }
}

/// The model, and the program beside it.
struct World {
    bench: Bench,
    program: Option<Child>,
    writer: File,
    /// Number of the file that is written to, and of the one that bears the name.
    written: usize,
    named: usize,
    /// How many lines each file got.
    lines: Vec<u64>,
    /// Half of a line of the file that is written to waits for the other.
    half: Option<String>,
    noise: Vec<u8>,
    noises: usize,
    truncations: u64,
}

impl World {
    fn new(mode: &[&str]) -> World {
        let bench = Bench::new(&std::env::temp_dir()).with(mode);
        let bench = bench.with(&["--every", "1h", "--undecided", "keep"]);
        let writer = opened(&bench.source());
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tomcat/console/in.log");
        let noise = fs::read(fixture).expect("a fixture");
        let world = World {
            bench,
            program: None,
            writer,
            written: 0,
            named: 0,
            lines: vec![0],
            half: None,
            noise,
            noises: 0,
            truncations: 0,
        };
        // Nobody can know of a file that was rotated before it was seen.
        world.bench.once();
        world
    }

    fn line(&mut self) -> String {
        let number = &mut self.lines[self.written];
        *number += 1;
        format!(
            "file {:04} line {number:08} of what is written here\n",
            self.written
        )
    }

    fn write(&mut self, text: &[u8]) {
        let half = self.half.take().unwrap_or_default();
        let text = [half.as_bytes(), text].concat();
        self.writer.write_all(&text).expect("room");
    }

    fn run(&mut self, action: Action) {
        match action {
            Action::Append(count) => {
                let text: String = (0..count).map(|_| self.line()).collect();
                self.write(text.as_bytes());
            }
            Action::Torn => {
                self.write(b"");
                let line = self.line();
                // Of a renamed file half a line is ended after some seconds.
                let is_named = self.written == self.named;
                let half = if is_named { line.len() / 2 } else { line.len() };
                let (front, back) = line.split_at(half);
                self.writer.write_all(front.as_bytes()).expect("room");
                self.half = Some(back.to_owned());
            }
            Action::Noise => {
                let noise = self.noise.clone();
                self.write(&noise);
                self.noises += 1;
            }
            Action::Rename => self.rename(),
            Action::Reopen => self.reopen(),
            Action::Compress => self.compress(),
            Action::Truncate => self.truncate(),
            Action::Start => self.start(),
            Action::Kill => self.program.take().into_iter().for_each(kill),
            Action::StopAt(step) => {
                self.program.take().into_iter().for_each(kill);
                let args = ["--once", "--stop-at", STEPS[step]];
                let done = self.command(&args).status().expect("it starts");
                assert_ne!(done.code(), Some(1), "{}", self.said());
            }
            Action::End => self.end(),
            Action::Ask(signal) => {
                if let Some(program) = &self.program {
                    kill_process(Pid::from_child(program), signal).expect("it runs");
                }
            }
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bench.drain(args);
        let said = opened(&self.bench.folder().join("said"));
        command.stdout(Stdio::null()).stderr(said);
        command
    }

    fn said(&self) -> String {
        fs::read_to_string(self.bench.folder().join("said")).unwrap_or_default()
    }

    fn start(&mut self) {
        let ended = self
            .program
            .as_mut()
            .and_then(|program| program.try_wait().expect("a child"));
        if let Some(status) = ended {
            // By a signal that it did not catch yet.
            assert_ne!(status.code(), Some(1), "{}", self.said());
            self.program = None;
        }
        if self.program.is_none() {
            self.program = Some(self.command(&[]).spawn().expect("it starts"));
        }
    }

    fn end(&mut self) {
        if let Some(mut program) = self.program.take() {
            // It may catch no signal yet.
            let _ = kill_process(Pid::from_child(&program), Signal::TERM);
            let status = program.wait().expect("it ends");
            assert_ne!(status.code(), Some(1), "{}", self.said());
        }
    }

    fn name(&self, number: usize, end: &str) -> PathBuf {
        self.bench.folder().join(format!("a.log.{number}{end}"))
    }

    fn rename(&mut self) {
        self.write(b"");
        // A writer that misses so many rotations has ended.
        if self.named - self.written >= 3 {
            self.reopen();
        }
        for number in (1..=self.named).rev() {
            for end in ["", ".gz"] {
                if self.name(number, end).exists() {
                    fs::rename(self.name(number, end), self.name(number + 1, end))
                        .expect("renamed");
                }
            }
        }
        fs::rename(self.bench.source(), self.name(1, "")).expect("renamed");
        // Longer than the clock that files are dated by takes for a tick.
        std::thread::sleep(Duration::from_millis(10));
        File::create(self.bench.source()).expect("a source");
        self.named += 1;
        self.lines.push(0);
    }

    fn reopen(&mut self) {
        // Nobody leaves half a line behind.
        self.write(b"");
        self.writer = opened(&self.bench.source());
        self.written = self.named;
    }

    fn compress(&mut self) {
        let renamed = (1..=self.named - self.written.min(self.named)).next_back();
        let oldest = (renamed.unwrap_or(0) + 1..=self.named).rev();
        let mut oldest = oldest.map(|number| self.name(number, ""));
        if let Some(path) = oldest.find(|path| path.exists()) {
            let done = Command::new("gzip").arg(path).status();
            assert!(done.is_ok_and(|status| status.success()));
        }
    }

    fn truncate(&mut self) {
        self.reopen();
        self.settle();
        // Nobody can tell that an empty file was truncated.
        let was_empty = length(&self.bench.source()) == 0;
        File::create(self.bench.source()).expect("truncated");
        self.truncations += u64::from(!was_empty);
        wait(self, "the truncation is seen", |world| {
            let mark = world.bench.mark().expect("a record");
            mark.truncations == world.truncations
        });
    }

    /// Waits until everything is drained.
    fn settle(&mut self) {
        self.write(b"");
        self.start();
        let last = self.lines.clone();
        wait(self, "everything is drained", |world| {
            let mark = world.bench.mark().expect("a record");
            let source = fs::metadata(world.bench.source()).expect("a source");
            let is_read = (mark.source.inode, mark.consumed) == (source.ino(), source.len());
            is_read && world.found().is_ok_and(|found| found == last)
        });
    }

    /// How many lines of each file are in the outputs, or what is wrong with them.
    fn found(&self) -> Result<Vec<u64>, String> {
        let mut found = vec![0; self.lines.len()];
        for path in outputs(&self.bench) {
            let text = fs::read(path).unwrap_or_default();
            count(&text, &mut found)?;
        }
        Ok(found)
    }

    /// Ends, and holds the outputs, and what is restored of them, against the model.
    fn check(&mut self) {
        self.settle();
        self.end();
        assert_eq!(self.found().as_ref(), Ok(&self.lines), "{}", self.said());
        let restored = |path: &PathBuf| self.bench.restored(path);
        let whole: Vec<u8> = outputs(&self.bench).iter().flat_map(restored).collect();
        let mut found = vec![0; self.lines.len()];
        assert_eq!(count(&whole, &mut found), Ok(()));
        assert_eq!(found, self.lines);
        let lines = u64_of(memchr::memchr_iter(b'\n', &whole).count());
        let noise = u64_of(memchr::memchr_iter(b'\n', &self.noise).count() * self.noises);
        assert_eq!(lines, self.lines.iter().sum::<u64>() + noise);
    }
}

fn u64_of(number: usize) -> u64 {
    number as u64
}

fn opened(path: &Path) -> File {
    let mut options = File::options();
    let opened = options.append(true).create(true).open(path);
    opened.expect("a file")
}

/// The outputs, oldest first.
fn outputs(bench: &Bench) -> Vec<PathBuf> {
    let entries = fs::read_dir(bench.folder()).expect("the test's folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let is_output = |path: &PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy();
        name.starts_with("a.quiet.log.") && !name.ends_with(".attic")
    };
    let mut paths: Vec<PathBuf> = paths.filter(is_output).collect();
    paths.sort();
    paths.push(bench.target());
    paths
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).expect("a file").len()
}

/// Counts on with the lines of each file; they come in order.
fn count(text: &[u8], found: &mut [u64]) -> Result<(), String> {
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b"file ") {
            continue;
        }
        let text = String::from_utf8_lossy(line);
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
        let (file, number) = (number(5, 9), number(15, 23));
        let next = file.and_then(|file| found.get_mut(file as usize));
        let Some(next) =
            next.filter(|next| Some(**next + 1) == number && line.ends_with(b"here\n"))
        else {
            return Err(format!("{found:?} and then {text}"));
        };
        *next += 1;
    }
    Ok(())
}

/// Waits until something is so, as long as more comes: renamed files are waited for one after the other.
fn wait(world: &mut World, what: &str, is_so: impl Fn(&World) -> bool) {
    let (mut end, mut before) = (Instant::now(), None);
    while !is_so(world) {
        let found = world.found();
        if before.as_ref() != Some(&found) {
            (end, before) = (Instant::now() + crate::kit::DEADLINE, Some(found));
        }
        assert!(
            Instant::now() < end,
            "never came: {what}; {:?} instead of {:?}; {}",
            world.found(),
            world.lines,
            world.said()
        );
        world.start();
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Tells which list it was, should it fail.
struct Told(u64, Vec<Action>);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was list {} of its seed: {:?}", self.0, self.1);
        }
    }
}

#[test]
fn whatever_happens_every_line_comes_once() {
    let number = |name: &str, default: u64| {
        let given = std::env::var(name).ok();
        given
            .and_then(|given| given.parse().ok())
            .unwrap_or(default)
    };
    let (lists, actions) = (number("QUELL_LISTS", 6), number("QUELL_ACTIONS", 60));
    let seed = number("QUELL_SEED", 1);
    let modes: [&[&str]; 3] = [
        &["--writer", "append"],
        &["--collapse", "never"],
        &[
            "--writer",
            "append",
            "--max-size",
            "400000",
            "--keep",
            "1000",
            "--compress",
            "none",
        ],
    ];
    std::thread::scope(|scope| {
        for list in 0..lists {
            scope.spawn(move || {
                let mut dice = Dice((seed * 1000 + list + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let mut world = World::new(modes[list as usize % modes.len()]);
                let mut told = Told(list, Vec::new());
                for _ in 0..actions {
                    let action = dice.action();
                    told.1.push(action);
                    world.run(action);
                }
                world.check();
            });
        }
    });
}
