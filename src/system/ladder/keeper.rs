//! Compresses and removes in the background: one thread, at the lowest priority that still gets its turn, one step at a time.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::Sizing;
use super::climb::climb;
use super::shelf::{Rung, Shelf, next};
use crate::system::shown;

/// How long the end of the program waits for what is being compressed. What is not done by then is done at the next start.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much less the thread matters than the one that writes, as `nice` counts.
const NICE: i32 = 10;

/// Complaints that are kept; more of them say nothing new.
const COMPLAINTS_MAX: usize = 8;

/// The thread, and what it has to say.
#[derive(Debug)]
pub(super) struct Keeper {
    /// Asks it to look again; gone when it is to end.
    wake: Option<SyncSender<()>>,
    /// Ends when the thread does.
    ended: Receiver<()>,
    heard: Heard,
}

type Heard = Arc<Mutex<Vec<String>>>;

impl Keeper {
    /// Starts the thread, which looks when it is first woken.
    ///
    /// # Errors
    /// No thread can be started.
    pub(super) fn start(shelf: Shelf, sizing: Sizing) -> std::io::Result<Keeper> {
        // Room for one: who asks twice before it looks asks once.
        let (wake, woken) = sync_channel::<()>(1);
        let (end, ended) = sync_channel(0);
        let heard = Heard::default();
        let told = Arc::clone(&heard);
        let keep = move || {
            let _ends_with_us: SyncSender<()> = end;
            // On Linux the priority is the thread's own; a refusal only costs others time.
            let _ = rustix::process::setpriority_process(None, NICE);
            while woken.recv().is_ok() {
                keep(&shelf, sizing, &told);
            }
        };
        thread::Builder::new()
            .name("keeper".into())
            .stack_size(256 << 10)
            .spawn(keep)?;
        Ok(Keeper {
            wake: Some(wake),
            ended,
            heard,
        })
    }

    /// Asks the thread to look.
    pub(super) fn wake(&self) {
        match self.wake.as_ref().map(|wake| wake.try_send(())) {
            // It will look anyway, or there is none any more.
            None | Some(Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(()))) => {}
        }
    }

    /// Adds something to be said.
    pub(super) fn complain(&self, text: String) {
        complain(&self.heard, text);
    }

    /// What there is to be said, once.
    pub(super) fn complaints(&mut self) -> Vec<String> {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *heard)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.wake = None;
        // Nothing is ever sent: it is the hanging up that is waited for.
        let _ = self.ended.recv_timeout(PATIENCE);
    }
}

/// Takes steps until none is left, or one fails.
fn keep(shelf: &Shelf, sizing: Sizing, heard: &Heard) {
    let mut stuck: Vec<PathBuf> = Vec::new();
    loop {
        let listed = match shelf.read() {
            Ok(listed) => listed,
            Err(cause) => {
                let folder = shown(&shelf.folder);
                complain(heard, format!("{folder}: cannot be listed ({cause})"));
                return;
            }
        };
        let Some(rung) = next(&listed, sizing, &stuck) else {
            return;
        };
        if let Err(cause) = climb(&rung, sizing.compression) {
            let (path, what) = match &rung {
                Rung::Drop(path) => (path, "cannot be removed"),
                Rung::Pack(path) => (path, "cannot be compressed and stays as it is"),
            };
            complain(heard, format!("{}: {what} ({cause})", shown(path)));
            match rung {
                Rung::Pack(path) => stuck.push(path),
                Rung::Drop(_) => return,
            }
        }
    }
}

fn complain(heard: &Heard, text: String) {
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    if heard.len() < COMPLAINTS_MAX {
        heard.push(text);
    }
}
