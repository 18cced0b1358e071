//! What is read of the source and not consumed yet.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

use super::unpacked::Unpacked;

use crate::limits::BLOCK_BYTES;
use crate::system::reclaim::calls::{data_at, hole_at, read_at};
use crate::system::reclaim::seam::SEAM_BYTES;
use crate::system::reclaim::{Gap, Mark, Seam};

/// A window on the source, from the first byte that was not consumed on. NULs at a hole are left out of it: they are what
/// a writer with a position of its own, or an interrupted call, leaves behind, and nobody wrote them.
#[derive(Debug, Default)]
pub struct Intake {
    bytes: Vec<u8>,
    /// Offset in the source of the first of them.
    start: u64,
    /// NULs that lie between two of them, or right behind the last.
    gap: Option<Gap>,
    /// NULs further on that an interrupted call left, hole or not.
    ahead: Option<Gap>,
    /// A hole was met that nobody knew of.
    surprised: bool,
    /// When what was read last was written, in nanoseconds since 1970.
    modified: Option<i64>,
    /// What is read instead of the source, if that is compressed.
    unpacked: Option<Unpacked>,
}

/// What a look at the source gave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Looked {
    /// There is more to consume.
    More,
    /// There is nothing new.
    Nothing,
    /// The source is shorter than what was read of it.
    Shorter,
}

impl Intake {
    /// Begins at the recorded place.
    #[must_use]
    pub fn at(mark: &Mark) -> Intake {
        Intake {
            start: mark.consumed,
            ahead: mark.gap.filter(|gap| gap.at >= mark.consumed),
            ..Intake::default()
        }
    }

    /// The same; of a compressed source the text is read.
    #[must_use]
    pub fn of(mark: &Mark, unpacked: Option<Unpacked>) -> Intake {
        Intake {
            unpacked,
            ..Intake::at(mark)
        }
    }

    /// The bytes, gaps left out.
    #[must_use]
    pub fn block(&self) -> &[u8] {
        &self.bytes
    }

