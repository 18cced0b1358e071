//! Places at which a record certainly begins, so that reading may start there as well as anywhere before.

use super::Seen;
use super::machine::is_one_report;
use crate::limits::FENCE_LINES;
use crate::line::{Line, line_at, line_before};

/// The last place at or before the line at `start` where a record certainly begins; `floor`, where one is known to
/// begin, if there is none behind it.
///
/// Whatever is read from such a place is the same as if it had been read from `floor` on. That is what allows the
/// fast path to look only around a hit, and it is tested as a law.
pub fn before(block: &[u8], start: usize, floor: usize) -> usize {
    let mut at = start;
    let mut texts = 0;
    let mut texts_end = start;
    let mut below = None;
    loop {
        let Some(line) = line_at(block, at) else {
            return floor;
        };
        let seen = Seen::of(line.text(block));
        // What a line will be whose end is not there is not known: a traceback may begin with it.
        if seen == Seen::Text && line.complete {
            if texts == 0 {
                texts_end = at;
            }
            texts += 1;
            // More text in a row than any message may run over: whatever came before has ended.
            if texts > FENCE_LINES {
                return texts_end;
            }
        } else {
            texts = 0;
        }
        if opens(block, line, seen, below, floor) {
            return at;
        }
        if block.get(at) == Some(&b'\n') {
            at = first_of_empty(block, at, floor);
        }
        below = line_at(block, at).map(|first| (first, seen));
        match line_before(block, at, floor) {
            Some(line) => at = line.start,
            None => return floor,
        }
    }
}

/// Where the run of empty lines begins that the one at `at` belongs to: all of them are passed over at once, since there may
/// be very many, and each says what the one below it said.
fn first_of_empty(block: &[u8], at: usize, floor: usize) -> usize {
    let above = block.get(floor..at).unwrap_or_default();
    match above.iter().rposition(|byte| *byte != b'\n') {
        // The first line feed behind it ends its own line.
        Some(last) => (floor + last + 2).min(at),
        None => floor,
    }
}

/// Whether this line begins a record whatever stands before it: a head, which no table takes as anything else, and
/// which no trace is resumed behind. `below` is the next line, if it was looked at already.
fn opens(block: &[u8], line: Line, seen: Seen, below: Option<(Line, Seen)>, floor: usize) -> bool {
    let alone = match seen {
        Seen::Head | Seen::Summary => true,
        Seen::Report => line_before(block, line.start, floor)
            .is_none_or(|before| !is_one_report(before.text(block), line.text(block))),
        _ => false,
    };
    if !alone || !line.complete {
        return false;
    }
    let below = below.or_else(|| {
        let next = line_at(block, line.end)?;
        Some((next, Seen::of(next.text(block))))
    });
    below.is_some_and(|(next, seen)| next.complete && !seen.resumes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "2026-11-22 10:00:00.000 INFO  [main] com.example.Shop : order paid\n";

    #[test]
    fn empty_lines_are_passed_over_to_the_head_above_them_or_to_the_floor() {
        for empty in [0, 1, 2, 5000] {
            let empty = "\n".repeat(empty);
            let block = format!("{HEAD}{empty}");
            let ends = [HEAD.len(), block.len() - 1];
            for start in ends.into_iter().filter(|start| *start < block.len()) {
                let found = before(block.as_bytes(), start, 0);
                assert_eq!(found, 0, "{} empty lines", empty.len());
            }
            let text = format!("{empty}some text\n{empty}more\n");
            let block = text.as_bytes();
            assert_eq!(before(block, text.len() - 5, 0), 0);
            let floor = empty.len();
            assert_eq!(before(block, text.len() - 5, floor), floor);
        }
    }

    #[test]
    fn a_line_without_its_end_is_no_text_yet() {
        let texts = "one more word\n".repeat(2 * FENCE_LINES);
        let block = format!("{texts}Exception occurred\nTraceback (most r");
        let torn = block.rfind('T').unwrap_or_default();
        let fence = before(block.as_bytes(), torn, 0);
        assert_eq!(fence, texts.len(), "the line above it is part of it");
    }
}
