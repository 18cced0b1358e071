//! What is asked about records that wear an envelope: the same answers as without one.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::kit::{House, text_of};

/// A program's words that no rule knows.
const WORDS: &str = "guest 17 from 10.0.0.7 hung up in the middle of /menu/3";

const TRACE: &str =
    "2026-11-22 10:00:00.000 ERROR 12 --- [worker-3] c.e.Gate : cannot answer guest 17
com.example.net.GuestGoneException: guest 17 has left: Broken pipe
\tat com.example.net.Gate.answer(Gate.java:88)
Caused by: java.io.IOException: Broken pipe
\tat java.base/sun.nio.ch.SocketDispatcher.write0(Native Method)
\tat com.example.net.Channel.send(Channel.java:118)
\t... 1 more
";

type Wrap = fn(&str) -> String;

const WRAPS: [(&str, Wrap); 4] = [
    ("docker", |line| {
        let log = format!("{line}\n");
        json!({"log": log, "stream": "stderr", "time": "2026-11-22T10:00:00.000000001Z"})
            .to_string()
    }),
    ("cri", |line| {
        format!("2026-11-22T10:00:00.000000001Z stderr F {line}")
    }),
    ("compose", |line| format!("web_1  | {line}")),
    ("syslog", |line| {
        let tabs = line.replace('\t', "#011");
        format!("Nov 22 10:00:00 host shop[12]: {tabs}")
    }),
];

/// The journal's layouts, each of an entry.
const JOURNAL: [(&str, Wrap); 6] = [
    ("short-unix", |line| {
        format!("1795341600.000001 host shop[12]: {line}")
    }),
    ("short-full", |line| {
        format!("Sun 2026-11-22 10:00:00 UTC host shop[12]: {line}")
    }),
    ("short-monotonic", |line| {
        format!("[  123.000001] host shop[12]: {line}")
    }),
    ("json", |line| journal_object(line).to_string()),
    ("json-sse", |line| {
        format!("data: {}\n", journal_object(line))
    }),
    ("export", |line| {
        let front =
            "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795341600000001\nSYSLOG_IDENTIFIER=shop\n_PID=12";
        format!("{front}\nMESSAGE={line}\n")
    }),
];

fn journal_object(line: &str) -> Value {
    json!({"__REALTIME_TIMESTAMP": "1795341600000001", "PRIORITY": "6", "SYSLOG_IDENTIFIER": "shop", "_PID": "12", "MESSAGE": line})
}

fn worn(wrap: Wrap, text: &str) -> String {
    text.lines().map(|line| wrap(line) + "\n").collect()
}

/// What is said of each record, without the line of the log that is shown below it.
fn verdicts(tried: &str) -> Vec<&str> {
    let own = |line: &&str| {
        let told = line.starts_with(|c: char| c.is_ascii_digit());
        told || line.starts_with("    owner:") || line.starts_with("    kind:")
    };
    tried.lines().filter(own).collect()
}

#[test]
fn a_log_in_an_envelope_is_tried_as_the_log_itself() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for scene in ["tomcat/logback", "socketserver/stock", "go/net-http"] {
        let house = House::new();
        let log = fs::read(fixtures.join(scene).join("in.log")).expect("a captured log");
        let log = text_of(log);
        house.write("app.log", &log);
        let plain = text_of(house.run(["rules", "try", "app.log"]).stdout);
        assert!(plain.contains(": taken by "), "{scene}: {plain}");
        for (name, wrap) in WRAPS {
            house.write("worn.log", worn(wrap, &log));
            let tried = text_of(house.run(["rules", "try", "worn.log"]).stdout);
            assert_eq!(verdicts(&tried), verdicts(&plain), "{scene} in {name}");
        }
    }
}

/// The same without the numbers of lines, of which an entry may have several, and without the count of all.
fn verdicts_alone(tried: &str) -> Vec<&str> {
    let told = verdicts(tried)
        .into_iter()
        .filter(|line| !line.contains(" records: "));
    told.map(|line| line.trim_start_matches(|c: char| c.is_ascii_digit()))
        .collect()
}

#[test]
fn a_journal_is_tried_and_explained_as_the_log_itself() {
    let house = House::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let log = text_of(fs::read(fixtures.join("tomcat/logback/in.log")).expect("a captured log"));
    let plain = text_of(house.pipe(&log, ["rules", "try", "-"]).stdout);
    assert!(plain.contains(": taken by "), "{plain}");
    let line = "2026/11/22 10:00:00 [info] 12#12: *3 client prematurely closed connection while sending response to client, client: 10.0.0.7, server: _, request: \"GET / HTTP/1.1\", host: \"h\"";
    for (name, wrap) in JOURNAL {
        let tried = text_of(house.pipe(worn(wrap, &log), ["rules", "try", "-"]).stdout);
        assert_eq!(verdicts_alone(&tried), verdicts_alone(&plain), "{name}");
        let piped = house.pipe(worn(wrap, line), ["explain", "--json"]);
        let answer: Value = serde_json::from_slice(&piped.stdout).expect("an object");
        assert_eq!(answer["verdicts"][0]["collapsed"], true, "{name}: {answer}");
        assert_eq!(answer["verdicts"][0]["text"], line, "{name}");
    }
}

