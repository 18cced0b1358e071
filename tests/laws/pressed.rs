//! What is rewritten can be restored: whatever the bytes, the compression and the number of threads.

use std::io::{Cursor, Read as _};
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use quell::attic::{Attic, Belongs, Growing, restore};
use quell::command::compact::press::{Judges, Press, Pressed};
use quell::command::kept::Kept;
use quell::pipeline::{Options, Pipeline};
use quell::system::compress::{Bounds, Compression, Expanded, Manner};
use quell::system::crew::Crew;

use super::drive::{Cuts, NOW, run};
use super::logs::{Log, log, outgrown, soup};
use super::wrapped::{joined, mixed};
use super::{cases, options, rules, text};

/// What comes of a content: the file, its attic, and the account.
struct Made {
    file: Vec<u8>,
    attic: Vec<u8>,
    pressed: Pressed,
}

fn press(
    content: &[u8],
    compression: Compression,
    jobs: usize,
    segment_bytes: usize,
    options: Options,
) -> Made {
    let crew = Crew::new(jobs).unwrap();
    let judges = Judges {
        rules: Arc::clone(rules()),
        options,
        now: NOW,
        segment_bytes,
    };
    let (mut file, mut attic) = (Vec::new(), Vec::new());
    let mut press = Press::new(
        &crew,
        Manner::plain(compression),
        &mut file,
        Some(&mut attic),
    )
    .unwrap();
    let from = Cursor::new(content.to_vec());
    let pressed = press.press(from, &judges, &mut || {}).unwrap();
    let belongs = Belongs {
        original: pressed.original.clone(),
        filtered: pressed.filtered.clone(),
        ..Belongs::default()
    };
    press.finish(belongs).unwrap();
    Made {
        file,
        attic,
        pressed,
    }
}

fn expand(file: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut expanded = Expanded::new(Cursor::new(file.to_vec()), Bounds::default()).unwrap();
    expanded.read_to_end(&mut content).unwrap();
    content
}

fn compression() -> impl Strategy<Value = Compression> {
    prop_oneof![
        3 => Just(Compression::Plain),
        1 => Just(Compression::Gzip),
        2 => Just(Compression::Zstd),
        1 => Just(Compression::Xz),
        1 => Just(Compression::Bzip2)
    ]
}

fn any_log() -> impl Strategy<Value = Log> {
    prop_oneof![
        6 => log(0..24),
        3 => mixed().prop_map(|mixed| Log(joined(&mixed.lines))),
        1 => soup(),
        1 => outgrown(),
        1 => vec(any::<u8>(), 0..400).prop_map(Log),
    ]
}

proptest! {
    #![proptest_config(cases(48))]

    /// What is rewritten is what the filter writes, and restored it is what it was.
    #[test]
    fn what_is_rewritten_can_be_restored(
        log in any_log(),
        compression in compression(),
        jobs in prop_oneof![Just(1_usize), Just(3)],
        segment_bytes in prop_oneof![1..200_usize, 200..9000_usize, Just(1 << 20)],
        options in options()
    ) {
        let (reference, ledger) = run(rules(), options, &log.0, &Cuts::Never);
        // Logs of megabytes are there for what outgrows all bounds, not for their many segments.
        let made = press(&log.0, compression, jobs, segment_bytes.max(log.0.len() / 8), options);
        // Bytes that begin like a compressed file are one to whoever reads them.
        prop_assume!(compression != Compression::Plain || Compression::of(&reference.out) == Compression::Plain);
        let filtered = expand(&made.file);
        prop_assert_eq!(text(&filtered), text(&reference.out));
        // Of what is beyond all bounds it depends on the cuts whether and how often it is looked at.
        let oversize = ledger.oversize.max(made.pressed.ledger.oversize);
        prop_assert!(oversize > 0 || made.pressed.ledger == ledger, "{:?} {:?}", made.pressed.ledger, ledger);
        prop_assert_eq!(made.pressed.ledger.suppressed, ledger.suppressed);
        let mut attic = Attic::open(Cursor::new(&made.attic)).unwrap();
        let mut original = Vec::new();
        restore(&mut filtered.as_slice(), &mut attic, &mut original).unwrap();
        prop_assert_eq!(text(&original), log.clone());
        prop_assert_eq!(attic.book().records, reference.held_records());
    }

    /// An attic that grows gives back all that was sealed, whenever it was sealed, killed and gone on with.
    #[test]
    fn what_grows_can_be_restored(
        log in any_log(),
        options in options(),
        piece_bytes in prop_oneof![1..200_usize, 200..9000_usize],
        kill_each in 1..6_usize
    ) {
        let mut pipeline = Pipeline::new(Arc::clone(rules()), options);
        let (mut out, mut attic) = (Vec::new(), Vec::new());
        let mut growing = Growing::new();
        let mut done = 0;
        let ends = (0..log.0.len()).step_by(piece_bytes.max(log.0.len() / 8)).chain([log.0.len()]);
        for (number, end) in ends.enumerate() {
            let mut kept = Kept { out: &mut out, attic: &mut growing };
            done += pipeline.feed(&log.0[done..end.max(done)], NOW, &mut kept).unwrap();
            if growing.has_news() {
                growing.seal().unwrap();
                attic.append(growing.due());
            }
            if number % kill_each == 0 && !attic.is_empty() {
                growing = Growing::resume(&attic).unwrap();
                growing.skip(out.len() as u64 - growing.at().1).unwrap();
            }
        }
        let mut kept = Kept { out: &mut out, attic: &mut growing };
        pipeline.finish(&log.0[done..], NOW, &mut kept).unwrap();
        growing.seal().unwrap();
        attic.append(growing.due());
        let mut back = Vec::new();
        let mut attic = Attic::open(Cursor::new(&attic)).unwrap();
        restore(&mut out.as_slice(), &mut attic, &mut back).unwrap();
        prop_assert_eq!(text(&back), log);
    }
}
