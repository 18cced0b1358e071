//! The built-in rules, held against their own proofs.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use common::{place, written};
use quell::pipeline::{Options, Pipeline};
use quell::record::{Assembly, Record};
use quell::rule::cause::{Causes, Noise, Tongue};
use quell::rule::file::RuleText;
use quell::rule::{Condition, Memory, Reason, RuleSet, Selection, Tier, Verdict, proof};

/// What is wrong, as one text; nothing if all is well.
fn assert_none(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{} faults:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn rules() -> impl Iterator<Item = &'static RuleText> {
    written().1.iter().flat_map(|(_, file)| &file.rule)
}

/// One rule alone, as it was packed when the program was built.
fn alone(id: &str) -> RuleSet {
    RuleSet::load(
        &[],
        &Selection {
            only: vec![id.to_owned()],
            ..Selection::default()
        },
    )
    .expect("built-in rules load")
}

#[test]
fn every_proof_holds() {
    let errors = written()
        .1
        .iter()
        .flat_map(|(source, file)| proof::check(&written().0, source, file));
    assert_none(&errors.map(|error| error.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_rule_without_its_proof_is_refused() {
    let (source, mut file) = written().1[0].clone();
    let rule = &mut file.rule[0];
    std::mem::swap(&mut rule.proof.quiet, &mut rule.proof.loud);
    let refused = proof::check(&written().0, &source, &file);
    assert!(
        refused
            .iter()
            .any(|error| error.to_string().contains("must be kept"))
    );
    assert!(
        refused
            .iter()
            .any(|error| error.to_string().contains("does not take"))
    );
}

#[test]
fn every_cause_is_explained() {
    let text = fs::read_to_string(place("rules/causes.toml")).expect("rules/causes.toml");
    let causes: toml::Table = text.parse().expect("TOML");
    let explained: BTreeSet<&str> = causes["cause"]
        .as_array()
        .expect("[[cause]]")
        .iter()
        .filter_map(|cause| cause["id"].as_str())
        .collect();
    let unknown = rules().filter(|rule| !explained.contains(rule.cause.as_str()));
    assert_none(
        &unknown
            .map(|rule| {
                format!(
                    "{}: the cause {:?} is not in causes.toml",
                    rule.id, rule.cause
                )
            })
            .collect::<Vec<_>>(),
    );
}

/// How long a connection lasted, where a log says so: ages that agree point to a device that cuts silent connections.
#[test]
fn durations_that_a_log_shows_are_read() {
    for (id, shown, age) in [
        ("haproxy-client-aborted", " -1/-1/-1/-1/0 400 ", 0),
        ("haproxy-client-aborted", " 0/0/1/-1/901 ", 901),
        ("haproxy-client-aborted", " 1/0/3 1630271 CD ", 3),
        ("envoy-downstream-gone", " 0 DC 0 0 902 ", 902),
        ("envoy-downstream-gone", " 150000 0 312 ", 312),
        ("varnish-client-gone", "TX_ERROR 0.123", 123),
        ("dovecot-login-left", "in 1 secs", 1_000),
        ("exim-client-gone", " D=4s", 4_000),
    ] {
        let rule = rules().find(|rule| rule.id == id).expect(id);
        let mut examples = rule.proof.quiet.iter();
        let example = examples.find(|example| example.contains(shown));
        let block = example.expect(shown).trim_matches('\n').as_bytes();
        let mut assembly = Assembly::default();
        assembly.read(block, 0, true);
        match alone(id).judge(&Record::parse(block, &assembly.pieces)) {
            Verdict::Collapse(finding) => {
                assert_eq!(finding.signs.age_ms, Some(age), "{id}: {shown}");
            }
            Verdict::Keep(reason) => panic!("{id}: {reason:?}"),
        }
    }
}

/// With the other rules off, the skim looks for this rule's anchors alone, and must find the record by them.
#[test]
fn every_rule_finds_and_takes_its_quiet_records_alone() {
    let mut wrong = Vec::new();
    for rule in rules() {
        let set = alone(&rule.id);
        for (at, example) in rule.proof.quiet.iter().enumerate() {
            let block = example.trim_matches('\n').as_bytes();
            if !set
                .anchors()
                .iter()
                .any(|anchor| memchr::memmem::find(block, anchor).is_some())
            {
                let anchors: Vec<String> = set
                    .anchors()
                    .iter()
                    .map(|anchor| anchor.escape_ascii().to_string())
                    .collect();
                wrong.push(format!(
                    "{} quiet[{at}]: none of its anchors {anchors:?}",
                    rule.id
                ));
            }
            let mut assembly = Assembly::default();
            assembly.read(block, 0, true);
            if let Verdict::Keep(reason) = set.judge(&Record::parse(block, &assembly.pieces)) {
                wrong.push(format!("{} quiet[{at}]: {reason:?}", rule.id));
            }
        }
    }
    assert_none(&wrong);
}

/// The whole way, skim and all: of a record that comes twice, only the first is shown.
#[test]
fn every_quiet_record_is_held_back_when_it_comes_again() {
    let mut wrong = Vec::new();
    for rule in rules() {
        for (at, example) in rule.proof.quiet.iter().enumerate() {
            let log = format!("{0}\n{0}\n", example.trim_matches('\n'));
            let mut pipeline = Pipeline::new(Arc::clone(&written().0), Options::default());
            pipeline
                .finish(log.as_bytes(), 0, &mut Vec::new())
                .expect("a vector takes everything");
            if pipeline.ledger().suppressed.records != 1 {
                wrong.push(format!("{} quiet[{at}]", rule.id));
            }
        }
    }
    assert_none(&wrong);
}

/// `from_texts` compiles the bars of `never.toml`; a bar that compiles to nothing would let failures through.
#[test]
fn every_bar_compiles() {
    let text = fs::read_to_string(place("rules/never.toml")).expect("rules/never.toml");
    let bars: quell::rule::file::NeverFile = toml::from_str(&text).expect("a file of bars");
    let patterns = bars
        .never
        .iter()
        .chain(&bars.failed_call)
        .flat_map(|bar| bar.message.iter().map(move |pattern| (bar, pattern)));
    let wrong = patterns.filter_map(|(bar, pattern)| {
        let built = regex::bytes::RegexBuilder::new(pattern)
            .unicode(!pattern.is_ascii())
            .build();
        built.err().map(|error| format!("{}: {error}", bar.id))
    });
    assert_none(&wrong.collect::<Vec<_>>());
    written();
}

/// Each bar, cause and condition that a verdict may name has its words, in both languages.
#[test]
fn everything_that_a_verdict_names_is_explained() {
    let causes = Causes::builtin().expect("rules/causes.toml");
    let text = fs::read_to_string(place("rules/never.toml")).expect("rules/never.toml");
    let bars: quell::rule::file::NeverFile = toml::from_str(&text).expect("a file of bars");
    let mut wrong: Vec<String> = Vec::new();
    for bar in bars.never.iter().chain(&bars.failed_call) {
        match causes.barred(&bar.id) {
            Some(error) if error.noise == Noise::Never => {}
            Some(error) => wrong.push(format!("{}: {} may be noise", bar.id, error.id)),
            None => wrong.push(format!("no error is about the bar {:?}", bar.id)),
        }
    }
    for error in &causes.error {
        let unknown = error.causes.iter().filter(|id| causes.cause(id).is_none());
        wrong.extend(unknown.map(|id| format!("{}: no cause {id:?}", error.id)));
        let unknown = error.bar.iter().filter(|bar| {
            bars.never
                .iter()
                .chain(&bars.failed_call)
                .all(|known| known.id != **bar)
        });
        wrong.extend(unknown.map(|bar| format!("{}: no bar {bar:?}", error.id)));
    }
    let reasons = [Reason::Summary, Reason::Oversize, Reason::NoRule];
    let conditions = [
        Condition::Signal,
        Condition::Not,
        Condition::Continues,
        Condition::Direction,
        Condition::Head,
        Condition::Owner { found: None },
        Condition::Client { found: "" },
        Condition::Frame,
        Condition::Wrapper,
        Condition::Words,
        Condition::Torn,
        Condition::FailedCall { bar: "" },
        Condition::Never { bar: "" },
    ];
    let names = reasons
        .iter()
        .map(Reason::name)
        .chain(conditions.iter().map(Condition::name));
    for name in names.chain(["off"]) {
        for tongue in [Tongue::En, Tongue::Zh] {
            if causes.condition(name, tongue).is_empty() {
                wrong.push(format!("no words for the condition {name:?}"));
            }
        }
    }
    let (en, zh) = (&causes.label.en, &causes.label.zh);
    assert_eq!(en.keys().collect::<Vec<_>>(), zh.keys().collect::<Vec<_>>());
    assert_none(&wrong);
}

/// What a text of the one language says, the other says as well.
#[test]
fn no_text_is_empty_or_in_the_wrong_language() {
    let causes = Causes::builtin().expect("rules/causes.toml");
    let of_causes = causes.cause.iter().flat_map(|cause| {
        let pairs = [
            (&cause.en.title, &cause.zh.title),
            (&cause.en.what, &cause.zh.what),
            (&cause.en.why, &cause.zh.why),
            (&cause.en.looks, &cause.zh.looks),
            (&cause.en.remedy, &cause.zh.remedy),
        ];
        pairs.map(|pair| (&cause.id, pair))
    });
    let of_errors = causes.error.iter().flat_map(|error| {
        let pairs = [
            (&error.en.what, &error.zh.what),
            (&error.en.remedy, &error.zh.remedy),
        ];
        pairs.map(|pair| (&error.id, pair))
    });
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c));
    let wrong = of_causes
        .chain(of_errors)
        .filter(|(_, (en, zh))| en.trim().is_empty() || chinese(en) || !chinese(zh));
    assert_none(
        &wrong
            .map(|(id, (en, _))| format!("{id}: {en}"))
            .collect::<Vec<_>>(),
    );
}

/// The README's table of programs; `BLESS=1` writes it anew.
#[test]
fn the_readme_lists_what_is_recognised() {
    let path = place("README.md");
    let readme = fs::read_to_string(&path).expect("README.md");
    let (before, rest) = readme
        .split_once("<!-- rules -->\n")
        .expect("the table's beginning");
    let (_, after) = rest.split_once("<!-- /rules -->").expect("the table's end");
    let whole = format!("{before}<!-- rules -->\n{}<!-- /rules -->{after}", table());
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, whole).expect("README.md can be written");
    } else {
        assert!(
            readme == whole,
            "the table is out of date, run: BLESS=1 cargo test --test proofs"
        );
    }
}

