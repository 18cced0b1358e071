use super::*;
use rustix::io::read;
use rustix::pipe::pipe;
use signal_hook::consts::SIGTERM;
use std::fs::{self, File};
use std::io::Write;
use std::process::Command;
use std::thread::{JoinHandle, spawn};

use crate::system::signal::{Second, Signal};
use crate::system::source::Fill;

const BLOCK_BYTES: usize = 256 << 10;

/// A regular file whose bytes tell where they stand, and a source over it.
fn input(bytes: usize) -> (tempfile::NamedTempFile, Vec<u8>) {
    let content: Vec<u8> = (0..bytes as u64)
        .map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
        .collect();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&content).unwrap();
    (file, content)
}

/// Reads to the end in pieces of at most `piece` bytes.
fn collected(reader: OwnedFd, piece: usize) -> JoinHandle<Vec<u8>> {
    spawn(move || {
        let mut seen = Vec::new();
        let mut buffer = vec![0; piece];
        loop {
            let more = rustix::io::retry_on_intr(|| read(&reader, &mut *buffer)).unwrap();
            if more == 0 {
                return seen;
            }
            seen.extend_from_slice(&buffer[..more]);
        }
    })
}

/// Sends the whole source through the sink, as untouched ranges of many lengths with words of our own between them, and
/// says what should have arrived.
fn mixture(source: &mut Source, sink: &mut Sink) -> Vec<u8> {
    let mut expected = Vec::new();
    let mut turn = 0_usize;
    while source.fill().unwrap() == Fill::Data {
        turn += 1;
        let block = source.block();
        let cut = (block.len() * (turn % 7) / 6).min(block.len());
        let at = source.offset();
        sink.pass(Some(source), &block[..cut], at).unwrap();
        sink.write_all_at_once(format!("<{turn}>").as_bytes())
            .unwrap();
        sink.pass(Some(source), &block[cut..], at + cut as u64)
            .unwrap();
        expected.extend_from_slice(&block[..cut]);
        expected.extend_from_slice(format!("<{turn}>").as_bytes());
        expected.extend_from_slice(&block[cut..]);
        source.consume(source.block().len());
    }
    sink.flush().unwrap();
    expected
}

#[test]
fn a_pipe_gets_moved_and_written_pieces_in_order() {
    let (file, _) = input(5_000_001);
    let (reader, writer) = pipe().unwrap();
    let seen = collected(reader, 1 << 16);
    let mut sink = Sink::new(writer).unwrap();
    assert_eq!(sink.road, Road::Splice);
    assert!(rustix::pipe::fcntl_getpipe_size(&sink).unwrap() > 64 << 10);
    let mut source = Source::open(file.path(), BLOCK_BYTES).unwrap();
    let expected = mixture(&mut source, &mut sink);
    assert_eq!(sink.road, Road::Splice, "the fast road was not kept");
    drop(sink);
    assert!(seen.join().unwrap() == expected);
}

#[test]
fn a_file_gets_moved_and_written_pieces_in_order() {
    let (file, _) = input(3_000_001);
    let output = tempfile::NamedTempFile::new().unwrap();
    let mut plain = Sink::new(output.reopen().unwrap().into()).unwrap();
    assert_eq!(plain.road, Road::Copy);
    let mut source = Source::open(file.path(), BLOCK_BYTES).unwrap();
    let expected = mixture(&mut source, &mut plain);
    assert!(fs::read(output.path()).unwrap() == expected);

    let mut append = Sink::append(output.path()).unwrap();
    assert_eq!(append.road, Road::Memory);
    let mut source = Source::open(file.path(), BLOCK_BYTES).unwrap();
    let again = mixture(&mut source, &mut append);
    assert!(fs::read(output.path()).unwrap() == [expected, again].concat());
}

#[test]
fn a_road_that_is_closed_is_left_for_good() {
    let (file, content) = input(200_000);
    let mut source = Source::open(file.path(), BLOCK_BYTES).unwrap();
    source.fill().unwrap();
    // A device takes no copy between files.
    let mut sink = Sink::new(File::create("/dev/null").unwrap().into()).unwrap();
    sink.road = Road::Copy;
    sink.pass(Some(&source), &content, 0).unwrap();
    assert_eq!(sink.road, Road::Memory);
}

#[test]
fn a_slow_reader_on_a_non_blocking_pipe_gets_everything() {
    let (file, _) = input(3_000_001);
    let (reader, writer) = pipe().unwrap();
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    let seen = collected(reader, 997);
    let mut sink = Sink::new(writer).unwrap();
    let mut source = Source::open(file.path(), BLOCK_BYTES).unwrap();
    let mut expected = mixture(&mut source, &mut sink);
    sink.road = Road::Memory;
    let mut source = Source::open(file.path(), BLOCK_BYTES).unwrap();
    expected.extend(mixture(&mut source, &mut sink));
    assert!(
        rustix::fs::fcntl_getfl(&sink)
            .unwrap()
            .contains(OFlags::NONBLOCK),
        "the shared flag was flipped"
    );
    drop(sink);
    assert!(seen.join().unwrap() == expected);
}

