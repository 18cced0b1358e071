//! How small the attic of a flood is.

use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use quell::attic::{Belongs, Gather, PackedChunk, Stock, Store};
use quell::episode::{First, Settings};
use quell::pipeline::{Options, Output, Pipeline, Withheld};
use quell::rule::{RuleSet, Selection};
use regex::bytes::{Captures, Regex};

/// The most that an attic may have of the bytes that were taken out, in percent.
const SHARE_MAX: f64 = 1.0;

/// Records of the flood.
const RECORDS: usize = 100_000;

/// Keeps what is held back.
#[derive(Default)]
struct Taken(Vec<Vec<u8>>);

impl Output for Taken {
    fn pass(&mut self, _bytes: &[u8], _at: u64) -> std::io::Result<()> {
        Ok(())
    }

    fn summary(&mut self, _bytes: &[u8]) -> std::io::Result<()> {
        Ok(())
    }

    fn hold_back(&mut self, withheld: &Withheld<'_>) -> std::io::Result<()> {
        match self.0.last_mut() {
            Some(record) if !withheld.begins => record.extend_from_slice(withheld.bytes),
            _ => self.0.push(withheld.bytes.to_vec()),
        }
        Ok(())
    }
}

/// The records of captured logs that the rules take.
fn captured() -> Vec<Vec<u8>> {
    let rules = Arc::new(RuleSet::load(&[], &Selection::default()).unwrap());
    let options = Options {
        settings: Settings {
            first: First::None,
            ..Settings::default()
        },
        ..Options::default()
    };
    let mut taken = Taken::default();
    for scene in [
        "tomcat/console",
        "tomcat/logback",
        "jetty/logback",
        "jetty/stderrlog",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(scene);
        let log = fs::read(path.join("in.log")).unwrap();
        let mut pipeline = Pipeline::new(Arc::clone(&rules), options);
        pipeline.finish(&log, 0, &mut taken).unwrap();
    }
    taken.0
}

/// A number that looks like any other.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The record, as it is when it comes as the how many-th: at another time, from another thread, port and object.
fn varied(record: &[u8], number: usize) -> Vec<u8> {
    static VARIABLE: OnceLock<Regex> = OnceLock::new();
    let variable = VARIABLE.get_or_init(|| {
        Regex::new(
            r"(?-u)(?P<time>\d\d:\d\d:\d\d)(?P<point>[.,])\d{3}|(?P<thread>(?:exec|qtp\d+)-)\d+|(?P<port>:)\d{5}\b|(?P<hash>@)[0-9a-f]{6,8}\b",
        )
        .unwrap()
    });
    let number = number as u64;
    let random = mixed(number);
    let millis = number * 37 + random % 37;
    let replaced = variable.replace_all(record, |found: &Captures<'_>| {
        let second = millis / 1000;
        if let Some(point) = found.name("point") {
            let point = char::from(point.as_bytes()[0]);
            let (hour, minute) = (second / 3600 % 24, second / 60 % 60);
            format!(
                "{hour:02}:{minute:02}:{:02}{point}{:03}",
                second % 60,
                millis % 1000
            )
        } else if let Some(thread) = found.name("thread") {
            format!(
                "{}{}",
                String::from_utf8_lossy(thread.as_bytes()),
                1 + random / 37 % 200
            )
        } else if found.name("port").is_some() {
            format!(":{}", 32_768 + random / 9_999 % 28_232)
        } else {
            format!("@{:x}", random >> 33)
        }
    });
    replaced.into_owned()
}

#[test]
fn the_attic_of_a_flood_is_a_hundredth_of_what_was_taken_out() {
    let records = captured();
    assert!(records.len() > 20, "{} records", records.len());
    let mut gather = Gather::new();
    let mut store = Store::new(Vec::new()).unwrap();
    let mut taken = 0;
    for number in 0..RECORDS {
        let random = mixed(!(number as u64)) as usize;
        let kind = random % records.len();
        let record = varied(&records[kind], number);
        taken += record.len();
        // Other lines come between them.
        gather.pass(mixed(number as u64 ^ 0xff) % 4 * 97);
        if let Some(chunk) = gather.take(&record, kind as u64, true) {
            store
                .put(&PackedChunk::new(&chunk, &Stock::default()).unwrap())
                .unwrap();
        }
    }
    if let Some(chunk) = gather.rest() {
        store
            .put(&PackedChunk::new(&chunk, &Stock::default()).unwrap())
            .unwrap();
    }
    let attic = store.finish(Belongs::default()).unwrap().len();
    let share = attic as f64 / taken as f64 * 100.0;
    println!(
        "{RECORDS} records of {} kinds, {taken} bytes taken out, {attic} in the attic: {share:.3} %",
        records.len()
    );
    assert!(share <= SHARE_MAX, "{share} %");
}
