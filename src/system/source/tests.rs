use super::*;
use rustix::fs::CWD;
use rustix::pipe::pipe;
use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::system::signal::Second;
use crate::system::wait::{Wait, Wake};

fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let step = |_| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    (0..bytes).map(step).collect()
}

/// Runs the ignored test `name` with its standard input as the shell's `redirection` makes it.
fn passes_with_stdin(redirection: &str, name: &str) -> bool {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("exec \"$0\" \"$@\" {redirection}"))
        .arg(program);
    command
        .args(["--ignored", "--nocapture", "--exact"])
        .arg(format!("system::source::tests::{name}"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed")
}

#[test]
fn what_cannot_be_read_is_said_in_one_sentence_with_a_remedy() {
    let error = |path: &str| Source::open(Path::new(path), 64).unwrap_err().to_string();
    assert_eq!(
        error("/no/such\x1b[2J.log"),
        r"/no/such\u{1b}[2J.log: there is no such file, check the name, or leave it out to read standard input"
    );
    assert_eq!(
        error("/"),
        "/: this is a directory, name the files in it instead"
    );
    let denied = SourceError::new(Name::Path("a.log".into()), Errno::ACCESS);
    assert_eq!(
        denied.to_string(),
        "a.log: permission denied, run quell as a user or group that may read it"
    );
    let closed = SourceError::new(Name::Stdin, Errno::BADF);
    assert_eq!(
        closed.to_string(),
        "standard input is not open for reading, pipe a log into quell or name a file"
    );
}

#[test]
fn a_standard_input_that_cannot_be_read_is_refused() {
    assert!(passes_with_stdin("0>>/dev/null", "child_has_no_input"));
    assert!(passes_with_stdin("</", "child_has_no_input"));
}

#[test]
#[ignore = "runs as a child"]
fn child_has_no_input() {
    assert!(Source::stdin(64).is_err());
}

#[test]
fn a_standard_input_that_was_closed_is_empty() {
    assert!(passes_with_stdin("<&-", "child_has_empty_input"));
    assert!(passes_with_stdin("</dev/null", "child_has_empty_input"));
}

#[test]
#[ignore = "runs as a child"]
fn child_has_empty_input() {
    assert_eq!(Source::stdin(64).unwrap().fill().unwrap(), Fill::End);
}

#[test]
fn whatever_is_consumed_when_every_byte_comes_once_and_in_order() {
    let content = noise(40_000);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&content).unwrap();
    for appetite in [1, 37, 64, 500, 5_000, 50_000] {
        let mut source = Source::open(file.path(), 64).unwrap();
        let mut seen = Vec::new();
        while source.fill().unwrap() == Fill::Data {
            let block = source.block();
            assert_eq!(source.offset(), seen.len() as u64);
            // A consumer that waits for `appetite` bytes and leaves a seventh of them.
            if block.len() >= appetite {
                let eaten = block.len() - block.len() / 7;
                seen.extend_from_slice(&block[..eaten]);
                source.consume(eaten);
            }
        }
        seen.extend_from_slice(source.block());
        assert!(seen == content, "appetite {appetite}");
    }
}

#[test]
fn the_buffer_grows_with_the_tail_and_falls_back() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&noise(100_000)).unwrap();
    let mut source = Source::open(file.path(), 1000).unwrap();
    assert_eq!(source.buffer.len(), 1250);
    for _ in 0..50 {
        assert_eq!(source.fill().unwrap(), Fill::Data);
        assert!(source.buffer.len() <= 2 * (source.block().len() + 1000));
    }
    assert_eq!(source.block().len(), 50_000);
    source.consume(49_900);
    source.fill().unwrap();
    assert_eq!((source.buffer.len(), source.block().len()), (1250, 1100));
}

#[test]
fn a_file_that_grows_after_its_end_goes_on() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut source = Source::open(file.path(), 64).unwrap();
    assert!(source.is_regular() && source.identity().is_some());
    assert_eq!(source.size_hint(), Some(0));
    assert_eq!(source.fill().unwrap(), Fill::End);
    file.write_all(b"more").unwrap();
    assert_eq!(source.fill().unwrap(), Fill::Data);
    assert_eq!(source.block(), b"more");
}

#[test]
fn an_input_half_read_by_another_goes_on_where_it_stands() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"head\nrest\n").unwrap();
    rustix::fs::seek(&file, rustix::fs::SeekFrom::Start(5)).unwrap();
    let mut source = Source::new(file.into(), Name::Stdin, 64).unwrap();
    source.fill().unwrap();
    assert_eq!((source.offset(), source.block()), (5, &b"rest\n"[..]));
}

#[test]
fn a_pipe_in_non_blocking_mode_would_block_and_then_ends() {
    let (reader, writer) = pipe().unwrap();
    rustix::io::ioctl_fionbio(&reader, true).unwrap();
    let mut source = Source::new(reader, Name::Stdin, 64).unwrap();
    assert!(rustix::pipe::fcntl_getpipe_size(&source).unwrap() > 64 << 10);
    assert_eq!(source.fill().unwrap(), Fill::WouldBlock);
    rustix::io::write(&writer, b"x").unwrap();
    assert_eq!(source.fill().unwrap(), Fill::Data);
    assert_eq!(source.fill().unwrap(), Fill::WouldBlock);
    drop(writer);
    assert_eq!(source.fill().unwrap(), Fill::End);
    assert_eq!(source.block(), b"x");
}

#[test]
fn a_fifo_waits_for_its_first_writer_and_ends_with_its_last() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let mut wait = Wait::with(Second::Reported).unwrap();
    let mut source = Source::open(&path, 64).unwrap();
    assert_eq!(source.fill().unwrap(), Fill::WouldBlock);
    assert_eq!(
        wait.on(Some(source.as_fd()), Some(Instant::now())).unwrap(),
        Wake::Deadline
    );
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || File::create(path).unwrap().write_all(b"late").unwrap())
    };
    let mut seen = Vec::new();
    loop {
        let deadline = Instant::now() + Duration::from_secs(60);
        assert_eq!(
            wait.on(Some(source.as_fd()), Some(deadline)).unwrap(),
            Wake::Readable
        );
        match source.fill().unwrap() {
            Fill::Data => seen.extend_from_slice(source.block()),
            Fill::WouldBlock => continue,
            Fill::End => break,
        }
        source.consume(source.block().len());
    }
    writer.join().unwrap();
    assert_eq!(seen, b"late");
    fs::remove_file(path).unwrap();
}

#[test]
fn a_device_is_read_like_anything_else() {
    let mut source = Source::open(Path::new("/dev/zero"), 64).unwrap();
    assert_eq!(source.fill().unwrap(), Fill::Data);
    assert_eq!(source.block(), [0; 64]);
    assert!(!source.is_regular() && source.identity().is_none() && !source.is_terminal());
}
