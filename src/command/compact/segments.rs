//! A content in segments, each of which begins and ends between records.

use std::io::{self, Read};

use crate::attic::{Content, Sum};
use crate::format::Format;
use crate::format::export::FRONT;
use crate::limits::SEGMENT_BYTES_TIMES_MAX;
use crate::pipeline::cut;
use crate::system::spares::Spares;

/// A part of a content.
#[derive(Debug)]
pub struct Segment {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether no record reaches over its end.
    pub is_whole: bool,
}

/// A content that is read segment by segment.
#[derive(Debug)]
pub struct Segments<R> {
    from: R,
    /// What was read behind the last cut.
    rest: Vec<u8>,
    sum: Sum,
    ended: bool,
    segment_bytes: usize,
    format: Format,
    /// The beginning was looked at, and says as much of the format as it can.
    is_met: bool,
    spares: Spares<Vec<u8>>,
}

impl<R: Read> Segments<R> {
    /// At the beginning of a content that is read in segments of about so many bytes, where there are any into `spares`.
    pub fn new(
        from: R,
        segment_bytes: usize,
        format: Format,
        spares: Spares<Vec<u8>>,
    ) -> Segments<R> {
        Segments {
            spares,
            from,
            rest: Vec::new(),
            sum: Sum::default(),
            ended: false,
            segment_bytes: segment_bytes.max(1),
            format,
            is_met: false,
        }
    }

    /// The next segment; `None` behind the last.
    ///
    /// # Errors
    /// Reading failed.
    pub fn read(&mut self) -> io::Result<Option<Segment>> {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut wanted = self.segment_bytes;
        if !self.is_met {
            wanted = wanted.max(FRONT.len());
        }
        while !self.ended {
            self.read_to(&mut bytes, wanted)?;
            if self.ended {
                break;
            }
            if !self.is_met {
                self.format = self.format.met(&bytes);
                self.is_met = true;
            }
            if let Some(at) = cut(&bytes, self.format) {
                let mut rest = self.spares.take().unwrap_or_default();
                rest.clear();
                rest.reserve(self.segment_bytes + self.segment_bytes / 4);
                rest.extend_from_slice(bytes.get(at..).unwrap_or_default());
                bytes.truncate(at);
                self.rest = rest;
                return Ok(Some(Segment {
                    bytes,
                    is_whole: true,
                }));
            }
            wanted = bytes.len() + self.segment_bytes;
            if wanted > SEGMENT_BYTES_TIMES_MAX * self.segment_bytes {
                return Ok(Some(Segment {
                    bytes,
                    is_whole: false,
                }));
            }
        }
        let last = Segment {
            bytes,
            is_whole: true,
        };
        Ok((!last.bytes.is_empty()).then_some(last))
    }

    /// What all that was read comes to.
    pub fn content(&self) -> Content {
        self.sum.content()
    }

    /// Reads until there are so many bytes, or the end is.
    fn read_to(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<()> {
        let have = bytes.len();
        let more = wanted
            .saturating_sub(have)
            .max(self.segment_bytes / 4)
            .max(1);
        let read = self.from.by_ref().take(more as u64).read_to_end(bytes)?;
        self.ended = read < more;
        self.sum.add(bytes.get(have..).unwrap_or_default());
        Ok(())
    }
}
