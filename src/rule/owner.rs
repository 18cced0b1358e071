//! Who owns a frame.

use std::borrow::Cow;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, Input, MatchKind, StartKind};

use super::file::{GroupText, Side};
use crate::record::Language;

/// All groups of `owners.toml`.
#[derive(Debug)]
pub struct Owners {
    groups: Vec<Group>,
    /// One index per language, built when the first frame of that language is met.
    indexes: [OnceLock<Index>; Language::ALL.len()],
}

/// Code of one origin.
#[derive(Debug)]
pub struct Group {
    /// Its name, as rules and people use it.
    pub name: String,
    /// Its side.
    pub side: Side,
    language: Language,
    prefixes: Vec<String>,
}

#[derive(Debug)]
struct Index {
    /// `None` if the language has no groups.
    prefixes: Option<AhoCorasick>,
    group_of: Vec<usize>,
}

impl Owners {
    /// Takes over the groups of a file; a group of a language that is not known says nothing and is refused.
    pub fn new(groups: Vec<GroupText>) -> Result<Owners, String> {
        let groups = groups.into_iter().map(|group| {
            let language = Language::named(&group.language).ok_or_else(|| {
                format!(
                    "owner group {:?} names the unknown language {:?}",
                    group.name, group.language
                )
            })?;
            Ok(Group {
                name: group.name,
                side: group.side,
                language,
                prefixes: group.prefix,
            })
        });
        Ok(Owners {
            groups: groups.collect::<Result<_, String>>()?,
            indexes: Default::default(),
        })
    }

    /// The group of that number.
    pub fn group(&self, at: usize) -> Option<&Group> {
        self.groups.get(at)
    }

    /// Number of the group with the longest prefix of the frame `name`.
    pub fn find(&self, language: Language, name: &[u8]) -> Option<usize> {
        let index = self.indexes[language as usize].get_or_init(|| self.index(language));
        let found = index
            .prefixes
            .as_ref()?
            .find(Input::new(name).anchored(Anchored::Yes))?;
        index.group_of.get(found.pattern().as_usize()).copied()
    }

    /// Whether there is a group of that name.
    pub fn has_group(&self, name: &str) -> bool {
        self.groups.iter().any(|group| group.name == name)
    }

    fn index(&self, language: Language) -> Index {
        let of_language = self
            .groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.language == language);
        let pairs: Vec<(usize, &String)> = of_language
            .flat_map(|(at, group)| group.prefixes.iter().map(move |prefix| (at, prefix)))
            .collect();
        let prefixes = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .start_kind(StartKind::Anchored)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(pairs.iter().map(|(_, prefix)| prefix.as_bytes()))
            .ok()
            .filter(|_| !pairs.is_empty());
        Index {
            prefixes,
            group_of: pairs.into_iter().map(|(at, _)| at).collect(),
        }
    }
}

/// The name under which a frame's code is looked up: its class and method, its module's path, its package.
/// What the runtime prints around it (loaders, versions, folders of the machine) is taken off.
pub fn frame_name(language: Language, text: &[u8]) -> Cow<'_, [u8]> {
    Cow::Borrowed(match language {
        Language::Java => java_name(text),
        Language::Dotnet => before(text.strip_prefix(b"at ").unwrap_or(text), b'('),
        Language::Python => return python_name(text),
        Language::Node => node_place(text),
        Language::Go => match text.iter().rposition(|b| *b == b'(') {
            Some(open) => &text[..open],
            None => text,
        },
        Language::Ruby => return ruby_path(text),
        Language::Php => behind(text, b"): ")
            .or_else(|| behind(text, b"]: "))
            .unwrap_or(text),
        Language::Rust => behind(text, b": ").unwrap_or(text),
        Language::Erlang | Language::Postgres => text,
    })
}

/// `at java.base/sun.nio.ch.Net.read(Net.java:12)` is `sun.nio.ch.Net.read`; loaders and modules end in a slash.
fn java_name(text: &[u8]) -> &[u8] {
    let name = before(text.strip_prefix(b"at ").unwrap_or(text), b'(');
    match name.iter().rposition(|b| *b == b'/') {
        // A hidden class has a slash and a number at the end of its name: `Handler$$Lambda$14/0x0000`.
        Some(slash) if !name[slash + 1..].starts_with(b"0x") => &name[slash + 1..],
        _ => name,
    }
}

/// `File "/usr/lib/python3.11/http/server.py", line 1, in f` is `http/server.py:f`.
fn python_name(text: &[u8]) -> Cow<'_, [u8]> {
    let path = python_path(text);
    match behind_last(text, b", in ") {
        Some(function) => Cow::Owned([path, b":", function].concat()),
        None => Cow::Borrowed(path),
    }
}

/// The path of a Python frame's module, below the folder of its packages.
fn python_path(text: &[u8]) -> &[u8] {
    let quoted = text
        .strip_prefix(b"File \"")
        .map_or(text, |rest| before(rest, b'"'));
    for folder in [&b"site-packages/"[..], b"dist-packages/"] {
        if let Some(path) = behind_last(quoted, folder) {
            return path;
        }
    }
    behind_last(quoted, b"/lib/python3")
        .or_else(|| behind_last(quoted, b"/lib/python2"))
        .map_or(quoted, |rest| {
            rest.iter()
                .position(|b| *b == b'/')
                .map_or(rest, |slash| &rest[slash + 1..])
        })
}

/// `at f (node:net:12:3)` is `node:net:12:3`; a package's file is its path below the last `node_modules`.
fn node_place(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b" {").unwrap_or(text);
    let place = match text.iter().rposition(|b| *b == b'(') {
        Some(open) => before(&text[open + 1..], b')'),
        None => behind_last(text, b" ").unwrap_or(text),
    };
    let place = place.strip_prefix(b"file://").unwrap_or(place);
    behind_last(place, b"node_modules/").unwrap_or(place)
}

/// `/var/lib/gems/3.1.0/gems/puma-6.0.0/lib/puma/server.rb:12:in …` is `puma/lib/puma/server.rb:12:in …`: the gem without
/// its version, or what stands behind the standard library's own folder.
fn ruby_path(text: &[u8]) -> Cow<'_, [u8]> {
    let text = text.strip_prefix(b"from ").unwrap_or(text);
    if let Some(path) = behind_last(text, b"/gems/") {
        let folder = before(path, b'/');
        let version = folder
            .windows(2)
            .position(|pair| pair[0] == b'-' && pair[1].is_ascii_digit());
        return match version {
            Some(at) => Cow::Owned([&folder[..at], &path[folder.len()..]].concat()),
            None => Cow::Borrowed(path),
        };
    }
    Cow::Borrowed(behind_last(text, b"/lib/ruby/").map_or(text, |rest| {
        rest.iter()
            .position(|b| *b == b'/')
            .map_or(rest, |slash| &rest[slash + 1..])
    }))
}

fn before(text: &[u8], end: u8) -> &[u8] {
    memchr::memchr(end, text).map_or(text, |at| &text[..at])
}

fn behind<'t>(text: &'t [u8], mark: &[u8]) -> Option<&'t [u8]> {
    memchr::memmem::find(text, mark).map(|at| &text[at + mark.len()..])
}

fn behind_last<'t>(text: &'t [u8], mark: &[u8]) -> Option<&'t [u8]> {
    memchr::memmem::rfind(text, mark).map(|at| &text[at + mark.len()..])
}