#[test]
fn a_reader_that_goes_ends_it_on_every_road() {
    let (file, content) = input(BLOCK_BYTES);
    let mut source = Source::open(file.path(), BLOCK_BYTES).unwrap();
    source.fill().unwrap();
    for road in [Road::Splice, Road::Memory] {
        let (reader, writer) = pipe().unwrap();
        let mut sink = Sink::new(writer).unwrap();
        sink.road = road;
        let leaver = spawn(move || read(&reader, &mut vec![0; 100_000][..]).unwrap());
        let error = loop {
            if let Err(error) = sink.pass(Some(&source), &content, 0) {
                break error;
            }
        };
        assert!(matches!(error, SinkError::ReaderGone), "{error}");
        leaver.join().unwrap();
    }
}

#[test]
fn a_file_cut_off_between_search_and_pass_is_completed_from_memory() {
    for (left, road) in [
        (100_000, Road::Splice),
        (0, Road::Splice),
        (4096, Road::Copy),
        (0, Road::Copy),
    ] {
        let (file, content) = input(BLOCK_BYTES);
        let mut source = Source::open(file.path(), BLOCK_BYTES).unwrap();
        source.fill().unwrap();
        file.as_file().set_len(left).unwrap();
        let output = tempfile::NamedTempFile::new().unwrap();
        let (reader, writer) = pipe().unwrap();
        let seen = collected(reader, 1 << 16);
        let to = if road == Road::Splice {
            writer
        } else {
            output.reopen().unwrap().into()
        };
        let mut sink = Sink::new(to).unwrap();
        sink.pass(Some(&source), source.block(), 0).unwrap();
        sink.flush().unwrap();
        assert_eq!(sink.road, road);
        drop(sink);
        let seen = if road == Road::Splice {
            seen.join().unwrap()
        } else {
            fs::read(output.path()).unwrap()
        };
        assert!(seen == content, "{left} bytes left, {road:?}");
    }
}

#[test]
fn a_full_output_keeps_what_it_was_given_and_goes_on_without_loss_or_doubles() {
    let (file, content) = input(200_000);
    let mut source = Source::open(file.path(), BLOCK_BYTES).unwrap();
    source.fill().unwrap();
    let mut sink = Sink::append(Path::new("/dev/full")).unwrap();
    sink.write_all_at_once(b"first ").unwrap();
    let error = sink
        .pass(Some(&source), &content[..100_000], 0)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the output takes no more (No space left on device (os error 28)), 6 bytes are kept until it does, make room for them"
    );
    for _ in 0..2 {
        let Err(SinkError::Stuck { kept_bytes, .. }) = sink.flush() else {
            panic!("not stuck")
        };
        assert_eq!(kept_bytes, 100_006);
    }
    // What a tidied disk is to the sink: the same output takes bytes again.
    let output = tempfile::NamedTempFile::new().unwrap();
    sink.fd = output.reopen().unwrap().into();
    sink.flush().unwrap();
    assert!(sink.kept.capacity() <= 2 * GATHER_BYTES);
    sink.pass(Some(&source), &content[100_000..], 100_000)
        .unwrap();
    sink.flush().unwrap();
    assert!(fs::read(output.path()).unwrap() == [b"first ", &content[..]].concat());
}

#[test]
fn a_patient_sink_says_so_once_and_gives_up_at_the_second_signal_to_end() {
    let program = std::env::current_exe().unwrap();
    let name = "system::sink::tests::child_is_patient";
    let output = Command::new(program)
        .args(["--ignored", "--nocapture", "--exact", name])
        .output()
        .unwrap();
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed"),
        "{output:?}"
    );
}

#[test]
#[ignore = "runs as a child"]
fn child_is_patient() {
    let mut wait = Wait::with(Second::Reported).unwrap();
    let mut sink = Sink::append(Path::new("/dev/full")).unwrap();
    sink.write_all_at_once(b"kept").unwrap();
    let mut said = 0;
    let soon = Some(Instant::now() + Duration::from_secs(60));
    signal_hook::low_level::raise(Signal::Report.number()).unwrap();
    signal_hook::low_level::raise(SIGTERM).unwrap();
    assert_eq!(
        wait.on(None, soon).unwrap(),
        Wake::Signal(Signal::Terminate)
    );
    let answer = sink.flush_patiently(&mut wait, &mut Service::default(), &mut |_| {
        said += 1;
        signal_hook::low_level::raise(SIGTERM).unwrap();
    });
    assert!(matches!(
        answer,
        Err(SinkError::Stuck { kept_bytes: 4, .. })
    ));
    assert_eq!(said, 1);
    for signal in [Signal::Report, Signal::Terminate] {
        assert_eq!(
            wait.on(None, soon).unwrap(),
            Wake::Signal(signal),
            "a signal was swallowed"
        );
    }
}

#[test]
fn input_and_output_are_known_to_be_one_file() {
    let (file, _) = input(10);
    let source = Source::open(file.path(), BLOCK_BYTES).unwrap();
    assert!(Sink::append(file.path()).unwrap().same_file(&source));
    assert!(
        !Sink::append(tempfile::NamedTempFile::new().unwrap().path())
            .unwrap()
            .same_file(&source)
    );
    let device = Source::open(Path::new("/dev/null"), BLOCK_BYTES).unwrap();
    assert!(
        !Sink::append(Path::new("/dev/null"))
            .unwrap()
            .same_file(&device)
    );
}

#[test]
fn an_output_that_cannot_be_opened_is_said_in_one_sentence() {
    let error = Sink::append(Path::new("/no/such\n/out.log")).unwrap_err();
    assert_eq!(
        error.to_string(),
        r"/no/such\n/out.log: cannot be opened for writing (No such file or directory (os error 2)), check the directory and its permissions"
    );
}
