//! Records of one line, taken by exact templates.

use std::sync::Arc;

use regex::bytes::Captures;

use super::file::Direction;
use super::judge::{Finding, Judged};
use super::ports;
use super::reason::Condition;
use super::set::{LineMatcher, Rule};
use super::signs::Signs;
use super::traits::found;
use crate::record::{Record, Seen};

/// What a rule finds in a record by its first line.
pub(super) fn line_rule<'r, 'b>(
    rule: &'r Arc<Rule>,
    line: &'r LineMatcher,
    record: &Record<'b>,
) -> Judged<'r, 'b> {
    let text = record.first_line();
    let captures = line.pattern.regex().and_then(|regex| regex.captures(text));
    let captures = captures.ok_or(Condition::Signal)?;
    check_lines(line, record)?;
    if line.direction == Some(Direction::Inbound) && !is_inbound(&captures) {
        return Err(Condition::Direction);
    }
    let capture = |name: &str| captures.name(name).map(|found| found.as_bytes());
    let level_end = record.head.as_ref().map_or(0, |head| head.level_end);
    let matched = captures.get(0).map_or(0..text.len(), |found| found.range());
    let message = text.get(level_end.max(matched.start)..matched.end);
    let message = message.filter(|message| !message.is_empty());
    Ok(Finding {
        rule,
        error: b"",
        message: message.unwrap_or(&text[level_end..]),
        owner: b"",
        peer: capture("peer"),
        path: capture("path"),
        signs: Signs::of_line(text, &captures),
    })
}

/// That the further lines are the ones the rule allows, and that nothing it excludes is in any.
fn check_lines<'r>(line: &LineMatcher, record: &Record<'_>) -> Result<(), Condition<'r>> {
    let mut all = record.pieces.iter();
    if all.any(|piece| found(&line.not, piece.line.text(record.block))) {
        return Err(Condition::Not);
    }
    let mut further = record.pieces.iter().skip(1);
    let allowed = match &line.continues {
        Some(pattern) => further.all(|piece| pattern.is_match(piece.line.text(record.block))),
        None => {
            record.links.iter().all(|link| link.in_head) && further.all(|piece| is_dump(piece.seen))
        }
    };
    let told = line.needs.as_ref().is_none_or(|pattern| {
        let mut further = record.pieces.iter().skip(1);
        further.any(|piece| pattern.is_match(piece.line.text(record.block)))
    });
    if allowed && told {
        Ok(())
    } else {
        Err(Condition::Continues)
    }
}

/// Whether the other end opened the connection, as its ports tell.
fn is_inbound(captures: &Captures<'_>) -> bool {
    let port = |name| {
        let text = captures.name(name)?.as_bytes();
        std::str::from_utf8(text).ok()?.parse::<u32>().ok()
    };
    let both = port("lport").zip(port("rport"));
    both.is_some_and(|(local, remote)| ports::is_inbound(local, remote))
}

/// Lines of a dump that may follow a line which says all.
fn is_dump(seen: Seen) -> bool {
    matches!(
        seen,
        Seen::Goroutine | Seen::GoCall | Seen::Place | Seen::Blank | Seen::Frame | Seen::More
    )
}
