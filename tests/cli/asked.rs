//! What may be typed, and what is said about mistakes.

use crate::kit::{House, has, noise, plain, text_of};

const RULE: &str = r#"version = 1
program = "shop"

[[rule]]
id = "shop-left"
tier = "client"
cause = "client-left"
why = "the customer closed the page"
hides = "nothing"
[rule.line]
pattern = 'customer \d+ left the shop'
[rule.proof]
quiet = ["2026-11-22 10:00:00.000 INFO customer 1 left the shop", "2026-11-22 10:00:00.000 INFO customer 22 left the shop"]
loud = ["2026-11-22 10:00:00.000 INFO customer 1 left the queue", "2026-11-22 10:00:00.000 INFO the shop left customer 1"]
"#;

fn repeats() -> String {
    [plain(1), noise(2), noise(3), plain(4), noise(5)].concat()
}

fn expected_head() -> String {
    [plain(1), noise(2), plain(4)].concat()
}

#[test]
fn a_file_is_written_with_its_repeats_as_one_summary() {
    let house = House::new();
    house.write("app.log", repeats());
    let output = house.run(["app.log"]);
    let text = text_of(&output.stdout);
    let summary = text.strip_prefix(&expected_head()).expect(&text);
    assert_eq!(summary.lines().count(), 1, "{summary}");
    assert!(summary.contains("WARN quell: 2x "), "{summary}");
    assert!(summary.contains("20 lines, "), "{summary}");
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}

#[test]
fn standard_input_is_read_by_default_and_as_a_dash() {
    let house = House::new();
    house.write("app.log", repeats());
    let by_name = house.run(["app.log"]);
    assert_eq!(house.pipe(repeats(), [""; 0]).stdout, by_name.stdout);
    assert_eq!(house.pipe(repeats(), ["-"]).stdout, by_name.stdout);
}

#[test]
fn several_files_are_one_stream_but_no_record_spans_two() {
    let house = House::new();
    let (head, rest) = noise(3)
        .split_once('\n')
        .map(|(head, rest)| (head.to_owned() + "\n", rest.to_owned()))
        .expect("lines");
    house.write("a.log", [noise(1), noise(2), head.clone()].concat());
    house.write("b.log", [rest, noise(4)].concat());
    let text = text_of(house.run(["a.log", "b.log"]).stdout);
    assert!(
        text.contains(&head),
        "the head alone says nothing of a client: {text}"
    );
    assert!(text.starts_with(&noise(1)), "{text}");
    assert_eq!(
        text.matches("quell: ").count(),
        text.matches("suppressed").count()
    );
    assert!(
        !text.contains(&noise(4)),
        "its kind was shown in the first file: {text}"
    );
}

