//! The part of a log that was written in a span of time.

use std::io::{self, Write};

use crate::line::Stamp;

/// Bytes of a line's front that are looked at for its stamp: none begins or ends further in.
const FRONT_BYTES: usize = 256;

/// A span of the log's own time, in microseconds since 1970; both ends belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// From then on; `None` is from the beginning.
    pub since: Option<i64>,
    /// Until then; `None` is to the end.
    pub until: Option<i64>,
}

impl Span {
    fn holds(&self, micros: i64) -> bool {
        self.since.is_none_or(|since| since <= micros)
            && self.until.is_none_or(|until| micros <= until)
    }
}

/// Passes on the lines that were written in a span. A line without a time of its own goes with the one before it.
pub struct Within<'a> {
    span: Span,
    out: &'a mut dyn Write,
    /// The log's clock, for stamps that lack a year or a date.
    clock: i64,
    /// The front of the line that is being read, until it is decided.
    front: Vec<u8>,
    is_decided: bool,
    passes: bool,
}

impl<'a> Within<'a> {
    /// At the beginning of a log; `clock` is a time near its first stamp.
    pub fn new(span: Span, clock: i64, out: &'a mut dyn Write) -> Within<'a> {
        Within {
            span,
            out,
            clock,
            front: Vec::new(),
            is_decided: false,
            passes: span.since.is_none(),
        }
    }

    /// Passes on what is left of a last line without an ending.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn finish(&mut self) -> io::Result<()> {
        if !self.is_decided {
            self.decide()?;
        }
        self.out.flush()
    }

    /// Looks at the front of a line, and passes it on or not.
    fn decide(&mut self) -> io::Result<()> {
        let text = self.front.trim_ascii_end();
        if let Some(stamp) = Stamp::find(text) {
            self.clock = stamp.resolve(self.clock);
            self.passes = self.span.holds(self.clock);
        }
        self.is_decided = true;
        if self.passes {
            self.out.write_all(&self.front)?;
        }
        self.front.clear();
        Ok(())
    }

    /// Takes a piece of a line.
    fn piece(&mut self, piece: &[u8]) -> io::Result<()> {
        let ends = piece.ends_with(b"\n");
        if self.is_decided {
            if self.passes {
                self.out.write_all(piece)?;
            }
        } else {
            self.front.extend_from_slice(piece);
            if ends || self.front.len() >= FRONT_BYTES {
                self.decide()?;
            }
        }
        self.is_decided &= !ends;
        Ok(())
    }
}

impl Write for Within<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut start = 0;
        for newline in memchr::memchr_iter(b'\n', bytes) {
            self.piece(bytes.get(start..=newline).unwrap_or_default())?;
            start = newline + 1;
        }
        let rest = bytes.get(start..).unwrap_or_default();
        if !rest.is_empty() {
            self.piece(rest)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "a\n2026-11-22 10:00:00 one\n\tat b\n2026-11-22 10:00:05 two\n  more\n2026-11-22 10:00:09 three";

    fn part(since: Option<i64>, until: Option<i64>) -> String {
        let zero = Stamp::find(b"2026-11-22 10:00:00 one").map_or(0, |stamp| stamp.micros);
        let time = |seconds: i64| zero + seconds * 1_000_000;
        let span = Span {
            since: since.map(time),
            until: until.map(time),
        };
        let mut parts = Vec::new();
        for size in [1, 7, 1000] {
            let mut out = Vec::new();
            let mut within = Within::new(span, zero, &mut out);
            LOG.as_bytes()
                .chunks(size)
                .for_each(|chunk| within.write_all(chunk).unwrap());
            within.finish().unwrap();
            parts.push(String::from_utf8(out).unwrap());
        }
        assert!(parts.iter().all(|part| *part == parts[0]));
        parts.remove(0)
    }

    #[test]
    fn lines_go_with_the_last_time_before_them() {
        assert_eq!(part(None, None), LOG);
        assert_eq!(part(Some(1), Some(5)), "2026-11-22 10:00:05 two\n  more\n");
        assert_eq!(part(None, Some(0)), "a\n2026-11-22 10:00:00 one\n\tat b\n");
        assert_eq!(part(Some(6), None), "2026-11-22 10:00:09 three");
        assert_eq!(part(Some(60), None), "");
    }
}
