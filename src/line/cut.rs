//! Where lines begin and end.

use std::ops::Range;

use memchr::{memchr, memrchr};

/// What some editors and Windows programs put before the first line of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One line of a block, as positions in that block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// First byte of the line.
    pub start: usize,
    /// One past the last byte of its text: neither `\n` nor the `\r` before it belongs to the text.
    pub text_end: usize,
    /// One past its last byte, line ending included; the next line starts here.
    pub end: usize,
    /// Whether the line ends in `\n`. Only the last line of a block may lack it.
    pub complete: bool,
}

impl Line {
    /// The line's text, without its line ending and without a byte order mark.
    pub fn text<'b>(&self, block: &'b [u8]) -> &'b [u8] {
        let text = &block[self.start..self.text_end];
        text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
    }

    /// The line with its line ending, as positions in the block.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// The line that starts at `start`; `None` at the end of the block.
pub fn line_at(block: &[u8], start: usize) -> Option<Line> {
    let rest = block.get(start..).filter(|rest| !rest.is_empty())?;
    let (text_len, len, complete) = match memchr(b'\n', rest) {
        Some(newline) => (newline, newline + 1, true),
        None => (rest.len(), rest.len(), false),
    };
    let carriage_return = text_len > 0 && rest[text_len - 1] == b'\r';
    Some(Line {
        start,
        text_end: start + text_len - usize::from(carriage_return),
        end: start + len,
        complete,
    })
}

/// Where the line that holds the byte `at` starts, looking back no further than `floor`.
pub fn line_start(block: &[u8], at: usize, floor: usize) -> usize {
    memrchr(b'\n', &block[floor..at]).map_or(floor, |newline| floor + newline + 1)
}

/// The line that ends where the line at `start` begins, no part of it before `floor`.
pub fn line_before(block: &[u8], start: usize, floor: usize) -> Option<Line> {
    if start <= floor {
        return None;
    }
    line_at(block, line_start(block, start - 1, floor))
}

/// Where in `whole` the text `part` stands that was cut from it; `None` if it was cut from elsewhere.
pub fn place_in(part: &[u8], whole: &[u8]) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (!part.is_empty() && end <= whole.len()).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carriage_return_belongs_to_the_ending_not_to_the_text() {
        let block = b"one\r\n\ntwo\r";
        let first = line_at(block, 0).unwrap();
        assert_eq!((first.text(block), first.end), (&b"one"[..], 5));
        let second = line_at(block, first.end).unwrap();
        assert_eq!(second.text(block), b"");
        let last = line_at(block, second.end).unwrap();
        assert_eq!(last.text(block), b"two");
        assert!(!last.complete);
        assert_eq!(line_at(block, last.end), None);
    }

    #[test]
    fn lines_are_found_backwards_from_any_byte() {
        let block = b"ab\ncd\nef";
        assert_eq!(line_start(block, 4, 0), 3);
        assert_eq!(line_start(block, 2, 0), 0);
        assert_eq!(line_start(block, 4, 4), 4);
        assert_eq!(line_before(block, 6, 0).unwrap().start, 3);
        assert_eq!(line_before(block, 3, 3), None);
    }

    #[test]
    fn only_what_was_cut_from_a_text_has_a_place_in_it() {
        let whole = b"abcdef";
        assert_eq!(place_in(&whole[2..4], whole), Some(2..4));
        assert_eq!(place_in(&whole[2..4], &whole[..3]), None);
        assert_eq!(place_in(&whole[..2], &whole[1..]), None);
        assert_eq!(place_in(&whole[2..2], whole), None);
    }
}
