use super::*;
use rustix::io::write;
use rustix::pipe::pipe;
use rustix::process::{Pid, Signal as Number, kill_process};
use signal_hook::low_level::raise;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

/// Runs the ignored test `name` of this file as a program of its own, by way of `launcher` (a shell's words before the
/// program, may be empty). Signals belong to a whole program, and here one of many tests would be hit.
fn child(launcher: &str, name: &str) -> Command {
    let program = std::env::current_exe().expect("a test has a program");
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{launcher} exec \"$0\" \"$@\""))
        .arg(program);
    command
        .args(["--ignored", "--nocapture", "--exact"])
        .arg(format!("system::wait::tests::{name}"));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn status(launcher: &str, name: &str) -> ExitStatus {
    let output = child(launcher, name).output().expect("the child starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        !output.status.success() || said.contains("1 passed"),
        "{name} did not run: {said}"
    );
    output.status
}

fn soon() -> Option<Instant> {
    Some(Instant::now() + Duration::from_secs(60))
}

#[test]
fn input_wakes() {
    let mut wait = Wait::with(Second::Reported).unwrap();
    let (reader, writer) = pipe().unwrap();
    write(&writer, b"x").unwrap();
    assert_eq!(
        wait.on(Some(reader.as_fd()), soon()).unwrap(),
        Wake::Readable
    );
}

#[test]
fn a_hang_up_counts_as_input() {
    let mut wait = Wait::with(Second::Reported).unwrap();
    let (reader, writer) = pipe().unwrap();
    drop(writer);
    assert_eq!(wait.on(Some(reader.as_fd()), None).unwrap(), Wake::Readable);
}

#[test]
fn of_several_inputs_those_that_can_be_read_are_named() {
    let mut wait = Wait::with(Second::Reported).unwrap();
    let (first, _writer) = pipe().unwrap();
    let (second, writer) = pipe().unwrap();
    let (third, gone) = pipe().unwrap();
    let all = [first.as_fd(), second.as_fd(), third.as_fd()];
    write(&writer, b"x").unwrap();
    let (wake, ready) = wait.among(&all, soon()).unwrap();
    assert_eq!((wake, ready), (Wake::Readable, vec![false, true, false]));
    drop(gone);
    let (wake, ready) = wait.among(&all, soon()).unwrap();
    assert_eq!((wake, ready), (Wake::Readable, vec![false, true, true]));
}

#[test]
fn a_deadline_that_has_passed_is_reported_only_when_nothing_can_be_read() {
    let mut wait = Wait::with(Second::Reported).unwrap();
    let (reader, writer) = pipe().unwrap();
    let past = Some(Instant::now());
    assert_eq!(wait.on(Some(reader.as_fd()), past).unwrap(), Wake::Deadline);
    assert_eq!(wait.on(None, past).unwrap(), Wake::Deadline);
    write(&writer, b"x").unwrap();
    assert_eq!(wait.on(Some(reader.as_fd()), past).unwrap(), Wake::Readable);
}

#[test]
fn every_signal_is_reported_before_input_and_endings_come_first() {
    assert!(status("", "child_is_signalled").success());
}

#[test]
#[ignore = "runs as a child"]
fn child_is_signalled() {
    let mut wait = Wait::with(Second::Reported).unwrap();
    let (reader, writer) = pipe().unwrap();
    write(&writer, b"x").unwrap();
    for signal in [
        Signal::Report,
        Signal::Reload,
        Signal::Interrupt,
        Signal::Terminate,
    ] {
        raise(signal.number()).unwrap();
    }
    for signal in [
        Signal::Terminate,
        Signal::Interrupt,
        Signal::Reload,
        Signal::Report,
    ] {
        assert_eq!(
            wait.on(Some(reader.as_fd()), soon()).unwrap(),
            Wake::Signal(signal)
        );
    }
    assert_eq!(
        wait.on(Some(reader.as_fd()), soon()).unwrap(),
        Wake::Readable
    );
    assert_eq!(wait.endings(), 2);
    wait.give_back(Signal::Terminate);
    assert_eq!(wait.endings(), 1);
    assert_eq!(
        wait.on(None, soon()).unwrap(),
        Wake::Signal(Signal::Terminate)
    );
}

#[test]
fn an_echo_of_the_first_signal_to_end_is_not_a_second() {
    assert!(status("", "child_hears_an_echo").success());
}

#[test]
#[ignore = "runs as a child"]
fn child_hears_an_echo() {
    let mut wait = Wait::new().unwrap();
    for signal in [Signal::Terminate, Signal::Terminate, Signal::Report] {
        raise(signal.number()).unwrap();
    }
    assert_eq!(
        wait.on(None, soon()).unwrap(),
        Wake::Signal(Signal::Terminate)
    );
    // Long enough for a fuse without a delay to be lit, short enough not to be a second wish.
    let echoes = Instant::now() + crate::system::signal::SAME_WISH / 5;
    while Instant::now() < echoes {
        raise(Signal::Interrupt.number()).unwrap();
    }
    assert_eq!(wait.on(None, soon()).unwrap(), Wake::Signal(Signal::Report));
    assert_eq!(wait.on(None, Some(Instant::now())).unwrap(), Wake::Deadline);
}

#[test]
fn a_second_signal_ends_even_a_program_that_is_stuck() {
    let mut child = child("", "child_is_stuck").spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("stuck now")));
    let pid = Pid::from_child(&child);
    let deadline = soon().unwrap();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "the child does not end");
        let _ = kill_process(pid, Number::INT);
        std::thread::yield_now();
    };
    assert_eq!(status.code(), Some(128 + Signal::Interrupt.number()));
}

#[test]
#[ignore = "runs as a child"]
fn child_is_stuck() {
    let _wait = Wait::new().unwrap();
    let (reader, _writer) = pipe().unwrap();
    raise(Signal::Terminate.number()).unwrap();
    println!("\nstuck now");
    let _ = rustix::io::retry_on_intr(|| rustix::io::read(&reader, &mut [0_u8; 1][..]));
}

#[test]
fn a_signal_ignored_from_the_beginning_stays_ignored() {
    assert!(status("trap '' INT;", "child_ignores_interrupts").success());
}

#[test]
#[ignore = "runs as a child"]
fn child_ignores_interrupts() {
    let mut wait = Wait::new().unwrap();
    raise(Signal::Interrupt.number()).unwrap();
    raise(Signal::Report.number()).unwrap();
    assert_eq!(wait.on(None, soon()).unwrap(), Wake::Signal(Signal::Report));
    assert_eq!(wait.on(None, Some(Instant::now())).unwrap(), Wake::Deadline);
}
