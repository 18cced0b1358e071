//! Parses, runs, and ends with a number; everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    quell::cli::run().into()
}
