//! FILES THAT ARE STILL WRITTEN, followed by their names through all that befalls them.
//!
//! In come names, and hints that something has changed; out go blocks of bytes in the order in which they were written,
//! each exactly once as far as that can be known, and notices of what was lost where it cannot.
//!
//! Invariant: hints only say that it is time to look. They may be missing, doubled or wrong; what has happened is told by
//! `reconcile.rs` alone, from what the system says of the name, of the open file and of the bytes before the position.
//! Nothing here knows lines beyond where one begins, or what they mean; and nothing here waits.
//!
//! The smallest file, and the one to imitate, is `reconcile.rs`.

mod changes;
pub mod fingerprint;
pub mod followed;
pub mod generations;
pub mod packed;
pub mod places;
pub mod reader;
pub mod reconcile;
mod resume;
pub mod rotated;
pub mod start;
pub mod watch;

pub use fingerprint::Fingerprint;
pub use followed::{Notice, Start, Step, Tail};
pub use reader::Point;
pub use reconcile::{Change, There};
pub use watch::{Blind, Hint, Watch};
