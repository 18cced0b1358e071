//! `quell rules`: drafting, trying and switching rules, as their writers do.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::kit::{House, noise, plain, text_of};

const LINE: &str = "2026-11-22 10:00:00.000 INFO  [worker-3] c.e.Shop : customer 17 from /10.0.0.7:4711 left the shop at /cart/17\n";

const TRACE: &str = "2026-11-22 10:00:00.000 ERROR [worker-3] c.e.Gate : cannot answer guest 17
com.example.net.GuestGoneException: guest 17 has left: Broken pipe
\tat com.example.net.Gate.answer(Gate.java:88)
\tat java.base/java.lang.Thread.run(Thread.java:840)
Caused by: java.io.IOException: Broken pipe
\tat java.base/sun.nio.ch.SocketDispatcher.write0(Native Method)
\tat java.base/sun.nio.ch.SocketChannelImpl.write(SocketChannelImpl.java:532)
\tat com.example.net.Channel.send(Channel.java:118)
\tat com.example.net.Gate.answer(Gate.java:80)
\t... 1 more
";

const PYTHON: &str = "ERROR:root:guest 17 is gone
Traceback (most recent call last):
  File \"/srv/app/gate.py\", line 12, in answer
    self.request.sendall(data)
BrokenPipeError: [Errno 32] Broken pipe
";

const LINES: &str = "Nov 22, 2026 10:00:00 AM com.example.net.Gate answer
WARNING: guest 17 from 10.0.0.7 hung up
";

#[test]
fn a_drafted_rule_passes_its_check_and_takes_the_record_and_its_like() {
    for record in [LINE, TRACE, PYTHON, LINES] {
        let house = House::new();
        house.write("one.log", record);
        let drafted = house.run(["rules", "new", "one.log", "-o", "own.toml"]);
        assert_eq!(
            drafted.status.code(),
            Some(0),
            "{}",
            text_of(&drafted.stderr)
        );
        let checked = house.run(["rules", "check", "own.toml"]);
        assert_eq!(
            text_of(&checked.stdout),
            "1 file is in order\n",
            "{}",
            text_of(&checked.stderr)
        );
        assert!(text_of(&checked.stderr).contains("it still says REPLACE THIS"));
        let tried = text_of(
            house
                .run(["rules", "try", "--rules", "own.toml", "one.log"])
                .stdout,
        );
        assert!(tried.contains("1: taken by own-"), "{tried}");
        // The same with other numbers is one more of its kind; the same of a failed call is not.
        let again = record.replace("17", "29").replace("10.0.0.7", "10.0.0.8");
        let refused = record.replace("Broken pipe", "Connection refused");
        let log = [record, &again, &refused].concat();
        let quiet = text_of(house.pipe(&log, ["--rules", "own.toml"]).stdout);
        assert!(quiet.starts_with(record), "{quiet}");
        let failures = usize::from(refused != record);
        assert_eq!(
            quiet.matches("Connection refused").count(),
            refused.matches("Connection refused").count()
        );
        assert!(
            quiet.contains(&format!("quell: {}x ", 2 - failures)),
            "{quiet}"
        );
    }
}

#[test]
fn a_draft_goes_to_standard_output_under_the_name_that_is_wished() {
    let house = House::new();
    let draft = house.pipe(LINE, ["rules", "new", "--id", "shop-left"]);
    let text = text_of(draft.stdout);
    assert!(
        text.contains("id = \"shop-left\"") && text.contains("program = \"shop\""),
        "{text}"
    );
    assert!(
        text.contains("(?P<peer>") && text.contains("(?P<path>"),
        "{text}"
    );
    let misnamed = house.pipe(LINE, ["rules", "new", "--id", "Shop left"]);
    assert_eq!(misnamed.status.code(), Some(2));
    house.write("own.toml", "mine");
    let kept = house.pipe(LINE, ["rules", "new", "-o", "own.toml"]);
    assert_eq!(
        (kept.status.code(), house.read("own.toml")),
        (Some(1), b"mine".to_vec())
    );
    assert!(text_of(kept.stderr).contains("there is such a file already"));
}

#[test]
fn nothing_is_drafted_for_what_no_rule_may_take() {
    let house = House::new();
    let owner = "com.example.net.Channel.send(Channel.java:118)";
    let outer = "com.example.net.GuestGoneException";
    for (record, why) in [
        (
            "2026-11-22 10:00:00 ERROR x: dial failed: Connection refused\n".to_owned(),
            "never noise (refused)",
        ),
        (
            "2026-11-22 10:00:00 ERROR x: accept: too many open files\n".to_owned(),
            "never noise (out-of-files)",
        ),
        (
            TRACE.replace("java.io.IOException", "java.net.SocketTimeoutException"),
            "never noise",
        ),
        (
            TRACE.replace(
                owner,
                "org.postgresql.core.PGStream.flush(PGStream.java:696)",
            ),
            "a client library is in the trace",
        ),
        (
            TRACE.replace(outer, "java.lang.IllegalArgumentException"),
            "No rule may take it",
        ),
        (noise(1), "takes this record already"),
        ("17\n".to_owned(), "nothing in it is always the same"),
        (String::new(), "there is no record in it"),
        ([LINE, TRACE].concat(), "line 2 begins another record"),
    ] {
        let output = house.pipe(&record, ["rules", "new"]);
        let said = text_of(&output.stderr);
        assert!(said.contains(why), "{record}{said}");
        assert_eq!(
            (output.status.code(), output.stdout.len()),
            (Some(1), 0),
            "{record}"
        );
    }
}

