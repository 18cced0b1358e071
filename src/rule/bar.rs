//! What no rule may take: failures that share words with noise.

use std::sync::OnceLock;

use super::file::{BarText, NeverFile};
use super::folded;
use super::grams::Grams;
use super::pattern::Pattern;
use super::types::TypeList;
use crate::record::{Language, Record};

/// What a bar says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// It is never noise.
    Never,
    /// A call of ours failed.
    FailedCall,
}

/// The bars of `never.toml`.
#[derive(Debug)]
pub struct Bars {
    bars: Vec<(Bar, BarText)>,
    search: OnceLock<Search>,
    /// The patterns one by one, each with the bar it belongs to.
    patterns: Vec<(usize, Pattern)>,
    /// Of each bar, the types that it bars; all of them together first, since nearly all records pass.
    types: Vec<TypeList>,
    all_types: TypeList,
    neutral: Vec<(Language, TypeList)>,
}

/// Which patterns can match a line: nearly all lines pass without any being asked.
#[derive(Debug)]
struct Search {
    /// The literals that patterns need, each with the pattern's number.
    literals: Grams,
    /// Patterns that need none.
    others: Vec<usize>,
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
            Ok((language, TypeList::new(&wrapper.types)))
        });
        let never = file.never.into_iter().map(|bar| (Bar::Never, bar));
        let bars: Vec<_> = never
            .chain(
                file.failed_call
                    .into_iter()
                    .map(|bar| (Bar::FailedCall, bar)),
            )
            .collect();
        Ok(Bars {
            search: OnceLock::new(),
            patterns: bars
                .iter()
                .enumerate()
                .flat_map(|(at, (_, bar))| {
                    bar.message
                        .iter()
                        .map(move |text| (at, Pattern::lazy(text)))
                })
                .collect(),
            types: bars
                .iter()
                .map(|(_, bar)| TypeList::new(&bar.types))
                .collect(),
            all_types: TypeList::new(bars.iter().flat_map(|(_, bar)| &bar.types)),
            bars,
            neutral: neutral.collect::<Result<_, String>>()?,
        })
    }

    /// The bar of that number, and its name.
    pub fn bar(&self, at: usize) -> Option<(Bar, &str)> {
        self.bars
            .get(at)
            .map(|(bar, text)| (*bar, text.id.as_str()))
    }

    /// Number of the bar that a type of the record's errors meets.
    pub fn of_types(&self, record: &Record<'_>) -> Option<usize> {
        let mut links = record.links.iter().chain(&record.side);
        let link = links.find(|link| self.all_types.has(link.error))?;
        self.types.iter().position(|types| types.has(link.error))
    }

    /// Number of the bar that one of these lines meets.
    pub fn of_words<'l>(&self, mut lines: impl Iterator<Item = &'l [u8]>) -> Option<usize> {
        let search = self.search.get_or_init(|| self.index());
        lines.find_map(|line| self.of_line(search, line))
    }

    /// Number of the first bar that a line meets.
    fn of_line(&self, search: &Search, line: &[u8]) -> Option<usize> {
        let mut first = None;
        let hits = search.literals.owners(line);
        for at in hits.chain(search.others.iter().copied()) {
            let nearer = first.is_none_or(|first| at < first);
            if nearer && self.patterns.get(at)?.1.is_match(line) {
                first = Some(at);
            }
        }
        first
            .and_then(|at| self.patterns.get(at))
            .map(|(bar, _)| *bar)
    }

    fn index(&self) -> Search {
        let (mut literals, mut others) = (Vec::new(), Vec::new());
        for (at, (_, pattern)) in self.patterns.iter().enumerate() {
            match folded::of_pattern(pattern.as_str()) {
                Some(own) => literals.extend(own.into_iter().map(|literal| (literal, at))),
                None => others.push(at),
            }
        }
        Search {
            literals: Grams::new(literals),
            others,
        }
    }

    /// Why the bar of that name bars.
    pub fn why(&self, id: &str) -> Option<&str> {
        let mut bars = self.bars.iter();
        bars.find(|(_, text)| text.id == id)
            .map(|(_, text)| text.why.as_str())
    }

    /// Whether a type is barred.
    pub fn has_type(&self, error: &[u8]) -> bool {
        self.all_types.has(error)
    }

    /// Whether an outer error of this type says no more than the disconnect that it wraps.
    pub fn is_neutral(&self, language: Language, error: &[u8]) -> bool {
        let lists = self.neutral.iter().filter(|(of, _)| *of == language);
        lists.into_iter().any(|(_, types)| types.has(error))
    }

    /// What is wrong with the patterns, if anything is.
    pub fn check(&self) -> Result<(), String> {
        self.patterns
            .iter()
            .try_for_each(|(_, pattern)| pattern.check())
    }
}
