//! Giving back the disk space of what has been consumed from the front of a file that is still being written.
//!
//! In come an open file, what was last recorded of it, and how much of its front may go; out go the file's new shape, or a
//! conflict that says why nothing may be touched.
//!
//! Invariant: nothing here reads or writes a log's content for its own sake, and nothing knows records or rules. What is
//! not proven is not done: whatever does not fit the record is a conflict.
//!
//! The smallest file, and the one to imitate, is `calls.rs`.

pub mod calls;
pub mod mark;
pub mod resolve;
pub mod rest;
pub mod seam;

pub use calls::Ground;
pub use mark::{Birth, Gap, Mark, Phase};
pub use resolve::{Conflict, Resolved, resolve};
pub use rest::Rest;
pub use seam::Seam;