#[test]
fn trying_says_the_owner_and_the_kind_or_what_refused() {
    let house = House::new();
    let call = noise(3).replace(
        "\tat org.apache.tomcat.util.net.NioChannel.write(NioChannel.java:118)\n",
        "\tat org.postgresql.core.PGStream.flush(PGStream.java:696)\n",
    );
    let refused = "2026-11-22 10:00:00.000 ERROR x : dial failed: Connection refused\n";
    house.write(
        "app.log",
        [plain(1), noise(2), call, refused.to_owned()].concat(),
    );
    let tried = text_of(house.run(["rules", "try", "app.log"]).stdout);
    let expected = [
        "2: taken by tomcat-",
        "    owner: at org.apache.tomcat.util.net.NioChannel.write(NioChannel.java:118)",
        "    kind: java.io.IOException | Broken pipe | at org.apache.tomcat.util.net.NioChannel.write",
        "    found: sql-client: at org.postgresql.core.PGStream.flush(PGStream.java:696)",
        "kept: no rule is about it\n    found: refused: ",
        "4 records: 1 taken, 1 refused, 2 that no rule is about",
    ];
    for text in expected {
        assert!(tried.contains(text), "{text}\n{tried}");
    }
}

#[test]
fn the_list_says_what_is_on_and_knows_own_rules() {
    let house = House::new();
    let own = text_of(
        house
            .pipe(LINE, ["rules", "new", "--id", "shop-left"])
            .stdout,
    );
    house.write("own.toml", own);
    let list = |args: &[&str]| -> Value {
        let args = ["rules", "list", "--json"].iter().chain(args);
        let output = house.run(args);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", text_of(&output.stderr)))
    };
    let rule = |list: &Value, id: &str| -> Value {
        let rules = list["rules"].as_array().expect("a list");
        rules
            .iter()
            .find(|rule| rule["id"] == id)
            .cloned()
            .unwrap_or_default()
    };
    let plain = list(&[]);
    assert_eq!(plain["version"], 1);
    assert_eq!(rule(&plain, "shop-left"), Value::Null);
    assert_eq!(rule(&plain, "tomcat-client-gone")["on"], true);
    assert_eq!(rule(&plain, "tomcat-client-gone")["title"], "Apache Tomcat");
    let own = list(&["--rules", "own.toml", "--disable", "tomcat"]);
    assert_eq!(rule(&own, "shop-left")["on"], true);
    assert_eq!(rule(&own, "tomcat-client-gone")["on"], false);
    let shown = house.run(["rules", "show", "shop-left", "--rules", "own.toml"]);
    assert!(text_of(shown.stdout).starts_with(
        "# own.toml: program shop, language none; this rule is on\n[[rule]]\nid = \"shop-left\"\n"
    ));
    let unknown = house.run(["rules", "list", "--enable", "no-such-rule"]);
    assert_eq!(unknown.status.code(), Some(2));
}

/// A rule must take its own examples itself, not leave them to another of the same cause.
#[test]
fn a_rule_whose_examples_another_takes_is_refused() {
    let house = House::new();
    let rule = text_of(
        house
            .pipe(LINE, ["rules", "new", "--id", "shop-left"])
            .stdout,
    );
    let (before, rest) = rule.split_once("quiet = [").expect("a proof");
    let (_, after) = rest.split_once("]\n# Look-alikes").expect("loud records");
    let quiet = noise(1);
    let swapped =
        format!("{before}quiet = [\n'''\n{quiet}''',\n'''\n{quiet}''']\n# Look-alikes{after}");
    house.write("own.toml", swapped);
    let output = house.run(["rules", "check", "own.toml"]);
    let said = text_of(&output.stderr);
    assert!(
        said.contains("the rule does not take this record"),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(2));
}

/// The examples of the handbook are files, and stand in it as they are.
#[test]
fn the_worked_examples_are_in_order() {
    let house = House::new();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let handbook = fs::read_to_string(docs.join("rules.md")).expect("docs/rules.md");
    let folder = docs.join("rules");
    let paths = fs::read_dir(&folder)
        .expect("docs/rules")
        .map(|entry| entry.expect("an entry").path());
    let texts: Vec<String> = paths
        .map(|path| fs::read_to_string(path).expect("a file"))
        .collect();
    assert_eq!(texts.len(), 5);
    for text in texts {
        assert!(
            handbook.contains(&format!("```toml\n{text}```\n")),
            "docs/rules.md has not:\n{text}"
        );
    }
    let checked = house.run([OsStr::new("rules"), OsStr::new("check"), folder.as_os_str()]);
    assert_eq!(
        text_of(&checked.stdout),
        "5 files are in order\n",
        "{}",
        text_of(&checked.stderr)
    );
}
