//! One stream on its way from block to output.

use std::io;
use std::sync::Arc;

use super::passage::{Following, Passage};
use super::time::Marks;
use super::weave::{Ahead, Loom, Rows, Until};
use super::{Gear, Ledger, Options, Output, Skim};
use crate::episode::key::KeyBuilder;
use crate::episode::{Clock, Collapse, Summary};
use crate::format::{Format, Wardrobe, export};
use crate::line::{Layout, Line, line_start};
use crate::record::Assembly;
use crate::rule::{Memory, RuleSet};

/// The filter for one stream.
#[derive(Debug)]
pub struct Pipeline {
    pub(super) rules: Arc<RuleSet>,
    pub(super) skim: Arc<Skim>,
    pub(super) options: Options,
    /// Which envelopes are opened, as far as the beginning of the input says more than the options.
    pub(super) format: Format,
    /// Nothing of the input was read yet.
    pub(super) is_fresh: bool,
    pub(super) clock: Clock,
    pub(super) marks: Marks,
    pub(super) collapse: Collapse,
    pub(super) key: KeyBuilder,
    pub(super) assembly: Assembly,
    /// How the stream writes its times, as it was seen last.
    pub(super) layout: Option<Layout>,
    pub(super) followings: Vec<Following>,
    /// What is known of lines behind the last that was passed on.
    pub(super) ahead: Ahead,
    pub(super) loom: Loom,
    pub(super) wardrobe: Wardrobe,
    /// A line beyond all bounds is passing; its end was not seen yet.
    pub(super) mid_line: bool,
    /// The last byte that was passed on did not end a line.
    pub(super) torn: bool,
    /// Offset in the stream of the next block's first byte.
    pub(super) offset: u64,
    /// When what is held back began to be, by the clock on the wall.
    pub(super) open_since: Option<i64>,
    pub(super) ledger: Ledger,
    pub(super) due: Vec<Summary>,
    pub(super) memory: Memory,
}

/// What the end of the input so far is, which a later line may continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// No complete line is held.
    Nothing,
    /// A record that announces no trace: nothing is lost if it goes out at once.
    Plain,
    /// A record that may be noise, or the beginning of it.
    Suspect,
}

impl Pipeline {
    /// A filter with these rules, at the beginning of a stream.
    pub fn new(rules: Arc<RuleSet>, options: Options) -> Pipeline {
        let skim = Arc::new(Skim::new(rules.anchors()));
        Pipeline::with(rules, skim, options)
    }

    fn with(rules: Arc<RuleSet>, skim: Arc<Skim>, options: Options) -> Pipeline {
        Pipeline {
            skim,
            rules,
            collapse: Collapse::new(options.settings),
            options,
            format: options.format,
            is_fresh: true,
            clock: Clock::default(),
            marks: Marks::default(),
            key: KeyBuilder::default(),
            assembly: Assembly::default(),
            layout: None,
            followings: Vec::new(),
            ahead: Ahead::default(),
            loom: Loom::default(),
            wardrobe: Wardrobe::default(),
            mid_line: false,
            torn: false,
            offset: 0,
            open_since: None,
            ledger: Ledger::default(),
            due: Vec::new(),
            memory: Memory::default(),
        }
    }

    /// A filter for another stream, under the same rules and options. What does not change is shared: a thousand streams
    /// take little more than what they hold back.
    #[must_use]
    pub fn beside(&self) -> Pipeline {
        Pipeline::with(
            Arc::clone(&self.rules),
            Arc::clone(&self.skim),
            self.options,
        )
    }

    /// Takes the rules that another filter has; what is held back stays counted.
    pub fn set_rules_of(&mut self, other: &Pipeline) {
        self.skim = Arc::clone(&other.skim);
        self.rules = Arc::clone(&other.rules);
        self.memory = Memory::default();
    }

    /// Summaries that were written so far.
    #[must_use]
    pub fn summaries(&self) -> u64 {
        self.ledger.summaries
    }

    /// Offset in the stream of the next block's first byte.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Ends an unfinished line that was passed on, if there is one: says whether a line ending is to be written.
    pub fn mend(&mut self) -> bool {
        std::mem::take(&mut self.torn)
    }

    /// Takes new rules; what is held back stays counted.
    pub fn set_rules(&mut self, rules: Arc<RuleSet>) {
        self.skim = Arc::new(Skim::new(rules.anchors()));
        self.rules = rules;
        self.memory = Memory::default();
    }

