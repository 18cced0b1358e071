//! How far something is, on a terminal: files, bytes, what was saved. Nothing is shown where nobody looks.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::command::Progress;
use crate::episode::summary::size;

/// The bar's look: how much, how fast, how long it will take, and the message.
const LOOK: &str = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}  {msg}";

/// Times a second that it is drawn anew.
const DRAWS: u8 = 10;

/// A bar that appears with the first progress.
#[derive(Debug, Default)]
pub(super) struct Bar {
    bar: Option<ProgressBar>,
}

impl Bar {
    /// Shows how far it is.
    pub(super) fn show(&mut self, progress: &Progress) {
        let bar = self.bar.get_or_insert_with(|| new_bar(progress.bytes));
        bar.set_position(progress.bytes_done);
        let (done, files) = (progress.files_done, progress.files);
        bar.set_message(format!(
            "{done}/{files} files, saved {}",
            size(progress.saved)
        ));
    }

    /// Takes the bar away.
    pub(super) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Writes something while the bar is away.
    pub(super) fn aside(&self, write: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

fn new_bar(bytes: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let target = ProgressDrawTarget::stderr_with_hz(DRAWS);
    let bar = ProgressBar::with_draw_target(Some(bytes), target);
    match ProgressStyle::with_template(LOOK) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
