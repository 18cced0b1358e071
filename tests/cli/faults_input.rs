//! What comes in: bytes, lines, records.
//!
//! Not here: holes that a truncating copy leaves are skipped where files are followed; the hash of the table of kinds
//! is seeded by its construction; the wall clock cannot be set by a test, only the log's.

use crate::kit::{House, Live, has, noise, noise_line, noise_of, plain, text_of};
use std::process::Stdio;

/// What a process may have at its peak, in KiB. Without optimisation the machine code alone is much larger.
const PEAK_KIB_MAX: u64 = if cfg!(debug_assertions) {
    32 << 10
} else {
    16 << 10
};

fn unchanged(input: impl AsRef<[u8]>) {
    let output = House::new().pipe(&input, [""; 0]);
    assert!(
        output.stdout == input.as_ref(),
        "{}",
        text_of(&output.stdout)
    );
    assert_eq!(
        (output.status.code(), text_of(output.stderr)),
        (Some(0), String::new())
    );
}

#[test]
fn nul_bytes_neither_end_a_line_nor_change() {
    unchanged(b"a\0b\n\0\n\0\0\0");
    let torn = noise(2).replace("shop]", "sh\0op]");
    let output = House::new().pipe([noise(1), torn.clone(), plain(3)].concat(), [""; 0]);
    assert!(has(&output.stdout, "quell: 1x ") || has(&output.stdout, &torn));
}

#[test]
fn a_run_of_nul_bytes_at_the_head_passes() {
    unchanged([vec![0; 100_000], plain(1).into_bytes()].concat());
}

#[test]
fn bytes_that_are_no_text_pass_as_they_are() {
    unchanged(b"caf\xe9 \xff\xfe\xc3\n\xf0\x9f\n");
    let wide: Vec<u8> = noise(1)
        .repeat(3)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let output = House::new().pipe(wide.clone(), [""; 0]);
    assert_eq!(output.stdout, wide);
    let said = text_of(output.stderr);
    assert_eq!(said.matches("looks like UTF-16").count(), 1, "{said}");
}

#[test]
fn a_byte_order_mark_is_kept_and_noise_behind_it_is_known() {
    unchanged("\u{feff}".to_owned() + &plain(1));
    let output = House::new().pipe(
        "\u{feff}".to_owned() + &noise_line(1) + &noise_line(2) + &noise_line(3),
        [""; 0],
    );
    let text = text_of(output.stdout);
    assert!(
        text.starts_with(&("\u{feff}".to_owned() + &noise_line(1))),
        "{text}"
    );
    assert!(text.contains("quell: 2x "), "{text}");
}

#[test]
fn carriage_returns_are_kept_and_do_not_hide_noise() {
    unchanged(b"10%\r20%\r\n\r\r\n30%\r");
    let windows = |text: String| text.replace('\n', "\r\n");
    let input = [plain(1), noise(2), noise(3), plain(4)].concat();
    let text = text_of(House::new().pipe(windows(input), [""; 0]).stdout);
    let shown = windows([plain(1), noise(2), plain(4)].concat());
    assert!(
        text.starts_with(&shown) && text.contains("quell: 1x "),
        "{text}"
    );
}

/// An endless line, whatever ends it or does not: it passes, it is counted once, and memory stays where it is.
fn endless(byte: u8, end: &[u8]) {
    const MEGABYTES: usize = 200;
    let house = House::new();
    let mut quell = Live::of(house.quell(["--stats=json"]).stdout(Stdio::null()));
    let block = vec![byte; 1_000_000];
    for _ in 0..MEGABYTES {
        quell.write(&block);
    }
    let peak = quell.peak_kib();
    quell.write(end);
    quell.write(noise(1) + &noise(2));
    let stats: serde_json::Value = serde_json::from_slice(&quell.end().stderr).expect("JSON");
    let bytes = MEGABYTES * 1_000_000 + end.len() + noise(1).len() * 2;
    assert_eq!(stats["input"]["bytes"], bytes);
    assert_eq!(
        stats["suppressed"]["records"], 1,
        "in step again at the next line"
    );
    assert_eq!(stats["oversize"], 1);
    assert!(peak <= PEAK_KIB_MAX, "{peak} KiB");
}

#[test]
fn an_endless_line_needs_no_memory() {
    endless(b'x', b"\n");
}

#[test]
fn an_endless_progress_bar_needs_no_memory() {
    endless(b'\r', b"\r\n");
}

#[test]
fn a_last_line_without_an_ending_gets_none() {
    unchanged(plain(1) + "no ending");
    let house = House::new();
    let cut = noise(3).trim_end().to_owned();
    let text = text_of(
        house
            .pipe([noise(1), noise(2), cut].concat(), [""; 0])
            .stdout,
    );
    assert!(text.contains("quell: 2x "), "{text}");
    let text = text_of(
        house
            .pipe([noise(1), noise(2), "no ending".into()].concat(), [""; 0])
            .stdout,
    );
    let last = text.lines().last().expect("a line");
    assert!(
        text.contains("no ending\n") && last.contains(" quell: 1x "),
        "a line of its own: {text}"
    );
}

