//! A window far above a kind's own rate.

use serde::{Deserialize, Serialize};

use crate::limits::{SURGE_COUNT_MIN, SURGE_FACTOR, SURGE_WINDOWS_MIN};

/// How much the latest window weighs in the running rate.
const LATEST_WEIGHT: f64 = 0.25;

/// A kind's running rate: repeats per window, over the windows it was seen in and the silent ones between.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Rate {
    mean: f64,
    windows: u32,
}

impl Rate {
    /// In how many windows the kind was seen.
    pub fn windows(&self) -> u32 {
        self.windows
    }

    /// Closes a window with `count` repeats, `silent` empty windows after the one before. Gives by how much it
    /// exceeds the rate so far, if that is a surge.
    pub fn close(&mut self, count: u64, silent: u32) -> Option<u64> {
        self.mean *= (1.0 - LATEST_WEIGHT).powi(i32::try_from(silent.min(64)).unwrap_or(64));
        let usual = self.mean.max(1.0);
        let factor = count as f64 / usual;
        let surge =
            self.windows >= SURGE_WINDOWS_MIN && count >= SURGE_COUNT_MIN && factor >= SURGE_FACTOR;
        self.windows = self.windows.saturating_add(1);
        self.mean += (count as f64 - self.mean) * LATEST_WEIGHT;
        surge.then_some(factor as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_flood_is_no_surge_and_a_sudden_one_is() {
        let mut rate = Rate::default();
        for _ in 0..5 {
            assert_eq!(rate.close(100, 0), None);
        }
        assert!(rate.close(2_000, 0).is_some_and(|factor| factor > 10));
    }

    #[test]
    fn the_first_windows_tell_nothing() {
        let mut rate = Rate::default();
        assert_eq!(rate.close(5_000, 0), None);
        assert_eq!(rate.close(1, 0), None);
    }
}
