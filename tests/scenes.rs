//! Captured logs, scene by scene: `fixtures/PROGRAM/SCENE/{scene.toml,in.log,out.log,labels.tsv,ambiguous.tsv}`.
//!
//! Each scene is held against two things. `out.log` is what came out last time it was looked at (`BLESS=1` writes it
//! anew). `labels.tsv` says which lines are noise, by line numbers: whatever else the output says, no line may be lost
//! that is neither labelled as noise nor named in `ambiguous.tsv` (text that reads the same on both sides).

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;

/// `scene.toml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scene {
    /// What was captured.
    title: String,
    /// Whether real programs wrote it, not a person.
    #[serde(rename = "captured")]
    _captured: bool,
    /// What `quell` is called with, before the file.
    args: Vec<String>,
    /// The share of the noise's bytes that may be left, as a fraction.
    #[serde(default = "all")]
    left_max: f64,
}

fn all() -> f64 {
    1.0
}

/// What a line is, for the count of what was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It may not be lost.
    Kept,
    /// It should be.
    Noise,
    /// It may be.
    Open,
}

/// What is left of a log, held against its labels.
#[derive(Debug, PartialEq)]
struct Score {
    /// Lines that are gone although they are not noise.
    lost: Vec<Vec<u8>>,
    /// The share of the noise's bytes that is still there.
    left: f64,
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test(
            "arrival times are not compared",
            arrival_times_are_not_compared,
        ),
        Trial::test("a lost line is found", a_lost_line_is_found),
        Trial::test(
            "noise that is left is weighed",
            noise_that_is_left_is_weighed,
        ),
    ];
    for folder in scenes() {
        let name = format!(
            "{}/{}",
            name_of(folder.parent().unwrap_or(&folder)),
            name_of(&folder)
        );
        let title =
            read_scene(&folder).map_or_else(|_| "unreadable".to_owned(), |scene| scene.title);
        trials.push(Trial::test(format!("{name}: {title}"), move || {
            check(&folder)
        }));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// All folders that hold a `scene.toml`.
fn scenes() -> Vec<PathBuf> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_dir())
            .collect()
    };
    let programs = below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"));
    let mut scenes: Vec<PathBuf> = programs.iter().flat_map(|program| below(program)).collect();
    scenes.retain(|scene| scene.join("scene.toml").is_file());
    scenes.sort();
    scenes
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn read_scene(folder: &Path) -> Result<Scene, Failed> {
    Ok(toml::from_str(&fs::read_to_string(
        folder.join("scene.toml"),
    )?)?)
}

fn check(folder: &Path) -> Result<(), Failed> {
    let scene = read_scene(folder)?;
    let log = fs::read(folder.join("in.log"))?;
    let out = filter(&scene, &folder.join("in.log"))?;
    let score = score(&log, &out, &read_kinds(folder, &log)?);
    if !score.lost.is_empty() {
        let shown: Vec<String> = score
            .lost
            .iter()
            .take(10)
            .map(|line| format!("  {}", line.escape_ascii()))
            .collect();
        return Err(format!("{} lines are lost:\n{}", score.lost.len(), shown.join("\n")).into());
    }
    if score.left > scene.left_max {
        return Err(format!(
            "{:.1} % of the noise is left, {:.1} % may be",
            score.left * 100.0,
            scene.left_max * 100.0
        )
        .into());
    }
    compare(&folder.join("out.log"), &out)
}

/// What the program makes of the log.
fn filter(scene: &Scene, log: &Path) -> Result<Vec<u8>, Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_quell"))
        .args(&scene.args)
        .arg(log)
        .env_clear()
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {complaint}", output.status).into());
    }
    Ok(output.stdout)
}

/// Holds the output against what it was, or takes it over.
fn compare(file: &Path, out: &[u8]) -> Result<(), Failed> {
    if std::env::var_os("BLESS").is_some() {
        return Ok(fs::write(file, out)?);
    }
    let before = fs::read(file)
        .map_err(|error| format!("{}: {error}; BLESS=1 writes it", file.display()))?;
    if before == out {
        return Ok(());
    }
    let lines = |text: &[u8]| -> Vec<Vec<u8>> {
        text.split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect()
    };
    let (before, now) = (lines(&before), lines(out));
    let clock = clock();
    let same = before
        .iter()
        .zip(&now)
        .take_while(|(before, now)| is_same(before, now, &clock))
        .count();
    if same == before.len() && same == now.len() {
        return Ok(());
    }
    let line = |lines: &[Vec<u8>]| {
        lines
            .get(same)
            .map_or("(end)".to_owned(), |line| line.escape_ascii().to_string())
    };
    Err(format!(
        "{} differs from line {} on:\n  was {}\n  is  {}\n({} lines before, {} now; BLESS=1 takes them over)",
        file.display(),
        same + 1,
        line(&before),
        line(&now),
        before.len(),
        now.len()
    )
    .into())
}

/// Whether two lines are the same. A summary of records that bear no time names the time of day at which they arrived,
/// which is another one in every run.
fn is_same(before: &[u8], now: &[u8], clock: &[String]) -> bool {
    let arrived = |line: &[u8]| {
        clock
            .iter()
            .any(|time| memchr::memmem::find(line, time.as_bytes()).is_some())
    };
    before == now || arrived(now) && timeless(before).is_some() && timeless(before) == timeless(now)
}

