//! Runs a pipeline over a log that arrives in pieces, as a source would, and keeps what it did.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use quell::pipeline::{Gear, Ledger, Options, Output, Pipeline, Withheld};
use quell::rule::RuleSet;
use regex::bytes::Regex;

/// The time of day that every run is told: the logs bear their own.
pub const NOW: i64 = 1_795_341_600_000_000;

/// An output that remembers what came from where.
#[derive(Debug, Default)]
pub struct Tape {
    /// Everything, as it would stand in the file.
    pub out: Vec<u8>,
    /// What passed: where it stood in the input.
    pub passed: Vec<Range<usize>>,
    /// What was held back: where it stood in the input.
    pub held: Vec<Range<usize>>,
    /// The summaries alone, and as they were closed one by one.
    pub summaries: Vec<u8>,
    closed: Vec<u8>,
    /// How many records it began with.
    begun: u64,
    /// What was wrong with the calls themselves.
    pub fault: Option<String>,
    /// The input, to hold what passes against.
    input: Vec<u8>,
}

impl Output for Tape {
    fn pass(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        let at = usize::try_from(at).unwrap();
        let before = self.done();
        if at != before {
            self.fault = Some(format!("byte {at} passes although {before} bytes are done"));
        } else if self.input.get(at..at + bytes.len()) != Some(bytes) {
            self.fault = Some(format!("what passes as byte {at} is not what stood there"));
        }
        match self.passed.last_mut() {
            Some(last) if last.end == at => last.end += bytes.len(),
            _ => self.passed.push(at..at + bytes.len()),
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn summary(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !bytes.starts_with(b"\n") && self.out.last().is_some_and(|last| *last != b'\n') {
            self.fault = Some(format!("a summary within a line: {}", bytes.escape_ascii()));
        }
        if self
            .passed
            .last()
            .is_some_and(|last| last.end < self.input.len() && self.input[last.end - 1] != b'\n')
        {
            self.fault = Some(format!("a summary cuts a line: {}", bytes.escape_ascii()));
        }
        self.out.extend_from_slice(bytes);
        self.summaries.extend_from_slice(bytes);
        if self.closed != self.summaries {
            self.fault = Some("the summaries are not those that were closed".to_owned());
        }
        Ok(())
    }

    fn hold_back(&mut self, withheld: &Withheld<'_>) -> io::Result<()> {
        let at = usize::try_from(withheld.at).unwrap();
        let range = at..at + withheld.bytes.len();
        let before = self.done();
        if at != before {
            self.fault = Some(format!(
                "byte {at} is held back, {before} is the next there is"
            ));
        } else if self.input.get(range.clone()) != Some(withheld.bytes) {
            self.fault = Some(format!("what is held back as byte {at} stood elsewhere"));
        }
        self.held.push(range);
        self.begun += u64::from(withheld.begins);
        Ok(())
    }

    fn close(&mut self, _kind: u64, summary: &[u8]) -> io::Result<()> {
        self.closed.extend_from_slice(summary);
        Ok(())
    }
}

impl Tape {
    /// Up to where everything has passed or was held back.
    fn done(&self) -> usize {
        let end = |ranges: &[Range<usize>]| ranges.last().map_or(0, |range| range.end);
        end(&self.passed).max(end(&self.held))
    }

    /// Records that were held back.
    pub fn held_records(&self) -> u64 {
        self.begun
    }

    /// Whether all of this range of the input passed.
    pub fn has(&self, range: &Range<usize>) -> bool {
        range.is_empty()
            || self
                .passed
                .iter()
                .any(|passed| passed.start <= range.start && range.end <= passed.end)
    }

    /// Whether none of this range of the input passed.
    pub fn lacks(&self, range: &Range<usize>) -> bool {
        !self
            .passed
            .iter()
            .any(|passed| passed.start < range.end && range.start < passed.end)
    }

    /// Records that the summaries speak of, and their lines.
    pub fn counts(&self) -> (u64, u64) {
        let text = Regex::new(r"(?-u)^.* (?:WARN|ERROR) quell: (\d+)x .* (\d+) lines?, ").unwrap();
        let json = Regex::new(
            r#"\{.*"quell":\{"bytes":\d+,"cause":"[^"]*","count":(\d+),.*"lines":(\d+),"#,
        )
        .unwrap();
        let mut counts = (0, 0);
        for line in self
            .summaries
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let found = text
                .captures(line)
                .or_else(|| json.captures(line))
                .unwrap_or_else(|| panic!("no summary: {}", line.escape_ascii()));
            let number =
                |group| -> u64 { std::str::from_utf8(&found[group]).unwrap().parse().unwrap() };
            counts = (counts.0 + number(1), counts.1 + number(2));
        }
        counts
    }
}

/// How the input is cut into reads.
#[derive(Clone, Debug)]
pub enum Cuts {
    /// One read.
    Never,
    /// Every so many bytes.
    Every(usize),
    /// At these shares of the input, in 65536ths.
    At(Vec<u16>),
}

impl Cuts {
    /// Where the reads end, the last one at the end of the input.
    pub fn positions(&self, len: usize) -> Vec<usize> {
        let mut positions: Vec<usize> = match self {
            Cuts::Never => Vec::new(),
            Cuts::Every(bytes) => (*bytes..len).step_by(*bytes).collect(),
            Cuts::At(shares) => shares
                .iter()
                .map(|share| len * usize::from(*share) / 65_536)
                .collect(),
        };
        positions.sort_unstable();
        positions.push(len);
        positions
    }
}

/// One run: a pipeline, what it has not consumed yet, and what came out.
pub struct Run<'i> {
    pipeline: Pipeline,
    input: &'i [u8],
    /// What of the input is held as the unconsumed tail.
    tail: Range<usize>,
    pub tape: Tape,
}

