//! Literals without which a pattern cannot match, in whatever case it takes their letters.
//!
//! Hundreds of patterns are asked of each head. One search for their literals tells which few of them can match at all.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::anchor::frequency_of_four;
use super::grams::GRAM_BYTES;

/// Texts that one part of a pattern may stand for are told one by one up to so many.
const TEXTS_MAX: usize = 64;

/// One byte of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    /// The byte; of a letter in either case the small one.
    pub byte: u8,
    /// Whether the letter may be a capital as well.
    pub is_free: bool,
}

/// Some text, letter by letter.
pub(super) type Literal = Vec<Letter>;

/// A literal that is taken as it stands.
pub(super) fn exactly(text: &[u8]) -> Literal {
    let letter = |byte: &u8| Letter {
        byte: *byte,
        is_free: false,
    };
    text.iter().map(letter).collect()
}

/// Literals one of which is in every text that `pattern` matches; `None` where there is no such set, or one of them is
/// too short to be looked for.
pub(super) fn of_pattern(pattern: &str) -> Option<Vec<Literal>> {
    let hir = regex_syntax::ParserBuilder::new()
        .utf8(false)
        .unicode(!pattern.is_ascii())
        .build()
        .parse(pattern)
        .ok()?;
    required(&hir)
}

fn required(hir: &Hir) -> Option<Vec<Literal>> {
    if let Some(texts) = texts(hir).filter(|texts| is_usable(texts)) {
        return Some(texts);
    }
    match hir.kind() {
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => of_parts(parts),
        HirKind::Alternation(parts) => {
            let sets: Option<Vec<_>> = parts.iter().map(required).collect();
            sets.map(|sets| sets.concat())
        }
        _ => None,
    }
}

/// The best set of parts that follow each other: texts in a row are one literal.
fn of_parts(parts: &[Hir]) -> Option<Vec<Literal>> {
    let mut sets = Vec::new();
    let mut run = vec![Literal::new()];
    for part in parts {
        let longer = texts(part).and_then(|texts| joined(&run, &texts));
        match longer {
            Some(longer) => run = longer,
            None => {
                sets.push(std::mem::replace(&mut run, vec![Literal::new()]));
                sets.extend(required(part));
            }
        }
    }
    sets.push(run);
    let usable = sets.into_iter().filter(|set| is_usable(set));
    usable.min_by_key(|set| set.iter().map(|literal| frequency(literal)).max())
}

/// All texts that a part can stand for, if they can be told one by one.
fn texts(hir: &Hir) -> Option<Vec<Literal>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![Literal::new()]),
        HirKind::Literal(literal) => Some(vec![exactly(&literal.0)]),
        HirKind::Class(Class::Bytes(class)) => match class.ranges() {
            [large, small]
                if is_one_letter(large.start()..=large.end(), small.start()..=small.end()) =>
            {
                let byte = small.start();
                Some(vec![vec![Letter {
                    byte,
                    is_free: true,
                }]])
            }
            _ => None,
        },
        HirKind::Capture(capture) => texts(&capture.sub),
        HirKind::Repetition(repetition) if (repetition.min, repetition.max) == (0, Some(1)) => {
            let mut all = texts(&repetition.sub)?;
            all.push(Literal::new());
            Some(all)
        }
        HirKind::Concat(parts) => parts.iter().try_fold(vec![Literal::new()], |all, part| {
            joined(&all, &texts(part)?)
        }),
        HirKind::Alternation(parts) => {
            let sets: Option<Vec<_>> = parts.iter().map(texts).collect();
            sets.map(|sets| sets.concat())
                .filter(|all| all.len() <= TEXTS_MAX)
        }
        HirKind::Class(_) | HirKind::Repetition(_) => None,
    }
}

/// Each of `first` followed by each of `second`; `None` where they are too many.
fn joined(first: &[Literal], second: &[Literal]) -> Option<Vec<Literal>> {
    let pairs = first
        .iter()
        .flat_map(|first| second.iter().map(move |second| (first, second)));
    (first.len() * second.len() <= TEXTS_MAX).then(|| {
        pairs
            .map(|(first, second)| [&first[..], &second[..]].concat())
            .collect()
    })
}

/// Whether two ranges of bytes are one letter, large and small.
fn is_one_letter(large: std::ops::RangeInclusive<u8>, small: std::ops::RangeInclusive<u8>) -> bool {
    let (large, small) = (
        (*large.start(), *large.end()),
        (*small.start(), *small.end()),
    );
    large.0 == large.1
        && small.0 == small.1
        && large.0.is_ascii_uppercase()
        && large.0.to_ascii_lowercase() == small.0
}

fn is_usable(literals: &[Literal]) -> bool {
    !literals.is_empty() && literals.iter().all(|literal| literal.len() >= GRAM_BYTES)
}

/// How often the rarest four bytes of a literal are met.
fn frequency(literal: &[Letter]) -> u32 {
    let bytes: Vec<u8> = literal
        .iter()
        .map(|letter| letter.byte.to_ascii_lowercase())
        .collect();
    bytes
        .windows(GRAM_BYTES)
        .map(frequency_of_four)
        .min()
        .unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Vec<String> {
        let literals = of_pattern(pattern).unwrap_or_default();
        let text = |literal: Literal| {
            literal
                .iter()
                .map(|letter| char::from(letter.byte))
                .collect()
        };
        literals.into_iter().map(text).collect()
    }

    #[test]
    fn texts_in_a_row_are_one_literal_whatever_their_case() {
        assert_eq!(of("(?i)errno 111\\b"), ["errno 111"]);
        assert_eq!(of("\\b(EMFILE|ENFILE)\\b"), ["EMFILE", "ENFILE"]);
        assert_eq!(of("^(ls|cat): "), ["ls: ", "cat: "]);
        assert_eq!(of("can ?not bind"), ["can not bind", "cannot bind"]);
    }

    #[test]
    fn letters_are_free_where_the_pattern_takes_them_in_either_case() {
        let free = |pattern: &str| -> Vec<bool> {
            let literals = of_pattern(pattern).unwrap_or_default();
            literals
                .concat()
                .iter()
                .map(|letter| letter.is_free)
                .collect()
        };
        assert_eq!(free("[Ee]rror"), [true, false, false, false, false]);
        assert_eq!(free("(?i)crc "), [true, true, true, false]);
    }

    #[test]
    fn the_rarest_part_is_taken() {
        assert_eq!(
            of("(?i)crc (error|mismatch)s+"),
            ["crc error", "crc mismatch"]
        );
        assert_eq!(of("connection [a-z]+ zookeeper"), [" zookeeper"]);
    }

    #[test]
    fn what_may_be_absent_is_not_required() {
        assert_eq!(of("[0-9]+"), [""; 0]);
        assert_eq!(of("(abcd)*"), [""; 0]);
        assert_eq!(of("ab?c"), [""; 0]);
    }
}
