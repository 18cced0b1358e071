//! An output while nothing is written: who still reads it, whether it is on the disk, and what it keeps in memory.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::FileType;

use super::Sink;

impl Sink {
    /// Becomes readable when whoever reads the output has gone; `None` where that cannot be known without writing.
    #[must_use]
    pub fn hang_up(&self) -> Option<BorrowedFd<'_>> {
        (self.kind == FileType::Fifo).then(|| self.fd.as_fd())
    }

    /// Brings what was written to the disk.
    ///
    /// # Errors
    /// Whatever the system says; what is no file has no disk to go to, and that is none.
    pub fn sync(&self) -> io::Result<()> {
        if self.kind != FileType::RegularFile {
            return Ok(());
        }
        Ok(rustix::io::retry_on_intr(|| {
            rustix::fs::fdatasync(&self.fd)
        })?)
    }

    /// Gives away the room for gathering while nothing is gathered: for one of many outputs that are quiet most of the time.
    pub fn park(&mut self) {
        if self.kept.is_empty() {
            self.kept = Vec::new();
        }
    }
}
