//! What the tests of finished files share: logs, the tools that compress them, and what is looked for afterwards.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::kit::{House, noise, plain, text_of};

/// A log of so many seconds: a line that stays in each, and records that are noise.
pub fn log(seconds: u32) -> String {
    (1..=seconds)
        .map(|second| match second % 4 {
            0 => plain(second),
            _ => plain(second) + &noise(second) + &noise(second),
        })
        .collect()
}

/// How files are compressed: what stands behind the dot, and the tool that does it and, with `-d`, undoes it.
pub const TOOLS: [(&str, &str); 5] = [
    ("", ""),
    (".gz", "gzip"),
    (".zst", "zstd"),
    (".xz", "xz"),
    (".bz2", "bzip2"),
];

/// What a tool makes of some bytes.
pub fn through(tool: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
    if tool.is_empty() {
        return input.to_vec();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    fs::write(&path, input).unwrap();
    let mut command = Command::new(tool);
    command
        .args(["-c", "-q"])
        .args(args)
        .stdin(fs::File::open(path).unwrap());
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{tool} {args:?}");
    output.stdout
}

/// Compacts at once, however young the files are.
pub fn compact<A: AsRef<OsStr>>(house: &House, args: impl IntoIterator<Item = A>) -> Output {
    let mut command = house.quell(["compact", "--min-age", "0s"]);
    command.args(args).output().unwrap()
}

/// The same, and it goes well.
pub fn compacted<A: AsRef<OsStr>>(house: &House, args: impl IntoIterator<Item = A>) -> String {
    fine(compact(house, args))
}

/// Restores in place, and it goes well.
pub fn restored<A: AsRef<OsStr>>(house: &House, args: impl IntoIterator<Item = A>) -> String {
    fine(house.quell(["restore"]).args(args).output().unwrap())
}

/// What was written, if all was fine.
pub fn fine(output: Output) -> String {
    let said = text_of(output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    text_of(output.stdout)
}

/// What was said, if it was not.
pub fn refused(output: Output) -> String {
    let said = text_of(output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "one line says it: {said}");
    said
}

/// What the filter makes of a log.
pub fn quietened(house: &House, log: &str) -> Vec<u8> {
    house.pipe(log, [""; 0]).stdout
}

/// The names in a folder, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