impl<'i> Run<'i> {
    pub fn new(rules: &Arc<RuleSet>, options: Options, input: &'i [u8]) -> Run<'i> {
        Run {
            pipeline: Pipeline::new(Arc::clone(rules), options),
            input,
            tail: 0..0,
            tape: Tape {
                input: input.to_vec(),
                ..Tape::default()
            },
        }
    }

    /// Reads the input up to `to` and feeds it.
    pub fn read_to(&mut self, to: usize) {
        self.tail.end = to.max(self.tail.end);
        let done = self
            .pipeline
            .feed(&self.input[self.tail.clone()], NOW, &mut self.tape)
            .unwrap();
        self.tail.start += done;
    }

    /// Nothing came for a while.
    pub fn release(&mut self) {
        let done = self
            .pipeline
            .release(&self.input[self.tail.clone()], NOW, &mut self.tape)
            .unwrap();
        self.tail.start += done;
    }

    /// Somebody asks for the summaries.
    pub fn flush(&mut self) {
        self.pipeline.flush(NOW, &mut self.tape).unwrap();
    }

    /// The program ends, and another goes on where this one was saved.
    pub fn restart(&mut self, rules: &Arc<RuleSet>, options: Options) {
        let saved = self.pipeline.save();
        self.pipeline = Pipeline::new(Arc::clone(rules), options);
        self.pipeline.restore(&saved).unwrap();
    }

    /// The input ends.
    pub fn finish(mut self) -> (Tape, Ledger) {
        self.tail.end = self.input.len();
        self.pipeline
            .finish(&self.input[self.tail.clone()], NOW, &mut self.tape)
            .unwrap();
        (self.tape, self.pipeline.ledger())
    }
}

/// Runs to the end without ever releasing what is held.
pub fn run(rules: &Arc<RuleSet>, options: Options, input: &[u8], cuts: &Cuts) -> (Tape, Ledger) {
    let mut run = Run::new(rules, options, input);
    for position in cuts.positions(input.len()) {
        run.read_to(position);
    }
    run.finish()
}

/// The same options in another gear.
pub fn in_gear(options: Options, gear: Gear) -> Options {
    Options { gear, ..options }
}
