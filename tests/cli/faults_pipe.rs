//! What it comes through: pipes, files, signals.
//!
//! Not here: what a kill that cannot be caught takes along is documented, not prevented; a terminal as standard input
//! needs one; how an output goes on once there is room again is tested where the sink is.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::thread;

use rustix::fs::OFlags;
use rustix::process::Signal;

use crate::kit::{House, Live, noise, plain, text_of};

fn log(lines: u32) -> String {
    (0..lines).map(plain).collect()
}

#[test]
fn a_reader_that_leaves_early_ends_it_quietly() {
    let house = House::new();
    house.write("app.log", log(100_000));
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let quell = Live::of(house.quell(["app.log"]).stdout(writer));
    reader.read_exact(&mut [0; 100]).expect("the first bytes");
    drop(reader);
    let output = quell.end();
    assert_eq!(
        (output.status.code(), text_of(output.stderr)),
        (Some(0), String::new())
    );
}

#[test]
fn a_slow_reader_is_waited_for() {
    let house = House::new();
    let input = log(100_000);
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = house.quell([""; 0]);
    let mut quell = Live::of(command.stdout(writer));
    drop(command);
    let sent = input.clone();
    let feeder = thread::spawn(move || {
        quell.write(sent);
        quell.end()
    });
    // It is stuck by now or will be: the log is larger than all the pipes together.
    let mut output = Vec::new();
    let mut block = [0; 1000];
    loop {
        match reader.read(&mut block).expect("a pipe") {
            0 => break,
            bytes => output.extend_from_slice(&block[..bytes]),
        }
    }
    assert!(output == input.as_bytes());
    assert_eq!(feeder.join().expect("it ends").status.code(), Some(0));
}

#[test]
fn what_was_written_before_the_signal_is_not_lost() {
    for _ in 0..10 {
        let house = House::new();
        let mut quell = house.live([""; 0]);
        quell.write(plain(1));
        quell.out_has(&plain(1));
        let input = log(2000);
        quell.write(&input);
        quell.signal(Signal::TERM);
        let output = quell.gone();
        assert!(output.stdout == (plain(1) + &input).as_bytes());
        assert_eq!(output.status.code(), Some(143));
    }
}

#[test]
fn a_standard_input_that_is_a_directory_or_closed_is_no_mystery() {
    let house = House::new();
    let folder = File::open(house.path("")).expect("a folder");
    let output = house
        .quell([""; 0])
        .stdin(folder)
        .output()
        .expect("it starts");
    assert!(text_of(&output.stderr).contains("standard input: this is a directory"));
    assert_eq!(output.status.code(), Some(1));
    let sink = house.write("sink", "");
    let sink = OpenOptions::new().write(true).open(sink).expect("a file");
    let output = house
        .quell([""; 0])
        .stdin(sink)
        .output()
        .expect("it starts");
    assert!(text_of(&output.stderr).contains("not open for reading"));
    let output = house
        .quell([""; 0])
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}

#[test]
fn a_full_disk_stops_the_reading_and_loses_nothing_that_was_not_read() {
    let house = House::new();
    let input = house.write("app.log", log(100_000));
    let mut stdin = File::open(input).expect("a file");
    let full = OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("/dev/full");
    let shared = stdin.try_clone().expect("a descriptor");
    let mut command = house.quell([""; 0]);
    let mut child = command
        .stdin(shared)
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stderr = child.stderr.take().expect("a pipe");
    let mut said = [0; 500];
    let bytes = stderr.read(&mut said).expect("it says something");
    assert!(text_of(&said[..bytes]).contains("the output takes no more"));
    let at = std::io::Seek::stream_position(&mut stdin).expect("a position");
    assert!(at < 2_000_000, "it reads on: {at}");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn descriptors_that_others_made_non_blocking_work_and_stay_so() {
    let house = House::new();
    let input = log(50_000);
    let (stdin, mut feed) = std::io::pipe().expect("a pipe");
    let (mut drain, stdout) = std::io::pipe().expect("a pipe");
    let (stdin, stdout) = (OwnedFd::from(stdin), OwnedFd::from(stdout));
    for fd in [&stdin, &stdout] {
        let flags = rustix::fs::fcntl_getfl(fd).expect("flags");
        rustix::fs::fcntl_setfl(fd, flags | OFlags::NONBLOCK).expect("flags");
    }
    let mut child = house
        .quell([""; 0])
        .stdin(stdin.try_clone().expect("a descriptor"))
        .stdout(stdout.try_clone().expect("a descriptor"))
        .spawn()
        .expect("it starts");
    let sent = input.clone();
    let feeder = thread::spawn(move || std::io::Write::write_all(&mut feed, sent.as_bytes()));
    let mut output = vec![0; input.len()];
    drain.read_exact(&mut output).expect("all of it");
    assert!(output == input.as_bytes());
    feeder.join().expect("it ends").expect("all was taken");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    for fd in [&stdin, &stdout] {
        let flags = rustix::fs::fcntl_getfl(fd).expect("flags");
        assert!(flags.contains(OFlags::NONBLOCK));
    }
}

#[test]
fn an_input_that_is_also_the_output_is_refused() {
    let house = House::new();
    let text = [noise(1), noise(2)].concat();
    let path = house.write("app.log", &text);
    let link = house.path("link.log");
    fs::hard_link(&path, &link).expect("a link");
    let append = || OpenOptions::new().append(true).open(&path).expect("a file");
    let mut by_shell = house.quell(["app.log"]);
    let by_shell = by_shell.stdout(append()).output().expect("it starts");
    let mut by_stdin = house.quell([""; 0]);
    let by_stdin = by_stdin
        .stdin(File::open(&path).expect("a file"))
        .stdout(append());
    for output in [
        house.run(["-o", "app.log", "app.log"]),
        house.run(["-o", "link.log", "app.log"]),
        house.run(["--summary-to", "app.log", "app.log"]),
        by_shell,
        by_stdin.output().expect("it starts"),
    ] {
        assert!(
            text_of(&output.stderr).contains("also the output"),
            "{}",
            text_of(&output.stderr)
        );
        assert_eq!(output.status.code(), Some(1));
    }
    assert_eq!(text_of(house.read("app.log")), text);
}

#[test]
fn signals_in_the_midst_of_reading_and_writing_lose_nothing() {
    let house = House::new();
    let input = log(100_000);
    let mut quell = house.live([""; 0]);
    quell.write("first\n");
    quell.out_has("first\n");
    for chunk in input.as_bytes().chunks(10_007) {
        quell.write(chunk);
        quell.signal(Signal::USR1);
    }
    let output = quell.end();
    assert!(output.stdout == ("first\n".to_owned() + &input).as_bytes());
    assert_eq!(output.status.code(), Some(0));
}
