//! A program that runs behind us: its output comes to us, our signals go to it, and how it ended is known exactly.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::{env, thread};

use rustix::fs::Access;
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions};
use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;
use thiserror::Error;

use super::shown;
use super::signal::is_ignored;

/// What is passed on to the child.
const PASSED_ON: [i32; 8] = [
    SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGWINCH,
];

/// What the kernel sends to all programs at a terminal at once, so that the child has it already.
const TO_ALL: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGWINCH];

/// The stack of a thread that does no more than wait.
const STACK_BYTES: usize = 64 << 10;

/// Why a program could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// There is no such program.
    #[error("{0}: there is no such program, check its name and PATH")]
    Missing(String),
    /// It is there and cannot be run.
    #[error("{path}: cannot be run ({cause})")]
    Refused {
        /// The program as it may be shown.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
    /// The system has no processes, threads or descriptors left.
    #[error("no program can be started ({0})")]
    Failed(#[from] io::Error),
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Exit(u8),
    /// By this signal.
    Signal(i32),
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> End {
        match (status.code(), status.signal()) {
            (_, Some(signal)) => End::Signal(signal),
            (code, None) => End::Exit(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        }
    }
}

/// A program that was started.
#[derive(Debug)]
pub struct Child {
    /// Readable when the child has ended.
    ended: UnixStream,
    end: Arc<Mutex<Option<End>>>,
}

/// What a child writes to; reading it never blocks.
#[derive(Debug)]
pub struct Outputs {
    /// Its standard output.
    pub stdout: OwnedFd,
    /// Its standard error.
    pub stderr: OwnedFd,
}

/// The child's number as long as it bears it: once it is reaped, somebody else may.
type Target = Arc<Mutex<Option<Pid>>>;

impl Child {
    /// Starts a program with our standard input, environment and place at the terminal. From here on signals that come to
    /// us go to it; those that are ignored here are ignored there.
    ///
    /// It is started by way of this very program (see [`become_program`]), which asks the kernel to end it should we be killed.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(
        launcher: &[&OsStr],
        program: &OsStr,
        arguments: &[OsString],
    ) -> Result<(Child, Outputs), StartError> {
        let found = find(program)?;
        let target = Target::default();
        // Caught before there is anybody to pass them on to: they wait until there is.
        let caught = PASSED_ON.iter().filter(|signal| !is_ignored(**signal));
        let signals = SignalsInfo::<WithOrigin>::new(caught)?;
        let mut child = by_way_of_us(launcher, &found, program, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::from(Errno::PIPE).into());
        };
        let outputs = Outputs {
            stdout: never_blocking(stdout.into())?,
            stderr: never_blocking(stderr.into())?,
        };
        *locked(&target) = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        pass_on(signals, Arc::clone(&target))?;
        let (ended, told) = UnixStream::pair()?;
        let end = Arc::default();
        await_end(child, target, Arc::clone(&end), told)?;
        Ok((Child { ended, end }, outputs))
    }

    /// How it ended, if it has.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        *locked(&self.end)
    }
}

/// A program that is run for what it writes: it has no input, says what is wrong where we would, and ends with us.
#[derive(Debug)]
pub struct Reader(std::process::Child);

impl Reader {
    /// Starts it; what it writes comes through the descriptor, and reading that never blocks. See [`Child::start`] for the launcher.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(
        launcher: &str,
        program: &OsStr,
        arguments: &[OsString],
    ) -> Result<(Reader, OwnedFd), StartError> {
        let found = find(program)?;
        let mut child = by_way_of_us(&[OsStr::new(launcher)], &found, program, arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or(io::Error::from(Errno::PIPE))?;
        Ok((Reader(child), never_blocking(stdout.into())?))
    }

    /// Waits for its end, and says whether it was a good one.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn wait(&mut self) -> io::Result<bool> {
        Ok(self.0.wait()?.success())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // One that has ended by itself needs neither.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A command that becomes a program by way of this very one.
fn by_way_of_us(
    launcher: &[&OsStr],
    found: &Path,
    program: &OsStr,
    arguments: &[OsString],
) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("quell").args(launcher);
    command.arg(rustix::process::getpid().as_raw_nonzero().to_string());
    command.arg("--").arg(found).arg(program).args(arguments);
    command
}

