//! What one of many inputs keeps in memory while it is quiet: what was consumed last, what is not consumed, and no more.

use std::io;

use rustix::fs::SeekFrom;

use super::{Source, rest_bytes, retried};

impl Source {
    /// The same input, which keeps the last `bytes` consumed bytes in [`behind`](Source::behind) and begins with no room in
    /// memory: for one of many inputs that are quiet most of the time.
    #[must_use]
    pub fn remembering(self, bytes: usize) -> Source {
        Source {
            buffer: Vec::new(),
            behind_bytes: bytes,
            ..self
        }
    }

    /// The bytes that were consumed last, as many as are kept: those just before the block.
    #[must_use]
    pub fn behind(&self) -> &[u8] {
        self.buffer
            .get(self.start - self.behind_len()..self.start)
            .unwrap_or_default()
    }

    /// Gives back what was read behind the first `held` bytes of the block, to be read again.
    ///
    /// # Errors
    /// Whatever the system says of going back.
    pub fn unread(&mut self, held: usize) -> io::Result<()> {
        self.end = self.end.min(self.start + held);
        let at = self.offset + (self.end - self.start) as u64;
        rustix::fs::seek(&self.fd, rustix::fs::SeekFrom::Start(at))?;
        Ok(())
    }

    /// Gives its room away while it waits; only what is kept and not consumed stays in memory. The next `fill` makes room
    /// again, in `spare` if it was [handed over](Source::unpark).
    pub fn park(&mut self) -> Vec<u8> {
        let front = self.start - self.behind_len();
        let kept = self
            .buffer
            .get(front..self.end)
            .unwrap_or_default()
            .to_vec();
        (self.start, self.end) = (self.start - front, self.end - front);
        std::mem::replace(&mut self.buffer, kept)
    }

    /// Takes room that another input has given away.
    pub fn unpark(&mut self, spare: Vec<u8>) {
        let kept = self.behind_len() + self.block().len();
        if spare.len() == rest_bytes(self.block_bytes) && kept + self.block_bytes <= spare.len() {
            self.move_tail(spare);
        }
    }

    /// Goes on at `offset` of a regular file, in which nothing is consumed yet that came before; `behind` is what stands
    /// before it there, as far as that is kept.
    ///
    /// # Errors
    /// Whatever the system says of moving the position.
    pub fn seek(&mut self, offset: u64, behind: &[u8]) -> io::Result<()> {
        retried(|| rustix::fs::seek(&self.fd, SeekFrom::Start(offset)))?;
        self.count_from(offset, behind);
        Ok(())
    }

    /// Counts the bytes that come next from `offset` on, wherever they come from.
    pub fn count_from(&mut self, offset: u64, behind: &[u8]) {
        self.buffer = behind.to_vec();
        (self.start, self.end) = (behind.len(), behind.len());
        self.offset = offset;
    }
}
