//! What no rule may take: failures that share words with noise.

use regex::bytes::{RegexSet, RegexSetBuilder};
use std::sync::OnceLock;

use super::file::{BarText, NeverFile};
use crate::record::{Language, Record};

/// The bars of `never.toml`.
#[derive(Debug)]
pub struct Bars {
    never: BarList,
    failed_calls: BarList,
    neutral: Vec<(Language, Vec<String>)>,
}

/// Compiled size of all bars of one list together; they are matched in one pass.
const BARS_BYTES_MAX: usize = 32 * 1024 * 1024;

#[derive(Debug)]
struct BarList {
    bars: Vec<BarText>,
    words: OnceLock<Option<RegexSet>>,
    /// Of each pattern of `words`, the bar it belongs to.
    bar_of: Vec<usize>,
}

impl Bars {
    /// Takes over a file.
    pub fn new(file: NeverFile) -> Result<Bars, String> {
        let neutral = file.neutral_wrapper.into_iter().map(|wrapper| {
            let language = Language::named(&wrapper.language).ok_or_else(|| {
                format!(
                    "a neutral wrapper names the unknown language {:?}",
                    wrapper.language
                )
            })?;
            Ok((language, wrapper.types))
        });
        Ok(Bars {
            never: BarList::new(file.never),
            failed_calls: BarList::new(file.failed_call),
            neutral: neutral.collect::<Result<_, String>>()?,
        })
    }

    /// The bar that keeps this record whatever else it says.
    pub fn never(&self, record: &Record<'_>) -> Option<&str> {
        self.never.find(record)
    }

    /// The bar that says that a call of ours failed.
    pub fn failed_call(&self, record: &Record<'_>) -> Option<&str> {
        self.failed_calls.find(record)
    }

    /// Whether an outer error of this type says no more than the disconnect that it wraps.
    pub fn is_neutral(&self, language: Language, error: &[u8]) -> bool {
        let lists = self.neutral.iter().filter(|(of, _)| *of == language);
        lists
            .flat_map(|(_, types)| types)
            .any(|pattern| matches_type(pattern, error))
    }

    /// What is wrong with the patterns, if anything is.
    pub fn check(&self) -> Result<(), String> {
        for list in [&self.never, &self.failed_calls] {
            list.build().map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

impl BarList {
    fn new(bars: Vec<BarText>) -> BarList {
        let bar_of = bars
            .iter()
            .enumerate()
            .flat_map(|(at, bar)| bar.message.iter().map(move |_| at))
            .collect();
        BarList {
            bars,
            words: OnceLock::new(),
            bar_of,
        }
    }

    fn build(&self) -> Result<RegexSet, regex::Error> {
        let patterns: Vec<&String> = self.bars.iter().flat_map(|bar| &bar.message).collect();
        let unicode = patterns.iter().any(|pattern| !pattern.is_ascii());
        RegexSetBuilder::new(patterns)
            .unicode(unicode)
            .size_limit(BARS_BYTES_MAX)
            .build()
    }

    fn find(&self, record: &Record<'_>) -> Option<&str> {
        let links = record.links.iter().chain(&record.side);
        for link in links {
            let barred = |bar: &&BarText| {
                bar.types
                    .iter()
                    .any(|pattern| matches_type(pattern, link.error))
            };
            if let Some(bar) = self.bars.iter().find(barred) {
                return Some(&bar.id);
            }
        }
        // The set's patterns are verified by the tests of the built-in rules, so that `None` cannot come up there.
        let words = self.words.get_or_init(|| self.build().ok()).as_ref()?;
        record.words().find_map(|text| {
            let first = words.matches(text).into_iter().next()?;
            self.bar_of
                .get(first)
                .and_then(|at| self.bars.get(*at))
                .map(|bar| bar.id.as_str())
        })
    }
}

/// Whether a type is the one named, or begins or ends like it where the name has a star.
pub fn matches_type(pattern: &str, error: &[u8]) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => {
            memchr::memmem::find(error, pattern.trim_matches('*').as_bytes()).is_some()
        }
        (Some(end), None) => error.ends_with(end.as_bytes()),
        (None, Some(start)) => error.starts_with(start.as_bytes()),
        (None, None) => error == pattern.as_bytes(),
    }
}
