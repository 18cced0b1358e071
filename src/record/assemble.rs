//! Lines become records: where a record ends, and which lines in its midst are not its own.

use std::ops::Range;

use super::Record;
use super::head::{Head, announces_failure};
use super::machine::{Machine, Step};
use super::recall::Recall;
use super::seen::Seen;
use crate::limits::{FOREIGN_LINES_MAX, LINE_BYTES_MAX, RECORD_BYTES_MAX};
use crate::line::{Line, line_at};

/// One line of a record, with what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it stands in the block.
    pub line: Line,
    /// What it looks like.
    pub seen: Seen,
}

/// How far a record was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// It ends before the position `end`; what follows there is not part of it.
    Whole {
        /// One past its last byte.
        end: usize,
    },
    /// The block ends before the record is known to end.
    Open,
}

/// The lines of one record. The buffer is kept from record to record.
#[derive(Debug, Default)]
pub struct Assembly {
    /// Its lines in order; what lies between two of them belongs to somebody else.
    pub pieces: Vec<Piece>,
    /// Whether it has outgrown a bound and is not to be judged.
    pub oversize: bool,
    /// Behind the last line that was looked at to tell where it ends, or at least its end.
    pub reach: usize,
    /// The first line, parsed, if it bears a head.
    head: Option<Head>,
    machine: Option<Machine>,
    recall: Recall,
    /// How many of the lines were recalled instead of read.
    recalled: usize,
    /// The number of the trace that they are.
    trace: u64,
}

impl Assembly {
    /// Reads the record that starts at `start`. With `last`, no more input will come: the end of the block is the end
    /// of the record.
    pub fn read(&mut self, block: &[u8], start: usize, last: bool) -> Extent {
        self.pieces.clear();
        self.oversize = false;
        self.machine = None;
        self.reach = start;
        self.head = None;
        self.recalled = 0;
        let Some(first) = line_at(block, start) else {
            return Extent::Whole { end: start };
        };
        self.reach = first.end;
        if !first.complete && !last && first.text_end - first.start <= LINE_BYTES_MAX {
            return Extent::Open;
        }
        if first.text_end - first.start > LINE_BYTES_MAX {
            self.pieces.push(Piece {
                line: first,
                seen: Seen::Text,
            });
            self.oversize = true;
            return if first.complete || last {
                Extent::Whole { end: first.end }
            } else {
                Extent::Open
            };
        }
        let (seen, head) = Seen::read(first.text(block));
        self.pieces.push(Piece { line: first, seen });
        let mut machine = Machine::open(seen, first.text(block), head.as_ref());
        self.head = head;
        let mut at = first.end;
        if let Some(trace) = self
            .recall
            .find(&machine, block.get(at..).unwrap_or_default())
        {
            self.pieces.extend(trace.pieces(at));
            self.recalled = self.pieces.len();
            self.trace = trace.number;
            at += trace.bytes();
            machine = trace.after.clone();
        }
        self.read_on(machine, block, at, last)
    }

    /// Keeps the trace of the record that was read last, so that it is recalled when it comes again.
    pub fn remember(&mut self, block: &[u8]) {
        let (Some(first), Some(after)) = (self.pieces.first(), &self.machine) else {
            return;
        };
        if !self.oversize && self.recalled < self.pieces.len() {
            let text = first.line.text(block);
            let before = Machine::open(first.seen, text, self.head.as_ref());
            self.recall.keep(block, before, &self.pieces, after);
        }
    }

    /// Where in the block the lines stand that were recalled instead of read; empty where none was.
    pub fn recalled(&self) -> Range<usize> {
        let recalled = self.pieces.get(1..self.recalled).unwrap_or_default();
        match (recalled.first(), recalled.last()) {
            (Some(first), Some(last)) => first.line.start..last.line.end,
            _ => 0..0,
        }
    }

    /// The number of the trace that all lines behind the record's first are, if they were recalled: the same lines have
    /// the same number, as long as they are recalled.
    pub fn trace(&self) -> Option<u64> {
        let whole = self.recalled > 1 && self.recalled == self.pieces.len();
        (whole && !self.oversize).then_some(self.trace)
    }

    /// The record that was read last, without its errors and frames.
    pub fn outline<'b>(&'b self, block: &'b [u8]) -> Record<'b> {
        Record::outline(block, &self.pieces, self.head.clone())
    }

