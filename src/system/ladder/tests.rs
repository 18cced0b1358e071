use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::climb::{pack, seal};
use super::shelf::packed_names;
use super::*;

struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        Bench {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn out(&self) -> PathBuf {
        self.dir.path().join("app.log")
    }

    fn open(&self, sizing: Sizing) -> (Ladder, Sink) {
        Ladder::open(&self.out(), sizing).unwrap()
    }

    /// What was put away and what stands in the output, in order, and how many files that are.
    fn all(&self) -> (String, usize) {
        let shelf = Shelf::of(&self.out()).unwrap();
        let listed = shelf.read().unwrap();
        let mut text = String::new();
        for kept in &listed {
            text.push_str(&unpacked(&kept.path));
        }
        text.push_str(&fs::read_to_string(self.out()).unwrap_or_default());
        (text, listed.len())
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let name =
            |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }
}

fn unpacked(path: &Path) -> String {
    let bytes = fs::read(path).unwrap();
    let mut text = String::new();
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("zst") => zstd::Decoder::new(&*bytes)
            .unwrap()
            .read_to_string(&mut text),
        Some("gz") => flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text),
        _ => (&*bytes).read_to_string(&mut text),
    }
    .unwrap();
    text
}

fn sizing(compression: Compression) -> Sizing {
    Sizing {
        max_bytes: 100,
        keep: 10,
        total_bytes_max: None,
        compression,
    }
}

fn write(ladder: &mut Ladder, sink: &mut Sink, text: &str) {
    sink.write_all_at_once(text.as_bytes()).unwrap();
    sink.flush().unwrap();
    ladder.took(text.len());
}

/// The steps before the keeper's, of which so many are taken before a kill.
const STEPS: [fn(&mut Ladder); 3] = [
    |ladder| drop(ladder.make().unwrap()),
    |ladder| ladder.exchange().unwrap(),
    |ladder| ladder.name().unwrap(),
];

#[test]
fn a_kill_behind_any_step_of_a_rotation_loses_nothing() {
    for steps in 0..=STEPS.len() {
        let bench = Bench::new();
        let (mut ladder, mut sink) = bench.open(sizing(Compression::None));
        write(&mut ladder, &mut sink, "one\n");
        ladder.rotate(&mut sink).unwrap();
        write(&mut ladder, &mut sink, "two\n");
        for step in &STEPS[..steps] {
            step(&mut ladder);
            assert!(bench.out().exists(), "there is a file at each moment");
        }
        drop((ladder, sink));
        let (mut ladder, mut sink) = bench.open(sizing(Compression::Zst));
        write(&mut ladder, &mut sink, "three\n");
        drop((ladder, sink));
        let (text, files) = bench.all();
        assert_eq!(text, "one\ntwo\nthree\n", "behind step {steps}");
        assert_eq!(files, if steps < 2 { 1 } else { 2 }, "behind step {steps}");
        let odd = |name: &&String| !name.ends_with(".zst") && *name != "app.log";
        assert_eq!(bench.names().iter().find(odd), None, "behind step {steps}");
    }
}

#[test]
fn a_kill_behind_any_step_of_the_keeping_loses_nothing() {
    for steps in 0..4 {
        let bench = Bench::new();
        let (mut ladder, mut sink) = bench.open(sizing(Compression::None));
        write(&mut ladder, &mut sink, &"one\n".repeat(1000));
        ladder.rotate(&mut sink).unwrap();
        write(&mut ladder, &mut sink, "two\n");
        drop((ladder, sink));
        let plain = Shelf::of(&bench.out())
            .unwrap()
            .read()
            .unwrap()
            .remove(0)
            .path;
        let (packed, part) = packed_names(&plain, Compression::Gz).unwrap();
        match steps {
            0 => {}
            // Killed amid the writing: half of it is there.
            1 => {
                pack(&plain, &part, Compression::Gz).unwrap();
                let half = fs::read(&part).unwrap();
                fs::write(&part, &half[..half.len() / 2]).unwrap();
            }
            2 => pack(&plain, &part, Compression::Gz).unwrap(),
            _ => {
                pack(&plain, &part, Compression::Gz).unwrap();
                seal(&part, &packed).unwrap();
            }
        }
        drop(bench.open(sizing(Compression::Gz)));
        assert_eq!(
            bench.all(),
            ("one\n".repeat(1000) + "two\n", 1),
            "step {steps}"
        );
        assert_eq!(bench.names().len(), 2, "step {steps}: {:?}", bench.names());
    }
}

