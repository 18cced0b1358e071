//! What must not be in any file of the project, and what the README must list.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::{assert_none, line_of, project};

#[test]
fn no_file_names_a_machine() {
    let mut faults = Vec::new();
    for name in [
        "src",
        "tests",
        "rules",
        "docs",
        "benches",
        "examples",
        "packaging",
        "fuzz",
        "Cargo.toml",
        "build.rs",
        "README.md",
        "CONTRIBUTING.md",
    ] {
        for path in texts(&project().join(name)) {
            let text = fs::read(&path).unwrap();
            faults.extend(machine_paths(&path, &String::from_utf8_lossy(&text)));
        }
    }
    assert_none(faults);
}

#[test]
fn a_path_of_a_machine_is_found() {
    let path = Path::new("a.md");
    assert_eq!(
        machine_paths(path, &format!("see {}ork/main/src", "/w")).len(),
        1
    );
    assert_eq!(machine_paths(path, &format!("{}ome/ann/x", "/h")).len(), 1);
    assert_eq!(
        machine_paths(path, "/srv/work/shop.py, /worker, src/home/x").len(),
        0
    );
}

fn machine_paths(path: &Path, text: &str) -> Vec<String> {
    let machine = Regex::new(&format!(
        r"(?m)(?:^|[^\w./-])/(?:{}|{}|tmp/h-)[/\w]",
        "work/", "home/"
    ))
    .unwrap();
    machine
        .find_iter(text)
        .map(|found| {
            format!(
                "{}:{}: {}",
                path.display(),
                line_of(text, found.start()),
                found.as_str().trim()
            )
        })
        .collect()
}

/// The files at or below a path; none if there is no such path.
fn texts(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    entries
        .map(|entry| entry.path())
        // What builds and fuzzing leave behind is nobody's text.
        .filter(|path| {
            !["target", "corpus", "artifacts"]
                .iter()
                .any(|left| path.ends_with(left))
        })
        .flat_map(|path| texts(&path))
        .collect()
}

/// The README's table of programs stands between these two lines.
const TABLE: [&str; 2] = ["<!-- rules -->", "<!-- /rules -->"];

/// Files in `rules/` that hold no rules.
const SHARED: [&str; 4] = ["causes", "never", "owners", "signals"];

#[test]
fn the_readme_lists_every_rule_file() {
    let readme = fs::read_to_string(project().join("README.md")).unwrap_or_default();
    let mut names: Vec<String> = texts(&project().join("rules"))
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.retain(|name| !SHARED.contains(&name.as_str()));
    assert_none(unlisted(&readme, &names));
}

#[test]
fn a_rule_file_without_a_row_is_found() {
    let names = ["tomcat".to_owned(), "jetty".to_owned()];
    let readme = format!(
        "{}\n| `tomcat` | Tomcat |\n{}\n| `jetty` |",
        TABLE[0], TABLE[1]
    );
    assert_eq!(
        unlisted(&readme, &names),
        ["README.md has no row for `jetty`"]
    );
    assert_eq!(unlisted("no table yet", &names), Vec::<String>::new());
}

fn unlisted(readme: &str, names: &[String]) -> Vec<String> {
    let Some(table) = readme
        .split_once(TABLE[0])
        .and_then(|(_, rest)| Some(rest.split_once(TABLE[1])?.0))
    else {
        return Vec::new();
    };
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with('|')).collect();
    let listed = |name: &String| rows.iter().any(|row| row.contains(&format!("`{name}`")));
    names
        .iter()
        .filter(|name| !listed(name))
        .map(|name| format!("README.md has no row for `{name}`"))
        .collect()
}
