//! A folder on some file system, a file in it that is written and drained.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use quell::system::checkpoint::Slots;
use quell::system::reclaim::{Mark, Phase};
use tempfile::TempDir;

use crate::kit::DEADLINE;

/// What the lines of a file say: the same everywhere is what no fingerprint of content can tell apart.
#[derive(Clone, Copy, Debug)]
pub enum Lines {
    Numbered,
    Identical,
    Empty,
}

impl Lines {
    pub const ALL: [Lines; 3] = [Lines::Numbered, Lines::Identical, Lines::Empty];

    /// Lines `from..to`.
    pub fn write(self, from: u64, to: u64) -> Vec<u8> {
        let mut text = Vec::new();
        for number in from..to {
            match self {
                Lines::Numbered => {
                    writeln!(text, "{number:012} a line of some log, written in order")
                }
                Lines::Identical => {
                    writeln!(text, "a line that was written many times in this log")
                }
                Lines::Empty => writeln!(text),
            }
            .expect("into memory");
        }
        text
    }

    /// How many make about so many bytes.
    pub fn per(self, bytes: u64) -> u64 {
        bytes / self.write(0, 1).len() as u64
    }
}

/// Real logs, full of traces, each time with so much plain text behind them that space is given back.
pub fn traces(times: u64) -> Vec<Vec<u8>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let logs = ["tomcat/console", "jetty/stderrlog", "netty/tail"];
    let logs = logs.map(|log| fs::read(fixtures.join(log).join("in.log")).expect("a fixture"));
    let each = Lines::Numbered.per(3 << 19);
    let plain = |time: u64| Lines::Numbered.write(time * each, (time + 1) * each);
    (0..times)
        .map(|time| [logs.concat(), plain(time)].concat())
        .collect()
}

/// File systems at hand: the one of temporary files, and the one in memory.
pub fn grounds() -> Vec<PathBuf> {
    let memory = Path::new("/dev/shm");
    let mut grounds = vec![std::env::temp_dir()];
    if memory.is_dir() {
        grounds.push(memory.to_owned());
    }
    grounds
}

/// A folder with a source, an output and a state.
pub struct Bench {
    folder: TempDir,
    pub args: Vec<String>,
}

impl Bench {
    pub fn new(ground: &Path) -> Bench {
        let folder = tempfile::tempdir_in(ground).expect("a folder for the test");
        let bench = Bench {
            folder,
            args: vec!["--chunk".to_owned(), "1M".to_owned()],
        };
        File::create(bench.source()).expect("a source");
        bench
    }

    pub fn with(mut self, args: &[&str]) -> Bench {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    pub fn source(&self) -> PathBuf {
        self.folder.path().join("a.log")
    }

    pub fn target(&self) -> PathBuf {
        self.folder.path().join("a.quiet.log")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Appends to the source as a log's writer does.
    pub fn append(&self, bytes: &[u8]) {
        let mut file = File::options()
            .append(true)
            .create(true)
            .open(self.source())
            .expect("the source");
        file.write_all(bytes).expect("room in the test's folder");
    }

    pub fn drain(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quell"));
        command
            .arg("drain")
            .arg(self.source())
            .arg("-o")
            .arg(self.target());
        command.args(&self.args).args(args);
        command.env_clear().env("TZ", "UTC").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn start(&self, args: &[&str]) -> Child {
        self.drain(args).spawn().expect("the program starts")
    }

    /// Consumes what is there, and must succeed.
    pub fn once(&self) -> Output {
        let done = self
            .drain(&["--once"])
            .output()
            .expect("the program starts");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        done
    }

    pub fn drained(&self) -> Vec<u8> {
        fs::read(self.target()).unwrap_or_default()
    }

    /// Bytes that the source takes on the disk.
    pub fn disk(&self) -> u64 {
        fs::metadata(self.source()).expect("the source").blocks() * 512
    }

    /// What was put into an output, made again of it and of its attic.
    pub fn restored(&self, output: &Path) -> Vec<u8> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quell"));
        command.arg("restore").arg(output).args(["-o", "-"]);
        let done = command.env_clear().output().expect("the program starts");
        let said = String::from_utf8_lossy(&done.stderr);
        if !said.contains("no attic belongs to this file") {
            assert!(done.status.success(), "{}: {said}", output.display());
            return done.stdout;
        }
        // Nothing was taken out on the way there.
        let mut command = Command::new("zstd");
        command.args(["-dcf", "--pass-through"]).arg(output);
        command.output().expect("zstd is there").stdout
    }

    /// What is recorded of the source, if anything is.
    pub fn mark(&self) -> Option<Mark> {
        let state = self.folder().join(".a.log.drain");
        let state = Slots::peek(&state).ok()??;
        Mark::decode(&state).ok().map(|(mark, _)| mark)
    }

    /// Whether the source is being made shorter.
    pub fn intends(&self) -> bool {
        self.mark().is_some_and(|mark| mark.phase != Phase::Idle)
    }

    /// The output is what was written, byte for byte.
    pub fn assert_same(&self, expected: &[u8]) {
        let found = self.drained();
        let differs = found.iter().zip(expected).position(|(a, b)| a != b);
        assert!(
            found == expected,
            "{} bytes instead of {}, first difference at {differs:?}",
            found.len(),
            expected.len()
        );
    }
}

/// Waits until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < end, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Kills a program at once and takes notice of its end.
pub fn kill(mut child: Child) {
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().expect("it ends");
}
