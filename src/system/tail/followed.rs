//! One name that is followed, and the files that bear it one after the other.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::FileType;
use rustix::io::Errno;

use super::reader::{Point, Reader, Standing};
use super::reconcile::{Change, There, reconcile};
use crate::limits::{GENERATIONS_MAX, LATE_LINES, WRITERS_EVERY};
use crate::system::source::{Source, SourceError};
use crate::system::{Facts, Identity};

/// Where reading begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Start {
    /// At the last lines of what is there. A file that appears later is read from its beginning.
    Lines(u64),
    /// At the beginning.
    Beginning,
    /// Where it stood, in the order of reading.
    Points(Vec<Point>),
}

/// What people should know.
#[derive(Debug)]
pub enum Notice {
    /// There is no such file yet.
    Awaited,
    /// The file was cut short while it was read; so many bytes are known to be lost, and others may be.
    Cut {
        /// Bytes that were seen to be there and were not read.
        bytes: u64,
    },
    /// The file was cut short, and what was not read of it was found in a copy.
    Copied(PathBuf),
    /// After it was cut short, so many NULs that nobody wrote were passed over.
    Hole {
        /// How many.
        bytes: u64,
    },
    /// The file that was read when the program ended last is nowhere: what came behind that place is lost.
    Vanished(Point),
    /// What bears the name cannot be followed.
    Refused(FileType),
    /// Nothing can be known of the file now.
    Unreachable(Errno),
    /// A file between two others could not be read.
    Skipped(SourceError),
}

/// What a step of reading gave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// The block of the source has grown.
    Data,
    /// Nothing more for now.
    Quiet,
    /// The file is at its end for good: what is in the block is the last of it; then call [`next`](Tail::next).
    Over,
    /// The next block is of another file than the last one, which is not at its end: no record goes on.
    Turn,
}

/// A name and its files.
#[derive(Debug)]
pub struct Tail {
    pub(super) path: PathBuf,
    /// The files to be read, in the order in which they were written. The last one bears the name, or did.
    pub(super) queue: VecDeque<Reader>,
    /// Files that are done with, kept open for a while in case somebody still writes to them.
    pub(super) late: VecDeque<Reader>,
    /// The ends of files that are done with: they are known again when they are compressed.
    pub(super) past: VecDeque<Point>,
    /// Where to begin; `None` after the first look.
    pub(super) start: Option<Start>,
    /// The next block is of another file than the last one.
    pub(super) has_turned: bool,
    /// What was found at the name, if that cannot be followed.
    pub(super) trouble: Option<Change>,
    /// What was known of the file that bore the name last.
    pub(super) left: Option<Facts>,
    /// To be said at the next look.
    unsaid: Vec<Notice>,
}

impl Tail {
    /// Follows `path`; looks at nothing yet.
    #[must_use]
    pub fn new(path: PathBuf, start: Start) -> Tail {
        Tail {
            path,
            queue: VecDeque::new(),
            late: VecDeque::new(),
            past: VecDeque::new(),
            start: Some(start),
            has_turned: false,
            trouble: None,
            left: None,
            unsaid: Vec::new(),
        }
    }

    /// The name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is read now.
    pub fn source(&mut self) -> Option<&mut Source> {
        self.queue.front_mut().map(|reader| &mut reader.source)
    }

