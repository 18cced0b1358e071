//! A record on its way to its verdict, wherever its lines stand.

use super::Amount;
use crate::format::Wear;
use crate::format::json::Entry;
use crate::line::{Layout, Stamp};
use crate::record::{Assembly, Piece};

/// A record on its way to its verdict.
pub(super) struct Suspect<'a> {
    /// What its lines are positions in.
    pub(super) block: &'a [u8],
    pub(super) pieces: &'a [Piece],
    pub(super) oversize: bool,
    /// Its lines are those of more than one record, or of less than one.
    pub(super) is_mixed: bool,
    /// Where it starts in the block of the stream.
    pub(super) start: usize,
    /// How much of the stream it is, and how much behind its first line.
    pub(super) amounts: [Amounts; 2],
    /// What its first line wears.
    pub(super) worn: Option<Worn<'a>>,
}

/// The first line of a record in its envelope.
pub(super) struct Worn<'a> {
    pub(super) line: &'a [u8],
    pub(super) wear: &'a Wear,
    /// The object that its text is, if it is one.
    pub(super) entry: Option<&'a Entry<'a>>,
}

impl Worn<'_> {
    /// Other forms of a record that is one line, `text`, as rules may know it: all of a carrier's line, or the program's
    /// name before the text; of an object the message alone.
    pub(super) fn forms(&self, text: &[u8]) -> Vec<Vec<u8>> {
        let mut forms = Vec::new();
        if !self.wear.program.is_empty() {
            forms.push(self.line.to_vec());
        }
        forms.extend(self.named(text));
        if let Some(entry) = self.entry
            && let Some(level) = entry.level()
            && let Some(message) = entry.message().filter(|_| entry.error().is_none())
            && !message.contains('\n')
        {
            forms.push(format!("{level} {message}").into_bytes());
            forms.push(message.into_bytes());
        }
        forms
    }

    /// The program's name before the text, where the carrier, or an object without a level, gives the name.
    pub(super) fn named(&self, text: &[u8]) -> Option<Vec<u8>> {
        let carrier = &self.line[self.wear.program.clone()];
        let entry = self.entry.filter(|entry| entry.level().is_none());
        let program = entry.map(|entry| entry.program().as_bytes().to_vec());
        let program = program.filter(|_| carrier.is_empty());
        let program = program.unwrap_or_else(|| carrier.to_vec());
        (!program.is_empty()).then(|| [&program, &b": "[..], text].concat())
    }

    /// When its writer says that it was written, where a field says so.
    pub(super) fn moment(&self) -> Option<Stamp> {
        Some(self.entry?.moment()?.stamp)
    }
}

/// Lines and bytes of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    pub(super) lines: u64,
    pub(super) bytes: u64,
}

impl Amounts {
    /// The same as an amount of the account, with so many records.
    pub(super) fn of(self, records: u64) -> Amount {
        Amount {
            bytes: self.bytes,
            lines: self.lines,
            records,
        }
    }
}

impl<'a> Suspect<'a> {
    /// A record whose lines stand in the block as they are.
    pub(super) fn bare(assembly: &'a Assembly, block: &'a [u8]) -> Suspect<'a> {
        Suspect {
            block,
            pieces: &assembly.pieces,
            oversize: assembly.oversize,
            is_mixed: false,
            start: assembly.pieces.first().map_or(0, |first| first.line.start),
            amounts: [extent_of(assembly, 0), extent_of(assembly, 1)],
            worn: None,
        }
    }
}

/// The times of a record, in microseconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// As far as the log's clock believes it.
    pub(super) micros: i64,
    /// As the record gives it.
    pub(super) stamp: i64,
    /// How far the writer's own time is ahead of the carrier's.
    pub(super) ahead: i64,
    /// How the writer writes its own time, if it gives one.
    pub(super) layout: Option<Layout>,
}

/// Lines and bytes of a record from its piece number `from` on.
pub(super) fn extent_of(assembly: &Assembly, from: usize) -> Amounts {
    let own = assembly.pieces.get(from..).unwrap_or_default();
    Amounts {
        lines: own.iter().filter(|piece| piece.line.complete).count() as u64,
        bytes: own
            .iter()
            .map(|piece| (piece.line.end - piece.line.start) as u64)
            .sum(),
    }
}
