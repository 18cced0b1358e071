//! A content that is compressed in units, by a crew, and written in order.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;

use crate::limits::UNIT_BYTES;
use crate::system::compress::{Compression, Manner};
use crate::system::crew::{Crew, Ticket};

/// Writes what it is given in a manner; what comes out does not depend on how many threads there are.
pub struct Units<'a> {
    crew: &'a Crew,
    manner: Arc<Manner>,
    out: &'a mut dyn Write,
    /// The unit that is being filled.
    unit: Vec<u8>,
    is_first: bool,
    begun: VecDeque<Ticket<io::Result<Vec<u8>>>>,
}

impl<'a> Units<'a> {
    /// At the beginning of a content.
    pub fn new(crew: &'a Crew, manner: Manner, out: &'a mut dyn Write) -> Units<'a> {
        Units {
            crew,
            manner: Arc::new(manner),
            out,
            unit: Vec::with_capacity(UNIT_BYTES),
            is_first: true,
            begun: VecDeque::new(),
        }
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = UNIT_BYTES - self.unit.len();
            let (now, later) = rest.split_at(rest.len().min(room));
            self.unit.extend_from_slice(now);
            if self.unit.len() == UNIT_BYTES {
                self.end_unit()?;
            }
            rest = later;
        }
        Ok(())
    }

    /// Writes everything that was added.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn finish(&mut self) -> io::Result<()> {
        self.end_unit()?;
        if std::mem::take(&mut self.is_first) && self.manner.compression != Compression::Plain {
            // Nothing at all is no file of any format.
            self.out.write_all(&self.manner.compress(&[], true)?)?;
        }
        self.write_until(0)
    }

    /// Begins the work on a unit that is full, or on the last.
    fn end_unit(&mut self) -> io::Result<()> {
        if self.unit.is_empty() {
            return Ok(());
        }
        if self.manner.compression == Compression::Plain {
            self.out.write_all(&self.unit)?;
            self.unit.clear();
            return Ok(());
        }
        let unit = std::mem::replace(&mut self.unit, Vec::with_capacity(UNIT_BYTES));
        let manner = Arc::clone(&self.manner);
        let is_first = std::mem::take(&mut self.is_first);
        let begun = self.crew.begin(move || manner.compress(&unit, is_first));
        self.begun.push_back(begun);
        self.write_until(self.crew.jobs())
    }

    fn write_until(&mut self, open: usize) -> io::Result<()> {
        while self.begun.len() > open {
            if let Some(ticket) = self.begun.pop_front() {
                let unit = ticket.fetch()??;
                self.out.write_all(&unit)?;
            }
        }
        Ok(())
    }
}

impl Write for Units<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.finish()
    }
}
