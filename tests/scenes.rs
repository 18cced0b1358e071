//! Captured logs, scene by scene: `fixtures/PROGRAM/SCENE/{scene.toml,in.log,out.log,labels.tsv,ambiguous.tsv}`.
//!
//! Each scene is held against two things. `out.log` is what came out last time it was looked at (`BLESS=1` writes it
//! anew). `labels.tsv` says which lines are noise, by line numbers: whatever else the output says, no line may be lost
//! that is neither labelled as noise nor named in `ambiguous.tsv` (text that reads the same on both sides), and no more
//! noise may be left than the first of each kind. A scene that leaves more says how much and why (`beyond`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;

// What the lines of a capture are, and what is left of them.
#[path = "scenes/labels.rs"]
mod labels;
// All captures in one table.
#[path = "scenes/table.rs"]
mod table;

use labels::{Kind, Score, score};
use table::{Row, first_of_each_kind};

/// `scene.toml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scene {
    /// What was captured.
    title: String,
    /// Whether real programs wrote it, not a person.
    captured: bool,
    /// What `quell` is called with, before the file.
    args: Vec<String>,
    /// What is left beyond the first of each kind.
    #[serde(default)]
    beyond: Option<Beyond>,
}

/// Noise that is left on purpose, or for now.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beyond {
    /// How many lines more.
    lines: usize,
    /// Why.
    why: String,
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
            "noise that is left is counted",
            noise_that_is_left_is_counted,
        ),
        Trial::test("a kind is counted once", table::a_kind_is_counted_once),
        Trial::test(
            "the table of captures is current",
            the_table_of_captures_is_current,
        ),
    ];
    for folder in scenes() {
        let name = scene_name(&folder);
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

/// `PROGRAM/SCENE`.
fn scene_name(folder: &Path) -> String {
    let name = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    format!(
        "{}/{}",
        name(folder.parent().unwrap_or(folder)),
        name(folder)
    )
}

fn read_scene(folder: &Path) -> Result<Scene, Failed> {
    Ok(toml::from_str(&fs::read_to_string(
        folder.join("scene.toml"),
    )?)?)
}

fn check(folder: &Path) -> Result<(), Failed> {
    let scene = read_scene(folder)?;
    let (row, out) = run(folder, &scene)?;
    let lost = &row.lost;
    if !lost.is_empty() {
        let line = |line: &Vec<u8>| format!("  {}", line.escape_ascii());
        let shown: Vec<String> = lost.iter().take(10).map(line).collect();
        return Err(format!("{} lines are lost:\n{}", lost.len(), shown.join("\n")).into());
    }
    let named = scene.beyond.as_ref().map(|beyond| beyond.lines);
    let beyond = row.left.saturating_sub(row.first);
    if beyond > named.unwrap_or(0) || beyond == 0 && named.is_some() {
        return Err(format!(
            "{} lines of noise are left and the first of each kind has {}: {beyond} beyond that, scene.toml names {named:?}",
            row.left, row.first
        )
        .into());
    }
    compare(&folder.join("out.log"), &out)
}

/// What comes out of a scene, as a row of the table and as it is.
fn run(folder: &Path, scene: &Scene) -> Result<(Row, Vec<u8>), Failed> {
    let log = fs::read(folder.join("in.log"))?;
    let out = filter(scene, &folder.join("in.log"))?;
    let labels = labels::read(folder, &log)?;
    let Score { lost, left } = score(&log, &out, &labels.kinds);
    let row = Row {
        name: scene_name(folder),
        noise: labels
            .kinds
            .iter()
            .filter(|kind| **kind == Kind::Noise)
            .count(),
        lost,
        left,
        first: first_of_each_kind(&log, &labels),
        beyond: scene
            .beyond
            .clone()
            .map(|beyond| (beyond.lines, beyond.why)),
    };
    Ok((row, out))
}

/// All captures, in the table of the document.
fn the_table_of_captures_is_current() -> Result<(), Failed> {
    let mut rows = Vec::new();
    for folder in scenes() {
        let scene = read_scene(&folder)?;
        if scene.captured {
            rows.push(run(&folder, &scene)?.0);
        }
    }
    table::check(&rows)
}

/// What the program makes of the log. A run over the turn of a minute is done again: records without a time of their own
/// arrived in two windows then.
fn filter(scene: &Scene, log: &Path) -> Result<Vec<u8>, Failed> {
    let minute = || {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.map_or(0, |since| since.as_secs() / 60)
    };
    loop {
        let began = minute();
        let out = filter_once(scene, log)?;
        if minute() == began {
            return Ok(out);
        }
    }
}

fn filter_once(scene: &Scene, log: &Path) -> Result<Vec<u8>, Failed> {
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

/// Holds the output against what it was, or takes it over; times of arrival alone are no reason to.
fn compare(file: &Path, out: &[u8]) -> Result<(), Failed> {
    let bless = std::env::var_os("BLESS").is_some();
    if bless && !file.exists() {
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
    if bless {
        return Ok(fs::write(file, out)?);
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

fn a_lost_line_is_found() -> Result<(), Failed> {
    use Kind::{Kept, Noise, Open};
    let log = b"a\nb\na\nc\n";
    let kinds = [Kept, Noise, Kept, Open];
    assert_eq!(score(log, b"a\nb\na\n", &kinds).lost, Vec::<Vec<u8>>::new());
    assert_eq!(score(log, b"a\nb\nc\n", &kinds).lost, [b"a"]);
    Ok(())
}

fn noise_that_is_left_is_counted() -> Result<(), Failed> {
    use Kind::{Kept, Noise};
    let log = b"a\nb\na\nb\n";
    let kinds = [Kept, Noise, Noise, Noise];
    assert_eq!(
        score(log, b"a\nb\n", &kinds),
        Score {
            lost: Vec::new(),
            left: 1
        }
    );
    assert_eq!(score(log, log, &kinds).left, 3);
    Ok(())
}
