//! What repeats in a text and what varies: a template, and the fields that stand in its gaps.
//!
//! A field is a run of digits, or a word of hexadecimal digits with a letter among them (an id, a hash). Anything else
//! is template. Nothing is lost: the template with its fields in place is the text, byte for byte.

/// Stands in a template where a number stood.
const NUMBER: u8 = 0;
/// Stands in a template where a word stood.
const WORD: u8 = 1;
/// Stands in a template before a byte of the text that would be taken for one of these three.
const LITERAL: u8 = 2;

/// Digits that a number may have: with so many every difference of two fits.
pub const NUMBER_DIGITS_MAX: usize = 18;

/// Hexadecimal digits that make a word; fewer may be a part of a name.
const WORD_DIGITS_MIN: usize = 4;

/// Hexadecimal digits that a word may have: those of the longest hash that is logged. Also bounds how far is looked.
const WORD_DIGITS_MAX: usize = 128;

/// Appends the template of a text, and its fields in order.
pub fn split<'t>(text: &'t [u8], template: &mut Vec<u8>, fields: &mut Vec<&'t [u8]>) {
    let mut rest = text;
    while let Some(digit) = rest.iter().position(u8::is_ascii_digit) {
        let (field, after, kind) = field_at(rest, digit);
        let start = rest.len() - field.len() - after.len();
        put_literal(rest.get(..start).unwrap_or_default(), template);
        template.push(kind);
        fields.push(field);
        rest = after;
    }
    put_literal(rest, template);
}

/// The field that holds the digit of a text, which is its first, what comes behind it, and what stands for it.
fn field_at(text: &[u8], digit: usize) -> (&[u8], &[u8], u8) {
    let near = |byte: &&u8| byte.is_ascii_alphanumeric();
    let before = text.get(..digit).unwrap_or_default().iter().rev();
    let lead = before.take(WORD_DIGITS_MAX).take_while(near).count();
    let digits = text.get(digit..).unwrap_or_default();
    let run = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (number, after) = digits.split_at(run);
    let tail = after.iter().take(WORD_DIGITS_MAX).take_while(near).count();
    if (WORD_DIGITS_MIN..=WORD_DIGITS_MAX).contains(&(lead + run + tail)) && lead + tail > 0 {
        let word = text
            .get(digit - lead..digit + run + tail)
            .unwrap_or_default();
        if word.iter().all(u8::is_ascii_hexdigit) {
            return (word, after.get(tail..).unwrap_or_default(), WORD);
        }
    }
    let kind = if run <= NUMBER_DIGITS_MAX {
        NUMBER
    } else {
        WORD
    };
    (number, after, kind)
}

fn put_literal(text: &[u8], template: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte <= LITERAL) {
        let (front, after) = rest.split_at(at);
        template.extend_from_slice(front);
        template.push(LITERAL);
        let (byte, after) = after.split_at(1);
        template.extend_from_slice(byte);
        rest = after;
    }
    template.extend_from_slice(rest);
}

/// One part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// Text that stands there as it is.
    Text(&'t [u8]),
    /// A number stands there.
    Number,
    /// A word stands there.
    Word,
}

/// The parts of a template, in order. A mark of a byte to come at its very end, which no template has, is dropped.
pub fn parts(template: &[u8]) -> impl Iterator<Item = Part<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let (part, after) = match rest {
            [] => return None,
            [NUMBER, after @ ..] => (Part::Number, after),
            [WORD, after @ ..] => (Part::Word, after),
            [LITERAL, after @ ..] => {
                let (byte, after) = after.split_at(after.len().min(1));
                (Part::Text(byte), after)
            }
            text => {
                let marked = text.iter().position(|byte| *byte <= LITERAL);
                let (text, after) = text.split_at(marked.unwrap_or(text.len()));
                (Part::Text(text), after)
            }
        };
        rest = after;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], expected: &[&[u8]]) {
        let (mut template, mut fields) = (Vec::new(), Vec::new());
        split(text, &mut template, &mut fields);
        assert_eq!(fields, expected, "{}", text.escape_ascii());
        let mut fields = fields.into_iter();
        let mut back = Vec::new();
        for part in parts(&template) {
            back.extend_from_slice(match part {
                Part::Text(text) => text,
                Part::Number | Part::Word => fields.next().expect("a field for each gap"),
            });
        }
        assert_eq!(back, text);
        assert_eq!(fields.next(), None);
    }

    #[test]
    fn digits_and_ids_are_fields() {
        check(
            b"at 10:02:03.113 exec-7 (A.java:353)",
            &[b"10", b"02", b"03", b"113", b"7", b"353"],
        );
        check(b"2026-11-22T10:00Z", &[b"2026", b"11", b"22", b"10", b"00"]);
        check(b"Request@5a8e6089 x", &[b"5a8e6089"]);
        check(b"id=deadbeef1 face write0", &[b"deadbeef1", b"0"]);
        check(b"0x7f3a9c2e", &[b"0", b"7", b"f3a9c2e"]);
        check(b"1234567890123456789012", &[b"1234567890123456789012"]);
        check(b"", &[]);
        check(b"no field", &[]);
    }

    #[test]
    fn bytes_that_look_like_marks_are_text() {
        check(b"\x00\x01\x02 5 \x02\x00\x02", &[b"5"]);
        check(b"\x01", &[]);
        check(b"7\xff\x807", &[b"7", b"7"]);
    }
}