    /// The file that bears the name, or bore it last.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        self.queue.back().map(Reader::identity)
    }

    /// Whether what bears the name cannot be followed.
    #[must_use]
    pub fn is_troubled(&self) -> bool {
        self.trouble.is_some()
    }

    /// Where reading stands, in the order of reading.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let open = self.late.iter().chain(&self.queue);
        let open = open.filter(|reader| reader.is_alive()).map(Reader::point);
        let mut points: Vec<Point> = open.collect();
        // The one that was read last tells which came after it, even if it is done with.
        let last = self.past.back().filter(|_| self.queue.is_empty());
        let is_open = |last: &&Point| points.iter().any(|point| point.identity == last.identity);
        let last = last.filter(|last| !is_open(last));
        points.extend(last.map(|last| Point {
            is_done: true,
            ..*last
        }));
        points
    }

    /// Whether nobody may tell us of what happens next: the file is missing, unreachable, or has a predecessor that may
    /// still be written to.
    #[must_use]
    pub fn wants_polling(&self) -> bool {
        let named = |reader: &Reader| reader.standing == Standing::Named;
        self.trouble.is_some() || !self.late.is_empty() || !self.queue.back().is_some_and(named)
    }

    /// When to read again although nothing was heard of: while the end of an old file is waited for.
    #[must_use]
    pub fn wakes_at(&self, now: Instant) -> Option<Instant> {
        let waits = self.queue.len() > 1;
        waits.then(|| now + WRITERS_EVERY)
    }

    /// What came up while reading and is to be said.
    pub fn unsaid(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.unsaid)
    }

    /// Looks what has become of the name and its file.
    pub fn look(&mut self, now: Instant) -> Vec<Notice> {
        let mut notices = self.unsaid();
        if let Some(Start::Points(points)) = self
            .start
            .take_if(|start| matches!(start, Start::Points(_)))
        {
            self.resume(&points, now, &mut notices);
        }
        let there = self.there();
        let change = self.change(there);
        let trouble = match change {
            Change::Refused(_) | Change::Unreachable(_) => Some(change),
            _ => None,
        };
        match change {
            Change::Quiet if self.queue.is_empty() => {
                self.add_missed(now, None, &mut notices);
            }
            Change::Quiet | Change::Grown => self.take_back(&mut notices),
            Change::Appeared => self.open_first(now, &mut notices),
            Change::Cut => self.begin_anew(now, &mut notices),
            Change::Replaced => self.add_next(now, &mut notices),
            Change::Continued => self.go_on(&mut notices),
            Change::Removed | Change::Refused(_) => {
                self.leave(now);
                self.add_missed(now, None, &mut notices);
            }
            Change::Unreachable(_) => {}
        }
        if trouble != self.trouble {
            match trouble {
                Some(Change::Refused(kind)) => notices.push(Notice::Refused(kind)),
                Some(Change::Unreachable(errno)) => notices.push(Notice::Unreachable(errno)),
                _ => {}
            }
            self.trouble = trouble;
        }
        // Lines that were there at the first look are the last lines; what comes later is read whole.
        self.start = None;
        self.left = self.queue.back().map(Reader::facts).or(self.left);
        self.look_for_late_lines(now);
        notices
    }

    /// Reads once.
    ///
    /// # Errors
    /// Whatever the system says of the read; it may be tried again.
    pub fn read(&mut self, now: Instant) -> io::Result<Step> {
        let has_next = self.queue.len() > 1;
        let Some(front) = self.queue.front_mut() else {
            return Ok(Step::Quiet);
        };
        if std::mem::take(&mut self.has_turned) {
            return Ok(Step::Turn);
        }
        loop {
            let filled = front.fill(now);
            if let Some(bytes) = front.cut() {
                self.unsaid.push(Notice::Cut { bytes });
            }
            if let bytes @ 1.. = front.hole() {
                self.unsaid.push(Notice::Hole { bytes });
            }
            if filled? {
                return Ok(Step::Data);
            }
            let was_abandoned = front.is_abandoned();
            if front.is_done(now, has_next) {
                return Ok(Step::Over);
            }
            if was_abandoned || !front.is_abandoned() {
                return Ok(Step::Quiet);
            }
        }
    }

    /// Goes on to the next file, after the end of this one.
    pub fn next(&mut self, now: Instant) {
        let Some(mut done) = self.queue.pop_front() else {
            return;
        };
        self.unsaid.extend(done.damage().map(Notice::Skipped));
        if done.is_alive() {
            self.past.push_back(done.point());
        }
        if self.past.len() > GENERATIONS_MAX {
            self.past.pop_front();
        }
        match done.standing {
            // A file without a name can get none again, and one that nobody writes to gets no lines.
            Standing::Left(_) if !done.is_abandoned() || done.facts().links > 0 => {
                done.standing = Standing::Late(now + LATE_LINES);
                self.late.push_back(done);
            }
            Standing::Late(_) => self.late.push_back(done),
            _ => {}
        }
        while self.late.len() > GENERATIONS_MAX {
            self.late.pop_front();
        }
    }

    /// What bears the name.
    fn there(&self) -> There {
        match Facts::at(&self.path) {
            Ok(facts) if facts.is_regular() => There::File(facts),
            Ok(facts) => There::Other(facts.kind),
            // A link that leads nowhere or in a circle, a folder that is none: there is nothing, until there is.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => There::Nothing,
            Err(errno) => There::Unreachable(errno),
        }
    }

    /// What that means for the file that bore it last.
    fn change(&mut self, there: There) -> Change {
        let Some(last) = self.queue.back_mut() else {
            return reconcile(None, there);
        };
        let rival = match there {
            There::File(facts) if facts.identity != last.identity() => {
                Reader::open(&self.path, Standing::Named).ok()
            }
            _ => None,
        };
        match last.ask(rival.as_ref()) {
            Ok(open) => reconcile(Some(open), there),
            Err(cause) => Change::Unreachable(Errno::from_io_error(&cause).unwrap_or(Errno::IO)),
        }
    }

    /// Reads on in a file that was done with and has grown.
    fn look_for_late_lines(&mut self, now: Instant) {
        let mut at = 0;
        while let Some(late) = self.late.get_mut(at) {
            let grown = late.look().is_ok_and(|facts| facts.size > late.read());
            let expired = matches!(late.standing, Standing::Late(until) if until <= now);
            if grown {
                if let Some(late) = self.late.remove(at) {
                    self.queue.push_front(late);
                    self.has_turned = true;
                }
            } else if expired && !late.has_writers() {
                self.late.remove(at);
            } else {
                at += 1;
            }
        }
    }

    pub(super) fn is_known(&self, identity: Identity) -> bool {
        self.queue
            .iter()
            .chain(&self.late)
            .any(|reader| reader.is_alive() && reader.identity() == identity)
    }
}
