//! What a service manager hears: the protocol on a real socket.

use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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

/// A unit as it is shipped, with this build in the place of the installed program.
fn unit(house: &House, name: &str, instance: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("packaging/systemd")
        .join(name);
    let text = std::fs::read_to_string(path).expect("a unit");
    let text = text.replace("/usr/bin/quell", env!("CARGO_BIN_EXE_quell"));
    // The manual is not installed either.
    house.write(
        instance,
        text.replace("man:quell(1)", "https://example.org/"),
    )
}

fn analyze(args: &[&str], units: &[PathBuf]) -> Option<(bool, String)> {
    let mut command = Command::new("systemd-analyze");
    let output = command.args(args).args(units).output().ok();
    if output.is_none() {
        eprintln!("systemd-analyze is not installed, skipped");
    }
    output.map(|output| {
        (
            output.status.success(),
            text_of(output.stdout) + &text_of(output.stderr),
        )
    })
}

#[test]
fn systemd_finds_no_fault_with_the_units() {
    let house = House::new();
    let own = unit(&house, "quell.service", "quell.service");
    let each = unit(
        &house,
        "quell@.service",
        "quell@var-log-app-app.log.service",
    );
    let drain = unit(
        &house,
        "quell-drain@.service",
        "quell-drain@var-log-app-app.log.service",
    );
    // A drop-in is read with the unit that it is for.
    let app = house.write("app.service", "[Service]\nType=exec\nExecStart=/bin/true\n");
    std::fs::create_dir(house.path("app.service.d")).expect("a folder");
    unit(&house, "quell-run.conf", "app.service.d/quell-run.conf");
    let drop_in = house.read("app.service.d/quell-run.conf");
    let drop_in = text_of(drop_in).replace("/usr/bin/java", "/bin/true");
    house.write("app.service.d/quell-run.conf", drop_in);
    for unit in [own, each, drain, app] {
        let Some((fine, said)) = analyze(&["verify", "--man=no"], std::slice::from_ref(&unit))
        else {
            return;
        };
        let about_ours = said
            .lines()
            .filter(|line| line.contains("quell") || line.contains("app.service"));
        assert_eq!(about_ours.collect::<Vec<_>>(), [""; 0], "{unit:?}");
        assert!(fine, "{unit:?}: {said}");
    }
}

#[test]
fn the_services_are_hardened() {
    let house = House::new();
    for (name, instance) in [
        ("quell.service", "quell.service"),
        ("quell@.service", "quell@var-log-app-app.log.service"),
    ] {
        let unit = unit(&house, name, instance);
        // In tenths: under 2 is what systemd itself calls fine.
        let args = ["security", "--offline=true", "--no-pager", "--threshold=20"];
        let Some((fine, said)) = analyze(&args, &[unit]) else {
            return;
        };
        assert!(fine, "{name}: {said}");
    }
}

#[test]
fn what_a_unit_starts_is_what_can_be_typed() {
    let house = House::new();
    let mut starts = 0;
    for name in ["quell.service", "quell@.service", "quell-run.conf"] {
        let text = text_of(house.read(unit(&house, name, "unit").to_str().expect("a path")));
        for line in text
            .lines()
            .filter_map(|line| line.trim_start_matches('#').strip_prefix("ExecStart="))
        {
            let mut words = line.split_whitespace();
            if words.next().is_none() {
                continue;
            }
            starts += 1;
            let args: Vec<String> = words
                .map(|word| {
                    word.replace("%S", "state")
                        .replace("%L", "log")
                        .replace("%i", "app")
                        .replace("%f", "app.log")
                })
                .collect();
            // Help wins over whatever stands before the program, but not over a flag that is not known.
            let before = args.iter().take_while(|arg| *arg != "--").cloned();
            let output = house.run(before.chain(["--help".to_owned()]));
            assert_eq!(
                output.status.code(),
                Some(0),
                "{line}: {}",
                text_of(output.stderr)
            );
        }
    }
    assert_eq!(starts, 4);
}
