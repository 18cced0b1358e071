//! What a service manager hears: the protocol on a real socket.

use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::kit::{DEADLINE, House, Live, noise_line, text_of};

/// The manager's end of the socket, and all that it has heard.
struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Manager {
    fn of(house: &House) -> Manager {
        let socket = UnixDatagram::bind(house.path("notify")).expect("a socket");
        Manager {
            socket,
            heard: Vec::new(),
        }
    }

    /// Waits until something was heard that holds `text`, and gives it.
    fn hears(&mut self, text: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            assert!(
                Instant::now() < deadline,
                "never heard: {text} in {:?}",
                self.heard
            );
            if let Some(message) = self.next(Duration::from_millis(100)) {
                self.heard.push(message.clone());
                if message.contains(text) {
                    return message;
                }
            }
        }
    }

    fn next(&self, wait: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(wait)).expect("a timeout");
        let mut message = [0; 4096];
        match self.socket.recv(&mut message) {
            Ok(bytes) => Some(text_of(&message[..bytes])),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// All that is there once nobody can say more.
    fn rest(&mut self) -> &[String] {
        while let Some(message) = self.next(Duration::from_millis(1)) {
            self.heard.push(message);
        }
        &self.heard
    }
}

fn service(house: &House, args: &[&str]) -> Live {
    let mut command = house.quell(args);
    command.env("NOTIFY_SOCKET", house.path("notify"));
    Live::of(command.stdout(Stdio::piped()))
}

#[test]
fn the_manager_hears_of_each_turn() {
    let house = House::new();
    let mut manager = Manager::of(&house);
    let mut quell = service(&house, &[]);
    manager.hears("READY=1\n");
    quell.write((1..5).map(noise_line).collect::<String>());
    assert!(manager.hears("STATUS=").contains(" read; "));
    manager.heard.clear();
    quell.signal(Signal::HUP);
    let reloading = manager.hears("RELOADING=1\n");
    let since = reloading
        .lines()
        .find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    let since: u64 = since
        .and_then(|micros| micros.parse().ok())
        .expect("a time");
    let uptime = std::fs::read_to_string("/proc/uptime").expect("it is Linux");
    let now = uptime
        .split('.')
        .next()
        .and_then(|seconds| seconds.parse::<u64>().ok());
    let now = now.expect("seconds") * 1_000_000;
    assert!(since <= now + 2_000_000 && since + 600_000_000 > now);
    manager.hears("READY=1\n");
    let status = manager.hears("STATUS=");
    assert!(
        status.contains("3 records of noise") && status.contains("1 summaries"),
        "{status}"
    );
    quell.signal(Signal::TERM);
    manager.hears("STOPPING=1\n");
    assert_eq!(quell.gone().status.code(), Some(143));
}

#[test]
fn the_watchdog_is_fed_while_nothing_happens() {
    let house = House::new();
    let mut manager = Manager::of(&house);
    let mut command = house.quell([""; 0]);
    command.env("NOTIFY_SOCKET", house.path("notify"));
    command.env("WATCHDOG_USEC", "100000");
    let quell = Live::of(command.stdout(Stdio::piped()));
    for _ in 0..5 {
        manager.hears("WATCHDOG=1");
    }
    quell.end();
}

#[test]
fn the_watchdog_is_fed_while_a_full_output_is_waited_for() {
    let house = House::new();
    let mut manager = Manager::of(&house);
    let mut command = house.quell(["-o", "/dev/full"]);
    command.env("NOTIFY_SOCKET", house.path("notify"));
    command.env("WATCHDOG_USEC", "100000");
    let mut quell = Live::of(&mut command);
    quell.write("a line\n");
    quell.err_has("takes no more");
    manager.rest();
    for _ in 0..5 {
        manager.hears("WATCHDOG=1");
    }
}

#[test]
fn an_abstract_socket_is_one_too() {
    let house = House::new();
    let name = format!("quell-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("a name");
    let socket = UnixDatagram::bind_addr(&address).expect("a socket");
    let mut manager = Manager {
        socket,
        heard: Vec::new(),
    };
    let mut command = house.quell([""; 0]);
    command.env("NOTIFY_SOCKET", format!("@{name}"));
    let quell = Live::of(command.stdout(Stdio::piped()));
    manager.hears("READY=1\n");
    quell.end();
}

#[test]
fn the_manager_of_somebody_else_hears_nothing_from_us() {
    let house = House::new();
    let mut manager = Manager::of(&house);
    let mut command = house.quell([""; 0]);
    command
        .env("NOTIFY_SOCKET", house.path("notify"))
        .env("SYSTEMD_EXEC_PID", "1");
    command.env("WATCHDOG_USEC", "1000");
    let mut quell = Live::of(command.stdout(Stdio::piped()));
    quell.write(noise_line(1));
    assert_eq!(quell.end().status.code(), Some(0));
    // What is run speaks for itself.
    let mut command = house.quell(["run", "--", "sh", "-c", "echo $NOTIFY_SOCKET"]);
    command
        .env("PATH", "/bin:/usr/bin")
        .env("NOTIFY_SOCKET", house.path("notify"));
    let output = command.output().expect("it starts");
    assert!(text_of(output.stdout).ends_with("notify\n"));
    assert_eq!(manager.rest(), [""; 0]);
}

#[test]
fn a_manager_that_is_deaf_changes_nothing() {
    let house = House::new();
    let mut command = house.quell([""; 0]);
    command
        .env("NOTIFY_SOCKET", house.path("nobody"))
        .env("WATCHDOG_USEC", "nonsense");
    let mut quell = Live::of(command.stdout(Stdio::piped()));
    quell.write("a line\n");
    let output = quell.end();
    assert_eq!(
        (output.status.code(), text_of(output.stdout)),
        (Some(0), "a line\n".into())
    );
    assert_eq!(output.stderr.len(), 0);
}
