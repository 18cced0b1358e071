//! The grammar of stack traces: one table of transitions per language.
//!
//! In comes what a line looks like, out goes the state of each language's table after it.
//! A table says which lines may follow which; a line without a row ends the trace. Tables run side by side, and the
//! lines themselves tell which language it is: the others have no row and drop out.
//!
//! Invariant: the code below the tables does not change when a row is added. No table looks at a line's text.
//! The smallest table, and the one to imitate, is `php.rs`.

mod dotnet;
mod erlang;
mod go;
mod java;
mod node;
mod php;
mod postgres;
mod python;
mod ruby;
mod rust;

use super::seen::{SEEN_KINDS, Seen};

/// Where in a record a table stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// No line of this record fits this language.
    Dead,
    /// Nothing read yet.
    Start,
    /// The head line was read.
    Head,
    /// A line that may be a head, though nothing in it proves so.
    Plain,
    /// Lines of the head's message.
    Message,
    /// A blank line, which only more of the record makes part of it.
    Gap,
    /// An error's line.
    Error,
    /// Further lines of an error's message.
    Extra,
    /// Frames.
    Frames,
    /// The place of a frame whose source line may follow.
    Place,
    /// A link to another error was announced, which follows.
    Chain,
    /// Inside a block in braces, or in a dump.
    Block,
    /// A crash report before its error.
    Crash,
    /// The last line of an error was read; only what frames it may follow.
    Done,
    /// The closing line was read.
    Tail,
}

const STATES: usize = State::Tail as usize + 1;

impl State {
    /// Whether a record may end in this state. Lines read since the last such state are given back.
    pub fn accepts(self) -> bool {
        !matches!(
            self,
            State::Dead | State::Start | State::Message | State::Gap | State::Extra | State::Chain
        )
    }

    /// Whether the machine is amid a trace, where a foreign line may be stepped over.
    pub fn in_trace(self) -> bool {
        matches!(
            self,
            State::Error | State::Frames | State::Place | State::Block | State::Done
        )
    }
}

/// One row: in this state, seeing this, go there.
type Row = (State, Seen, State);

/// A language's rows, laid out for look-up by state and kind of line.
pub struct Table {
    cells: [[State; SEEN_KINDS]; STATES],
}

impl Table {
    const fn new(rows: &[Row]) -> Table {
        let mut cells = [[State::Dead; SEEN_KINDS]; STATES];
        let mut at = 0;
        while at < rows.len() {
            let (from, seen, to) = rows[at];
            cells[from as usize][seen as usize] = to;
            at += 1;
        }
        Table { cells }
    }

    /// The state after `seen`. A kind of line that the state has no row for counts as what it is to a reader who
    /// knows nothing of it: an indented line, or text.
    fn step(&self, from: State, seen: Seen, indented: bool) -> State {
        let row = &self.cells[from as usize];
        match row[seen as usize] {
            // Behind an error's last line a frame is no message: it is left of a trace that another thread printed.
            State::Dead if from == State::Done && matches!(seen, Seen::File | Seen::Caret) => {
                State::Dead
            }
            State::Dead if indented => row[Seen::Indented as usize],
            State::Dead if is_loose(seen) => row[Seen::Text as usize],
            to => to,
        }
    }
}

/// Kinds at the margin that are mere text to a language that does not know them.
fn is_loose(seen: Seen) -> bool {
    !matches!(
        seen,
        Seen::Blank
            | Seen::Head
            | Seen::Report
            | Seen::LevelLine
            | Seen::Detail
            | Seen::Access
            | Seen::Summary
            | Seen::Dashes
            | Seen::Traceback
            | Seen::Chain
    )
}

/// A language whose traces are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Language {
    /// Java and everything on its machine.
    Java,
    /// Python.
    Python,
    /// JavaScript on Node.
    Node,
    /// C# and everything on .NET.
    Dotnet,
    /// Go.
    Go,
    /// PHP.
    Php,
    /// Ruby.
    Ruby,
    /// Rust.
    Rust,
    /// Erlang and Elixir.
    Erlang,
    /// PostgreSQL's reports of several lines.
    Postgres,
}

impl Language {
    /// All of them, in the order of their tables.
    pub const ALL: [Language; 10] = [
        Language::Java,
        Language::Python,
        Language::Node,
        Language::Dotnet,
        Language::Go,
        Language::Php,
        Language::Ruby,
        Language::Rust,
        Language::Erlang,
        Language::Postgres,
    ];

    /// Its name in rule files.
    pub fn name(self) -> &'static str {
        match self {
            Language::Java => "java",
            Language::Python => "python",
            Language::Node => "node",
            Language::Dotnet => "dotnet",
            Language::Go => "go",
            Language::Php => "php",
            Language::Ruby => "ruby",
            Language::Rust => "rust",
            Language::Erlang => "erlang",
            Language::Postgres => "postgres",
        }
    }

    /// The language with that name in rule files.
    pub fn named(name: &str) -> Option<Language> {
        Language::ALL
            .into_iter()
            .find(|language| language.name() == name)
    }
}

static TABLES: [Table; Language::ALL.len()] = [
    Table::new(java::ROWS),
    Table::new(python::ROWS),
    Table::new(node::ROWS),
    Table::new(dotnet::ROWS),
    Table::new(go::ROWS),
    Table::new(php::ROWS),
    Table::new(ruby::ROWS),
    Table::new(rust::ROWS),
    Table::new(erlang::ROWS),
    Table::new(postgres::ROWS),
];

/// All tables, each in its own state: the grammar's position in one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grammar {
    states: [State; Language::ALL.len()],
}

impl Default for Grammar {
    fn default() -> Self {
        Grammar {
            states: [State::Start; Language::ALL.len()],
        }
    }
}

impl Grammar {
    /// Reads one line. `allow` may veto a language's step (guards that need the line's text); a language without a
    /// step drops out.
    pub fn step(
        &self,
        seen: Seen,
        indented: bool,
        allow: impl Fn(Language, State, State) -> bool,
    ) -> Grammar {
        let mut next = *self;
        for (language, state) in Language::ALL.into_iter().zip(next.states.iter_mut()) {
            if *state == State::Dead {
                continue;
            }
            let to = TABLES[language as usize].step(*state, seen, indented);
            *state = if to != State::Dead && allow(language, *state, to) {
                to
            } else {
                State::Dead
            };
        }
        // A line that is a frame to one language is no message to another.
        if seen.resumes() && seen != Seen::Indented && next.in_trace() {
            for state in next
                .states
                .iter_mut()
                .filter(|state| **state == State::Message)
            {
                *state = State::Dead;
            }
        }
        next
    }

    /// Whether any language still has a place for what was read.
    pub fn is_alive(&self) -> bool {
        self.states.iter().any(|state| *state != State::Dead)
    }

    /// Whether the record may end here.
    pub fn accepts(&self) -> bool {
        self.states.iter().any(|state| state.accepts())
    }

    /// Whether the record is amid a trace.
    pub fn in_trace(&self) -> bool {
        self.states.iter().any(|state| state.in_trace())
    }
}
