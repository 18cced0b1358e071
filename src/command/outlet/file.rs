//! An outlet as a file among others: which it is, whether it is on the disk, and what it keeps in memory.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;

use super::{Outlet, Place};
use crate::system::Facts;
use crate::system::tail::Fingerprint;

impl Outlet {
    /// Whether this is the file at a path.
    #[must_use]
    pub fn is_file(&self, path: &Path) -> bool {
        let there = Facts::at(path).ok().filter(Facts::is_regular);
        let own = Facts::of(&self.sink).ok();
        there.is_some_and(|there| own.is_some_and(|own| own.identity == there.identity))
    }

    /// Whether one of the others writes to the same file.
    #[must_use]
    pub fn is_shared(&self, others: &[Outlet]) -> bool {
        let identity = |outlet: &Outlet| {
            let facts = Facts::of(&outlet.sink).ok().filter(Facts::is_regular);
            facts.map(|facts| facts.identity)
        };
        let own = identity(self);
        own.is_some() && others.iter().any(|other| identity(other) == own)
    }

    /// The file's path, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.place.file()
    }

    /// Whether this was opened at a place.
    #[must_use]
    pub fn is_at(&self, place: &Place) -> bool {
        self.place == *place
    }

    /// Becomes readable when whoever reads the output has gone, where that can be known.
    #[must_use]
    pub fn hang_up(&self) -> Option<BorrowedFd<'_>> {
        self.sink.hang_up()
    }

    /// Opens the file anew, to read what was written.
    ///
    /// # Errors
    /// It may not be read.
    pub fn open_to_read(&self) -> io::Result<File> {
        // By its descriptor: its path may be another file's by now.
        File::open(format!("/proc/self/fd/{}", self.sink.as_fd().as_raw_fd()))
    }

    /// Which lane wrote last.
    #[must_use]
    pub fn turned_to(&self) -> Option<u32> {
        self.turned_to
    }

    /// Goes on as if this lane had written last; the file's own end tells whether it left a line unfinished.
    pub fn go_on_after(&mut self, lane: Option<u32>) {
        self.turned_to = lane;
        let is_torn = || {
            let file = self.open_to_read().ok()?;
            let size = Facts::of(&file).ok()?.size;
            let text = Fingerprint::text_before(&file, size).ok()?;
            text.last().map(|last| *last != b'\n')
        };
        self.torn_by = lane.filter(|_| is_torn().unwrap_or(false));
    }

    /// Brings what was written to the disk; everything must be flushed.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn sync(&self) -> io::Result<()> {
        self.sink.sync()
    }

    /// What the system says of the output, and the file's path if it is one.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn facts(&self) -> io::Result<(Facts, Option<&Path>)> {
        Ok((Facts::of(&self.sink)?, self.place.file()))
    }

    /// Gives away what room it can while nothing is written.
    pub fn park(&mut self) {
        self.sink.park();
    }
}
