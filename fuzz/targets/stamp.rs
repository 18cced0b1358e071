//! Arbitrary bytes are searched for a stamp.
//!
//! Laws: a stamp stands in its line, near its front; what was read is written back byte for byte. A leap second, which
//! no calendar has, and digits beyond the microsecond are not: but what is written instead is read as its like.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quell::line::Stamp;
use quell::line::stamp::STAMP_SEARCH_BYTES;
use quell::record::Head;

/// 2026-11-22T11:03:08Z, a moment that the stamps of every layout can be near to.
const CLOCK: i64 = 1_795_345_388_000_000;

/// Digits that a moment keeps.
const MICRO_DIGITS: usize = 6;

fuzz_target!(|data: &[u8]| {
    let Some((&at, line)) = data.split_first() else {
        return;
    };
    let at = usize::from(at);
    if let Some(stamp) = Stamp::find(line) {
        assert!(stamp.range.start < STAMP_SEARCH_BYTES);
        check(&stamp, line, Stamp::find);
    }
    if let Some(stamp) = Stamp::at(line, at) {
        assert_eq!(stamp.range.start, at);
        check(&stamp, line, |line| Stamp::at(line, at));
    }
    if let Some(head) = Head::parse(line) {
        assert!(head.text <= line.len() && head.level_end <= line.len());
    }
});

fn check(stamp: &Stamp, line: &[u8], read_in: impl Fn(&[u8]) -> Option<Stamp>) {
    let range = stamp.range.clone();
    assert!(range.start < range.end && range.end <= line.len());
    let micros = stamp.resolve(CLOCK);
    let mut written = Vec::new();
    stamp.layout.write(micros, &mut written);
    let read = &line[range.clone()];
    if has_leap_second(read) || fraction_digits(read) > MICRO_DIGITS {
        // Of a leap second the last moment before it is left, of further digits nothing: what is written is another
        // stamp, but one of the same layout, in the same place.
        let other = [&line[..range.start], &written, &line[range.end..]].concat();
        let again = read_in(&other).expect("what is written can be read");
        assert_eq!(again.layout, stamp.layout);
        assert_eq!(again.range, range.start..range.start + written.len());
    } else {
        let written = String::from_utf8_lossy(&written);
        assert_eq!(
            written,
            String::from_utf8_lossy(read),
            "what was read is written"
        );
    }
    stamp.layout.write_time(micros, &mut written);
}

/// Second 60: behind a colon, or at the end of six digits in a row.
fn has_leap_second(read: &[u8]) -> bool {
    let colon = read.windows(3).any(|three| three == b":60");
    let tight = read
        .windows(6)
        .any(|six| six.iter().all(u8::is_ascii_digit) && six.ends_with(b"60"));
    colon || tight
}

/// The longest run of digits behind a mark of fractions.
fn fraction_digits(read: &[u8]) -> usize {
    let marks = read
        .iter()
        .enumerate()
        .filter(|(_, b)| matches!(b, b'.' | b','));
    let digits = |at: usize| {
        read[at + 1..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    marks.map(|(at, _)| digits(at)).max().unwrap_or(0)
}
