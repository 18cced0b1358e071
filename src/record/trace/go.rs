//! Go: panics and goroutine dumps; gin's reports of a write that failed, which show the request.

use super::Row;
use super::Seen::{self, *};
use super::State::{self, *};

pub const ROWS: &[Row] = &[
    (Start, Seen::Head, State::Head),
    (Start, Text, Plain),
    (Start, Goroutine, Block),
    (Plain, Text, Message),
    (State::Head, Text, Message),
    (Message, Text, Message),
    (Message, Blank, Done),
    (Done, Blank, Tail),
    (Done, Reset, Tail),
    (State::Head, Goroutine, Block),
    (State::Head, Blank, Gap),
    (Plain, Goroutine, Block),
    (Block, Goroutine, Block),
    (Block, GoCall, Block),
    (Block, Seen::Place, Block),
    (Block, Blank, Gap),
    (Gap, Goroutine, Block),
];
