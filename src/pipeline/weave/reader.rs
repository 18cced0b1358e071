//! Reads the records of a stream one by one, for those who look at them and change nothing.

use std::io;

use super::claims::Ahead;
use super::collect::{Collection, Collector};
use super::gather::{Found, Loom};
use super::lay::row_text;
use super::rows::Rows;
use super::walk::{Claim, Walk};
use crate::format::json::Entry;
use crate::format::{Format, Wear, export};
use crate::line::line_at;
use crate::pipeline::Skim;
use crate::pipeline::suspect::Worn;
use crate::record::{Piece, Record, Seen};
use crate::rule::{Reason, RuleSet, Verdict};

/// A record as the filter judges it: its writer's own text, whatever it wears.
#[derive(Debug)]
pub struct Case<'b> {
    /// Where it begins in the block.
    pub start: usize,
    /// The record.
    pub record: Record<'b>,
    /// Of a record that is one line: the other forms in which a rule may know it.
    pub forms: Vec<Record<'b>>,
    /// The program's name and the text, where a carrier gives the name.
    pub named: Option<&'b [u8]>,
    /// It is too long to be judged, or its lines are those of several records.
    pub unjudged: bool,
}

impl<'b> Case<'b> {
    /// What the rules make of it, and of which of its forms they speak.
    pub fn judge<'r>(&self, rules: &'r RuleSet) -> (&Record<'b>, Verdict<'r, 'b>) {
        if self.unjudged {
            return (&self.record, Verdict::Keep(Reason::Oversize));
        }
        let own = rules.judge(&self.record);
        if !matches!(own, Verdict::Keep(Reason::NoRule)) {
            return (&self.record, own);
        }
        let mut refused = None;
        for form in &self.forms {
            match rules.judge(form) {
                Verdict::Keep(Reason::NoRule) => {}
                Verdict::Keep(reason) => {
                    refused = refused.or(Some((form, Verdict::Keep(reason))));
                }
                taken @ Verdict::Collapse(_) => return (form, taken),
            }
        }
        refused.unwrap_or((&self.record, own))
    }

    /// Its own lines.
    pub fn text(&self) -> Vec<u8> {
        let lines = self.record.pieces.iter();
        let lines = lines.map(|piece| piece.line.text(self.record.block));
        lines.collect::<Vec<_>>().join(&b'\n')
    }
}

/// Reads a stream block by block.
#[derive(Debug)]
pub struct Reader {
    format: Format,
    /// Nothing of the stream was read yet.
    is_fresh: bool,
    loom: Loom,
    ahead: Ahead,
    /// Without anchors: every record is wanted.
    skim: Skim,
}

impl Reader {
    /// At the beginning of a stream whose lines wear this.
    #[must_use]
    pub fn new(format: Format) -> Reader {
        Reader {
            format,
            is_fresh: true,
            loom: Loom::default(),
            ahead: Ahead::default(),
            skim: Skim::new(&[]),
        }
    }

    /// Shows the whole records of a block in the order in which they begin, and says how many of its bytes are done
    /// with. The next block begins behind those. With `last`, nothing comes behind this block.
    ///
    /// # Errors
    /// `look` fails.
    pub fn read(
        &mut self,
        block: &[u8],
        last: bool,
        look: &mut dyn FnMut(&Case<'_>) -> io::Result<()>,
    ) -> io::Result<usize> {
        if self.is_fresh && block.len() < export::FRONT.len() && !last {
            return Ok(0);
        }
        if std::mem::take(&mut self.is_fresh) {
            self.format = self.format.met(block);
        }
        let entries = (self.format == Format::Export).then(|| export::rows(block, 0, last));
        let rows = Rows {
            block,
            entries: entries.as_deref(),
        };
        self.loom.clear();
        let claims = std::mem::take(&mut self.ahead.claims);
        let below = self.ahead.below;
        let mut walk = Walk::new(rows, 0, last, self.format, below, &claims);
        let mut collector = Collector {
            walk: &mut walk,
            loom: &mut self.loom,
            skim: &self.skim,
            start: 0,
            searched: 0,
            found: Collection::default(),
        };
        collector.step();
        let found = collector.found;
        let decided = found.decided(&walk);
        let mut known: Vec<&Found> = found.known.iter().chain(&found.outgrown).collect();
        known.retain(|known| known.range.start < decided);
        known.sort_by_key(|known| known.range.start);
        for known in &known {
            self.show(known, block, look)?;
        }
        self.ahead.below = walk.below(decided);
        self.ahead.claims = claims;
        let reaching = known.iter().filter(|known| known.range.end > decided);
        self.ahead.claims.extend(reaching.map(|known| Claim {
            origin: known.origin,
            range: known.range.clone(),
        }));
        self.ahead.advance(decided);
        Ok(decided)
    }

    /// Shows one record.
    fn show(
        &self,
        found: &Found,
        block: &[u8],
        look: &mut dyn FnMut(&Case<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let pieces = self.loom.pieces.get(found.pieces.clone());
        let record = Record::parse(&self.loom.text, pieces.unwrap_or_default());
        let forms = if found.pieces.len() == 1 {
            self.forms(found, record.first_line(), block)
        } else {
            Forms::default()
        };
        let lines: Vec<_> = forms.texts.iter().map(|text| one_line(text)).collect();
        let parsed = forms.texts.iter().zip(&lines);
        look(&Case {
            start: found.range.start,
            record,
            forms: parsed
                .map(|(text, line)| Record::parse(text, line))
                .collect(),
            named: forms.named.as_deref(),
            unjudged: found.oversize || found.is_mixed,
        })
    }

    /// The other forms of a record that is one line.
    fn forms(&self, found: &Found, text: &[u8], block: &[u8]) -> Forms {
        let raw = self.loom.raw_of(found.units.start..found.units.start + 1);
        let line = raw.first().map_or(&[][..], |row| row_text(block, row));
        let Some(wear) = Wear::of(line, self.format) else {
            return Forms::default();
        };
        let unit = self.loom.units.get(found.units.start);
        let inner = unit.map(|unit| self.loom.inner(unit, block, self.format));
        let inner = inner.unwrap_or_default();
        let entry = Entry::read(&inner);
        let worn = Worn {
            line,
            wear: &wear,
            inner: &inner,
            entry: entry.as_ref(),
        };
        Forms {
            texts: worn.forms(text),
            named: worn.named(text).filter(|_| text != line),
        }
    }
}

/// The other forms of a record that is one line.
#[derive(Default)]
struct Forms {
    texts: Vec<Vec<u8>>,
    named: Option<Vec<u8>>,
}

/// The text as the lines of a record.
fn one_line(text: &[u8]) -> Vec<Piece> {
    let line = line_at(text, 0);
    let piece = line.map(|line| Piece {
        seen: Seen::of(line.text(text)),
        line,
    });
    piece.into_iter().collect()
}