#[test]
fn a_missing_file_is_reported_and_the_others_are_done() {
    let house = House::new();
    house.write("good.log", plain(1));
    let output = house.run(["none.log", "good.log"]);
    assert_eq!(text_of(&output.stdout), plain(1));
    assert!(text_of(&output.stderr).starts_with("quell: none.log: there is no such file"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_directory_is_reported() {
    let house = House::new();
    let output = house.run(["."]);
    assert!(text_of(&output.stderr).starts_with("quell: .: this is a directory"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_file_named_like_a_command_is_given_with_its_folder() {
    let house = House::new();
    house.write("rules", plain(1));
    assert_eq!(text_of(house.run(["./rules"]).stdout), plain(1));
}

#[test]
fn own_rules_are_used_and_a_folder_of_them_too() {
    let house = House::new();
    let line = |n| format!("2026-11-22 10:00:0{n}.000 INFO customer {n} left the shop\n");
    let log = [line(1), line(2), line(3)].concat();
    house.write("shop.toml", RULE);
    std::fs::create_dir(house.path("rules.d")).expect("a folder");
    house.write("rules.d/shop.toml", RULE);
    house.write("rules.d/README", "no rules");
    for rules in ["shop.toml", "rules.d"] {
        let output = house.pipe(&log, ["--rules", rules]);
        let text = text_of(&output.stdout);
        assert!(
            text.starts_with(&line(1)),
            "{text}{}",
            text_of(&output.stderr)
        );
        assert!(
            text.contains("quell: 2x ") && text.contains("[shop-left]"),
            "{text}"
        );
    }
    assert_eq!(text_of(house.pipe(&log, [""; 0]).stdout), log);
}

#[test]
fn every_mistake_in_a_rules_file_is_shown_with_its_place() {
    let house = House::new();
    house.write("a.toml", RULE.replace(r"\d+", r"(\d+"));
    house.write("b.toml", "version = 1\nprogram = \"x\"\nnonsense = [\n");
    let output = house.run(["--rules", "a.toml", "--rules", "b.toml"]);
    let text = text_of(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("b.toml:"), "{text}");
    house.write("b.toml", "");
    let output = house.run(["--rules", "a.toml"]);
    let text = text_of(&output.stderr);
    assert!(text.contains("a.toml:11:"), "{text}");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

#[test]
fn a_rule_whose_proof_fails_is_refused() {
    let house = House::new();
    house.write(
        "shop.toml",
        RULE.replace("customer 22 left", "customer left"),
    );
    let output = house.run(["--rules", "shop.toml"]);
    let text = text_of(&output.stderr);
    assert!(text.contains("shop.toml:13:"), "{text}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn rules_are_switched_off_by_name() {
    let house = House::new();
    let output = house.pipe(repeats(), ["--disable", "tomcat,java"]);
    assert_eq!(text_of(output.stdout), repeats());
    let output = house.pipe(repeats(), ["--disable", "tomcat", "--disable", "java"]);
    assert_eq!(text_of(output.stdout), repeats());
    let output = house.pipe(repeats(), ["--only", "nginx"]);
    assert_eq!(text_of(output.stdout), repeats());
    let output = house.run(["--disable", "no-such-rule"]);
    assert!(text_of(output.stderr).contains("no-such-rule: there is no rule"));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_bad_duration_or_flag_is_explained() {
    let house = House::new();
    for args in [
        ["--every", "5x"],
        ["--linger", "soon"],
        ["--forget", "0s"],
        ["--frist", "none"],
        ["--first", "some"],
    ] {
        let output = house.run(args);
        let text = text_of(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.starts_with("error: "), "{text}");
        assert!(text.contains(args[0]), "{text}");
    }
}

#[test]
fn the_stats_are_one_object_and_the_account_holds() {
    let house = House::new();
    let output = house.pipe(repeats(), ["--stats=json"]);
    let text = text_of(&output.stderr);
    assert_eq!(text.lines().count(), 1);
    let stats: serde_json::Value = serde_json::from_str(&text).expect(&text);
    assert_eq!(stats["version"], 1);
    for unit in ["bytes", "lines", "records"] {
        let of = |part: &str| stats[part][unit].as_u64().expect(unit);
        assert_eq!(of("input"), of("passed") + of("suppressed"), "{unit}");
    }
    assert_eq!(stats["input"]["bytes"], repeats().len());
    assert_eq!(stats["suppressed"]["records"], 2);
    assert_eq!(stats["by_cause"]["client-left"]["records"], 2);
    assert_eq!(stats["summaries"], 1);
    let text = text_of(house.pipe(repeats(), ["--stats"]).stderr);
    assert!(text.contains("suppressed"), "{text}");
}

#[test]
fn summaries_can_go_elsewhere_or_nowhere() {
    let house = House::new();
    let output = house.pipe(repeats(), ["--summary-to", "stderr"]);
    assert_eq!(text_of(output.stdout), expected_head());
    assert!(text_of(output.stderr).contains("WARN quell: 2x "));
    let output = house.pipe(
        repeats(),
        ["--summary-to", "noise.log", "--summary", "json"],
    );
    assert_eq!(text_of(output.stdout), expected_head());
    let summary: serde_json::Value =
        serde_json::from_slice(&house.read("noise.log")).expect("JSON");
    assert_eq!(summary["quell"]["count"], 2);
    let output = house.pipe(repeats(), ["--summary", "none"]);
    assert_eq!(text_of(output.stdout), expected_head());
}

#[test]
fn the_first_of_a_kind_is_shown_as_asked() {
    let house = House::new();
    let head = noise(2).lines().next().expect("a line").to_owned() + "\n";
    let text = text_of(
        house
            .pipe(repeats(), ["--first", "line", "--summary", "none"])
            .stdout,
    );
    assert_eq!(text, [plain(1), head, plain(4)].concat());
    let text = text_of(
        house
            .pipe(repeats(), ["--first", "none", "--summary", "none"])
            .stdout,
    );
    assert_eq!(text, [plain(1), plain(4)].concat());
}

#[test]
fn an_output_file_is_appended_to() {
    let house = House::new();
    house.write("quiet.log", "before\n");
    let output = house.pipe(plain(1), ["-o", "quiet.log"]);
    assert_eq!(output.stdout.len(), 0);
    assert_eq!(
        text_of(house.read("quiet.log")),
        "before\n".to_owned() + &plain(1)
    );
}

#[test]
fn an_output_that_cannot_be_opened_is_explained() {
    let house = House::new();
    let output = house.pipe("", ["-o", "no/such/folder.log"]);
    assert!(text_of(output.stderr).starts_with("quell: no/such/folder.log: cannot be opened"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn colours_are_used_when_asked_for_and_else_only_at_a_terminal() {
    let house = House::new();
    assert!(!has(&house.run(["none.log"]).stderr, "\u{1b}["));
    assert!(has(
        &house.run(["--color=always", "none.log"]).stderr,
        "\u{1b}["
    ));
    let mut command = house.quell(["none.log"]);
    let output = command.env("NO_COLOR", "1").output().expect("it starts");
    assert!(!has(&output.stderr, "\u{1b}["));
}

#[test]
fn both_gears_write_the_same() {
    let house = House::new();
    let skim = house.pipe(repeats(), ["--gear", "skim"]);
    assert_eq!(
        skim.stdout,
        house.pipe(repeats(), ["--gear", "step"]).stdout
    );
}

#[test]
fn the_help_the_manual_and_the_completions_are_there() {
    let house = House::new();
    let help = text_of(house.run(["--help"]).stdout);
    for command in [&["rules", "--help"][..], &["rules", "try", "-h"]] {
        let done = house.run(command);
        assert_eq!(done.status.code(), Some(0), "{command:?}");
        assert!(text_of(done.stdout).contains("Usage: quell rules"));
    }
    assert!(
        help.lines().count() < 60 && help.contains("Examples:"),
        "{help}"
    );
    assert!(text_of(house.run(["man"]).stdout).contains(".TH quell 1"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(text_of(house.run(["completions", shell]).stdout).contains("summary-to"));
    }
}

#[test]
fn the_rules_can_be_listed_shown_checked_and_tried() {
    let house = House::new();
    let list = text_of(house.run(["rules", "list"]).stdout);
    assert!(list.contains("tomcat-client-gone"), "{list}");
    let shown = text_of(house.run(["rules", "show", "tomcat-client-gone"]).stdout);
    assert!(shown.contains("id = \"tomcat-client-gone\"") && shown.contains("quiet = ["));
    assert_eq!(
        house.run(["rules", "show", "nothing"]).status.code(),
        Some(2)
    );
    house.write("shop.toml", RULE);
    assert_eq!(
        house.run(["rules", "check", "shop.toml"]).status.code(),
        Some(0)
    );
    house.write("bad.toml", RULE.replace("client-left\"", "client-left"));
    let output = house.run(["rules", "check", "bad.toml"]);
    assert!(
        text_of(&output.stderr).contains("bad.toml:7:"),
        "{}",
        text_of(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(2));
    house.write("app.log", repeats());
    let tried = text_of(house.run(["rules", "try", "app.log"]).stdout);
    assert!(tried.contains("2: taken by tomcat-"), "{tried}");
    assert!(
        tried.contains("5 records: 3 taken, 0 refused, 2 that"),
        "{tried}"
    );
}