#[test]
fn what_is_put_away_keeps_mode_and_time() {
    let bench = Bench::new();
    let (mut ladder, mut sink) = bench.open(sizing(Compression::Zst));
    write(&mut ladder, &mut sink, "one\n");
    let private = fs::Permissions::from_mode(0o640);
    fs::set_permissions(bench.out(), private).unwrap();
    let written = fs::metadata(bench.out()).unwrap().modified().unwrap();
    ladder.rotate(&mut sink).unwrap();
    drop((ladder, sink));
    let packed = &Shelf::of(&bench.out()).unwrap().read().unwrap()[0].path;
    assert_eq!(fs::metadata(packed).unwrap().modified().unwrap(), written);
    for path in [packed, &bench.out()] {
        assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o640);
    }
}

#[test]
fn a_link_stays_a_link_and_what_it_leads_to_is_rotated() {
    let bench = Bench::new();
    fs::create_dir(bench.dir.path().join("far")).unwrap();
    fs::write(bench.dir.path().join("far/real.log"), "").unwrap();
    symlink("far/real.log", bench.out()).unwrap();
    let (mut ladder, mut sink) = bench.open(sizing(Compression::None));
    write(&mut ladder, &mut sink, "one\n");
    ladder.rotate(&mut sink).unwrap();
    write(&mut ladder, &mut sink, "two\n");
    assert!(fs::symlink_metadata(bench.out()).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(bench.out()).unwrap(), "two\n");
    assert_eq!(
        fs::read_dir(bench.dir.path().join("far")).unwrap().count(),
        2
    );
}

#[test]
fn an_output_that_somebody_removed_is_made_again() {
    let bench = Bench::new();
    let (mut ladder, mut sink) = bench.open(sizing(Compression::None));
    write(&mut ladder, &mut sink, "gone\n");
    fs::remove_file(bench.out()).unwrap();
    ladder.rotate(&mut sink).unwrap();
    write(&mut ladder, &mut sink, "two\n");
    assert_eq!(bench.all(), ("two\n".to_owned(), 0));
    fs::rename(bench.out(), bench.dir.path().join("app.log.1")).unwrap();
    ladder.reopen(&mut sink).unwrap();
    assert!(!ladder.is_begun());
    write(&mut ladder, &mut sink, "three\n");
    assert_eq!(bench.all().0, "three\n");
    ladder.reopen(&mut sink).unwrap();
    assert!(ladder.is_begun(), "it is the same file");
}

#[test]
fn a_rotation_that_fails_is_said_once_and_tried_again() {
    let bench = Bench::new();
    let (mut ladder, mut sink) = bench.open(sizing(Compression::None));
    write(&mut ladder, &mut sink, &"x".repeat(100));
    assert_eq!(ladder.room(), 0);
    let obstacle = bench.dir.path().join("app.log.new");
    fs::create_dir(&obstacle).unwrap();
    let text = ladder.rotate(&mut sink).unwrap_err().expect("it says so");
    assert!(text.contains("cannot be rotated"), "{text}");
    assert_eq!(ladder.room(), 12);
    assert_eq!(ladder.rotate(&mut sink), Err(None));
    fs::remove_dir(&obstacle).unwrap();
    assert_eq!(ladder.rotate(&mut sink), Ok(()));
    assert_eq!(ladder.room(), 100);
    assert!(ladder.complaints()[0].contains("can be rotated again"));
}

#[test]
fn two_writers_of_one_output_are_one_too_many() {
    let bench = Bench::new();
    let first = bench.open(sizing(Compression::None));
    let error = Ladder::open(&bench.out(), sizing(Compression::None)).unwrap_err();
    assert!(
        error.to_string().contains("another quell writes to it"),
        "{error}"
    );
    drop(first);
    bench.open(sizing(Compression::None));
}

#[test]
fn a_clock_that_is_set_back_does_not_change_the_order() {
    let bench = Bench::new();
    let (mut ladder, mut sink) = bench.open(sizing(Compression::None));
    ladder.named = 4_000_000_000_000_000;
    for text in ["one\n", "two\n", "three\n"] {
        write(&mut ladder, &mut sink, text);
        ladder.rotate(&mut sink).unwrap();
    }
    drop((ladder, sink));
    let (mut ladder, mut sink) = bench.open(sizing(Compression::None));
    write(&mut ladder, &mut sink, "four\n");
    ladder.rotate(&mut sink).unwrap();
    assert_eq!(bench.all(), ("one\ntwo\nthree\nfour\n".to_owned(), 4));
}

#[test]
fn what_a_killed_writer_left_unfinished_is_not_written_on() {
    let bench = Bench::new();
    fs::write(bench.out(), "one\ntw").unwrap();
    let (mut ladder, mut sink) = bench.open(sizing(Compression::None));
    write(&mut ladder, &mut sink, "three\n");
    assert_eq!(bench.all().0, "one\ntw\nthree\n");
    assert_eq!(ladder.room(), 100 - 13);
}
