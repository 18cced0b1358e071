//! Packs the rule files into the program: without proofs and prose, and with their anchors worked out, so that nothing
//! of that is done again at every start. The files' own text goes in beside it, for whoever wants to read a rule.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Map, Value, json};

#[path = "src/rule/anchor.rs"]
#[allow(dead_code)]
mod anchor;

/// Files in `rules/` that hold no rules.
const SHARED: [&str; 4] = ["signals", "owners", "never", "causes"];

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=src/rule/anchor.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut names: Vec<PathBuf> = fs::read_dir("rules")
        .expect("the folder rules/ is part of the sources")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    names.sort();
    let signals = with_signal_anchors(read(Path::new("rules/signals.toml")));
    let mut files = Vec::new();
    let mut texts = String::from("pub(super) const TEXTS: &[(&str, &str)] = &[\n");
    for path in &names {
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .expect("rule files have plain names");
        let absolute = fs::canonicalize(path).expect("a file that was just listed");
        texts.push_str(&format!(
            "    ({stem:?}, include_str!({:?})),\n",
            absolute.display().to_string()
        ));
        if !SHARED.contains(&stem) {
            files.push(pack(read(path), &signals));
        }
    }
    texts.push_str("];\n");
    let packed = json!({
        "files": files,
        "signals": signals,
        "owners": read(Path::new("rules/owners.toml")),
        "never": read(Path::new("rules/never.toml")),
    });
    fs::write(out.join("rules.json"), packed.to_string()).expect("OUT_DIR can be written");
    fs::write(out.join("texts.rs"), texts).expect("OUT_DIR can be written");
}

fn read(path: &Path) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A rule file without what only people read.
fn pack(mut file: Value, signals: &Value) -> Value {
    for rule in file
        .get_mut("rule")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let rule = rule.as_object_mut().expect("[[rule]] is a table");
        for prose in ["why", "hides", "source", "proof"] {
            rule.remove(prose);
        }
        let named = rule.contains_key("anchors");
        rule.insert("names_anchors".to_owned(), named.into());
        if !named {
            let anchors = rule_anchors(rule, signals).unwrap_or_default();
            rule.insert("anchors".to_owned(), texts(&anchors));
        }
    }
    file
}

fn rule_anchors(rule: &Map<String, Value>, signals: &Value) -> Option<Vec<Vec<u8>>> {
    if let Some(line) = rule.get("line") {
        return anchor::of_pattern(line.get("pattern")?.as_str()?);
    }
    let trace = rule.get("trace")?;
    let mut anchors = Vec::new();
    for name in list(trace.get("signal")) {
        let signal = signals["signal"]
            .as_array()?
            .iter()
            .find(|signal| signal["id"] == name.as_str())?;
        anchors.extend(
            list(signal.get("anchors"))
                .into_iter()
                .map(String::into_bytes),
        );
    }
    let (message, types) = (
        trace.get("message").and_then(Value::as_str),
        list(trace.get("type")),
    );
    if message.is_some() || !types.is_empty() {
        anchors.extend(anchor::of_link(message, &types)?);
    }
    Some(anchors)
}

fn with_signal_anchors(mut file: Value) -> Value {
    for signal in file["signal"].as_array_mut().into_iter().flatten() {
        if signal.get("anchors").is_some() {
            continue;
        }
        let message = signal.get("message").and_then(Value::as_str);
        let anchors = anchor::of_link(message, &list(signal.get("type"))).unwrap_or_default();
        signal["anchors"] = texts(&anchors);
    }
    file
}

fn list(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Anchors are cut between ASCII bytes, or are whole literals of a pattern: text in either case.
fn texts(anchors: &[Vec<u8>]) -> Value {
    anchors
        .iter()
        .map(|anchor| String::from_utf8_lossy(anchor).into_owned())
        .collect::<Vec<_>>()
        .into()
}
