//! .NET: `--->` before an inner exception, `--- End of` behind it, details indented below a category line.

use super::Row;
use super::Seen::{self, *};
use super::State::{self, *};

pub const ROWS: &[Row] = &[
    (Start, Seen::Head, State::Head),
    (Start, Text, Plain),
    (Start, Seen::Error, State::Error),
    (Plain, Frame, Frames),
    (Plain, Arrow, State::Error),
    (State::Head, Indented, Message),
    (State::Head, Seen::Error, State::Error),
    (State::Head, Frame, Frames),
    (State::Head, Arrow, State::Error),
    (Message, Indented, Message),
    (Message, Seen::Error, State::Error),
    (Message, Frame, Frames),
    (State::Error, Frame, Frames),
    (State::Error, Arrow, State::Error),
    (State::Error, Indented, Extra),
    (Extra, Indented, Extra),
    (Extra, Frame, Frames),
    (Extra, Arrow, State::Error),
    (Frames, Frame, Frames),
    (Frames, Arrow, Frames),
];