fn table() -> String {
    let mut table = "| program | rules | tier | on by default |\n|---|---|---|---|\n".to_owned();
    for (source, file) in &written().1 {
        let stem = source
            .name
            .trim_start_matches("rules/")
            .trim_end_matches(".toml");
        let title = if file.title.is_empty() {
            stem
        } else {
            &file.title
        };
        let tiers: BTreeSet<&str> = file.rule.iter().map(tier).collect();
        let tiers: Vec<&str> = tiers.into_iter().collect();
        table.push_str(&format!(
            "| {title} (`{stem}`) | {} | {} | {} |\n",
            named(file.rule.iter()),
            tiers.join(", "),
            on_by_default(&file.rule)
        ));
    }
    table
}

fn tier(rule: &RuleText) -> &'static str {
    match rule.tier {
        Tier::Client => "client",
        Tier::Undecided => "undecided",
    }
}

fn named<'r>(rules: impl Iterator<Item = &'r RuleText>) -> String {
    let names: Vec<String> = rules.map(|rule| format!("`{}`", rule.id)).collect();
    names.join(", ")
}

fn on_by_default(rules: &[RuleText]) -> String {
    let off = || rules.iter().filter(|rule| rule.opt_in);
    match off().count() {
        0 => "yes".to_owned(),
        count if count == rules.len() => "no".to_owned(),
        _ => format!("all but {}", named(off())),
    }
}

