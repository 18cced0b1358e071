//! Many rules of a user's own: they load within bounds, or are refused with a clear line. `QUELL_RULES=10000` makes as
//! many of them (with --release: unoptimized, patterns take their time); `benches/rules.py` measures what they need.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::kit::{House, text_of};

/// A folder of rules, each with its proof, in files of no more than a thousand.
fn folder(house: &House, count: usize) -> PathBuf {
    let folder = house.path("own");
    fs::create_dir(&folder).expect("a folder for the rules");
    for first in (0..count).step_by(1000) {
        let mut text = String::from("version = 1\nprogram = \"own\"\n");
        for number in first..count.min(first + 1000) {
            rule(&mut text, number);
        }
        fs::write(folder.join(format!("own-{first}.toml")), text).expect("a file of rules");
    }
    folder
}

fn rule(text: &mut String, number: usize) {
    let head = format!("WARN shop-{number}: guest");
    write!(
        text,
        "\n[[rule]]\nid = \"own-{number}\"\ntier = \"client\"\ncause = \"client-left\"\nwhy = \"w\"\nhides = \"h\"\n\
         [rule.line]\npattern = '^{head} (?P<peer>[0-9.]+) left$'\n[rule.proof]\n\
         quiet = [\"{head} 10.0.0.7 left\", \"{head} 10.0.0.8 left\"]\n\
         loud = [\"{head} 10.0.0.7 left: refused\", \"{head} 10.0.0.7 came\"]\n"
    )
    .expect("text takes text");
}

/// How much address space the program may use, in KiB: twice what 10,000 rules need; each pattern kept in memory would be 60 more.
const SPACE_KIB: usize = 512 * 1024;

/// How many rules are made unless told otherwise.
const RULES: usize = 300;

#[test]
fn many_rules_of_ones_own_load_in_bounded_memory_and_work() {
    let house = House::new();
    let asked = std::env::var("QUELL_RULES").ok();
    let count = asked.map_or(RULES, |count| count.parse().expect("a number of rules"));
    let folder = folder(&house, count);
    let last = count - 1;
    let noise = format!("WARN shop-{last}: guest 10.0.0.7 left\n");
    let input = house.write("in.log", noise.repeat(3));
    let script = format!("ulimit -v {SPACE_KIB}; exec \"$0\" \"$@\"");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_quell"), "--rules"]);
    command.arg(&folder).arg(&input).env_clear();
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{}", text_of(&output.stderr));
    let out = text_of(&output.stdout);
    assert!(out.starts_with(&noise), "{out}");
    assert!(
        out.contains("2x ") && out.contains(&format!("[own-{last}]")),
        "{out}"
    );
}
