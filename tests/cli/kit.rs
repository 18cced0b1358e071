//! Runs the real program and waits for what it does: on conditions with a deadline, never for a while.

#![allow(dead_code, reason = "each test file uses another part of it")]

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

#[path = "mount.rs"]
pub mod mount;

/// Longer than anything takes on a slow and busy machine.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A folder of its own, and what is run in it.
pub struct House {
    dir: TempDir,
}

impl House {
    pub fn new() -> House {
        House {
            dir: tempfile::tempdir().expect("a folder for the test"),
        }
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("the test's folder can be written");
        path
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("a file of the test")
    }

    /// The program in this folder, with nothing of this machine's environment.
    pub fn quell<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quell"));
        command.args(args).current_dir(self.dir.path());
        command.env_clear().env("TZ", "UTC").stdin(Stdio::null());
        command
    }

    /// Runs it to its end without input.
    pub fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Output {
        self.quell(args).output().expect("the program starts")
    }

    /// Runs it to its end with this standard input.
    pub fn pipe<A: AsRef<OsStr>>(
        &self,
        input: impl AsRef<[u8]>,
        args: impl IntoIterator<Item = A>,
    ) -> Output {
        let mut live = self.live(args);
        live.write(input);
        live.end()
    }

    /// Starts it with a pipe at each end.
    pub fn live<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Live {
        Live::of(self.quell(args).stdout(Stdio::piped()))
    }
}

/// A program that runs.
pub struct Live {
    pub child: Child,
    stdin: Option<ChildStdin>,
    out: Heard,
    err: Heard,
}

impl Live {
    /// Starts `command` with its standard input and error as pipes; its output, too, if it is one.
    pub fn of(command: &mut Command) -> Live {
        let command = command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        Live {
            stdin: child.stdin.take(),
            out: child.stdout.take().map(Heard::of).unwrap_or_default(),
            err: child.stderr.take().map(Heard::of).unwrap_or_default(),
            child,
        }
    }

    /// Writes to its standard input. One that has closed it has its reasons.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("its input is open");
        let _ = stdin.write_all(bytes.as_ref());
    }

    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("a process id");
        let pid = Pid::from_raw(id).expect("a process id");
        kill_process(pid, signal).expect("the program runs");
    }

    /// Waits until `met` holds of all that it has written so far, and gives that.
    pub fn out(&self, met: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        self.out.until(met)
    }

    /// Waits until `text` is in what it has written.
    pub fn out_has(&self, text: &str) -> String {
        text_of(self.out(|bytes| has(bytes, text)))
    }

    /// Waits until `text` is in what it has said.
    pub fn err_has(&self, text: &str) -> String {
        text_of(self.err.until(|bytes| has(bytes, text)))
    }

    /// The most memory it has had so far, in KiB.
    pub fn peak_kib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(path).expect("the program runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|kib| kib.parse().ok()).expect("a number")
    }

    /// Waits for its end, and says how.
    pub fn status(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Closes its input and waits for its end.
    pub fn end(mut self) -> Output {
        self.close_stdin();
        self.gone()
    }

    /// Waits for its end without closing its input.
    pub fn gone(mut self) -> Output {
        let status = self.status();
        Output {
            status,
            stdout: self.out.all(),
            stderr: self.err.all(),
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was read from a pipe so far, and whether that was all.
#[derive(Clone, Default)]
struct Heard(Arc<(Mutex<Ear>, Condvar)>);

/// The bytes so far, and whether the other end has closed.
type Ear = (Vec<u8>, bool);

impl Heard {
    fn of(mut pipe: impl Read + Send + 'static) -> Heard {
        let heard = Heard::default();
        let told = heard.clone();
        thread::spawn(move || {
            let mut block = vec![0; 64 << 10];
            loop {
                let bytes = pipe.read(&mut block).unwrap_or(0);
                let mut state = told.0.0.lock().expect("nobody panics with it");
                state.0.extend_from_slice(&block[..bytes]);
                state.1 = bytes == 0;
                told.0.1.notify_all();
                if state.1 {
                    break;
                }
            }
        });
        heard
    }

    fn until(&self, met: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.0.0.lock().expect("nobody panics with it");
        while !met(&state.0) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !state.1,
                "this never came true: {}",
                text_of(state.0.clone())
            );
            state = self.0.1.wait_timeout(state, left).expect("a wait").0;
        }
        state.0.clone()
    }

    /// Everything, once the other end has closed. Empty if there was never a pipe.
    fn all(&self) -> Vec<u8> {
        if Arc::strong_count(&self.0) == 1 && !self.0.0.lock().expect("a lock").1 {
            return Vec::new();
        }
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.0.0.lock().expect("nobody panics with it");
        while !state.1 {
            assert!(Instant::now() < deadline, "somebody keeps the pipe open");
            state = self.0.1.wait_timeout(state, DEADLINE).expect("a wait").0;
        }
        state.0.clone()
    }
}

/// Waits until something holds.
pub fn wait_until(mut met: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !met() {
        assert!(Instant::now() < deadline, "this never came true");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A file system that is gone when the test is.
pub struct Mount<'a>(&'a Path);

impl Mount<'_> {
    /// Memory of this size at `place`, which is made; `None`, and a word of it, where nothing can be mounted.
    pub fn memory<'a>(place: &'a Path, size: &str) -> Option<Mount<'a>> {
        fs::create_dir(place).expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(place)
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Mount(place));
        }
        eprintln!("no file system can be mounted here, skipped");
        None
    }

    /// A folder at `place` in which what stands in `base`'s folder `lower` is seen, and what is changed goes to another.
    pub fn overlay<'a>(place: &'a Path, base: &Path) -> Option<Mount<'a>> {
        for folder in ["lower", "upper", "work"] {
            fs::create_dir_all(base.join(folder)).expect("a folder");
        }
        fs::create_dir(place).expect("a folder");
        let part = |name: &str| base.join(name).display().to_string();
        let (lower, upper, work) = (part("lower"), part("upper"), part("work"));
        let layers = format!("lowerdir={lower},upperdir={upper},workdir={work}");
        let mounted = Command::new("mount")
            .args(["-t", "overlay", "-o", &layers, "overlay"])
            .arg(place)
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Mount(place));
        }
        eprintln!("no overlay can be mounted here, skipped");
        None
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

