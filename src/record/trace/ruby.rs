//! Ruby: frames behind a tab, with `from` or without.

use super::Row;
use super::Seen::{self, *};
use super::State::{self, *};

pub const ROWS: &[Row] = &[
    (Start, Seen::Head, State::Head),
    (Start, Text, Plain),
    (Start, Seen::Error, State::Error),
    (State::Head, From, Frames),
    (State::Head, Seen::Place, Frames),
    (Plain, From, Frames),
    (Plain, Seen::Place, Frames),
    (State::Error, From, Frames),
    (State::Error, Seen::Place, Frames),
    (Frames, From, Frames),
    (Frames, Seen::Place, Frames),
];
