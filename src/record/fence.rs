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
        if seen == Seen::Text {
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
        below = Some((line, seen));
        match line_before(block, at, floor) {
            Some(line) => at = line.start,
            None => return floor,
        }
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
