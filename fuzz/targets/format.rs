//! Arbitrary lines in every envelope: opened without a stop, dressed as the format's own reader takes it, and the same
//! however they are read.
//!
//! The first byte chooses the format that is told, the next one a seed of cuts; the rest is the stream. Laws: what a line
//! wears lies within it; a summary in its clothes is read again as a summary of ours; the output depends neither on the
//! cuts nor on the gear; with no rule in force it is the input.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use quell::format::json::Entry;
use quell::format::{Format, Origin, Wear, export, logfmt};
use quell::pipeline::{Gear, Options, Pipeline};
use quell::rule::{RuleSet, Selection};

static RULES: LazyLock<Arc<RuleSet>> = LazyLock::new(|| load(&Selection::default()));
static NO_RULES: LazyLock<Arc<RuleSet>> = LazyLock::new(|| {
    load(&Selection {
        only: vec!["none".to_owned()],
        ..Selection::default()
    })
});

/// The time of day, in microseconds since 1970.
const NOW: i64 = 1_795_345_388_000_000;

const FORMATS: [Format; 9] = [
    Format::Auto,
    Format::Plain,
    Format::Docker,
    Format::Cri,
    Format::Syslog,
    Format::Compose,
    Format::Json,
    Format::Logfmt,
    Format::Export,
];

fn load(selection: &Selection) -> Arc<RuleSet> {
    Arc::new(RuleSet::load(&[], selection).expect("the built-in rules load"))
}

fuzz_target!(|data: &[u8]| {
    let Some((&[choice, seed], stream)) = data.split_first_chunk() else {
        return;
    };
    let format = FORMATS[usize::from(choice) % FORMATS.len()];
    for line in stream.split(|byte| *byte == b'\n') {
        open(line, format);
    }
    rows(stream);
    let whole = run(&RULES, format, Gear::Skim, stream, stream.len());
    let bytes = usize::from(seed) + 1;
    for (gear, bytes) in [(Gear::Step, bytes), (Gear::Skim, bytes)] {
        let cut = run(&RULES, format, gear, stream, bytes);
        assert!(cut == whole, "{gear:?} by {bytes} bytes");
    }
    assert!(
        run(&NO_RULES, format, Gear::Skim, stream, bytes) == stream,
        "no rule, no change"
    );
});

/// What a line wears, and what it holds.
fn open(line: &[u8], format: Format) {
    if let Some(wear) = Wear::of(line, format) {
        assert!(wear.inner.end <= line.len() && wear.inner.start <= wear.inner.end);
        assert!(wear.program.end <= line.len());
        assert_ne!(wear.origin, Origin::NOBODY);
        if let Some(stamp) = wear.read_stamp(line) {
            assert!(stamp.range.end <= line.len());
        }
        let mut inner = Vec::new();
        wear.write_inner(line, &mut inner);
        assert!(
            inner.len() <= line.len(),
            "nothing grows when it is decoded"
        );
    }
    if let Some(entry) = Entry::read(line) {
        let _ = (
            entry.message(),
            entry.trace(),
            entry.error(),
            entry.speaker(),
            entry.moment(),
        );
    }
    if let Some(pairs) = logfmt::Pairs::read(line) {
        let _ = (pairs.message(), pairs.trace());
    }
}

/// The entries of the stream are all of it, in order.
fn rows(stream: &[u8]) {
    let mut end = 0;
    for row in export::rows(stream, 0, true) {
        assert_eq!(row.start, end, "no gap");
        assert!(row.end > row.start);
        end = row.end;
    }
    assert_eq!(end, stream.len(), "nothing is left over");
}

/// Runs the stream through a pipeline in blocks of so many bytes.
fn run(rules: &Arc<RuleSet>, format: Format, gear: Gear, stream: &[u8], bytes: usize) -> Vec<u8> {
    let options = Options {
        gear,
        format,
        ..Options::default()
    };
    let mut pipeline = Pipeline::new(Arc::clone(rules), options);
    let mut out = Vec::new();
    let mut start = 0;
    // A stream of kilobytes fed byte by byte would only be slow.
    let bytes = bytes.max(stream.len() / 16).max(1);
    for end in (bytes..stream.len()).step_by(bytes) {
        start += pipeline
            .feed(&stream[start..end], NOW, &mut out)
            .expect("memory takes every write");
    }
    pipeline
        .finish(&stream[start..], NOW, &mut out)
        .expect("memory takes every write");
    out
}
