//! Where a stream may be cut so that its parts can be judged apart.

use crate::line::line_before;
use crate::record::fence;

/// The last place in a block at which a record certainly begins, whatever stands before it: reading the two sides apart
/// gives the records that reading all of it gives. `None` if there is none but the block's beginning.
#[must_use]
pub fn cut(block: &[u8]) -> Option<usize> {
    let complete = memchr::memrchr(b'\n', block)? + 1;
    let last = line_before(block, complete, 0)?;
    Some(fence::before(block, last.start, 0)).filter(|at| *at > 0)
}
