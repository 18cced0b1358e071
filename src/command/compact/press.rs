//! One content on its way to become smaller: filtered, compressed in units, and what is taken out packed for the attic.
//!
//! The units and the attic's parts are made by a crew and written in order, so that what comes out does not depend on
//! how many threads there are.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::Arc;

use super::segments::{Segment, Segments};
use super::units::Units;
use crate::attic::{Belongs, Chunk, Content, Gather, PackedChunk, Stock, Store, Sum};
use crate::limits::ATTIC_SERIES_PARTS;
use crate::pipeline::{Ledger, Options, Output, Pipeline, Scout, Scouted, Withheld};
use crate::rule::RuleSet;
use crate::system::compress::Manner;
use crate::system::crew::{Ahead, Crew, Ticket};
use crate::system::spares::Spares;

/// Segments that are read before they are judged.
const SEGMENTS_AHEAD: usize = 2;

/// By what a content is filtered.
#[derive(Clone, Debug)]
pub struct Judges {
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// How the pipeline works.
    pub options: Options,
    /// The time of day for records that bear none, in microseconds since 1970.
    pub now: i64,
    /// About how many bytes are judged at once, by one thread.
    pub segment_bytes: usize,
}

/// What became of a content.
#[derive(Clone, Debug, Default)]
pub struct Pressed {
    /// What was read.
    pub original: Content,
    /// What was written, before it was compressed.
    pub filtered: Content,
    /// The account.
    pub ledger: Ledger,
}

/// Why a content could not be pressed.
#[derive(Debug)]
pub enum PressError {
    /// Reading it failed.
    Unreadable(io::Error),
    /// Writing the output or the attic failed.
    Unwritable(io::Error),
}

impl From<io::Error> for PressError {
    fn from(error: io::Error) -> PressError {
        PressError::Unwritable(error)
    }
}

/// Where a content goes.
pub struct Press<'a> {
    crew: &'a Crew,
    units: Units<'a>,
    store: Option<Store<&'a mut (dyn Write + 'a)>>,
    filtered: Sum,
    gather: Gather,
    /// Chunks that are being packed; whether each leads a series, and stands alone.
    chunks: VecDeque<(bool, Ticket<io::Result<PackedChunk>>)>,
    /// How many were begun.
    begun: u64,
    /// What the latest series begins with.
    stock: Arc<Stock>,
}

