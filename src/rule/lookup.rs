//! What a text is about: which errors it names, and what is near to one that names none.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::cause::{Causes, ErrorText};

/// How alike two names must be, from 0 to 1, for one to be offered for the other.
const ALIKE_MIN: f64 = 0.8;

/// Names that are offered at most.
const OFFERS_MAX: usize = 5;

/// Bytes that a part of a name must have to be looked for within other names.
const PART_BYTES_MIN: usize = 3;

/// How surely a text names an error, from the surest down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sure {
    /// Its type and its words.
    Both,
    /// A type that only this error has.
    OwnType,
    /// Its words.
    Words,
    /// A type that other errors have as well.
    SharedType,
}

/// The words of all errors, as one search.
#[derive(Clone, Debug)]
pub(super) struct Words {
    search: Option<AhoCorasick>,
    /// Of each word, the number of its error.
    error_of: Vec<usize>,
}

impl Causes {
    /// The errors that `text` names: exact types first, then by words. A type that several errors share counts only
    /// where no words say which of them it is.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<&ErrorText> {
        let worded = self.worded(text);
        let names = names(text);
        let mut found: Vec<(Sure, usize)> = (0..self.error.len())
            .filter_map(|at| Some((self.sureness(at, &names, worded.contains(&at))?, at)))
            .collect();
        if found.iter().any(|(sure, _)| *sure != Sure::SharedType) {
            found.retain(|(sure, _)| *sure != Sure::SharedType);
        }
        found.sort_unstable();
        let errors = found.into_iter().map(|(_, at)| self.error.get(at));
        errors.flatten().collect()
    }

    /// What is known that `text` may have meant: the nearest first.
    #[must_use]
    pub fn near<'n>(&'n self, text: &str, rules: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
        let errors = self.error.iter();
        let own = errors.flat_map(|error| {
            let types = error.types.iter().map(|name| last_part(name));
            types.chain(error.words.iter().map(String::as_str))
        });
        let causes = self.cause.iter().map(|cause| cause.id.as_str());
        let asked = text.trim().to_lowercase();
        let mut offers: Vec<(f64, &str)> = own
            .chain(causes)
            .chain(rules)
            .map(|name| (likeness(&asked, &name.to_lowercase()), name))
            .filter(|(alike, _)| *alike >= ALIKE_MIN)
            .collect();
        offers.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        offers.dedup_by(|a, b| a.1 == b.1);
        offers.truncate(OFFERS_MAX);
        offers.into_iter().map(|(_, name)| name).collect()
    }

    fn sureness(&self, at: usize, names: &[&str], worded: bool) -> Option<Sure> {
        let error = self.error.get(at)?;
        let named = |error: &ErrorText| {
            let mut types = error.types.iter();
            types.any(|own| names.iter().any(|name| is_same_type(own, name)))
        };
        match (named(error), worded) {
            (true, true) => Some(Sure::Both),
            (true, false) if self.error.iter().filter(|other| named(other)).count() == 1 => {
                Some(Sure::OwnType)
            }
            (true, false) => Some(Sure::SharedType),
            (false, true) => Some(Sure::Words),
            (false, false) => None,
        }
    }

    /// Whether words that say an error stand in `text`. A mere number does not count: every log is full of them.
    #[must_use]
    pub fn speaks(&self, text: &[u8]) -> bool {
        let words = self.words();
        let Some(search) = &words.search else {
            return false;
        };
        let mut found = search.find_overlapping_iter(text);
        found.any(|found| {
            let word = text.get(found.range()).unwrap_or_default();
            let said = word
                .iter()
                .any(|b| !b.is_ascii() || b.is_ascii_alphabetic());
            said && stands_alone(text, found.start(), found.end())
        })
    }

    fn words(&self) -> &Words {
        self.words.get_or_init(|| {
            let errors = self.error.iter().enumerate();
            let pairs: Vec<(usize, &str)> = errors
                .flat_map(|(at, error)| error.words.iter().map(move |word| (at, word.as_str())))
                .collect();
            let search = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .build(pairs.iter().map(|(_, word)| word));
            Words {
                search: search.ok(),
                error_of: pairs.into_iter().map(|(at, _)| at).collect(),
            }
        })
    }

    /// Which errors' words are in `text`, each as words of their own and not as a part of another error's.
    fn worded(&self, text: &str) -> Vec<usize> {
        let words = self.words();
        let Some(search) = &words.search else {
            return Vec::new();
        };
        let matches: Vec<(usize, Range<usize>)> = search
            .find_overlapping_iter(text)
            .filter(|found| stands_alone(text.as_bytes(), found.start(), found.end()))
            .map(|found| (found.pattern().as_usize(), found.range()))
            .collect();
        let within = |inner: &Range<usize>| {
            matches.iter().any(|(_, outer)| {
                outer != inner && outer.start <= inner.start && inner.end <= outer.end
            })
        };
        let whole = matches.iter().filter(|(_, range)| !within(range));
        whole
            .filter_map(|(word, _)| words.error_of.get(*word).copied())
            .collect()
    }
}

/// The words of `text` that may be types: `java.net.BindException`, `Errno::EPIPE`, `BindException`.
fn names(text: &str) -> Vec<&str> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '$' | '_' | ':');
    text.split(|c| !part(c))
        .map(|word| word.trim_matches(|c| matches!(c, '.' | ':')))
        .filter(|word| word.len() >= PART_BYTES_MIN)
        .collect()
}

/// Whether `name` is the type `own`, with its package or without it.
fn is_same_type(own: &str, name: &str) -> bool {
    own.eq_ignore_ascii_case(name) || last_part(own).eq_ignore_ascii_case(name)
}

/// A type without its package.
fn last_part(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((package, last)) if !package.contains(' ') => last,
        _ => name,
    }
}

/// Whether no letter or digit adjoins the word that stands at `start..end`.
fn stands_alone(text: &[u8], start: usize, end: usize) -> bool {
    let is_part = |at: Option<usize>| {
        at.and_then(|at| text.get(at))
            .is_some_and(u8::is_ascii_alphanumeric)
    };
    let begins = !(is_part(start.checked_sub(1)) && is_part(Some(start)));
    let ends = !(is_part(end.checked_sub(1)) && is_part(Some(end)));
    begins && ends
}

/// From 0 to 1; a name that holds all that was asked for is nearly as good as the name itself.
fn likeness(asked: &str, name: &str) -> f64 {
    if asked.len() >= PART_BYTES_MIN && name.contains(asked) {
        return 0.9 + 0.1 * asked.len() as f64 / name.len() as f64;
    }
    strsim::jaro_winkler(asked, name)
}
