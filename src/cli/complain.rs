//! Messages: one line each on standard error, `quell: PATH: what is wrong, what to do`.

use std::io::{self, Write as _};

use anstream::{AutoStream, ColorChoice};

use super::bar::Bar;
use super::exit::Exit;
use super::paint;
use crate::command::{Progress, Tone, Voice};
use crate::episode::summary::escape;

/// Standard error. What cannot be written there is dropped: there is nobody left to tell.
#[derive(Debug, Default)]
pub struct Stderr {
    bar: Bar,
}

impl Stderr {
    /// Standard error.
    #[must_use]
    pub fn new() -> Stderr {
        Stderr::default()
    }
}

impl Voice for Stderr {
    fn say(&mut self, tone: Tone, text: &str) {
        let style = match tone {
            Tone::Error => paint::ERROR,
            Tone::Note => paint::NOTE,
        };
        let text = escape(text.as_bytes());
        let line = match AutoStream::choice(&io::stderr()) {
            ColorChoice::Never => format!("quell: {text}\n"),
            _ => format!("{style}quell:{style:#} {text}\n"),
        };
        self.bar.aside(|| write(&line));
    }

    fn show(&mut self, text: &str) {
        self.bar.aside(|| write(text));
    }

    fn progress(&mut self, progress: &Progress) {
        self.bar.show(progress);
    }

    fn progress_ends(&mut self) {
        self.bar.end();
    }
}

/// In one piece, so that messages of several programs on one terminal or in one file do not mix.
fn write(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Says what is wrong with the arguments, or prints the help that they ask for.
#[must_use]
pub fn misuse(error: &clap::Error) -> Exit {
    let exit = if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Fine
    };
    let rendered = error.render();
    let plain = rendered.to_string();
    // An argument is quoted as it was given; one that could steer a terminal is not.
    let lines = plain.lines().map(|line| escape(line.as_bytes()) + "\n");
    let safe: String = lines.collect();
    if exit == Exit::Fine || safe.trim_end() == plain.trim_end() {
        let _ = error.print();
    } else {
        write(&safe);
    }
    exit
}