impl<'a> Press<'a> {
    /// Writes what passes to `out` in this manner, and what is taken out to an attic if there is one.
    ///
    /// # Errors
    /// The attic cannot be written.
    pub fn new(
        crew: &'a Crew,
        manner: Manner,
        out: &'a mut dyn Write,
        attic: Option<&'a mut (dyn Write + 'a)>,
    ) -> io::Result<Press<'a>> {
        Ok(Press {
            crew,
            units: Units::new(crew, manner, out),
            store: attic.map(Store::new).transpose()?,
            filtered: Sum::default(),
            gather: Gather::new(),
            chunks: VecDeque::new(),
            begun: 0,
            stock: Arc::default(),
        })
    }

    /// Presses all of a content. `tell` is asked again and again whether anybody wants to know how far it is.
    ///
    /// # Errors
    /// See [`PressError`].
    pub fn press(
        &mut self,
        from: impl Read + Send + 'static,
        judges: &Judges,
        tell: &mut dyn FnMut(),
    ) -> Result<Pressed, PressError> {
        let mut pipeline = Pipeline::new(Arc::clone(&judges.rules), judges.options);
        let scouts = std::iter::repeat_with(|| pipeline.scout());
        // One for each thread. Each remembers what it has judged.
        let scouts: Spares<Scout> = scouts.take(self.crew.jobs()).collect();
        let format = judges.options.format;
        let spares = Spares::default();
        let segments = Segments::new(from, judges.segment_bytes, format, spares.clone());
        let mut feed = Feed::new(segments, self.crew)?;
        let mut ahead = VecDeque::new();
        let mut tail = Tail::default();
        loop {
            // As many are judged at once as there are threads, and counted in their order.
            while ahead.len() < self.crew.jobs() {
                let segment = feed.next().map_err(PressError::Unreadable)?;
                let Some(segment) = segment else { break };
                ahead.push_back(self.begin(&scouts, segment));
            }
            let Some(judged) = ahead.pop_front() else {
                break;
            };
            let segment = self.settle(&mut pipeline, &mut tail, judged.fetch()?, judges.now)?;
            // One that grew because no cut was found in it would keep its memory for ever.
            if segment.bytes.capacity() <= 2 * judges.segment_bytes {
                spares.put_back(segment.bytes);
            }
            tell();
        }
        pipeline.finish(&tail.bytes, judges.now, self)?;
        let rest = self.gather.rest();
        self.end_chunk(rest)?;
        self.store_until(0)?;
        self.units.finish()?;
        Ok(Pressed {
            original: feed.content,
            filtered: self.filtered.content(),
            ledger: pipeline.ledger(),
        })
    }

    /// Begins to judge a segment. Where there is one thread only, it is judged when it is counted.
    fn begin(&self, scouts: &Spares<Scout>, segment: Segment) -> Ticket<Judged> {
        let judge = segment.is_whole && self.crew.jobs() > 1;
        let scouts = scouts.clone();
        self.crew.begin(move || {
            // If none is free, the segment is judged when it is counted.
            let scout = if judge { scouts.take() } else { None };
            let scouted = scout.and_then(|mut scout| {
                let scouted = scout.scout(&segment.bytes);
                scouts.put_back(scout);
                scouted
            });
            Judged { segment, scouted }
        })
    }

    /// Lets the pipeline read one segment, and gives it back; what it cannot decide yet stays in `tail`.
    fn settle(
        &mut self,
        pipeline: &mut Pipeline,
        tail: &mut Tail,
        judged: Judged,
        now: i64,
    ) -> io::Result<Segment> {
        let Judged { segment, scouted } = judged;
        if tail.bytes.is_empty() && segment.is_whole {
            pipeline.feed_scouted(&segment.bytes, scouted, now, self)?;
            return Ok(segment);
        }
        tail.bytes.extend_from_slice(&segment.bytes);
        if segment.is_whole {
            pipeline.end_of_part(&tail.bytes, now, self)?;
            *tail = Tail::default();
        } else if tail.bytes.len() > tail.undecided + tail.undecided / 4 {
            let done = pipeline.feed(&tail.bytes, now, self)?;
            tail.bytes.drain(..done);
            tail.undecided = tail.bytes.len();
        }
        Ok(segment)
    }

    /// Ends the attic.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self, belongs: Belongs) -> io::Result<()> {
        match self.store {
            Some(store) => store.finish(belongs).map(drop),
            None => Ok(()),
        }
    }

    /// Begins the work on a part of the attic.
    fn end_chunk(&mut self, chunk: Option<Chunk>) -> io::Result<()> {
        let Some(chunk) = chunk.filter(|_| self.store.is_some()) else {
            return Ok(());
        };
        let place = self.begun % ATTIC_SERIES_PARTS;
        self.begun += 1;
        if place == 1 {
            // What all of its series begin with must be there first.
            self.store_until(0)?;
        }
        let leads = place == 0;
        let stock = if leads {
            Arc::default()
        } else {
            Arc::clone(&self.stock)
        };
        let ticket = self.crew.begin(move || PackedChunk::new(&chunk, &stock));
        self.chunks.push_back((leads, ticket));
        self.store_until(self.crew.jobs())
    }

    fn store_until(&mut self, open: usize) -> io::Result<()> {
        while self.chunks.len() > open {
            let first = self.chunks.pop_front();
            if let Some(((leads, ticket), store)) = first.zip(self.store.as_mut()) {
                let packed = ticket.fetch()??;
                store.put(&packed)?;
                if leads {
                    self.stock = packed.behind().unwrap_or_default();
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.filtered.add(bytes);
        self.units.add(bytes)
    }
}

impl Output for Press<'_> {
    fn pass(&mut self, bytes: &[u8], _at: u64) -> io::Result<()> {
        self.gather.pass(bytes.len() as u64);
        self.add(bytes)
    }

    fn summary(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.add(bytes)
    }

    fn hold_back(&mut self, withheld: &Withheld<'_>) -> io::Result<()> {
        if self.store.is_none() {
            return Ok(());
        }
        let chunk = self
            .gather
            .take(withheld.bytes, withheld.kind, withheld.begins);
        self.end_chunk(chunk)
    }

    fn close(&mut self, kind: u64, summary: &[u8]) -> io::Result<()> {
        if self.store.is_none() {
            return Ok(());
        }
        let chunk = self.gather.put_in(summary, kind);
        self.end_chunk(chunk)
    }
}

/// What the pipeline could not decide yet, and what has come since. It is shown to the pipeline again when it has grown by
/// a share: a long record would else be read once for each segment.
#[derive(Default)]
struct Tail {
    bytes: Vec<u8>,
    /// How much of it the pipeline has seen.
    undecided: usize,
}

/// A segment, and what a scout has seen in it.
struct Judged {
    segment: Segment,
    scouted: Option<Scouted>,
}

/// Where segments come from: read in front by a thread of its own, or, if there is one job only, when they are asked for.
struct Feed<R> {
    from: Reading<R>,
    /// What was read, once all was.
    content: Content,
}

enum Reading<R> {
    Here(Box<Segments<R>>),
    Ahead(Ahead<Piece>),
}

enum Piece {
    Segment(Segment),
    End(Content),
    Failed(io::Error),
}

impl<R: Read + Send + 'static> Feed<R> {
    fn new(segments: Segments<R>, crew: &Crew) -> io::Result<Feed<R>> {
        let from = if crew.jobs() == 1 {
            Reading::Here(Box::new(segments))
        } else {
            let mut segments = segments;
            Reading::Ahead(Ahead::new(SEGMENTS_AHEAD, move |made| {
                while made.send(piece(&mut segments)).is_ok() {}
            })?)
        };
        Ok(Feed {
            from,
            content: Content::default(),
        })
    }

    fn next(&mut self) -> io::Result<Option<Segment>> {
        let piece = match &mut self.from {
            Reading::Here(segments) => piece(segments),
            Reading::Ahead(ahead) => ahead
                .next()
                .unwrap_or_else(|| Piece::Failed(io::Error::other("a thread has died"))),
        };
        match piece {
            Piece::Segment(segment) => Ok(Some(segment)),
            Piece::Failed(error) => Err(error),
            Piece::End(content) => {
                self.content = content;
                Ok(None)
            }
        }
    }
}

fn piece<R: Read>(segments: &mut Segments<R>) -> Piece {
    match segments.read() {
        Ok(Some(segment)) => Piece::Segment(segment),
        Ok(None) => Piece::End(segments.content()),
        Err(error) => Piece::Failed(error),
    }
}