    /// The record that was read last, parsed.
    pub fn record<'b>(&'b self, block: &'b [u8]) -> Record<'b> {
        Record::with_head(block, &self.pieces, self.head.clone())
    }

    /// Reads more of a record whose earlier lines are gone already; `machine` knows what they were.
    pub fn resume(&mut self, machine: Machine, block: &[u8], start: usize, last: bool) -> Extent {
        self.pieces.clear();
        self.oversize = false;
        self.head = None;
        self.recalled = 0;
        self.read_on(machine, block, start, last)
    }

    /// The machine as it stood at the end of the last line that certainly belongs to the record.
    pub fn machine(&self) -> Option<&Machine> {
        self.machine.as_ref()
    }

    /// Keeps in mind by which lines it is known that the record ends.
    fn ends_by(&mut self, reach: usize) -> bool {
        self.reach = reach;
        true
    }

    fn read_on(&mut self, mut machine: Machine, block: &[u8], start: usize, last: bool) -> Extent {
        let mut at = start;
        // Where the record ends if nothing more proves to belong to it: its pieces, its end, and the machine as it was
        // there. `None` while that is here.
        let mut sure: Option<(usize, usize, Machine)> = None;
        let first_byte = self.pieces.first().map_or(start, |piece| piece.line.start);
        let whole = loop {
            self.oversize |= at - first_byte > RECORD_BYTES_MAX;
            self.reach = at;
            if !machine.is_open() {
                break true;
            }
            let Some(line) = line_at(block, at) else {
                break last;
            };
            if line.text_end - line.start > LINE_BYTES_MAX {
                break true;
            }
            if !line.complete && !last {
                break false;
            }
            let text = line.text(block);
            let seen = Seen::of(text);
            // Most lines of a trace are one more frame: no state to keep for the case that they are given back.
            if sure.is_none() && machine.is_steady(seen, text) {
                self.pieces.push(Piece { line, seen });
                at = line.end;
                continue;
            }
            let before = sure
                .is_none()
                .then(|| (self.pieces.len(), at, machine.clone()));
            match machine.step(seen, text) {
                step @ (Step::Takes | Step::MayTake) => {
                    self.pieces.push(Piece { line, seen });
                    at = line.end;
                    sure = sure.or(before).filter(|_| step == Step::MayTake);
                }
                Step::Refuses => match step_over(&machine, block, line, seen, last) {
                    Over::Resumes(next) => {
                        sure = sure.or(before);
                        at = next;
                    }
                    Over::Unknown => break false,
                    Over::No(reach) => break self.ends_by(reach),
                },
            }
        };

        let (pieces, end, machine) = sure.unwrap_or((self.pieces.len(), at, machine));
        self.pieces.truncate(pieces);
        self.machine = Some(machine);
        if whole {
            Extent::Whole { end }
        } else {
            Extent::Open
        }
    }
}

/// Whether the record goes on behind a line that is not its own.
enum Over {
    /// It does, from there.
    Resumes(usize),
    /// It does not, by the lines up to there.
    No(usize),
    /// The block ends too early to tell.
    Unknown,
}

/// Access-log lines may stand anywhere in a trace; a logged event only in a bare one (a logger writes its own traces
/// in one piece), only alone, and only if it does not announce a trace of its own.
fn step_over(machine: &Machine, block: &[u8], line: Line, seen: Seen, last: bool) -> Over {
    if !machine.in_trace() {
        return Over::No(line.end);
    }
    let text = line.text(block);
    let event =
        matches!(seen, Seen::Head | Seen::Report) && machine.is_bare() && !announces_failure(text);
    if seen != Seen::Access && !event {
        return Over::No(line.end);
    }
    let mut at = line.end;
    for _ in 0..FOREIGN_LINES_MAX {
        let Some(next) = line_at(block, at).filter(|next| next.complete || last) else {
            return if last { Over::No(at) } else { Over::Unknown };
        };
        let next_text = next.text(block);
        let next_seen = Seen::of(next_text);
        if next_seen.resumes() && machine.clone().step(next_seen, next_text) != Step::Refuses {
            return Over::Resumes(at);
        }
        if event || next_seen != Seen::Access {
            return Over::No(next.end);
        }
        at = next.end;
    }
    Over::No(at)
}
