//! An outlet as a file among others: which it is, whether it is on the disk, and what it keeps in memory.

use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

use super::{Outlet, Place};
use crate::system::Facts;

impl Outlet {
    /// Whether this is the file at a path.
    #[must_use]
    pub fn is_file(&self, path: &Path) -> bool {
        let there = Facts::at(path).ok().filter(Facts::is_regular);
        let own = Facts::of(&self.sink).ok();
        there.is_some_and(|there| own.is_some_and(|own| own.identity == there.identity))
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
