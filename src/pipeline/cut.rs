//! Where a stream may be cut so that its parts can be judged apart.

use super::weave::walk;
use crate::format::Format;
use crate::line::line_before;
use crate::record::fence;

/// The last place in a block at which a record certainly begins and none goes on, whatever stands before the block:
/// reading the two sides apart gives the records that reading all of it gives. `None` if there is none but the block's
/// beginning, or if lines near it wear something: records of other writers may lie across it.
#[must_use]
pub fn cut(block: &[u8], format: Format) -> Option<usize> {
    if format == Format::Export {
        return None;
    }
    let complete = memchr::memrchr(b'\n', block)? + 1;
    let last = line_before(block, complete, 0)?;
    let at = fence::before(block, last.start, 0);
    // A line that wears something ends nobody's record but its writer's.
    let is_bare = walk::bare_from(block, at, 0, format).is_some()
        && walk::is_bare(block, at, complete, format);
    (at > 0 && is_bare).then_some(at)
}
