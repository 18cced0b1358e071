//! The log's own time.

use serde::{Deserialize, Serialize};

use crate::limits::{CLOCK_CONFIRMATIONS, CLOCK_STEP_MICROS};
use crate::line::Stamp;

/// The running maximum of the stamps: a late stamp does not turn it back, and a jump of more than an hour counts only
/// when the next stamps confirm it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Clock {
    micros: Option<i64>,
    /// A far stamp, and how many in a row agreed with it.
    doubted: Option<(i64, u32)>,
}

/// What a stamp did to the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It went on, or stayed.
    On,
    /// It was set anew, an hour or more away from where it was.
    Leapt,
}

impl Clock {
    /// Microseconds since 1970; `None` before the first stamp.
    pub fn micros(&self) -> Option<i64> {
        self.micros
    }

    /// Reads a stamp. `now` stands in for what the first stamp may lack, a year or a date.
    /// Gives the time at which the line was written, as far as it can be believed.
    pub fn read(&mut self, stamp: &Stamp, now: i64) -> (i64, Moved) {
        let time = stamp.resolve(self.micros.unwrap_or(now));
        let Some(micros) = self.micros else {
            self.micros = Some(time);
            return (time, Moved::On);
        };
        if (time - micros).abs() <= CLOCK_STEP_MICROS {
            self.micros = Some(micros.max(time));
            self.doubted = None;
            return (time, Moved::On);
        }
        let agreeing = match self.doubted {
            Some((doubted, times)) if (time - doubted).abs() <= CLOCK_STEP_MICROS => times + 1,
            _ => 1,
        };
        if agreeing < CLOCK_CONFIRMATIONS {
            self.doubted = Some((time, agreeing));
            return (micros, Moved::On);
        }
        self.doubted = None;
        self.micros = Some(time);
        (time, Moved::Leapt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(clock: &mut Clock, line: &str) -> Moved {
        clock
            .read(&Stamp::find(line.as_bytes()).expect("a stamp"), 0)
            .1
    }

    #[test]
    fn a_late_stamp_does_not_turn_the_clock_back() {
        let mut clock = Clock::default();
        read(&mut clock, "2026-11-22 10:00:05 a");
        let at = clock.micros();
        read(&mut clock, "2026-11-22 10:00:01 b");
        assert_eq!(clock.micros(), at);
    }

    #[test]
    fn a_bogus_date_is_not_believed_until_the_next_stamps_confirm_it() {
        let mut clock = Clock::default();
        read(&mut clock, "2026-11-22 10:00:00 a");
        let at = clock.micros();
        assert_eq!(read(&mut clock, "2038-01-19 03:14:07 bogus"), Moved::On);
        assert_eq!(clock.micros(), at);
        read(&mut clock, "2026-11-22 10:00:01 a");
        assert_eq!(read(&mut clock, "2026-11-23 09:00:00 a"), Moved::On);
        assert_eq!(read(&mut clock, "2026-11-23 09:00:01 a"), Moved::On);
        assert_eq!(read(&mut clock, "2026-11-23 09:00:02 a"), Moved::Leapt);
    }
}
