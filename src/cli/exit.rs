//! The numbers that whoever called us sees.

use std::process::ExitCode;

use crate::command::Ending;
use crate::system::child::End;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All was done.
    Fine,
    /// Some file failed; the others were done.
    SomeFailed,
    /// Wrong usage, or rules with mistakes; nothing was done.
    Usage,
    /// A signal of this number asked for the end, and everything that had come in was finished and summarised.
    Signalled(i32),
    /// The program that was run has ended with this status.
    Child(u8),
    /// The program that was run was ended by the signal of this number.
    Killed(i32),
}

impl From<Ending> for Exit {
    fn from(ending: Ending) -> Exit {
        match ending {
            Ending::Fine => Exit::Fine,
            Ending::SomeFailed => Exit::SomeFailed,
            Ending::Refused => Exit::Usage,
            Ending::Signalled(signal) => Exit::Signalled(signal.number()),
            Ending::Child(End::Exit(status)) => Exit::Child(status),
            Ending::Child(End::Signal(number)) => Exit::Killed(number),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::SomeFailed => 1,
            Exit::Usage => 2,
            // What a shell reports of a program that a signal ended. Zero would claim that the input was read to its
            // end, and a script that was interrupted would go on.
            Exit::Signalled(number) | Exit::Killed(number) => {
                u8::try_from(128 + number).unwrap_or(1)
            }
            Exit::Child(status) => status,
        })
    }
}