impl AsFd for Child {
    /// Readable when the child has ended.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }
}

/// Passes signals on, in a thread of its own: the one that works may be stuck in a write to a reader that does not read.
fn pass_on(mut signals: SignalsInfo<WithOrigin>, target: Target) -> io::Result<()> {
    let pass_on = move || {
        for origin in &mut signals {
            let to_all = matches!(origin.cause, Cause::Kernel) && TO_ALL.contains(&origin.signal);
            let target = locked(&target);
            let signal = rustix::process::Signal::from_named_raw(origin.signal);
            if let (Some(pid), Some(signal), false) = (*target, signal, to_all) {
                // It may have ended just now, and then it needs no signal.
                let _ = rustix::process::kill_process(pid, signal);
            }
        }
    };
    let thread = thread::Builder::new().name("pass-on".into());
    thread.stack_size(STACK_BYTES).spawn(pass_on)?;
    Ok(())
}

/// Waits for the end of the child in a thread of its own, and says so.
fn await_end(
    mut child: std::process::Child,
    target: Target,
    end: Arc<Mutex<Option<End>>>,
    mut told: UnixStream,
) -> io::Result<()> {
    let await_end = move || {
        let pid = *locked(&target);
        if let Some(pid) = pid {
            // Waits without reaping: until no more signals are sent to it, nobody else may get its number.
            let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while let Err(Errno::INTR) = rustix::process::waitid(WaitId::Pid(pid), how) {}
        }
        *locked(&target) = None;
        let status = child.wait();
        *locked(&end) = Some(status.map_or(End::Exit(1), End::from));
        let _ = told.write_all(&[0]);
    };
    let thread = thread::Builder::new().name("await-end".into());
    thread.stack_size(STACK_BYTES).spawn(await_end)?;
    Ok(())
}

/// Becomes the program at `found`, called `name`, in the process that `parent` has started for it. Should the parent be
/// killed, the program is told to end, as it would have been by whoever stops the service.
pub fn become_program(
    parent: i32,
    found: &Path,
    name: &OsStr,
    arguments: &[OsString],
) -> StartError {
    let told =
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
    let orphaned = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent);
    if told.is_ok() && orphaned {
        return StartError::Failed(Errno::SRCH.into());
    }
    let mut command = Command::new(found);
    command.arg0(name).args(arguments);
    // What a service manager addresses to its main process by number is the program's, not ours.
    for name in ["LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"] {
        if env::var(name).is_ok_and(|number| number == parent.to_string()) {
            command.env(name, rustix::process::getpid().as_raw_nonzero().to_string());
        }
    }
    let cause = command.exec();
    StartError::Refused {
        path: shown(found),
        cause,
    }
}

/// Where a program is, as a shell would find it.
fn find(program: &OsStr) -> Result<PathBuf, StartError> {
    let name = Path::new(program);
    let refused = |errno: Errno| match errno {
        Errno::NOENT | Errno::NOTDIR => StartError::Missing(shown(name)),
        errno => StartError::Refused {
            path: shown(name),
            cause: errno.into(),
        },
    };
    if program.as_bytes().contains(&b'/') {
        return runs(name).map(|()| name.to_owned()).map_err(refused);
    }
    let path = env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let mut last = Errno::NOENT;
    for folder in env::split_paths(&path) {
        let found = folder.join(name);
        match runs(&found) {
            Ok(()) => return Ok(found),
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(errno) => last = errno,
        }
    }
    Err(refused(last))
}

/// Whether this is a file that may be run.
fn runs(path: &Path) -> rustix::io::Result<()> {
    let stat = rustix::fs::stat(path)?;
    if super::file_type(&stat) == rustix::fs::FileType::Directory {
        return Err(Errno::ISDIR);
    }
    rustix::fs::access(path, Access::EXEC_OK)
}

/// Reading from our end of the pipe fails instead of blocking; the child's end is its own.
fn never_blocking(fd: OwnedFd) -> io::Result<OwnedFd> {
    rustix::io::ioctl_fionbio(&fd, true)?;
    Ok(fd)
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
