//! One case per layout, and look-alikes.

use super::layout::Layout;
use super::{Lacks, STAMP_SEARCH_BYTES, Stamp};

/// 2026-11-22T11:03:08Z
pub(super) const NOON: i64 = 1_795_345_388_000_000;
pub(super) const SECOND: i64 = 1_000_000;
pub(super) const HOUR: i64 = 3600 * SECOND;
pub(super) const DAY: i64 = 24 * HOUR;

/// Every layout once or more: the text, what it lacks, and how far from `NOON` it lies.
#[rustfmt::skip]
pub(super) const LAYOUTS: &[(&str, Lacks, i64)] = &[
    ("2026-11-22 11:03:08.723", Lacks::Nothing, 723_000),
    ("2026-11-22 11:03:08,723", Lacks::Nothing, 723_000),
    ("2026-11-22 11:03:08", Lacks::Nothing, 0),
    ("2026-11-22_11:03:08", Lacks::Nothing, 0),
    ("2026-11-22T11:03:08.599114000Z", Lacks::Nothing, 599_114),
    ("2026-11-22T11:03:08.5Z", Lacks::Nothing, 500_000),
    ("2026-11-22 11:03:08 +0000", Lacks::Nothing, 0),
    ("2026-11-22T11:03:08.760624+0000", Lacks::Nothing, 760_624),
    ("2026-11-22T12:33:08+01:30", Lacks::Nothing, 0),
    ("2026-11-22 12:03:08.123+01", Lacks::Nothing, 123_000),
    ("2026-11-22 01:03:08 -10:00", Lacks::Nothing, 0),
    ("2026-11-22 11:03:08.101 UTC", Lacks::Nothing, 101_000),
    ("2026-11-22 11:03:08.101 GMT", Lacks::Nothing, 101_000),
    ("2026-11-22 11:03:08.101 CET", Lacks::Nothing, 101_000),
    ("2026-11-22 11:03:08 AEDT", Lacks::Nothing, 0),
    ("2026-11-22  9:03:08", Lacks::Nothing, -2 * HOUR),
    ("Sun 2026-11-22 11:03:08 UTC", Lacks::Nothing, 0),
    ("2026/11/22 11:03:08", Lacks::Nothing, 0),
    ("2026/11/22 11:03:08.000123", Lacks::Nothing, 123),
    ("22-Nov-2026 11:03:08.069", Lacks::Nothing, 69_000),
    ("22-Nov-2026 11:03:08", Lacks::Nothing, 0),
    ("22-Nov-2026 11:03:08 UTC", Lacks::Nothing, 0),
    ("22-Nov-2026::11:03:08", Lacks::Nothing, 0),
    ("Nov 22, 2026 11:03:08 AM", Lacks::Nothing, 0),
    ("Nov 22, 2026 1:03:08 PM", Lacks::Nothing, 2 * HOUR),
    ("Nov 22, 2026 12:03:08 PM", Lacks::Nothing, HOUR),
    ("Nov 22, 2026 12:03:08 AM", Lacks::Nothing, -11 * HOUR),
    ("Nov 22, 2026, 11:03:08 AM", Lacks::Nothing, 0),
    ("Nov 22, 2026, 11:03:08\u{202f}AM", Lacks::Nothing, 0),
    ("Nov 22, 2026 13:03:08", Lacks::Nothing, 2 * HOUR),
    ("Nov 2, 2026 11:03:08 am", Lacks::Nothing, -20 * DAY),
    ("Nov 02, 2026 11:03:08 AM", Lacks::Nothing, -20 * DAY),
    ("261122 11:03:08", Lacks::Nothing, 0),
    ("261122  9:03:08", Lacks::Nothing, -2 * HOUR),
    ("20261122 11:03:08", Lacks::Nothing, 0),
    ("20261122-11:03:08.250", Lacks::Nothing, 250_000),
    ("20261122T110308", Lacks::Nothing, 0),
    ("20261122T110308.250Z", Lacks::Nothing, 250_000),
    ("Sun Nov 22 11:03:08.160709 2026", Lacks::Nothing, 160_709),
    ("Sun Nov 22 11:03:08 2026", Lacks::Nothing, 0),
    ("Mon Nov  2 11:03:08 2026", Lacks::Nothing, -20 * DAY),
    ("Sun Nov 22 11:03:08 UTC 2026", Lacks::Nothing, 0),
    ("Sun Nov 22 11:03:08 WXYZ 2026", Lacks::Nothing, 0),
    ("Sun Nov 22 12:03:08 +0100 2026", Lacks::Nothing, 0),
    ("22 Nov 2026 11:03:08.123", Lacks::Nothing, 123_000),
    ("22 Nov 2026 11:03:08,123", Lacks::Nothing, 123_000),
    ("2 Nov 2026 11:03:08", Lacks::Nothing, -20 * DAY),
    ("22 Nov 11:03:08.123", Lacks::Year, 123_000),
    ("Sun, 22 Nov 2026 11:03:08 GMT", Lacks::Nothing, 0),
    ("Sun, 22 Nov 2026 11:03:08 +0000", Lacks::Nothing, 0),
    ("Nov 22 11:03:08", Lacks::Year, 0),
    ("Nov  2 11:03:08", Lacks::Year, -20 * DAY),
    ("Nov 02 11:03:08", Lacks::Year, -20 * DAY),
    ("Nov 22 11:03:08.123456", Lacks::Year, 123_456),
    ("22/Nov/2026:11:03:08 +0000", Lacks::Nothing, 0),
    ("22/Nov/2026:11:03:08.123", Lacks::Nothing, 123_000),
    ("22/Nov/2026 11:03:08", Lacks::Nothing, 0),
    ("11:03:08.123", Lacks::Date, 123_000),
    ("11:03:08,123", Lacks::Date, 123_000),
    ("11:03:08", Lacks::Date, 0),
    ("1795345388.123", Lacks::Nothing, 123_000),
    ("1795345388.123456", Lacks::Nothing, 123_456),
];