/// All records of all proofs, as their first lines and what stands behind.
fn proof_records() -> Vec<(&'static str, &'static str)> {
    let proofs = rules().map(|rule| &rule.proof);
    let records = proofs.flat_map(|proof| proof.quiet.iter().chain(&proof.loud));
    let parts = records.map(|record| record.trim_end_matches('\n').split_once('\n'));
    parts.flatten().collect()
}

/// Heads of other records are put before each trace, since what is remembered of a trace must not be what its head said.
#[test]
fn what_is_remembered_of_a_trace_does_not_show() {
    const HEADS: usize = 5;
    let rules = RuleSet::load(&[], &Selection::default()).expect("built-in rules load");
    let records = proof_records();
    let (mut assembly, mut memory) = (Assembly::default(), Memory::default());
    let (mut wrong, mut heard) = (Vec::new(), 0);
    for (at, (own, body)) in records.iter().enumerate() {
        let others = (1..HEADS).map(|step| records[(at + step * 37) % records.len()].0);
        for head in [*own; 3].into_iter().chain(others) {
            let text = format!("{head}\n{body}\n2026-11-22 10:00:00 INFO next\n");
            let block = text.as_bytes();
            assembly.read(block, 0, true);
            let record = assembly.record(block);
            let plain = format!("{:?}", rules.judge(&record));
            let trace = assembly.trace();
            let outline = assembly.outline(block);
            let again = trace.and_then(|trace| rules.judge_again(&outline, trace, &memory));
            heard += usize::from(again.is_some());
            let again = again.map(|finding| format!("{:?}", Verdict::Collapse(finding)));
            let known = format!("{:?}", rules.judge_with(&record, trace, &mut memory));
            if known != plain || again.is_some_and(|again| again != plain) {
                wrong.push(format!("{text}\n  is {plain}, but {known} when remembered"));
            }
            assembly.remember(block);
        }
    }
    assert_none(&wrong);
    assert!(
        heard > records.len() / 10,
        "only {heard} traces were heard of again"
    );
}
