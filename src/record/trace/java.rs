//! Java: `java.util.logging`, Logback, Log4j2, Tomcat's and Jetty's own layouts, Reactor's additions.

use super::Row;
use super::Seen::{self, *};
use super::State::{self, *};

pub const ROWS: &[Row] = &[
    (Start, Seen::Head, State::Head),
    (Start, Text, Plain),
    (Start, Seen::Error, State::Error),
    // The second half of a two-line head.
    (State::Head, LevelLine, State::Head),
    (State::Head, Seen::Error, State::Error),
    (State::Head, Cause, State::Error),
    (State::Head, CauseAlone, State::Chain),
    (State::Head, Frame, Frames),
    (State::Head, Reactor, Frames),
    (State::Head, Blank, Gap),
    (State::Head, Indented, Message),
    (State::Head, Text, Message),
    (Plain, Frame, Frames),
    (Plain, Cause, State::Error),
    (Message, Indented, Message),
    (Message, Text, Message),
    (Message, Seen::Error, State::Error),
    (Message, Frame, Frames),
    (Message, Cause, State::Error),
    // Spring's blank line between head and trace.
    (Gap, Seen::Error, State::Error),
    (Gap, Cause, State::Error),
    (State::Error, Frame, Frames),
    (State::Error, More, Frames),
    (State::Error, Cause, State::Error),
    (State::Error, CauseAlone, State::Chain),
    (State::Error, Reactor, Frames),
    (State::Error, Indented, Extra),
    (State::Error, Text, Extra),
    (State::Error, Blank, Tail),
    (Extra, Indented, Extra),
    (Extra, Text, Extra),
    (Extra, Frame, Frames),
    (Extra, More, Frames),
    (Extra, Cause, State::Error),
    (Extra, Reactor, Frames),
    (Frames, Frame, Frames),
    (Frames, More, Frames),
    (Frames, Cause, State::Error),
    (Frames, CauseAlone, State::Chain),
    (Frames, Reactor, Frames),
    (Frames, Blank, Tail),
    // GlassFish and WebLogic close their events, GlassFish with a blank line behind.
    (Message, EventEnd, Tail),
    (State::Error, EventEnd, Tail),
    (Extra, EventEnd, Tail),
    (Frames, EventEnd, Tail),
    (Tail, Blank, Tail),
    // Jetty's own log prints `Caused by:` alone and the error on a line of its own.
    (State::Chain, Seen::Error, State::Error),
];
