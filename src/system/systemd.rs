//! What a service manager is told: that we are ready, are reading our rules again, how it goes, that we are still alive,
//! and that we are about to end. Where there is no such manager, nothing is said and nothing is done.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};
use std::{env, io};

use sd_notify::NotifyState;

/// The least time between two lines of status: people read them, and each wakes the manager.
const STATUS_PAUSE: Duration = Duration::from_secs(2);

/// The manager, as far as it listens to us.
#[derive(Debug, Default)]
pub struct Service {
    /// Where it listens, if it does.
    address: Option<SocketAddr>,
    /// How often it wants to hear from us, halved so that a late one is still in time.
    beat: Option<Duration>,
    next_beat: Option<Instant>,
    /// When the next status may be told, if there is something new to be told.
    next_status: Option<Instant>,
    told_at: Option<Instant>,
    /// The figure that the last status was made from.
    told: u64,
}

impl Service {
    /// The manager of this process. One that has started somebody else, who started us, is not told: in
    /// `sh -c 'server | quell'` it is the server's readiness that counts. Its environment is inherited all the same;
    /// `SYSTEMD_EXEC_PID` tells the two apart.
    #[must_use]
    pub fn of_this_process() -> Service {
        let own = std::process::id().to_string();
        let is_ours = env::var("SYSTEMD_EXEC_PID").map_or(true, |started| started == own);
        let address = address().filter(|_| is_ours);
        let beat = sd_notify::watchdog_enabled();
        let beat = beat.filter(|beat| address.is_some() && !beat.is_zero());
        Service {
            address,
            beat: beat.map(|beat| beat / 2),
            next_beat: beat.map(|_| Instant::now()),
            ..Service::default()
        }
    }

    /// Says that we are at work; again after [`reloading`](Service::reloading).
    pub fn ready(&mut self) {
        self.tell(&[NotifyState::Ready]);
    }

    /// Says that rules are read and outputs opened again; [`ready`](Service::ready) must follow.
    pub fn reloading(&mut self) {
        // A reload is only believed with the time at which it began.
        if let Ok(since) = NotifyState::monotonic_usec_now() {
            self.tell(&[NotifyState::Reloading, since]);
        }
    }

    /// Says that we finish and end.
    pub fn stopping(&mut self) {
        self.tell(&[NotifyState::Stopping]);
    }

    /// Takes notice of a figure that the status is made from and that only grows, such as bytes read.
    pub fn note(&mut self, figure: u64) {
        if self.address.is_some() && figure != self.told && self.next_status.is_none() {
            let pause = self.told_at.map(|at| at + STATUS_PAUSE);
            self.next_status = Some(pause.unwrap_or_else(Instant::now));
        }
    }

    /// When to call [`tend`](Service::tend) at the latest.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Instant> {
        self.next_beat.into_iter().chain(self.next_status).min()
    }

    /// Says that we are alive, and how it goes, if it is time to. To be called by the loop that does the work, and by
    /// nobody else: a thread that is alive proves nothing.
    pub fn tend(&mut self, figure: u64, status: impl FnOnce() -> String) {
        let now = Instant::now();
        if self.next_status.is_some_and(|at| at <= now) {
            (self.told, self.told_at, self.next_status) = (figure, Some(now), None);
            self.tell(&[NotifyState::Status(&status())]);
        }
        self.beat();
    }

    /// When it wants to hear from us next.
    #[must_use]
    pub fn next_beat(&self) -> Option<Instant> {
        self.next_beat
    }

    /// Says that we are alive, if it is time to: for who waits for room in an output, and is well otherwise.
    pub fn beat(&mut self) {
        let now = Instant::now();
        if self.next_beat.is_some_and(|at| at <= now) {
            self.next_beat = self.beat.and_then(|beat| now.checked_add(beat));
            self.tell(&[NotifyState::Watchdog]);
        }
    }

    /// A manager that does not hear us is no reason to stop.
    fn tell(&self, state: &[NotifyState<'_>]) {
        if let Some(address) = &self.address {
            let lines: String = state.iter().map(|state| format!("{state}\n")).collect();
            let _ = send(address, lines.as_bytes());
        }
    }
}

/// Where the manager listens: a path, or a name that no file system knows, written with an `@`.
fn address() -> Option<SocketAddr> {
    let named = env::var_os("NOTIFY_SOCKET")?;
    match named.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name).ok(),
        None => SocketAddr::from_pathname(&named).ok(),
    }
}

/// Never waits: a manager that is stuck must not make us so. `sd_notify` has neither this nor names without a file.
fn send(address: &SocketAddr, message: &[u8]) -> io::Result<usize> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to_addr(message, address)
}
