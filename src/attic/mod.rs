//! What was taken out of a log, kept so that it can be put back.
//!
//! In come the bytes that a filter holds back and where they stood, out go the bytes of an attic: small, checked, and
//! readable from the middle; and the other way round the original, byte for byte.
//!
//! Invariant: nothing here knows what a record means or why it was taken, and nothing opens a file: bytes come from
//! `io::Read` and go to `io::Write`. What is read may have been made by anybody; it ends in bytes or in an error.
//! The format is described in `docs/attic.md`. The smallest file, and the one to imitate, is `number.rs`.

mod book;
mod chunk;
mod count;
mod frame;
mod growing;
mod grown;
mod number;
mod open;
mod pack;
mod restore;
mod salvage;
mod seal;
mod split;
mod stock;
mod store;
mod unpack;

pub use book::{ATTIC_VERSION, Book, Content, Place, Stored};
pub use chunk::{Chunk, Event};
pub use count::{Counted, records, summaries};
pub use growing::Growing;
pub use number::Damage;
pub use open::{Attic, AtticError};
pub use restore::{RestoreError, Stretch, Sum, Weave, restore};
pub use salvage::salvage;
pub use seal::SEAL_BYTES;
pub use stock::{Stock, Stocks};
pub use store::{Belongs, Gather, PackedChunk, Store};

#[cfg(test)]
mod tests;
