//! How long files and functions may be.

use regex::Regex;

use super::source::{Source, item_end};
use super::{assert_none, line_of, sources};

/// Lines of a file, its tests and comments included.
const FILE_LINES_MAX: usize = 400;

/// Lines of a function, from its name to its closing brace.
const FUNCTION_LINES_MAX: usize = 60;

#[test]
fn files_and_functions_are_short() {
    assert_none(
        sources()
            .iter()
            .flat_map(|source| [long_file(source), long_functions(source)].concat())
            .collect(),
    );
}

#[test]
fn what_is_too_long_is_found() {
    let long = Source::new("a.rs", &"\n".repeat(FILE_LINES_MAX + 1));
    assert_eq!(long_file(&long).len(), 1);
    let body = |lines: usize| {
        Source::new(
            "a.rs",
            &format!("fn f() {{\n{}}}\nfn g();", "a();\n".repeat(lines)),
        )
    };
    assert_eq!(
        long_functions(&body(FUNCTION_LINES_MAX - 2)),
        Vec::<String>::new()
    );
    assert_eq!(long_functions(&body(FUNCTION_LINES_MAX - 1)).len(), 1);
}

fn long_file(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    (lines > FILE_LINES_MAX)
        .then(|| format!("{}: {lines} lines", source.path))
        .into_iter()
        .collect()
}

fn long_functions(source: &Source) -> Vec<String> {
    let function = Regex::new(r"(?-u)\bfn (\w+)").unwrap();
    let mut faults = Vec::new();
    for found in function.captures_iter(&source.code) {
        let start = found.get(0).map_or(0, |whole| whole.start());
        let lines = source.code[start..item_end(&source.code, start)]
            .lines()
            .count();
        if lines > FUNCTION_LINES_MAX {
            faults.push(format!(
                "{}:{}: fn {} has {lines} lines",
                source.path,
                line_of(&source.code, start),
                &found[1]
            ));
        }
    }
    faults
}