pub fn has(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

pub fn text_of(bytes: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(bytes.as_ref()).into_owned()
}

/// A line that no rule is about, at this second.
pub fn plain(second: u32) -> String {
    format!(
        "{} INFO  [main] com.example.Shop : order {second} is paid\n",
        time(second)
    )
}

/// A client that left while Tomcat wrote: one record of several lines, at this second.
pub fn noise(second: u32) -> String {
    noise_of("Shop", second)
}

/// The same, of a kind of its own for each name.
pub fn noise_of(name: &str, second: u32) -> String {
    let time = time(second);
    format!(
        "{time} ERROR [http-nio-8080-exec-{second}] com.example.{name} : Servlet.service() for servlet [shop] threw exception\n\
         org.apache.catalina.connector.ClientAbortException: java.io.IOException: Broken pipe\n\
         \tat org.apache.catalina.connector.OutputBuffer.realWriteBytes(OutputBuffer.java:353)\n\
         \tat org.apache.catalina.connector.OutputBuffer.flushByteBuffer(OutputBuffer.java:784)\n\
         \tat java.base/java.lang.Thread.run(Thread.java:840)\n\
         Caused by: java.io.IOException: Broken pipe\n\
         \tat java.base/sun.nio.ch.SocketDispatcher.write0(Native Method)\n\
         \tat java.base/sun.nio.ch.SocketChannelImpl.write(SocketChannelImpl.java:532)\n\
         \tat org.apache.tomcat.util.net.NioChannel.write(NioChannel.java:118)\n\
         \t... 23 more\n"
    )
}

/// A client that left while nginx sent: one line, at this second.
pub fn noise_line(second: u32) -> String {
    format!(
        "2026/11/22 10:{:02}:{:02} [info] 78#78: *{second} client prematurely closed connection \
         (104: Connection reset by peer) while sending response to client, client: 10.0.0.7, \
         server: shop.example, request: \"GET /files/{second} HTTP/1.1\", host: \"shop.example\"\n",
        second / 60,
        second % 60
    )
}

fn time(second: u32) -> String {
    format!(
        "2026-11-22 10:{:02}:{:02}.000",
        second / 60 % 60,
        second % 60
    )
}
