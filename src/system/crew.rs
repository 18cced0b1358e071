//! Threads that work for one who gathers: what is begun in order is fetched in order.
//!
//! With one job there is no thread: work is done when it is begun. What comes out is the same.

use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

type Work = Box<dyn FnOnce() + Send>;

/// Some threads.
#[derive(Debug)]
pub struct Crew {
    begun: Option<Sender<Work>>,
    threads: Vec<JoinHandle<()>>,
}

/// Something that was begun.
#[derive(Debug)]
pub enum Ticket<T> {
    /// It is done already.
    Done(T),
    /// A thread works on it, or will.
    Begun(Receiver<T>),
}

impl Crew {
    /// A crew that does so many jobs at once.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn new(jobs: usize) -> io::Result<Crew> {
        let mut crew = Crew {
            begun: None,
            threads: Vec::new(),
        };
        if jobs > 1 {
            let (begun, next) = channel::<Work>();
            let next = Arc::new(Mutex::new(next));
            crew.begun = Some(begun);
            for number in 1..=jobs {
                let next = Arc::clone(&next);
                let name = format!("quell-{number}");
                let thread = thread::Builder::new()
                    .name(name)
                    .spawn(move || work_off(&next))?;
                crew.threads.push(thread);
            }
        }
        Ok(crew)
    }

    /// How many jobs are done at once.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.threads.len().max(1)
    }

    /// Begins some work.
    pub fn begin<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        let Some(begun) = &self.begun else {
            return Ticket::Done(work());
        };
        let (done, ticket) = sync_channel(1);
        // Nobody may want the answer any more; then it is dropped.
        let told: Work = Box::new(move || drop(done.send(work())));
        match begun.send(told) {
            Ok(()) => Ticket::Begun(ticket),
            Err(unsent) => {
                (unsent.0)();
                Ticket::Begun(ticket)
            }
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.begun = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl<T> Ticket<T> {
    /// Waits until it is done.
    ///
    /// # Errors
    /// The thread has died.
    pub fn fetch(self) -> io::Result<T> {
        match self {
            Ticket::Done(done) => Ok(done),
            Ticket::Begun(begun) => begun
                .recv()
                .map_err(|_| io::Error::other("a thread has died")),
        }
    }
}

/// Does what comes until nothing can come any more.
fn work_off(next: &Mutex<Receiver<Work>>) {
    loop {
        let work = next.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match work {
            Ok(work) => work(),
            Err(_) => break,
        }
    }
}

/// Runs a source in a thread of its own, at most `ahead` pieces in front of who takes them. It ends when nobody does.
#[derive(Debug)]
pub struct Ahead<T> {
    pieces: Receiver<T>,
}

impl<T: Send + 'static> Ahead<T> {
    /// Starts it; `make` hands its pieces over until it is told that nobody takes them any more.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn new(
        ahead: usize,
        make: impl FnOnce(&SyncSender<T>) + Send + 'static,
    ) -> io::Result<Ahead<T>> {
        let (made, pieces) = sync_channel(ahead);
        let thread = thread::Builder::new().name("quell-ahead".to_owned());
        thread.spawn(move || make(&made))?;
        Ok(Ahead { pieces })
    }

    /// The next piece; `None` at the end.
    pub fn next(&self) -> Option<T> {
        self.pieces.recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_fetched_in_the_order_in_which_it_was_begun() {
        for jobs in [1, 2, 5] {
            let crew = Crew::new(jobs).unwrap();
            assert_eq!(crew.jobs(), jobs);
            let tickets: Vec<Ticket<u64>> = (0..100)
                .map(|number| crew.begin(move || number * number))
                .collect();
            for (number, ticket) in (0..).zip(tickets) {
                assert_eq!(ticket.fetch().unwrap(), number * number);
            }
        }
    }

    #[test]
    fn nobody_need_fetch_what_was_begun() {
        let crew = Crew::new(2).unwrap();
        drop(crew.begin(|| vec![0; 1000]));
        drop(crew);
        let ahead = Ahead::new(1, |made| while made.send(1).is_ok() {}).unwrap();
        assert_eq!(ahead.next(), Some(1));
    }
}
