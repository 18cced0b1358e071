//! Streams in which lines wear something: records of several writers, each of whose lines may lie apart.
//!
//! In comes a block, out go the records in it that must be looked at, in the order in which they begin, each laid side
//! by side out of the lines of one writer.
//!
//! Invariant: where no line wears anything, this finds the very records that the plain path finds. A verdict is given
//! in the order in which records begin; nothing passes that a later verdict may hold back.
//! The smallest file, and the one to imitate, is `claims.rs`.

mod claims;
mod collect;
mod fence;
mod gather;
mod lay;
mod own;
mod reader;
mod rows;
mod verdict;
pub(super) mod walk;

pub(super) use claims::Ahead;
pub(super) use gather::Loom;
pub use reader::{Case, Reader};
pub(super) use rows::Rows;
pub(super) use verdict::Until;
pub(super) use walk::Walk;
