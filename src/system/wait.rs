//! The one place where the program waits: for input, for a moment, for a signal.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use super::signal::{Second, Signal, Signals};

/// Why the wait is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wake {
    /// The descriptor can be read without blocking. The other end hanging up counts: the read then tells.
    Readable,
    /// The deadline has passed and there was nothing to read.
    Deadline,
    /// A signal arrived.
    Signal(Signal),
}

/// Waits. There is one of it in a program, since signals belong to the program as a whole.
#[derive(Debug)]
pub struct Wait {
    signals: Signals,
    /// Arrived and not reported yet.
    queue: VecDeque<Signal>,
    /// Signals to end that were reported.
    endings: u32,
    /// Whether one reported ending stands for all that follow, because the next one that is meant exits by itself.
    once: bool,
}

impl Wait {
    /// Catches the signals; a second one that asks to end does so at once, see [`Second::Exits`].
    ///
    /// # Errors
    /// No descriptors are left, or no thread can be started.
    pub fn new() -> io::Result<Wait> {
        Wait::with(Second::Exits)
    }

    /// Catches the signals, and says what a second one that asks to end does.
    ///
    /// # Errors
    /// No descriptors are left, or no thread can be started.
    pub fn with(second: Second) -> io::Result<Wait> {
        let signals = Signals::new(second)?;
        Ok(Wait {
            signals,
            queue: VecDeque::new(),
            endings: 0,
            once: second == Second::Exits,
        })
    }

    /// Waits until `fd` can be read, `deadline` has passed or a signal arrives; with neither, for a signal alone.
    ///
    /// A signal goes before input, and input before the deadline: who was stopped for a while finds his input first and
    /// does not mistake his own sleep for the silence of the other end. So look at the clock after each
    /// [`Wake::Readable`]; under steady input a deadline is never reported here.
    ///
    /// # Errors
    /// A descriptor that is not open, or what the system says of `poll`; never an interruption.
    pub fn on(
        &mut self,
        fd: Option<BorrowedFd<'_>>,
        deadline: Option<Instant>,
    ) -> io::Result<Wake> {
        let inputs: Vec<BorrowedFd<'_>> = fd.into_iter().collect();
        Ok(self.among(&inputs, deadline)?.0)
    }

    /// Waits like [`on`](Wait::on) until any of several inputs can be read. With [`Wake::Readable`] comes which of them can;
    /// one that always can does not keep the others from being named.
    ///
    /// # Errors
    /// A descriptor that is not open, or what the system says of `poll`; never an interruption.
    pub fn among(
        &mut self,
        inputs: &[BorrowedFd<'_>],
        deadline: Option<Instant>,
    ) -> io::Result<(Wake, Vec<bool>)> {
        loop {
            if let Some(signal) = self.queue.pop_front() {
                self.endings += u32::from(signal.ends());
                return Ok((Wake::Signal(signal), Vec::new()));
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            // A wait longer than the kernel can count is a wait for ever.
            let timeout = left.and_then(|left| Timespec::try_from(left).ok());
            let signals = self.signals.as_fd();
            let mut fds: Vec<PollFd<'_>> = [signals]
                .iter()
                .chain(inputs)
                .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
                .collect();
            let ready = match rustix::event::poll(&mut fds, timeout.as_ref()) {
                Err(Errno::INTR) => continue,
                answer => answer?,
            };
            let mut answers = fds.iter().map(PollFd::revents);
            if answers.next().is_some_and(|told| !told.is_empty()) {
                self.gather();
                continue;
            }
            let answers: Vec<PollFlags> = answers.collect();
            if answers.iter().any(|input| input.contains(PollFlags::NVAL)) {
                return Err(Errno::BADF.into());
            }
            let wake = if ready > 0 {
                Wake::Readable
            } else {
                Wake::Deadline
            };
            return Ok((
                wake,
                answers.iter().map(|input| !input.is_empty()).collect(),
            ));
        }
    }

    /// How many signals that ask to end have been reported.
    #[must_use]
    pub fn endings(&self) -> u32 {
        self.endings
    }

    /// Gives back a signal that [`on`](Wait::on) reported to someone who cannot answer it: it is reported again, before
    /// any that arrives later.
    pub fn give_back(&mut self, signal: Signal) {
        self.endings = self.endings.saturating_sub(u32::from(signal.ends()));
        self.queue.push_back(signal);
    }

    /// Takes the signals that have arrived into the queue.
    fn gather(&mut self) {
        for signal in self.signals.arrived() {
            let echo = self.once
                && signal.ends()
                && (self.endings > 0 || self.queue.iter().any(|queued| queued.ends()));
            if !echo {
                self.queue.push_back(signal);
            }
        }
    }
}

#[cfg(test)]
mod tests;