    /// Offset in the source of the first byte.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.start
    }

    /// The gap at or behind the first byte, met or still ahead.
    #[must_use]
    pub fn gap(&self) -> Option<Gap> {
        self.gap.or(self.ahead)
    }

    /// When what was read last was written, in nanoseconds since 1970; `None` if nothing was read.
    #[must_use]
    pub fn modified(&self) -> Option<i64> {
        self.modified
    }

    /// The bytes before the first.
    ///
    /// # Errors
    /// Whatever the system says of the read.
    pub fn seam(&self, source: &File) -> io::Result<Seam> {
        match &self.unpacked {
            Some(unpacked) => Ok(unpacked.seam()),
            None => Ok(Seam::before(source, self.start, None)?.unwrap_or_default()),
        }
    }

    /// Why the end of a compressed source cannot be read, once.
    pub fn damage(&mut self) -> Option<io::Error> {
        self.unpacked.as_mut().and_then(Unpacked::damage)
    }

    /// Whether an unknown hole was met since the last time that was asked for.
    pub fn was_surprised(&mut self) -> bool {
        std::mem::take(&mut self.surprised)
    }

    /// Reads on, at most a block.
    ///
    /// # Errors
    /// Whatever the system says of the read.
    pub fn look(&mut self, source: &File) -> io::Result<Looked> {
        if self.unpacked.is_some() {
            return Ok(self.look_into_text());
        }
        let stat = source.metadata()?;
        let size = stat.len();
        let at = self.end();
        if size < at {
            return Ok(Looked::Shorter);
        }
        let Some(end) = self.end_of_nuls(source, at, size)? else {
            return Ok(Looked::Nothing);
        };
        self.leave_out(at, end - at);
        let looked = self.read(source, end, size)?;
        if looked == Looked::More {
            let nanos = stat.mtime().saturating_mul(1_000_000_000);
            self.modified = Some(nanos.saturating_add(stat.mtime_nsec()));
        }
        Ok(looked)
    }

    /// Reads on in the text of a compressed source.
    fn look_into_text(&mut self) -> Looked {
        let at = self.end();
        let (met, ahead) = (self.ahead.filter(|gap| gap.at == at), self.ahead);
        let Some(unpacked) = &mut self.unpacked else {
            return Looked::Nothing;
        };
        let stop = match (met, ahead) {
            (Some(gap), _) => {
                unpacked.pass(gap.bytes);
                u64::MAX
            }
            (None, Some(gap)) => gap.at,
            (None, None) => u64::MAX,
        };
        let start = self.bytes.len();
        unpacked.read(&mut self.bytes, (stop - at).min(BLOCK_BYTES as u64));
        let is_more = self.bytes.len() > start;
        if let Some(gap) = met {
            self.ahead = None;
            self.leave_out(gap.at, gap.bytes);
        }
        if is_more {
            Looked::More
        } else {
            Looked::Nothing
        }
    }

    /// Lets go of the first `bytes`.
    pub fn consume(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes.len());
        if let Some(unpacked) = &mut self.unpacked {
            unpacked.consume(self.bytes.get(..bytes).unwrap_or_default());
        }
        self.bytes.drain(..bytes);
        self.start += bytes as u64;
        // The gap goes with the byte before it only if that is the last: else the next one would stand in the gap.
        if let Some(gap) = self.gap.filter(|gap| self.start >= gap.at) {
            self.start += gap.bytes;
            self.gap = None;
            if let Some(unpacked) = &mut self.unpacked {
                // No more than are looked at.
                unpacked.consume(&vec![0; gap.bytes.min(SEAM_BYTES) as usize]);
            }
        }
    }

    /// Takes notice that the source lost its first `cut` bytes.
    pub fn shift(&mut self, cut: u64) {
        let shift = |gap: Gap| Gap {
            at: gap.at.saturating_sub(cut),
            ..gap
        };
        self.start = self.start.saturating_sub(cut);
        self.gap = self.gap.map(shift);
        self.ahead = self.ahead.map(shift);
    }

    /// Offset in the source behind the last byte, and behind the gap if it was met.
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64 + self.gap.map_or(0, |gap| gap.bytes)
    }

    /// Where content begins at or behind `at`; `None` where there is none yet, or where a second gap waits for the first.
    fn end_of_nuls(&mut self, source: &File, at: u64, size: u64) -> io::Result<Option<u64>> {
        let ahead = self.ahead.filter(|gap| gap.at == at);
        let hole_end = match ahead {
            Some(gap) => gap.at + gap.bytes,
            None if at == size => return Ok(None),
            None => match data_at(source, at)? {
                Some(data) if data == at => return Ok(Some(at)),
                Some(data) => data,
                None => return Ok(None),
            },
        };
        let adjoins = self.gap.is_none_or(|gap| gap.at + gap.bytes == at);
        if !adjoins {
            return Ok(None);
        }
        self.surprised |= ahead.is_none();
        self.ahead = self.ahead.filter(|gap| gap.at != at);
        first_content(source, hole_end).map(Some)
    }

    /// Takes notice of NULs right behind the last byte.
    fn leave_out(&mut self, at: u64, bytes: u64) {
        if bytes > 0 {
            let gap = self.gap.get_or_insert(Gap { at, bytes: 0 });
            gap.bytes += bytes;
        }
        // Nothing stands before it: it is behind us at once.
        self.consume(0);
    }

    fn read(&mut self, source: &File, at: u64, size: u64) -> io::Result<Looked> {
        let hole = hole_at(source, at)?.unwrap_or(size).min(size);
        let stop = self.ahead.map_or(hole, |gap| gap.at.min(hole)).max(at);
        let room = (stop - at).min(BLOCK_BYTES as u64);
        let start = self.bytes.len();
        // At most a block: it fits.
        self.bytes.resize(start + room as usize, 0);
        let read = read_at(source, at, &mut self.bytes[start..])?;
        self.bytes.truncate(start + read);
        if at + read as u64 == hole && hole < size {
            // The block before a hole ends in NULs that nobody wrote either.
            let text = &self.bytes[start..];
            let end = text
                .iter()
                .rposition(|b| *b != 0)
                .map_or(0, |last| last + 1);
            let nuls = (text.len() - end) as u64;
            self.bytes.truncate(start + end);
            // Else they are met again when the gap before them is behind us.
            if self.gap.is_none() {
                self.leave_out(hole - nuls, nuls);
            }
        }
        Ok(if self.bytes.len() > start {
            Looked::More
        } else {
            Looked::Nothing
        })
    }
}

/// The first byte at or behind `at` that is not NUL, or the end.
fn first_content(source: &File, at: u64) -> io::Result<u64> {
    let mut buffer = [0; 4096];
    let mut at = at;
    loop {
        let read = read_at(source, at, &mut buffer)?;
        let content = buffer[..read].iter().position(|b| *b != 0);
        match content {
            Some(first) => return Ok(at + first as u64),
            None if read == 0 => return Ok(at),
            None => at += read as u64,
        }
    }
}
