use super::*;

const FINE: &str = r#"
version = 1
state = "/var/lib/quell"

[defaults]
every = "5m"
max-size = "1M"

[[file]]
path = "/var/log/a.log"
output = "/var/log/quell/a.log"
keep = 3
rules = ["a.toml", "b.toml"]

[[file]]
path = ["/var/log/b/*.log", "/var/log/c.log"]
out-dir = "/var/log/quell"
every = "1h"
from-start = true
stats = false
"#;

fn mistakes(text: &str) -> Vec<String> {
    let errors = parse("quell.toml", text).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn files_are_read_as_flags_are() {
    let asked = parse("quell.toml", FINE).expect("it is fine");
    let [first, second] = &asked[..] else {
        panic!("two files");
    };
    assert_eq!(first.names, ["/var/log/a.log"]);
    assert_eq!(first.terms.options.settings.every.as_secs(), 300);
    assert_eq!(
        first.terms.rules.paths,
        [Path::new("a.toml"), Path::new("b.toml")]
    );
    assert!(
        matches!(&first.outputs, Outputs::One(place) if place.file() == Some(Path::new("/var/log/quell/a.log")))
    );
    assert_eq!(second.names.len(), 2);
    assert_eq!(second.terms.options.settings.every.as_secs(), 3600);
    assert!(matches!(second.outputs, Outputs::Each(_)));
    assert_eq!((first.terms.stats, second.terms.stats), (None, None));
}

/// What is changed in the fine one, into what, and what is said then.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "version = 1",
        "",
        "quell.toml: write `version = 1` at the top",
    ),
    (
        "version = 1",
        "version = 2",
        "quell.toml:2:11: write `version = 1` at the top",
    ),
    (
        "\"5m\"",
        "\"5x\"",
        "quell.toml:6:9: invalid value '5x' for '--every <DUR>': write a duration such as 500ms, 1m, 1h30m or 7d",
    ),
    (
        "every = \"1h\"",
        "evry = \"1h\"",
        "quell.toml:18:1: there is no key `evry` here, did you mean `every`?",
    ),
    (
        "state",
        "stat",
        "quell.toml:3:1: there is no key `stat` here, did you mean `state`?",
    ),
    (
        "every = \"5m\"",
        "poll = \"5s\"",
        "quell.toml:6:1: `poll` is for all files: write it at the top, above the first table",
    ),
    (
        "from-start = true",
        "from-start = 1",
        "quell.toml:19:14: this must be true or false",
    ),
    (
        "keep = 3",
        "keep = 3.5",
        "quell.toml:12:8: this must be a text or a list of texts, not a float",
    ),
    (
        "keep = 3",
        "keep = -3",
        "quell.toml:12:8: invalid value '-3' for '--keep <N>'",
    ),
    (
        "path = \"/var/log/a.log\"\n",
        "",
        "quell.toml:9:1: name the file: path = \"…\"",
    ),
    ("[defaults]", "[defaults", "quell.toml:5:10: "),
    (
        "out-dir = \"/var/log/quell\"",
        "output = \"/var/log/quell/a.log\"",
        "quell.toml:15:1: another [[file]] has the output /var/log/quell/a.log",
    ),
];

#[test]
fn every_mistake_is_told_with_its_place() {
    for (from, to, expected) in MISTAKES {
        let text = FINE.replacen(from, to, 1);
        assert_ne!(text, FINE, "{from}");
        let found = mistakes(&text);
        assert!(found[0].starts_with(expected), "{from} → {to}: {found:?}");
    }
    assert_eq!(
        mistakes("version = 1\n"),
        ["quell.toml: name what is to be followed: [[file]], path = \"…\""]
    );
    assert_eq!(mistakes("version = 1\nfile = 3\n").len(), 1);
    assert_eq!(
        mistakes("version = 1\n[[file]]\nx = 1\n[[file]]\ny = 2\n").len(),
        2
    );
}
