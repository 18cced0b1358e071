//! Streams in envelopes as other programs read them: what quell leaves is still what their readers take.

#[path = "laws/envelope.rs"]
mod envelope;
#[path = "cli/kit.rs"]
mod kit;
// Readers of each format, where they are installed.
#[path = "formats/readers.rs"]
mod readers;
// One format by order, and what is damaged.
#[path = "formats/told.rs"]
mod told;

use std::fs;
use std::path::Path;
use std::process::Output;

use envelope::Envelope;

/// Lines of a real log with noise in it, three times over: most of it are repeats.
fn lines() -> Vec<String> {
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tomcat/console/in.log");
    let log = fs::read_to_string(log).expect("a scene");
    log.repeat(3).lines().map(str::to_owned).collect()
}

/// The same in an envelope, a line of it on each line, or an entry.
fn worn(envelope: Envelope) -> Vec<u8> {
    let mut wrapped = Vec::new();
    for line in lines() {
        envelope.wrap(0, &line, usize::MAX, &mut wrapped);
    }
    let lines = wrapped.iter().flat_map(|line| [line, &b"\n"[..]].concat());
    lines.collect()
}

/// What quell leaves of an input, which it has to leave less of.
fn filtered(house: &kit::House, input: &[u8]) -> Vec<u8> {
    let Output { status, stdout, .. } = house.pipe(input, ["--every", "1h"]);
    assert!(status.success());
    assert!(
        stdout.len() < input.len() * 2 / 3,
        "{} of {}",
        stdout.len(),
        input.len()
    );
    stdout
}

fn count(text: &[u8], part: &str) -> usize {
    String::from_utf8_lossy(text).matches(part).count()
}
