//! A lane among others: made like them, written down and gone on with, turned to and from.

use super::{Calm, Lane, Window};
use crate::command::lane::Surroundings;
use crate::command::outlet::Outlet;
use crate::pipeline::{Pipeline, RestoreError};
use crate::system::sink::SinkError;

impl Lane {
    /// A lane for another stream under the same rules. `title` is written where the output turns to it from another.
    #[must_use]
    pub fn beside(&self, number: u32, title: Vec<u8>) -> Lane {
        Lane {
            number,
            title: title.into(),
            pipeline: self.pipeline.beside(),
            linger: self.linger,
            done: 0,
            calm: Calm::No,
            window: Window::default(),
            warned_wide: false,
        }
    }

    /// Takes the rules that another lane has; what is held back stays counted.
    pub fn set_rules_of(&mut self, other: &Lane) {
        self.pipeline.set_rules_of(&other.pipeline);
    }

    /// Everything that what comes later depends on, as bytes; see [`Pipeline::save`].
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.pipeline.save()
    }

    /// Summaries that were written so far.
    #[must_use]
    pub fn summaries(&self) -> u64 {
        self.pipeline.summaries()
    }

    /// Goes on where another lane was saved.
    ///
    /// # Errors
    /// See [`Pipeline::restore`].
    pub fn restore(&mut self, saved: &[u8]) -> Result<(), RestoreError> {
        self.pipeline.restore(saved)?;
        self.done = self.pipeline.offset();
        Ok(())
    }

    /// There is no source now: no record goes on from what was read last into what comes next.
    ///
    /// # Errors
    /// The output cannot be written; nothing more is to be done with this lane.
    pub fn turn(
        &mut self,
        out: &mut Outlet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), SinkError> {
        self.pipe(None, out, around, Pipeline::end_of_file)?;
        self.mend(out, around)
    }

    /// Ends an unfinished last line, since what comes next is not its rest.
    ///
    /// # Errors
    /// The output cannot be written; nothing more is to be done with this lane.
    pub fn mend(
        &mut self,
        out: &mut Outlet,
        around: &mut Surroundings<'_>,
    ) -> Result<(), SinkError> {
        if self.pipeline.mend() {
            let at = self.done;
            self.pipe(None, out, around, |_, _, _, out| out.pass(b"\n", at))?;
        }
        Ok(())
    }
}
