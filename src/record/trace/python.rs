//! Python: tracebacks, chained and grouped, with source lines and carets; socketserver's frame of dashes.

use super::Row;
use super::Seen::{self, *};
use super::State::{self, *};

pub const ROWS: &[Row] = &[
    (Start, Seen::Head, State::Head),
    (Start, Text, Plain),
    (Start, Dashes, State::Crash),
    (Start, Traceback, State::Chain),
    (Start, Group, Block),
    (State::Head, Traceback, State::Chain),
    (State::Head, Group, Block),
    (State::Head, Indented, Message),
    (State::Head, Text, Message),
    (Plain, Traceback, State::Chain),
    (Plain, Group, Block),
    (Message, Indented, Message),
    (Message, Text, Message),
    (Message, Traceback, State::Chain),
    // Between the opening dashes and the traceback stands whose request it was.
    (State::Crash, Text, Message),
    (State::Crash, Traceback, State::Chain),
    // `Chain`: a traceback was announced; its frames, or its error, follow.
    (State::Chain, File, State::Place),
    (State::Chain, Blank, State::Chain),
    (State::Chain, Traceback, State::Chain),
    (State::Chain, Group, Block),
    (State::Chain, Seen::Error, Done),
    (State::Place, File, State::Place),
    (State::Place, Indented, State::Place),
    (State::Place, Seen::Error, Done),
    (State::Place, Text, Done),
    (State::Place, Dashes, Tail),
    (Done, Blank, Gap),
    (Done, Indented, Done),
    (Done, Dashes, Tail),
    (Gap, Seen::Chain, State::Chain),
    (Gap, Blank, Gap),
    (Block, Group, Block),
    (Block, Indented, Block),
    (Block, Blank, Gap),
];
