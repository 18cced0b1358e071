//! The signals that mean something to us, and how they reach the one place that waits.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

/// How long after the first termination signal another one counts as the same. `timeout` signals its child and then the
/// child's whole group, npm and other launchers pass Ctrl-C on to a child that the terminal has signalled already:
/// one wish, two signals, microseconds to milliseconds apart. People take longer than this to lose patience.
pub const SAME_WISH: Duration = Duration::from_millis(100);

/// What a signal asks of us.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signal {
    /// SIGTERM: finish, summarise, exit.
    Terminate,
    /// SIGINT: the same, asked by a person.
    Interrupt,
    /// SIGHUP: read the rules again and open the output again.
    Reload,
    /// SIGUSR1: write the summaries that are due now.
    Report,
}

impl Signal {
    /// The number the kernel knows it by.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Signal::Terminate => SIGTERM,
            Signal::Interrupt => SIGINT,
            Signal::Reload => SIGHUP,
            Signal::Report => SIGUSR1,
        }
    }

    /// Whether it asks us to end.
    #[must_use]
    pub fn ends(self) -> bool {
        matches!(self, Signal::Terminate | Signal::Interrupt)
    }

    /// All of them, the endings first: they are reported in this order when several wait.
    const ALL: [Signal; 4] = [
        Signal::Terminate,
        Signal::Interrupt,
        Signal::Reload,
        Signal::Report,
    ];
}

/// What a second signal to end does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Second {
    /// It ends the program at once with status 128 + its number, even one that is stuck in a system call. One that
    /// comes within [`SAME_WISH`] of the first is the same wish and does nothing.
    Exits,
    /// It is reported like the first, for a program that passes signals on to a child and ends with it.
    Reported,
}

/// The signals that arrive at this program, as a descriptor that becomes readable.
#[derive(Debug)]
pub struct Signals {
    delivery: SignalDelivery<UnixStream, SignalOnly>,
    /// Taken back at the end; the watch's pipe closes with them and its thread ends.
    watched: Vec<SigId>,
}

impl Signals {
    /// Begins to catch the signals. Those that end us and were ignored when the program began stay ignored: a shell
    /// ignores SIGINT on behalf of what it runs in the background, and Ctrl-C is then not meant for us. So do the others
    /// where a child is to inherit that.
    ///
    /// # Errors
    /// No descriptors are left, or no thread can be started.
    pub fn new(second: Second) -> io::Result<Signals> {
        let kept = |signal: Signal| signal.ends() || second == Second::Reported;
        let caught = Signal::ALL
            .into_iter()
            .filter(|signal| !(kept(*signal) && is_ignored(signal.number())));
        let caught: Vec<Signal> = caught.collect();
        let (read, write) = UnixStream::pair()?;
        let numbers = caught.iter().map(|signal| signal.number());
        let delivery = SignalDelivery::with_pipe(read, write, SignalOnly, numbers)?;
        let mut signals = Signals {
            delivery,
            watched: Vec::new(),
        };
        if second == Second::Exits {
            signals.watch(&caught)?;
        }
        Ok(signals)
    }

    /// The signals that have arrived since the last call. Several of one kind may be reported as one.
    pub fn arrived(&mut self) -> Vec<Signal> {
        let numbers: Vec<i32> = self.delivery.pending().collect();
        Signal::ALL
            .into_iter()
            .filter(|signal| numbers.contains(&signal.number()))
            .collect()
    }

    /// Lets a second signal end the program. The fuse is lit by a thread of its own, which sleeps in a read until the first
    /// signal: the thread that works may be stuck in a write to a reader that does not read, and could not do it; and a
    /// signal handler that did it could not tell a second wish from an echo of the first.
    fn watch(&mut self, caught: &[Signal]) -> io::Result<()> {
        let lit = Arc::new(AtomicBool::new(false));
        let (mut first, write) = UnixStream::pair()?;
        for signal in caught.iter().filter(|signal| signal.ends()) {
            let number = signal.number();
            let shutdown = signal_hook::flag::register_conditional_shutdown(
                number,
                128 + number,
                Arc::clone(&lit),
            )?;
            let told = signal_hook::low_level::pipe::register(number, write.try_clone()?)?;
            self.watched.extend([shutdown, told]);
        }
        let watch = move || {
            // An end instead of a byte: the signals are no longer caught, and there is nothing left to watch.
            if matches!(first.read(&mut [0]), Ok(1)) {
                thread::sleep(SAME_WISH);
                lit.store(true, Ordering::SeqCst);
            }
        };
        thread::Builder::new()
            .name("second-signal".into())
            .stack_size(64 << 10)
            .spawn(watch)?;
        Ok(())
    }
}

impl AsFd for Signals {
    /// Readable when a signal has arrived.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.watched.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}

/// Whether this program ignores a signal. Where the system does not say, it does not.
pub(super) fn is_ignored(number: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // A bit each, the lowest for signal 1.
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let bit = u32::try_from(number - 1).map_or(0, |shift| 1_u64.checked_shl(shift).unwrap_or(0));
    mask.unwrap_or(0) & bit != 0
}

/// Ends this program by a signal, so that whoever started it sees how its child ended; without a core of our own. Comes
/// back where that is not possible: the first program of a container is not ended by signals.
pub fn die_by(number: i32) {
    let none = rustix::process::Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
    if !rustix::process::getpid().is_init() {
        let _ = signal_hook::low_level::emulate_default_handler(number);
    }
}
