//! A content that is compressed in units, by a crew, and written in order.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;

use crate::limits::UNIT_BYTES;
use crate::system::compress::{Compression, Manner, Tools};
use crate::system::crew::{Crew, Ticket};

/// Writes what it is given in a manner; what comes out does not depend on how many threads there are.
pub struct Units<'a> {
    crew: &'a Crew,
    tools: Arc<Tools>,
    out: &'a mut dyn Write,
    /// The unit that is being filled.
    unit: Unit,
    is_first: bool,
    begun: VecDeque<Ticket<io::Result<Unit>>>,
    /// Units that were written, for those to come.
    spare: Vec<Unit>,
}

/// Some content, and what it was compressed to.
#[derive(Default)]
struct Unit {
    content: Vec<u8>,
    compressed: Vec<u8>,
}

impl<'a> Units<'a> {
    /// At the beginning of a content.
    pub fn new(crew: &'a Crew, manner: Manner, out: &'a mut dyn Write) -> Units<'a> {
        Units {
            crew,
            tools: Arc::new(Tools::new(manner)),
            out,
            unit: Unit::default(),
            is_first: true,
            begun: VecDeque::new(),
            spare: Vec::new(),
        }
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let content = &mut self.unit.content;
            content.reserve_exact(UNIT_BYTES - content.len());
            let (now, later) = rest.split_at(rest.len().min(UNIT_BYTES - content.len()));
            content.extend_from_slice(now);
            if content.len() == UNIT_BYTES {
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
        if std::mem::take(&mut self.is_first) && !self.is_plain() {
            // Nothing at all is no file of any format.
            let mut unit = Vec::new();
            self.tools.compress(&[], true, &mut unit)?;
            self.out.write_all(&unit)?;
        }
        self.write_until(0)
    }

    /// Begins the work on a unit that is full, or on the last.
    fn end_unit(&mut self) -> io::Result<()> {
        if self.unit.content.is_empty() {
            return Ok(());
        }
        if self.is_plain() {
            self.out.write_all(&self.unit.content)?;
            self.unit.content.clear();
            return Ok(());
        }
        let next = self.spare.pop().unwrap_or_default();
        let mut unit = std::mem::replace(&mut self.unit, next);
        let tools = Arc::clone(&self.tools);
        let is_first = std::mem::take(&mut self.is_first);
        let begun = self.crew.begin(move || {
            tools.compress(&unit.content, is_first, &mut unit.compressed)?;
            unit.content.clear();
            Ok(unit)
        });
        self.begun.push_back(begun);
        self.write_until(self.crew.jobs())
    }

    fn is_plain(&self) -> bool {
        self.tools.manner().compression == Compression::Plain
    }

    fn write_until(&mut self, open: usize) -> io::Result<()> {
        while self.begun.len() > open {
            if let Some(ticket) = self.begun.pop_front() {
                let unit = ticket.fetch()??;
                self.out.write_all(&unit.compressed)?;
                self.spare.push(unit);
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
