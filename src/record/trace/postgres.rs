//! PostgreSQL: a report and its further lines, each with the same prefix; long SQL runs on behind a tab.

use super::Row;
use super::Seen::{self, *};
use super::State::{self, *};

pub const ROWS: &[Row] = &[
    (Start, Seen::Head, State::Head),
    (State::Head, Detail, Done),
    (State::Head, Indented, Done),
    (Done, Detail, Done),
    (Done, Indented, Done),
];