#[test]
fn an_empty_input_gives_an_empty_output() {
    unchanged("");
    unchanged("\n\n\n");
    let house = House::new();
    house.write("empty.log", "");
    let output = house.run(["empty.log"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
}

#[test]
fn half_a_line_is_never_written() {
    let house = House::new();
    let mut quell = house.live(["--linger", "0s"]);
    quell.write(noise_line(1).repeat(2) + "first\nhal");
    quell.out_has("first\n");
    // A summary that was asked for later is there, and the half line is not.
    quell.signal(rustix::process::Signal::USR1);
    let text = quell.out_has("suppressed");
    assert!(!text.contains("\nhal"), "{text}");
    quell.write("f\n");
    quell.out_has("\nhalf\n");
}

#[test]
fn lines_of_several_writers_that_were_mixed_pass() {
    let (a, b) = (plain(1), plain(2));
    let mixed = format!("{}{}{}{}", &a[..30], &b[..40], &a[30..], &b[40..]);
    unchanged(mixed);
}

#[test]
fn escapes_pass_in_lines_and_are_escaped_in_summaries() {
    unchanged(b"\x1b[31mred\x1b[0m \x1b]0;title\x07 \xc2\x9b1m\n");
    let evil = |second| noise_line(second).replace("GET /files", "GET /\u{1b}[31m\u{9b}2J");
    let text = text_of(
        House::new()
            .pipe([evil(1), evil(2)].concat(), [""; 0])
            .stdout,
    );
    let summary = text.lines().last().expect("a line");
    assert!(summary.contains("quell: 1x "), "{text}");
    assert!(!summary.contains(['\u{1b}', '\u{9b}']), "{summary:?}");
}

#[test]
fn a_line_that_imitates_a_summary_passes_and_quell_over_its_own_output_changes_nothing() {
    let house = House::new();
    let imitation =
        "2026-11-22 10:00:00.000 WARN quell: 9x java.io.IOException: Broken pipe [x] suppressed\n";
    unchanged(imitation.repeat(3));
    let input: String = (1..50)
        .map(|n| noise_line(n) + &noise(n) + &plain(n))
        .collect();
    let once = house.pipe(&input, ["--every", "5s"]).stdout;
    assert!(once.len() < input.len());
    assert_eq!(text_of(house.pipe(&once, [""; 0]).stdout), text_of(once));
}

#[test]
fn control_characters_in_a_file_name_do_not_reach_the_terminal() {
    let output = House::new().run(["a\u{1b}[31m\nquell: forged"]);
    let text = text_of(output.stderr);
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        !text.contains('\u{1b}') && text.contains("\\u{1b}[31m\\n"),
        "{text}"
    );
    let output = House::new().run(["--every", "\u{1b}[31m"]);
    assert!(!has(&output.stderr, "\u{1b}"));
}

#[test]
fn a_hostile_pattern_is_refused_with_its_place() {
    let house = House::new();
    for pattern in ["((a{100}){100}){100}", "(a?){50}{50}{50}{50}"] {
        let rule = format!(
            "version = 1\nprogram = \"x\"\n[[rule]]\nid = \"x\"\ntier = \"client\"\ncause = \"client-left\"\n\
             why = \"w\"\nhides = \"h\"\n[rule.line]\npattern = '{pattern}'\n[rule.proof]\nquiet = []\nloud = []\n"
        );
        house.write("hostile.toml", rule);
        let output = house.run(["--rules", "hostile.toml"]);
        let text = text_of(output.stderr);
        assert!(text.contains("hostile.toml:10:"), "{text}");
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn any_number_of_kinds_needs_bounded_memory_and_the_account_holds() {
    let kinds = if cfg!(debug_assertions) {
        10_000
    } else {
        200_000
    };
    let house = House::new();
    let mut quell = Live::of(house.quell(["--stats=json"]).stdout(Stdio::null()));
    for kind in 0_u32..kinds {
        let letters = (0..5).map(|place| char::from(b'a' + (kind / 26_u32.pow(place) % 26) as u8));
        quell.write(noise_of(&letters.collect::<String>(), kind % 60).repeat(2));
    }
    let peak = quell.peak_kib();
    let stats: serde_json::Value = serde_json::from_slice(&quell.end().stderr).expect("JSON");
    for unit in ["bytes", "lines", "records"] {
        let of = |part: &str| stats[part][unit].as_u64().expect(unit);
        assert_eq!(of("input"), of("passed") + of("suppressed"), "{unit}");
    }
    assert!(stats["evicted"].as_u64().expect("a number") > 0, "{stats}");
    assert!(peak <= PEAK_KIB_MAX, "{peak} KiB");
}

#[test]
fn a_log_clock_that_jumps_loses_no_count() {
    let years = [
        "2026", "1970", "2026", "2999", "2026", "9999", "0001", "2026",
    ];
    let input: String = years
        .iter()
        .map(|year| noise(7).replace("2026", year))
        .collect();
    let house = House::new();
    let text = text_of(house.pipe(input, [""; 0]).stdout);
    let counts = text.split(" quell: ").skip(1);
    let sum: usize = counts
        .map(|summary| {
            summary
                .split('x')
                .next()
                .and_then(|count| count.parse::<usize>().ok())
                .expect("a count")
        })
        .sum();
    let shown = text.matches("... 23 more").count();
    assert_eq!(sum + shown, years.len(), "{text}");
}

#[test]
fn a_bogus_date_does_not_freeze_the_window() {
    let bogus = plain(2).replace("2026", "2999");
    let input = [noise(1), noise(1), bogus, noise(3), plain(130), noise(131)].concat();
    let text = text_of(House::new().pipe(input, [""; 0]).stdout);
    assert!(text.contains("10:01:00.000 WARN quell: 2x "), "{text}");
    assert!(text.contains("10:02:11.000 WARN quell: 1x "), "{text}");
    assert!(!text.contains("2999-11-22 10:00:02.000 WARN"), "{text}");
}
