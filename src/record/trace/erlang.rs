//! Erlang and Elixir: reports whose lines all bear the same stamp and process, or whose reasons stand behind two stars,
//! states indented below. The oldest begin with a line of their own and end at a blank one.

use super::Row;
use super::Seen::{self, *};
use super::State::{self, *};

pub const ROWS: &[Row] = &[
    (Start, Seen::Head, State::Head),
    (State::Head, Report, Done),
    (Done, Report, Done),
    (State::Head, Text, Done),
    (Done, Text, Done),
    (Done, Indented, Done),
    (Done, Blank, Tail),
    (State::Head, Stars, Frames),
    (Frames, Stars, Frames),
    (Frames, Told, Frames),
    (Frames, Indented, Frames),
];
