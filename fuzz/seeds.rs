//! Writes the corpora that fuzzing starts from: the proofs of the built-in rules, their files, and windows of the
//! captured logs. Run from the folder of the package: `cargo run --manifest-path fuzz/Cargo.toml --example seeds`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use quell::attic::{Belongs, Chunk, Gather, PackedChunk, Stock, Store};
use quell::rule::RuleSet;

/// Bytes of one window of a captured log: a few traces. Short inputs are tried often.
const WINDOW_BYTES: usize = 6 * 1024;

/// Windows taken from one log, spread over its length.
const WINDOWS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let corpus = Path::new("fuzz/corpus");
    let (mut texts, mut files) = (Vec::new(), Vec::new());
    let (_, sources) = RuleSet::from_texts().map_err(|errors| errors[0].clone())?;
    for (source, parsed) in &sources {
        let proofs = parsed.rule.iter().map(|rule| &rule.proof);
        let examples = proofs.flat_map(|proof| proof.quiet.iter().chain(&proof.loud));
        texts.extend(examples.map(|example| example.trim_matches('\n').as_bytes().to_vec()));
        files.extend(single_rules(&source.text, &parsed.program));
    }
    for log in logs(Path::new("fixtures"))? {
        texts.extend(windows(&fs::read(log)?));
    }
    // The leading bytes are each target's own settings; `\0` stands for the plainest.
    write_all(&corpus.join("record"), &[0; 3], &texts)?;
    write_all(
        &corpus.join("pipeline"),
        &[0, 0, 1, 0, 9, 1, 80, 2, 200, 3],
        &doubled(&texts),
    )?;
    write_all(&corpus.join("format"), &[0, 60], &texts)?;
    write_all(&corpus.join("format"), &[0, 60], &worn(&texts))?;
    write_all(&corpus.join("attic"), &[0], &attics(&texts)?)?;
    write_all(&corpus.join("attic"), &[1], &chunks(&texts))?;
    write_all(&corpus.join("attic"), &[2], &texts)?;
    write_all(&corpus.join("stamp"), &[0], &lines(&texts))?;
    write_all(&corpus.join("rule_file"), &[], &files)
}

/// The texts in envelopes, as their carriers write them.
fn worn(texts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let time = "2026-11-22T10:00:00.123456789Z";
    let lines = |text: &[u8], wrap: &dyn Fn(&str) -> String| -> Vec<u8> {
        let text = String::from_utf8_lossy(text);
        text.lines().map(wrap).collect::<String>().into_bytes()
    };
    let quoted = |line: &str| format!("\"{}\"", line.escape_default());
    let wraps: [&dyn Fn(&str) -> String; 7] = [
        &|line| {
            let line = line
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\t', "\\t");
            format!("{{\"log\":\"{line}\\n\",\"stream\":\"stdout\",\"time\":\"{time}\"}}\n")
        },
        &|line| format!("{time} stdout F {line}\n"),
        &|line| {
            format!(
                "Nov 22 10:00:00 host app[7]: {}\n",
                line.replace('\t', "#011")
            )
        },
        &|line| format!("<14>1 {time} host app 7 - [a@1 b=\"c\"] {line}\n"),
        &|line| format!("web_1  | {line}\n"),
        &|line| format!("time={time} level=warn msg={}\n", quoted(line)),
        &|line| {
            format!(
                "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795341600123456\n_PID=7\nMESSAGE={line}\n\n"
            )
        },
    ];
    let small = texts.iter().filter(|text| text.len() < 2048).step_by(7);
    let worn = small.enumerate();
    worn.map(|(at, text)| lines(text, wraps[at % wraps.len()]))
        .collect()
}

/// A rule file cut into one file for each rule, renamed, so that it does not clash with the built-in one.
fn single_rules(text: &str, program: &str) -> Vec<Vec<u8>> {
    let mut parts = text.split("\n[[rule]]");
    let front = parts.next().unwrap_or_default();
    parts
        .map(|rule| {
            let own = format!("{front}\n[[rule]]{rule}");
            own.replacen("id = \"", "id = \"my-", 1)
                .replacen(&format!("program = \"{program}\""), "program = \"mine\"", 1)
                .into_bytes()
        })
        .collect()
}

/// The insides of attics that hold a few texts each.
fn chunks(texts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let packed = |chunk: &Chunk| chunk.pack(&Stock::default()).0;
    held(texts).iter().map(packed).collect()
}

/// Attics that hold a few texts each.
fn attics(texts: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let attic = |chunk: &Chunk| {
        let mut store = Store::new(Vec::new())?;
        store.put(&PackedChunk::new(chunk, &Stock::default())?)?;
        Ok(store.finish(Belongs::default())?)
    };
    held(texts).iter().map(attic).collect()
}

fn held(texts: &[Vec<u8>]) -> Vec<Chunk> {
    let chunk = |texts: &[Vec<u8>]| {
        let mut gather = Gather::new();
        for (at, text) in texts.iter().enumerate() {
            gather.pass(at as u64);
            gather.take(text, at as u64 % 2, true);
        }
        gather.put_in(b"2x gone\n", 0);
        gather.rest()
    };
    texts.chunks(5).filter_map(chunk).collect()
}

/// Each text twice, so that a repeat is there to be held back.
fn doubled(texts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    texts
        .iter()
        .map(|text| [text, &b"\n"[..], text, b"\n"].concat())
        .collect()
}

fn lines(texts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut fronts: Vec<Vec<u8>> = texts
        .iter()
        .flat_map(|text| text.split(|b| *b == b'\n'))
        .filter(|line| line.first().is_some_and(|b| !b.is_ascii_whitespace()))
        .map(|line| line[..line.len().min(160)].to_vec())
        .collect();
    // One line of each look is enough: digits apart, most are the same.
    let look = |line: &[u8]| {
        line.iter()
            .take(24)
            .map(|b| if b.is_ascii_digit() { b'0' } else { *b })
            .collect::<Vec<u8>>()
    };
    fronts.sort_by_cached_key(|line| look(line));
    fronts.dedup_by_key(|line| look(line));
    fronts
}

fn windows(log: &[u8]) -> Vec<Vec<u8>> {
    let stride = (log.len() / WINDOWS).max(1);
    let starts = (0..log.len()).step_by(stride);
    starts
        .map(|start| log[start..log.len().min(start + WINDOW_BYTES)].to_vec())
        .collect()
}

/// All `in.log` below a folder.
fn logs(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(logs(&path)?);
        } else if path.ends_with("in.log") {
            found.push(path);
        }
    }
    Ok(found)
}

fn write_all(folder: &Path, front: &[u8], texts: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for (number, text) in texts.iter().enumerate() {
        fs::write(
            folder.join(format!(
                "seed-{:02x}-{number:04}",
                front.first().unwrap_or(&0)
            )),
            [front, text].concat(),
        )?;
    }
    println!("{}: {} seeds", folder.display(), texts.len());
    Ok(())
}
