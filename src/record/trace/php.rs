//! PHP: `Stack trace:`, numbered frames, `thrown in`.

use super::Row;
use super::Seen::{self, *};
use super::State::{self, *};

pub const ROWS: &[Row] = &[
    (Start, Seen::Head, State::Head),
    (Start, Text, Plain),
    (State::Head, Php, Frames),
    (Plain, Php, Frames),
    (Frames, Php, Frames),
    (Frames, Blank, Gap),
    (Gap, Php, Frames),
];
