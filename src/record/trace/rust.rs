//! Rust: panics, backtraces, numbered chains of causes.

use super::Row;
use super::Seen::{self, *};
use super::State::{self, *};

pub const ROWS: &[Row] = &[
    (Start, Seen::Head, State::Head),
    (Start, Text, Plain),
    (Start, Panic, State::Crash),
    (State::Crash, Text, Message),
    (Message, Backtrace, Frames),
    (State::Crash, Backtrace, Frames),
    (State::Head, Backtrace, Frames),
    (State::Head, Blank, Gap),
    (State::Head, CauseAlone, Frames),
    (Plain, Backtrace, Frames),
    (Plain, Blank, Gap),
    (Plain, CauseAlone, Frames),
    (Gap, CauseAlone, Frames),
    (Gap, Backtrace, Frames),
    (Frames, Backtrace, Frames),
    (Frames, Frame, Frames),
    (Frames, Indented, Frames),
    (Frames, Blank, Gap),
];
