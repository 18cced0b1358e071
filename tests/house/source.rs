//! Rust sources, read far enough to keep house: what is code, what is prose, what is a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One source file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path below `src/`, with slashes.
    pub path: String,
    /// All of it.
    pub text: String,
    /// The same, with comments and the insides of strings blanked out, and with its inline tests.
    pub code: String,
    /// The same without its inline tests; empty for a file that holds nothing but tests.
    pub own: String,
}

impl Source {
    /// A file with that text.
    pub fn new(path: &str, text: &str) -> Source {
        let code = blank(text);
        let own = without_tests(&code);
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
            own,
        }
    }

    /// The floor it stands on: its first folder, or its name.
    pub fn floor(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many modules deep it is: 1 for `line/mod.rs`, 2 for `line/cut.rs`.
    pub fn depth(&self) -> usize {
        self.path
            .split('/')
            .filter(|part| *part != "mod.rs")
            .count()
    }
}

/// All files below `folder`.
pub fn read(folder: &Path) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(folder, &mut paths);
    paths.sort();
    let name = |path: &Path| {
        path.strip_prefix(folder)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/")
    };
    let mut sources: Vec<Source> = paths
        .iter()
        .map(|path| Source::new(&name(path), &fs::read_to_string(path).unwrap()))
        .collect();
    let tests = test_files(&sources);
    for source in sources
        .iter_mut()
        .filter(|source| tests.contains(&source.path))
    {
        source.own.clear();
    }
    sources
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// The files that their parents declare as tests, `#[cfg(test)] mod tests;`, and those that such files declare.
pub fn test_files(sources: &[Source]) -> BTreeSet<String> {
    let as_test = regex::Regex::new(r"(?-u)#\[cfg\(test\)\]\s*mod (\w+);").unwrap();
    let any = regex::Regex::new(r"(?-u)\bmod (\w+);").unwrap();
    let mut files = BTreeSet::new();
    loop {
        let before = files.len();
        for source in sources {
            let declared = if files.contains(&source.path) {
                &any
            } else {
                &as_test
            };
            let folder = match source.path.strip_suffix("mod.rs") {
                Some(folder) => folder.to_owned(),
                None => format!("{}/", source.path.trim_end_matches(".rs")),
            };
            for found in declared.captures_iter(&source.code) {
                files.insert(format!("{folder}{}.rs", &found[1]));
            }
        }
        if files.len() == before {
            return files;
        }
    }
}

/// Blanks out comments and what stands in string and character literals; lines stay lines.
pub fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = at + token(&bytes[at..]);
        if end > at + 1 || bytes[at] == b'"' {
            let quoted = matches!(bytes[at], b'"' | b'\'' | b'r');
            for (place, byte) in out[at..end].iter_mut().enumerate() {
                let delimiter = quoted && (place == 0 || place + 1 == end - at);
                if *byte != b'\n' && !delimiter {
                    *byte = b' ';
                }
            }
        }
        at = end.max(at + 1);
        // A letter or digit before `r"` or `'` belongs to a name.
        while at < bytes.len() && is_word(bytes[at - 1]) && is_word(bytes[at]) {
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// How long the comment or literal is that starts here; 1 if none does.
fn token(rest: &[u8]) -> usize {
    let line = rest
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(rest.len());
    match rest {
        [b'/', b'/', ..] => line,
        [b'/', b'*', ..] => block_comment(rest),
        [b'"', ..] => 1 + quoted(&rest[1..], b'"'),
        [b'r', b'"' | b'#', ..] => raw(rest).unwrap_or(1),
        [b'\'', b'\\', ..] => 1 + quoted(&rest[1..], b'\''),
        [b'\'', ..] => {
            // A lifetime has no closing quote right behind its first character.
            let width = std::str::from_utf8(&rest[1..rest.len().min(5)]).unwrap_or_else(|error| {
                std::str::from_utf8(&rest[1..1 + error.valid_up_to()]).unwrap_or_default()
            });
            let width = width.chars().next().map_or(1, char::len_utf8);
            if rest.get(1 + width) == Some(&b'\'') {
                width + 2
            } else {
                1
            }
        }
        _ => 1,
    }
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn raw(rest: &[u8]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let start = hashes + 2;
    let found = memchr::memmem::find(&rest[start..], close.as_bytes())?;
    Some(start + found + close.len())
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Blanks out what is compiled for tests only.
pub fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    let mut from = 0;
    while let Some(found) = out[from..].find("#[cfg(test)]") {
        let start = from + found;
        let end = item_end(&out, start);
        let gone: String = out[start..end]
            .chars()
            .map(|c| if c == '\n' { '\n' } else { ' ' })
            .collect();
        out.replace_range(start..end, &gone);
        from = start + gone.len();
    }
    out
}

/// Where the item that starts at `start` ends: behind its block, or behind its semicolon.
pub fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0_i32;
    for (at, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth -= 1;
                if depth == 0 && byte == b'}' {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn prose_and_literals_are_not_code() {
    let text = "let a = \"x // y\"; // .unwrap()\nlet b = r#\"panic!(\"#; let c: &'a str = 'q'; /* z */ d('\\'')";
    let code = blank(text);
    assert_eq!(code.len(), text.len());
    for gone in ["unwrap", "panic", "q'", "z", "x"] {
        assert!(!code.contains(gone), "{gone}: {code}");
    }
    for there in ["let a", "let b", "&'a str", "d("] {
        assert!(code.contains(there), "{there}: {code}");
    }
}

#[test]
fn tests_are_told_from_the_rest() {
    let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { x[0] } }\nfn c() {}";
    let own = without_tests(code);
    assert!(own.contains("fn a") && own.contains("fn c") && !own.contains("fn b"));
    let parent = Source::new("line/mod.rs", "#[cfg(test)]\nmod laws;");
    assert!(test_files(&[parent]).contains("line/laws.rs"));
    let leaf = Source::new("system/sink.rs", "#[cfg(test)]\nmod tests;");
    let below = Source::new("system/sink/tests.rs", "mod full;");
    let files = test_files(&[below, leaf]);
    assert!(files.contains("system/sink/tests.rs") && files.contains("system/sink/tests/full.rs"));
}
