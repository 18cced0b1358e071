//! What is known from the chunks before: their templates, each with the fields with which it was met first.
//!
//! A chunk may begin with the stock of an earlier one, so that it need not hold the same templates again; it says whose
//! that is. The chunks that begin with each other's stock, from one that stands alone on, are a series.

use std::sync::Arc;

use super::number::Damage;
use crate::limits::ATTIC_STOCK_BYTES_MAX;

/// Bytes that name a chunk: the first of its payload's hash. They are there to be told apart, the marks prove them.
const NAME_BYTES: usize = 8;

/// Bytes that a template takes besides its text, so that many short ones count, too.
const KNOWN_BYTES: usize = 64;

/// One template, and its first fields as they stand in the chunk that brought it.
#[derive(Debug)]
pub(super) struct Known {
    pub template: Box<[u8]>,
    pub firsts: Box<[u8]>,
}

/// The templates of one chunk and of those whose stock it began with; by default there are none.
#[derive(Debug, Default)]
pub struct Stock {
    /// The name of the chunk; none if nothing is known.
    name: Box<[u8]>,
    known: Vec<Arc<Known>>,
    bytes: usize,
}

impl Stock {
    /// Whose it is.
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    /// Its templates, in the order in which they were met.
    pub(super) fn known(&self) -> &[Arc<Known>] {
        &self.known
    }

    /// What is known behind a chunk that began with this and brought templates of its own. `None` if there are none, or
    /// too many: then nobody begins with it.
    pub(super) fn behind(&self, payload: &[u8], own: Vec<Known>) -> Option<Stock> {
        let bytes = own.iter();
        let bytes = bytes.map(|one| one.template.len() + one.firsts.len() + KNOWN_BYTES);
        let bytes = self.bytes.saturating_add(bytes.sum());
        if own.is_empty() || bytes > ATTIC_STOCK_BYTES_MAX {
            return None;
        }
        let name = blake3::hash(payload);
        let name = name.as_bytes().iter().take(NAME_BYTES).copied();
        let own = own.into_iter().map(Arc::new);
        Some(Stock {
            name: name.collect(),
            known: self.known.iter().cloned().chain(own).collect(),
            bytes,
        })
    }
}

/// The stocks that the next chunk may begin with, when chunks are read one after the other: that of the latest chunk, and
/// the one that it began with itself.
#[derive(Debug, Default)]
pub struct Stocks {
    latest: Arc<Stock>,
    before: Arc<Stock>,
}

impl Stocks {
    /// The stock of this name.
    pub(super) fn find(&self, name: &[u8]) -> Result<Arc<Stock>, Damage> {
        if name.is_empty() {
            return Ok(Arc::default());
        }
        let mut stocks = [&self.latest, &self.before].into_iter();
        let stock = stocks.find(|stock| stock.name() == name);
        stock.cloned().ok_or(Damage("a part before it is missing"))
    }

    /// A chunk was read that began with `before`; `behind` is what is known now.
    pub(super) fn add(&mut self, before: Arc<Stock>, behind: Option<Stock>) {
        if let Some(behind) = behind {
            self.before = before;
            self.latest = Arc::new(behind);
        }
    }
}
