//! Lines that are JSON objects: what a logger's encoder writes, and what collectors ship.
//!
//! In comes a line's text, out go the parts of it that a record consists of: level, logger, message, trace. And back:
//! the names under which they stood, for a summary.
//!
//! Invariant: which field means what is told by its name and its kind of value alone, see `names.rs`. An object that
//! does not read as a logged event is no entry, and its line is plain.
//! The smallest file, and the one to imitate, is `names.rs`.

mod dress;
mod entry;
mod moment;
mod names;
mod throwable;

pub use dress::Template;
pub use entry::Entry;
pub use moment::Moment;

/// What a server-sent event has before its data.
const EVENT_FRONT: &[u8] = b"data: ";

/// Whether a text may be an object: cheap, and true for every entry.
pub fn may_be_entry(text: &[u8]) -> bool {
    let text = text.strip_prefix(EVENT_FRONT).unwrap_or(text);
    text.first() == Some(&b'{') && text.trim_ascii_end().last() == Some(&b'}')
}
