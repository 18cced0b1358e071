//! A record on its way to its verdict, wherever its lines stand.

use memchr::memmem;

use super::Amount;
use crate::format::json::Entry;
use crate::format::{Kind, Wear, export, is_torn};
use crate::line::{Layout, Stamp};
use crate::record::{Assembly, Piece, Record};

/// A record on its way to its verdict.
pub(super) struct Suspect<'a> {
    /// What its lines are positions in.
    pub(super) block: &'a [u8],
    pub(super) pieces: &'a [Piece],
    /// Who read its lines, and parsed the first.
    pub(super) assembly: Option<&'a Assembly>,
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

impl Suspect<'_> {
    /// How many of its lines are torn objects.
    pub(super) fn torn(&self) -> u64 {
        // What wears nothing holds no objects, unless they are torn; few lines begin like one.
        let may_be = |piece: &&Piece| matches!(self.block.get(piece.line.start), Some(b'{' | b'd'));
        let torn = |piece: &&Piece| may_be(piece) && is_torn(piece.line.text(self.block));
        self.pieces.iter().filter(torn).count() as u64 + u64::from(self.is_mixed)
    }
}

/// The first line of a record in its envelope.
pub(super) struct Worn<'a> {
    pub(super) line: &'a [u8],
    pub(super) wear: &'a Wear,
    /// What the envelope holds.
    pub(super) inner: &'a [u8],
    /// The object that its text is, if it is one.
    pub(super) entry: Option<&'a Entry<'a>>,
}

impl Worn<'_> {
    /// Other forms of a record that is one line, `text`, as rules may know it: the program's name before the text, or all
    /// of a carrier's line; of an object the message alone.
    pub(super) fn forms(&self, text: &[u8]) -> Vec<Vec<u8>> {
        let mut forms = Vec::new();
        if self.wear.kind == Kind::Logfmt {
            forms.push(self.line.to_vec());
        }
        forms.extend(self.named(text));
        if self.wear.kind == Kind::Syslog {
            forms.push(self.line.to_vec());
        }
        if let Some(entry) = self.entry {
            // Some programs write objects by themselves, and their rules know them as they are.
            forms.push(self.inner.to_vec());
            let message = entry.message().filter(|_| entry.error().is_none());
            if let (Some(level), Some(message)) = (entry.level(), message)
                && !message.contains('\n')
            {
                forms.push(format!("{level} {message}").into_bytes());
                forms.push(message.into_bytes());
            }
        }
        forms
    }

    /// The program's name before the text, where the carrier gives the name; a logger's own words need none.
    pub(super) fn named(&self, text: &[u8]) -> Option<Vec<u8>> {
        let program = self.program();
        let is_logged = self.entry.is_some_and(|entry| entry.level().is_some());
        // A carrier's whole line may have been taken for the text.
        let text = if text == self.line { self.inner } else { text };
        (!program.is_empty() && !is_logged).then(|| [&program, &b": "[..], text].concat())
    }

    /// The program and its process as syslog names them: `program[12]`; empty where the envelope names none.
    fn program(&self) -> Vec<u8> {
        match self.entry {
            Some(entry) if self.wear.kind == Kind::Json => return entry.program().into_bytes(),
            _ if self.wear.kind == Kind::Export => return export::program(self.line),
            _ => {}
        }
        let program = self.line.get(self.wear.program.clone()).unwrap_or_default();
        match memchr::memchr(b' ', program) {
            Some(blank) if &program[blank + 1..] == b"-" => program[..blank].to_vec(),
            Some(blank) => [&program[..blank], b"[", &program[blank + 1..], b"]"].concat(),
            None => program.to_vec(),
        }
    }

    /// What the writer wrote of a message that a rule found in one of these forms: it need not be told twice by whom.
    pub(super) fn own_words<'m>(&self, message: &'m [u8]) -> &'m [u8] {
        let program = self.program();
        if program.is_empty() {
            return message;
        }
        let name = [&program, &b": "[..]].concat();
        // A host may stand before it.
        match memmem::find(message, &name) {
            Some(at) if memchr::memchr_iter(b' ', &message[..at]).count() <= 1 => {
                &message[at + name.len()..]
            }
            _ => message,
        }
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
            assembly: Some(assembly),
            oversize: assembly.oversize,
            is_mixed: false,
            start: assembly.pieces.first().map_or(0, |first| first.line.start),
            amounts: [extent_of(assembly, 0), extent_of(assembly, 1)],
            worn: None,
        }
    }

    /// The number of the trace behind its first line, if it was recalled.
    pub(super) fn trace(&self) -> Option<u64> {
        self.assembly?.trace()
    }

    /// The same with the record, as far as nothing behind the first line needs to be read for it.
    pub(super) fn outline(&self) -> Option<(Record<'a>, u64)> {
        let assembly = self.assembly.filter(|_| !self.is_mixed)?;
        let trace = assembly.trace()?;
        Some((assembly.outline(self.block), trace))
    }

    /// The record, parsed.
    pub(super) fn record(&self) -> Record<'a> {
        match self.assembly {
            Some(assembly) => assembly.record(self.block),
            None => Record::parse(self.block, self.pieces),
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
