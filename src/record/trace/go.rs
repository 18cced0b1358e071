//! Go: panics and goroutine dumps.

use super::Row;
use super::Seen::{self, *};
use super::State::{self, *};

pub const ROWS: &[Row] = &[
    (Start, Seen::Head, State::Head),
    (Start, Text, Plain),
    (Start, Goroutine, Block),
    (State::Head, Goroutine, Block),
    (State::Head, Blank, Gap),
    (Plain, Goroutine, Block),
    (Block, Goroutine, Block),
    (Block, GoCall, Block),
    (Block, Seen::Place, Block),
    (Block, Blank, Gap),
    (Gap, Goroutine, Block),
];