pub(super) fn written(layout: &Layout, micros: i64) -> String {
    let mut out = Vec::new();
    layout.write(micros, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn every_layout_is_read_and_written_back() {
    for (text, lacks, off) in LAYOUTS {
        let line = format!("{text} some message");
        let stamp = Stamp::at(line.as_bytes(), 0).unwrap_or_else(|| panic!("no stamp in {text}"));
        assert_eq!(stamp.range, 0..text.len(), "{text}");
        assert_eq!(stamp.lacks, *lacks, "{text}");
        assert_eq!(stamp.resolve(NOON), NOON + off, "{text}");
        assert_eq!(written(&stamp.layout, stamp.resolve(NOON)), *text);
        assert_eq!(
            Stamp::at(text.as_bytes(), 0).as_ref(),
            Some(&stamp),
            "{text} at the end of a line"
        );
        assert_eq!(
            Stamp::find(line.as_bytes()).as_ref(),
            Some(&stamp),
            "{text}"
        );
    }
}

#[test]
fn stamps_are_found_behind_what_servers_print_first() {
    #[rustfmt::skip]
    let lines: &[(&str, &str)] = &[
        ("[2026-11-22 11:03:08 +0000] [4711] [INFO] x", "2026-11-22 11:03:08 +0000"),
        ("[Sun Nov 22 11:03:08.160709 2026] [mod:level] [pid 1:tid 2] x", "Sun Nov 22 11:03:08.160709 2026"),
        ("INFO  [main] 2026-11-22 11:03:08,856 File.java:826 - x", "2026-11-22 11:03:08,856"),
        (" INFO 2026-11-22 11:03:08,856 - x", "2026-11-22 11:03:08,856"),
        ("\u{1b}[32mINFO\u{1b}[0m [2026-11-22 11:03:08] x", "2026-11-22 11:03:08"),
        ("[E 261122 11:03:08 web:2108] x", "261122 11:03:08"),
        ("E, [2026-11-22T11:03:08.123456 #4711] ERROR -- : x", "2026-11-22T11:03:08.123456"),
        ("[ N 2026-11-22 11:03:08.1234 4711/T1 age/Cor/Main.cpp:1 ]: x", "2026-11-22 11:03:08.1234"),
        ("22308:M 22 Nov 2026 11:03:08.123 * x", "22 Nov 2026 11:03:08.123"),
        ("[4711] 22 Nov 11:03:08.123 * x", "22 Nov 11:03:08.123"),
        ("4711 2026-11-22 11:03:08 x", "2026-11-22 11:03:08"),
        ("web_1       | 2026-11-22 11:03:08 x", "2026-11-22 11:03:08"),
        ("INFO   | jvm 1    | 2026/11/22 11:03:08 | x", "2026/11/22 11:03:08"),
        ("jvm 1    | 22-Nov-2026 11:03:08.069 SEVERE x", "22-Nov-2026 11:03:08.069"),
        ("<134>Nov 22 11:03:08 host prog[1]: x", "Nov 22 11:03:08"),
        ("<134>1 2026-11-22T11:03:08.5Z host prog 1 - - x", "2026-11-22T11:03:08.5Z"),
        ("=WARNING REPORT==== 22-Nov-2026::11:03:08 ===", "22-Nov-2026::11:03:08"),
        ("I1122 11:03:08.123456 1 main.go:7] x", "1122 11:03:08.123456"),
        ("...[2026-11-22 11:03:08] x", "2026-11-22 11:03:08"),
        ("[11:03:08 INFO]: x", "11:03:08"),
        ("10.0.0.7 - - [22/Nov/2026:11:03:08 +0000] \"GET / HTTP/1.1\" 499 0", "22/Nov/2026:11:03:08 +0000"),
        ("time=\"2026-11-22T11:03:08Z\" level=info msg=x", "2026-11-22T11:03:08Z"),
        ("level=info ts=2026-11-22T11:03:08.123Z caller=x", "2026-11-22T11:03:08.123Z"),
        ("2026-11-22 11:03:08.723 ERROR 4711 --- [x] y : z", "2026-11-22 11:03:08.723"),
        ("2026-11-22 11:03:08 GET /index.html", "2026-11-22 11:03:08"),
        ("2026-11-22 11:03:08 -20 degrees", "2026-11-22 11:03:08"),
        ("2026-11-22 11:03:08 -1234 units", "2026-11-22 11:03:08"),
        ("2026-11-22 11:03:08. A sentence", "2026-11-22 11:03:08"),
    ];
    for (line, text) in lines {
        let found = Stamp::find(line.as_bytes()).unwrap_or_else(|| panic!("no stamp in {line}"));
        assert_eq!(&line[found.range.clone()], *text, "{line}");
        assert_eq!(written(&found.layout, found.resolve(NOON)), *text);
    }
}

#[test]
fn look_alikes_are_no_stamps() {
    #[rustfmt::skip]
    let lines = [
        "", " ", "[", "[]", "(", "\u{1b}[", "<1", "=A", "web |", "10.1.60.0 is the version", "127.0.0.1 - - x",
        "22308:M is a role", "22308:M", "deadbeef 2026", "0x2026-11-22", "555-0199 11:03:08x", "+49 30 1234567",
        "030/123456 11", "9999-99-99 11:03:08", "2026-13-01 11:03:08", "2026-02-29 11:03:08", "2026-11-22 24:03:08",
        "2026-11-22 11:60:08", "2026-11-22 11:03:61", "1969-11-22 11:03:08", "2100-01-01 00:00:00", "2026-11-22",
        "2026-11-22 11:03", "2026-11-22 11:03:08x", "2026-11-22 11:03:08.1234567890", "22-Foo-2026 11:03:08",
        "31-Nov-2026 11:03:08", "Nov 22, 2026 13:03:08 PM", "Nov 22, 2026 0:03:08 AM", "Mon Nov 22 11:03:08 2026",
        "Nov 31 11:03:08 host x", "Nov 222 11:03:08", "Now 22 11:03:08", "20261399 11:03:08", "269922 11:03:08",
        "11:03:08:17 x", "11:03:08.x", "11:03:08-12", "pid 11:03:08 x", "1795345388 x", "1795345388.12 x",
        "1795345388.1234567 x", "9795345388.123 x", "x 1795345388.123", "1122 11:03:08.123456 x",
        "database was shut down at 2026-11-22 11:15:50 UTC", "[main] INFO x - expires 2026-11-22 11:15:50",
        "\tat 2026-11-22 11:15:50", "    2026-11-22 11:15:50 indented", "- 2026-11-22 11:15:50 a list",
        "Caused by: java.io.IOException: Broken pipe", "    at a.b.C.d(C.java:17)", "ERROR:asyncio:x",
        "SEVERE: Servlet.service() for servlet", "java.io.IOException: 22-Nov-2026 11:02:58.069",
    ];
    for line in lines {
        assert_eq!(Stamp::find(line.as_bytes()), None, "{line}");
    }
    let far = format!("[{}] 2026-11-22 11:03:08", "x".repeat(STAMP_SEARCH_BYTES));
    assert_eq!(Stamp::find(far.as_bytes()), None);
    assert_eq!(Stamp::at(b"2026-11-22 11:03:08", 20), None);
}

#[test]
fn a_leap_second_is_the_last_microsecond_before_it() {
    let stamp = Stamp::at(b"2016-12-31T23:59:60Z", 0).unwrap();
    assert_eq!(
        written(
            &Layout {
                fraction_digits: 6,
                ..stamp.layout
            },
            stamp.micros
        ),
        "2016-12-31T23:59:59.999999Z"
    );
}

#[test]
fn a_missing_year_or_date_is_the_nearest_one() {
    let resolved = |text: &str, clock: &str| {
        let clock = Stamp::at(clock.as_bytes(), 0).unwrap().micros;
        written(
            &Layout::ISO,
            Stamp::at(text.as_bytes(), 0).unwrap().resolve(clock),
        )
    };
    assert_eq!(
        resolved("Dec 31 23:59:59", "2027-01-01 00:00:01"),
        "2026-12-31 23:59:59.000"
    );
    assert_eq!(
        resolved("Jan  1 00:00:01", "2026-12-31 23:59:59"),
        "2027-01-01 00:00:01.000"
    );
    assert_eq!(
        resolved("Feb 29 12:00:00", "2026-03-02 00:00:00"),
        "2028-02-29 12:00:00.000"
    );
    assert_eq!(
        resolved("Feb 29 12:00:00", "2025-03-01 00:00:00"),
        "2024-02-29 12:00:00.000"
    );
    assert_eq!(
        resolved("23:59:59", "2026-11-22 00:00:01"),
        "2026-11-21 23:59:59.000"
    );
    assert_eq!(
        resolved("00:00:01", "2026-11-22 23:59:59"),
        "2026-11-23 00:00:01.000"
    );
    assert_eq!(
        resolved("11:03:08", "2026-11-22 23:03:08"),
        "2026-11-22 11:03:08.000"
    );
    for clock in [i64::MIN, i64::MAX] {
        Stamp::at(b"Nov 22 11:03:08", 0).unwrap().resolve(clock);
        Stamp::at(b"11:03:08", 0).unwrap().resolve(clock);
    }
}

#[test]
fn the_time_of_day_has_24_hours_and_the_layouts_digits() {
    let time = |text: &str, micros| {
        let mut out = Vec::new();
        Stamp::at(text.as_bytes(), 0)
            .unwrap()
            .layout
            .write_time(micros, &mut out);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(
        time("2026-11-22 10:01:00,000", NOON + 113_999),
        "11:03:08.113"
    );
    assert_eq!(
        time("Nov 22, 2026 1:03:22 AM", NOON + 10 * HOUR),
        "21:03:08"
    );
    assert_eq!(time("2026-11-22T10:01:00+02:00", NOON), "13:03:08");
    assert_eq!(time("1795345388.123", NOON), "11:03:08.000");
}

#[test]
fn moments_beyond_the_years_are_written_as_the_nearest_end() {
    assert_eq!(written(&Layout::ISO, i64::MIN), "1970-01-01 00:00:00.000");
    assert_eq!(written(&Layout::ISO, i64::MAX), "2099-12-31 23:59:59.999");
    let ahead = Stamp::at(b"2026-11-22T10:01:00+14:00", 0).unwrap().layout;
    assert_eq!(written(&ahead, i64::MAX), "2099-12-31T23:59:59+14:00");
    assert!(Stamp::at(written(&Layout::ISO, i64::MAX).as_bytes(), 0).is_some());
}
