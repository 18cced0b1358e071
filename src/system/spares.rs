//! Things that are costly to make and that nobody uses just now.

use std::sync::{Arc, Mutex, PoisonError};

/// Some of them; whoever has a clone takes from the same.
#[derive(Debug)]
pub struct Spares<T>(Arc<Mutex<Vec<T>>>);

impl<T> Spares<T> {
    /// One of them, if any is there.
    #[must_use]
    pub fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Keeps one for whoever comes next.
    pub fn put_back(&self, spare: T) {
        let mut spares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spares.push(spare);
    }
}

impl<T> FromIterator<T> for Spares<T> {
    fn from_iter<I: IntoIterator<Item = T>>(spares: I) -> Spares<T> {
        Spares(Arc::new(Mutex::new(spares.into_iter().collect())))
    }
}

impl<T> Default for Spares<T> {
    fn default() -> Spares<T> {
        std::iter::empty().collect()
    }
}

impl<T> Clone for Spares<T> {
    fn clone(&self) -> Spares<T> {
        Spares(Arc::clone(&self.0))
    }
}