/// A summary without its times; `None` if the line is no summary.
fn timeless(line: &[u8]) -> Option<Vec<u8>> {
    let text = &line[memchr::memmem::find(line, b" quell: ")?..];
    let range = memchr::memmem::find(text, b"..")?;
    let from = text[..range].iter().rposition(|byte| *byte == b']')?;
    let to = range + text[range..].iter().position(|byte| *byte == b',')?;
    // A comma may stand before the fraction of a second, too.
    let to = to + text[to..].windows(2).position(|pair| pair == b", ")?;
    Some([&text[..from], &text[to..]].concat())
}

/// The times of day that a run of just now may have seen, in UTC.
fn clock() -> Vec<String> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_secs());
    let time = |second: u64| {
        format!(
            "{:02}:{:02}:{:02}",
            second / 3600 % 24,
            second / 60 % 60,
            second % 60
        )
    };
    (now.saturating_sub(60)..=now + 1).map(time).collect()
}

fn arrival_times_are_not_compared() -> Result<(), Failed> {
    let clock = ["14:00:01".to_owned()];
    let before = b"2026-11-22 13:00:00.000 WARN quell: 2x Broken pipe [a] 13:00:00.000..13:00:00.000, 2 lines\n";
    let now = b"2026-11-22 14:00:01.000 WARN quell: 2x Broken pipe [a] 14:00:01.000..14:00:01.000, 2 lines\n";
    let other = b"2026-11-22 14:00:01.000 WARN quell: 3x Broken pipe [a] 14:00:01.000..14:00:01.000, 2 lines\n";
    assert!(is_same(before, now, &clock));
    assert!(!is_same(before, other, &clock));
    assert!(!is_same(before, now, &["15:00:00".to_owned()]));
    Ok(())
}

/// What each line of the log is, from the labels beside it.
fn read_kinds(folder: &Path, log: &[u8]) -> Result<Vec<Kind>, Failed> {
    let open: Vec<String> = match fs::read_to_string(folder.join("ambiguous.tsv")) {
        Ok(text) => rows(&text).map(|(range, _)| range.to_owned()).collect(),
        Err(_) => Vec::new(),
    };
    let mut kinds = vec![Kind::Kept; log.split_inclusive(|byte| *byte == b'\n').count()];
    let labels = fs::read_to_string(folder.join("labels.tsv"))?;
    for (range, label) in rows(&labels) {
        let kind = match label {
            _ if open.iter().any(|open| open == range) => Kind::Open,
            "noise" => Kind::Noise,
            _ => Kind::Kept,
        };
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (from, to): (usize, usize) = (from.parse()?, to.parse()?);
        if from == 0 || from > to || to > kinds.len() {
            return Err(format!(
                "the label {range} is outside the log's {} lines",
                kinds.len()
            )
            .into());
        }
        kinds[from - 1..to].fill(kind);
    }
    Ok(kinds)
}

/// The rows of a table: lines, and the label if it has one.
fn rows(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
        .map(|line| {
            let mut fields = line.split('\t');
            (
                fields.next().unwrap_or_default(),
                fields.next().unwrap_or_default(),
            )
        })
}

/// Counts by text, since a line of the output does not say where it stood: what may not be lost is served first.
fn score(log: &[u8], out: &[u8], kinds: &[Kind]) -> Score {
    let lines = |text| {
        <[u8]>::split_inclusive(text, |byte: &u8| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\n").unwrap_or(line))
    };
    let mut there: HashMap<&[u8], usize> = HashMap::new();
    for line in lines(out) {
        *there.entry(line).or_default() += 1;
    }
    let mut takes = |line: &[u8]| match there.get_mut(line) {
        Some(times) if *times > 0 => {
            *times -= 1;
            true
        }
        _ => false,
    };
    let of_kind = |kind: Kind| {
        lines(log)
            .zip(kinds)
            .filter(move |(_, of)| **of == kind)
            .map(|(line, _)| line)
    };
    let lost = of_kind(Kind::Kept)
        .filter(|line| !takes(line))
        .map(<[u8]>::to_vec)
        .collect();
    for line in of_kind(Kind::Open) {
        takes(line);
    }
    let bytes: usize = of_kind(Kind::Noise).map(|line| line.len() + 1).sum();
    let left: usize = of_kind(Kind::Noise)
        .filter(|line| takes(line))
        .map(|line| line.len() + 1)
        .sum();
    Score {
        lost,
        left: left as f64 / bytes.max(1) as f64,
    }
}

fn a_lost_line_is_found() -> Result<(), Failed> {
    use Kind::{Kept, Noise, Open};
    let log = b"a\nb\na\nc\n";
    let kinds = [Kept, Noise, Kept, Open];
    assert_eq!(score(log, b"a\nb\na\n", &kinds).lost, Vec::<Vec<u8>>::new());
    assert_eq!(score(log, b"a\nb\nc\n", &kinds).lost, [b"a"]);
    Ok(())
}

fn noise_that_is_left_is_weighed() -> Result<(), Failed> {
    use Kind::{Kept, Noise};
    let log = b"a\nb\na\nb\n";
    let kinds = [Kept, Noise, Noise, Noise];
    assert_eq!(
        score(log, b"a\nb\n", &kinds),
        Score {
            lost: Vec::new(),
            left: 1.0 / 3.0
        }
    );
    assert_eq!(score(log, log, &kinds).left, 1.0);
    Ok(())
}
