//! The manual and the completions, made from the same flags as the help.

use std::io::{self, Write};

use clap_complete::Shell;

use super::exit::Exit;
use super::flags;

/// Prints the completions for a shell.
#[must_use]
pub fn completions(shell: Shell) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut flags::command(), "quell", &mut text);
    print(&text)
}

/// Prints the manual page.
#[must_use]
pub fn manual() -> Exit {
    let mut text = Vec::new();
    match clap_mangen::Man::new(flags::command()).render(&mut text) {
        Ok(()) => print(&text),
        Err(_) => Exit::SomeFailed,
    }
}

/// A reader that has seen enough is no failure.
fn print(text: &[u8]) -> Exit {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::SomeFailed,
        _ => Exit::Fine,
    }
}
