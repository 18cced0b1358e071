//! Digits and words at the start of a text.

/// Two digits at the start of `rest`, and what is left.
pub(super) fn two(rest: &[u8]) -> Option<(u8, &[u8])> {
    match rest {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', left @ ..] => {
            Some(((tens - b'0') * 10 + (ones - b'0'), left))
        }
        _ => None,
    }
}

/// Whether a word or number that stood before `left` is over.
pub(super) fn ends(left: &[u8]) -> bool {
    !left.first().is_some_and(u8::is_ascii_alphanumeric)
}

/// A word of at most eight letters, in upper case, as one number: a table of words packed like this
/// is searched several times faster than one of slices.
pub(super) const fn packed(mut word: &[u8]) -> u64 {
    let mut number = 0;
    while let [first, rest @ ..] = word {
        number = number << 8 | first.to_ascii_uppercase() as u64;
        word = rest;
    }
    number
}

/// A table of words, packed.
pub(super) const fn table<const N: usize>(words: [&str; N]) -> [u64; N] {
    let mut numbers = [0; N];
    let mut left: &mut [u64] = &mut numbers;
    let mut words: &[&str] = &words;
    while let ([number, numbers @ ..], [word, rest @ ..]) = (left, words) {
        *number = packed(word.as_bytes());
        left = numbers;
        words = rest;
    }
    numbers
}
