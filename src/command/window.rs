//! When what is held back is to be told, if nothing comes whose stamps say so.

use std::time::{Duration, Instant};

/// When the window ends, on a clock that cannot be set. The pipeline names the end by the clock on the wall; how far off
/// that is, is measured once per window, so setting that clock neither ends a window nor keeps it open for ever.
#[derive(Debug, Default)]
pub(super) struct Window {
    ends_at: Option<i64>,
    deadline: Option<Instant>,
}

impl Window {
    /// Takes notice of the end that the pipeline names.
    pub(super) fn follow(&mut self, ends_at: Option<i64>, now: i64) {
        if self.ends_at != ends_at {
            self.ends_at = ends_at;
            let left = ends_at.map(|end| end.saturating_sub(now).max(0).unsigned_abs());
            self.deadline =
                left.and_then(|left| Instant::now().checked_add(Duration::from_micros(left)));
        }
    }

    /// When it ends, if it does.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The end of a window that is over.
    pub(super) fn over(&self) -> Option<i64> {
        self.ends_at.filter(|_| {
            self.deadline
                .is_some_and(|deadline| deadline <= Instant::now())
        })
    }
}