    /// Reads a block and says how many of its bytes are done with. The caller keeps the rest and offers it again,
    /// with more behind it. `now` is the time of day, in microseconds since 1970.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn feed(&mut self, block: &[u8], now: i64, out: &mut dyn Output) -> io::Result<usize> {
        self.advance(block, now, false, out)
    }

    /// Reads the last of one file when another may follow: no record goes on from one into the next, but what is held
    /// back stays counted.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn end_of_file(&mut self, block: &[u8], now: i64, out: &mut dyn Output) -> io::Result<()> {
        self.end_of_part(block, now, out)?;
        self.is_fresh = true;
        Ok(())
    }

    /// Reads the last of one part of a file when another follows, between records of everybody's.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn end_of_part(&mut self, block: &[u8], now: i64, out: &mut dyn Output) -> io::Result<()> {
        let done = self.advance(block, now, true, out)?;
        debug_assert_eq!(done, block.len(), "nothing is held at the end of the input");
        self.mid_line = false;
        self.ahead = Ahead::default();
        Ok(())
    }

    /// Reads the last of the input and writes every summary that is due.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn finish(&mut self, block: &[u8], now: i64, out: &mut dyn Output) -> io::Result<()> {
        self.end_of_file(block, now, out)?;
        self.flush(now, out)
    }

    /// Writes the summaries of everything held back so far; not in the midst of a line that is passing.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn flush(&mut self, now: i64, out: &mut dyn Output) -> io::Result<()> {
        if self.mid_line {
            return Ok(());
        }
        self.collapse
            .flush(self.clock.micros().unwrap_or(now), &mut self.due);
        self.write_due(out)
    }

    /// Ends the window by the clock on the wall, when nothing comes whose stamps would end it.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn tick(&mut self, now: i64, out: &mut dyn Output) -> io::Result<()> {
        if !self.mid_line && self.ends_at().is_some_and(|end| now >= end) {
            self.flush(now, out)?;
        }
        Ok(())
    }

    /// When the window ends by the clock on the wall, if anything is held back.
    pub fn ends_at(&self) -> Option<i64> {
        let every = i64::try_from(self.options.settings.every.as_micros()).unwrap_or(i64::MAX);
        self.open_since
            .filter(|_| self.collapse.is_open())
            .map(|since| since.saturating_add(every))
    }

    /// What the lines are that `feed` left.
    pub fn held(&self, block: &[u8]) -> Held {
        let entries = self.entries(block, 0, false);
        let rows = Rows {
            block,
            entries: entries.as_deref(),
        };
        let complete = rows.complete(0);
        if complete == 0 {
            return Held::Nothing;
        }
        if self.skim.is_in(&block[..complete]) || self.is_expecting(rows) {
            Held::Suspect
        } else {
            Held::Plain
        }
    }

    /// Judges what `feed` left as it stands, as nothing came for a while. Lines that come later and continue its last
    /// record follow its verdict. Says how many bytes are done with: all but an unfinished line.
    ///
    /// # Errors
    /// Whatever writing to `out` gives.
    pub fn release(&mut self, block: &[u8], now: i64, out: &mut dyn Output) -> io::Result<usize> {
        let Some(complete) = complete_lines(block) else {
            return Ok(0);
        };
        let entries = self.entries(complete, 0, false);
        let rows = Rows {
            block: complete,
            entries: entries.as_deref(),
        };
        let mut passage = Passage::new(rows, 0, now, out);
        let end = if self.is_bare(&mut passage, complete.len()) {
            self.release_bare(&mut passage)?
        } else {
            self.weave(&mut passage, 0, Until::Release)?
        };
        self.settle(&mut passage, end)?;
        Ok(passage.passed)
    }

    /// The account so far.
    pub fn ledger(&self) -> Ledger {
        Ledger {
            evicted: self.collapse.evicted(),
            ..self.ledger.clone()
        }
    }

    fn advance(
        &mut self,
        block: &[u8],
        now: i64,
        last: bool,
        out: &mut dyn Output,
    ) -> io::Result<usize> {
        if self.is_fresh && !self.meet(block, last) {
            return Ok(0);
        }
        // What is left of a line beyond all bounds.
        let rest = if self.mid_line {
            memchr::memchr(b'\n', block).map(|newline| newline + 1)
        } else {
            Some(0)
        };
        let begun = rest.unwrap_or(block.len());
        let entries = self.entries(block, begun, last);
        let rows = Rows {
            block,
            entries: entries.as_deref(),
        };
        let mut passage = Passage::new(rows, begun, now, out);
        self.mid_line = rest.is_none();
        self.pass(&mut passage, begun)?;
        passage.marked = begun;
        let start = begun;
        let until = if last { Until::End } else { Until::Whole };
        let end = if self.mid_line {
            start
        } else if self.options.gear == Gear::Step {
            self.weave(&mut passage, start, until)?
        } else {
            self.skim(&mut passage, last)?
        };
        self.settle(&mut passage, end)?;
        Ok(passage.passed)
    }

    /// Looks at the beginning of an input: whether it is one of entries. Not before enough of it is there.
    pub(super) fn meet(&mut self, block: &[u8], last: bool) -> bool {
        let may_become = self.options.format == Format::Auto && export::FRONT.starts_with(block);
        if !last && (block.is_empty() || may_become && block.len() < export::FRONT.len()) {
            return false;
        }
        self.format = self.options.format.met(block);
        self.is_fresh = false;
        true
    }

    /// The entries of a block, if that is what the input is made of.
    fn entries(&self, block: &[u8], from: usize, last: bool) -> Option<Vec<Line>> {
        (self.format == Format::Export).then(|| export::rows(block, from, last))
    }

    /// Passes everything up to `end` on and moves the stream's offset.
    pub(super) fn settle(&mut self, passage: &mut Passage<'_>, end: usize) -> io::Result<()> {
        // A line that leaves before its end is there is asked nothing; those before it are.
        let whole = if self.mid_line {
            line_start(passage.block, end, passage.marked.min(end))
        } else {
            end
        };
        self.read_marks(passage, whole)?;
        self.pass(passage, end)?;
        let done = passage.passed;
        self.look_ahead(passage, done);
        self.offset += done as u64;
        Ok(())
    }

    /// Keeps in mind what the next block, which begins at `done`, needs to know of this one.
    fn look_ahead(&mut self, passage: &Passage<'_>, done: usize) {
        if self.mid_line {
            self.ahead = Ahead::default();
        } else if done > passage.begun {
            self.ahead.below = self.below(passage, done);
        }
        self.ahead.advance(done);
        for following in &mut self.followings {
            if following.from < done {
                following.apart += passage.rows.count(following.from, done);
            }
            following.from = following.from.saturating_sub(done);
        }
    }
}

/// The block up to its last line ending.
fn complete_lines(block: &[u8]) -> Option<&[u8]> {
    memchr::memrchr(b'\n', block).map(|newline| &block[..=newline])
}
