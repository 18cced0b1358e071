//! What is taken out of a stream, kept on its way.

use std::io;

use crate::attic::Growing;
use crate::pipeline::{Output, Withheld};

/// An output, and the attic that takes notice of what goes there and of what does not.
pub struct Kept<'a> {
    /// Where the stream goes.
    pub out: &'a mut dyn Output,
    /// Where what is taken out of it goes.
    pub attic: &'a mut Growing,
}

impl Output for Kept<'_> {
    fn pass(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.attic.pass(bytes);
        self.out.pass(bytes, at)
    }

    fn summary(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.summary(bytes)
    }

    fn hold_back(&mut self, withheld: &Withheld<'_>) -> io::Result<()> {
        let Withheld {
            bytes,
            kind,
            begins,
            ..
        } = *withheld;
        self.attic.take(bytes, kind, begins)?;
        self.out.hold_back(withheld)
    }

    fn close(&mut self, kind: u64, summary: &[u8]) -> io::Result<()> {
        self.attic.put_in(summary, kind)?;
        self.out.close(kind, summary)
    }
}
