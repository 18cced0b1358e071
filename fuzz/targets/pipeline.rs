//! Arbitrary bytes flow through whole pipelines, cut and uncut, in both gears.
//!
//! The first two bytes choose the settings, the next eight where the input is cut. Laws: what passes is the input, in
//! order, at its own offset; the account adds up; the output depends neither on the cuts nor on the gear; with no rule
//! in force it is the input; records that are judged before their end was seen (`release`) are not lost.
#![no_main]

use std::io;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use quell::episode::{First, Settings, SummaryStyle};
use quell::pipeline::{Gear, Ledger, Options, Output, Pipeline};
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

/// Plain lines that put a mark of time between the halves of an input.
const FILLER: &[u8] =
    b"2026-11-22 11:04:09.125 INFO [main] app.Main: one more request was served in time\n";
const FILLER_LINES: usize = 1000;

fn load(selection: &Selection) -> Arc<RuleSet> {
    Arc::new(RuleSet::load(&[], selection).expect("the built-in rules load"))
}

fuzz_target!(|data: &[u8]| {
    let Some((&[choice, more], rest)) = data.split_first_chunk() else {
        return;
    };
    let Some((seeds, text)) = rest.split_first_chunk::<8>() else {
        return;
    };
    let input = if more & 4 == 0 {
        text.to_vec()
    } else {
        let (front, back) = text.split_at(text.len() / 2);
        [front, &FILLER.repeat(FILLER_LINES), back].concat()
    };
    let cuts = cuts(seeds, input.len());
    let options = options(choice, more);
    let step = Options {
        gear: Gear::Step,
        ..options
    };
    let whole = run(&RULES, step, &input, &[], false);
    for (name, gear, cuts) in [
        ("skim, whole", options, &[][..]),
        ("step, cut", step, &cuts),
        ("skim, cut", options, &cuts),
    ] {
        let other = run(&RULES, gear, &input, cuts, false);
        assert!(
            other.0 == whole.0,
            "{name} {cuts:?}\n{}",
            contrast(&whole.0, &other.0)
        );
        assert_eq!(other.1, whole.1, "the account of {name} {cuts:?}");
    }
    assert!(
        run(&NO_RULES, options, &input, &cuts, false).0 == input,
        "no rule, no change"
    );
    run(&RULES, options, &input, &cuts, true);
});

fn options(choice: u8, more: u8) -> Options {
    Options {
        settings: Settings {
            every: Duration::from_secs(if choice & 1 == 0 { 60 } else { 1 }),
            forget: Duration::from_secs(if choice & 2 == 0 { 24 * 3600 } else { 2 }),
            first: match choice >> 2 & 3 {
                0 | 1 => First::Full,
                2 => First::Line,
                _ => First::None,
            },
            kinds_max: if choice & 16 == 0 { 4096 } else { 2 },
        },
        style: match more & 3 {
            0 | 1 => SummaryStyle::Text,
            2 => SummaryStyle::Json,
            _ => SummaryStyle::None,
        },
        account: true,
        ..Options::default()
    }
}

/// Up to four places in order, some of them the same.
fn cuts(seeds: &[u8; 8], len: usize) -> Vec<usize> {
    let pairs = seeds.as_chunks::<2>().0.iter();
    let places = pairs.map(|pair| usize::from(u16::from_le_bytes(*pair)) * 7919 % (len + 1));
    let mut cuts: Vec<usize> = places.collect();
    cuts.sort_unstable();
    cuts
}

/// Runs the input through one pipeline, in blocks that end at the cuts; with `release`, what `feed` leaves is judged
/// as it stands after every second cut.
fn run(
    rules: &Arc<RuleSet>,
    options: Options,
    input: &[u8],
    cuts: &[usize],
    release: bool,
) -> (Vec<u8>, Ledger) {
    let mut pipeline = Pipeline::new(Arc::clone(rules), options);
    let mut out = Witness::new(input);
    let mut start = 0;
    for (number, &cut) in cuts.iter().enumerate() {
        start += pipeline
            .feed(&input[start..cut], NOW, &mut out)
            .expect(TAKEN);
        assert!(start <= cut, "no more is done with than was given");
        if release && number % 2 == 0 {
            pipeline.held(&input[start..cut]);
            start += pipeline
                .release(&input[start..cut], NOW, &mut out)
                .expect(TAKEN);
        }
    }
    pipeline
        .finish(&input[start..], NOW, &mut out)
        .expect(TAKEN);
    let ledger = pipeline.ledger();
    check_account(&ledger, &out, input);
    (out.bytes, ledger)
}

const TAKEN: &str = "a witness takes every write";

fn check_account(ledger: &Ledger, out: &Witness<'_>, input: &[u8]) {
    let (all, passed, held) = (ledger.input, ledger.passed, ledger.suppressed);
    assert_eq!(all.bytes, input.len() as u64, "every byte is counted");
    assert_eq!(passed.bytes + held.bytes, all.bytes, "bytes add up");
    assert_eq!(passed.lines + held.lines, all.lines, "lines add up");
    assert_eq!(passed.records + held.records, all.records, "records add up");
    assert_eq!(passed.bytes, out.passed, "what passed was written");
    for by in [&ledger.by_rule, &ledger.by_cause] {
        let sum: u64 = by.values().map(|amount| amount.bytes).sum();
        assert_eq!(
            sum, held.bytes,
            "every byte held back has a rule and a cause"
        );
    }
}

/// An output that holds what passes against the input.
struct Witness<'i> {
    input: &'i [u8],
    bytes: Vec<u8>,
    /// Offset behind what passed last.
    behind: usize,
    passed: u64,
}

impl<'i> Witness<'i> {
    fn new(input: &'i [u8]) -> Witness<'i> {
        Witness {
            input,
            bytes: Vec::with_capacity(input.len()),
            behind: 0,
            passed: 0,
        }
    }
}

impl Output for Witness<'_> {
    fn pass(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        let at = usize::try_from(at).expect("an offset in the input");
        assert!(at >= self.behind, "what passes is in order");
        assert!(
            self.input.get(at..at + bytes.len()) == Some(bytes),
            "what passes is the input"
        );
        self.behind = at + bytes.len();
        self.passed += bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn summary(&mut self, bytes: &[u8]) -> io::Result<()> {
        assert!(bytes.ends_with(b"\n"), "a summary is whole lines");
        let fresh = self.bytes.last().is_none_or(|last| *last == b'\n');
        assert!(
            fresh || self.behind == self.input.len(),
            "a summary never splits a line"
        );
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

/// Where two outputs part, for whoever reads the crash.
fn contrast(left: &[u8], right: &[u8]) -> String {
    let same = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let show = |text: &[u8]| {
        let near = &text[same.min(text.len())..text.len().min(same + 200)];
        String::from_utf8_lossy(near).into_owned()
    };
    format!(
        "the outputs part at byte {same}:\n--- step, whole\n{}\n--- this\n{}",
        show(left),
        show(right)
    )
}