#[test]
fn writers_that_share_a_stream_are_told_apart() {
    let house = House::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let log = fs::read(fixtures.join("tomcat/logback/in.log")).expect("a captured log");
    let log = text_of(log);
    house.write("app.log", &log);
    let plain = text_of(house.run(["rules", "try", "app.log"]).stdout);
    let lines = log.lines();
    let mixed = lines.map(|line| format!("web_1  | {line}\nweb_2  | {line}\n"));
    house.write("mixed.log", mixed.collect::<String>());
    let tried = text_of(house.run(["rules", "try", "mixed.log"]).stdout);
    let count = |text: &str| text.matches(": taken by ").count();
    assert!(count(&plain) > 0);
    assert_eq!(count(&tried), 2 * count(&plain));
}

#[test]
fn a_worn_record_is_explained_by_its_own_words() {
    let house = House::new();
    let line = "2026/11/22 10:00:00 [info] 12#12: *3 client prematurely closed connection while sending response to client, client: 10.0.0.7, server: _, request: \"GET / HTTP/1.1\", host: \"h\"";
    for (name, wrap) in WRAPS {
        let piped = house.pipe(wrap(line), ["explain", "--json"]);
        let answer: Value = serde_json::from_slice(&piped.stdout).expect("an object");
        let told = &answer["verdicts"][0];
        assert_eq!(told["collapsed"], true, "{name}: {answer}");
        assert_eq!(told["text"], line, "{name}");
        // As an argument it is a record, too, not words that nobody knows.
        let asked = house.run(["explain", "--json", &wrap(line)]);
        assert_eq!(text_of(&asked.stdout), text_of(&piped.stdout), "{name}");
    }
}

#[test]
fn a_rule_that_waits_to_be_enabled_is_named_behind_an_envelope() {
    let house = House::new();
    let line = "Nov 22 10:00:00 host sshd[12]: Connection reset by 10.0.0.7 port 40112 [preauth]\n";
    let tried = text_of(house.pipe(line, ["rules", "try", "-"]).stdout);
    assert!(tried.contains("is off; see --enable"), "{tried}");
    let on = ["rules", "try", "--enable", "sshd", "-"];
    let tried = text_of(house.pipe(line, on).stdout);
    assert!(tried.contains("1: taken by sshd-"), "{tried}");
}

#[test]
fn a_rule_is_drafted_from_what_an_envelope_holds() {
    for (name, wrap) in WRAPS {
        for record in [WORDS, TRACE] {
            let house = House::new();
            let log = worn(wrap, record);
            house.write("one.log", &log);
            let drafted = house.run(["rules", "new", "one.log", "-o", "own.toml"]);
            let said = text_of(&drafted.stderr);
            assert_eq!(drafted.status.code(), Some(0), "{name}: {said}");
            let draft = text_of(house.read("own.toml"));
            assert!(!draft.contains("stderr"), "{name}: {draft}");
            assert!(!draft.contains("Nov 22"), "{name}: {draft}");
            // The filter takes the record in every envelope then, and bare.
            for (other, wrap) in WRAPS {
                let named = record == WORDS && (name == "syslog") != (other == "syslog");
                if named {
                    continue;
                }
                let log = worn(wrap, record).repeat(3);
                let quiet = text_of(house.pipe(&log, ["--rules", "own.toml"]).stdout);
                assert!(
                    quiet.contains("quell: 2x "),
                    "{name} {other}: {quiet}{draft}"
                );
            }
        }
    }
}

#[test]
fn an_object_is_drafted_as_the_lines_that_it_tells() {
    let house = House::new();
    let object = |guest: u32| {
        let message = format!("guest {guest} hung up in the middle of dinner");
        let event = json!({"timestamp": "2026-11-22T10:00:00.000Z", "level": "WARN", "logger": "c.e.Gate", "message": message});
        format!("{event}\n")
    };
    house.write("one.log", object(17));
    let drafted = house.run(["rules", "new", "one.log", "-o", "own.toml"]);
    assert_eq!(
        drafted.status.code(),
        Some(0),
        "{}",
        text_of(&drafted.stderr)
    );
    let log = [object(1), object(2), object(3)].concat();
    let quiet = text_of(house.pipe(&log, ["--rules", "own.toml"]).stdout);
    assert!(quiet.contains("quell: 2x "), "{quiet}");
    let several = house.pipe(log, ["rules", "new"]);
    assert_eq!(several.status.code(), Some(1));
    let said = text_of(several.stderr);
    assert!(said.contains("line 2 begins another record"), "{said}");
}
