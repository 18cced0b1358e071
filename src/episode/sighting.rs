//! One record on its way to be counted.

use std::sync::Arc;

use crate::format::Clothes;
use crate::line::Layout;
use crate::rule::Finding;

/// One record that a rule takes, as far as counting goes.
#[derive(Clone, Debug)]
pub struct Sighting<'a> {
    /// What the rule found.
    pub finding: Finding<'a, 'a>,
    /// What of the finding's message its writer wrote: a carrier's words may stand before it.
    pub words: &'a [u8],
    /// When it was written, in microseconds since 1970, as far as the log's clock believes it.
    pub micros: i64,
    /// The time it bears itself, believed or not: whether a kind was forgotten depends on nothing that comes between.
    pub stamp: i64,
    /// How its time was written, if it bears one.
    pub layout: Option<Layout>,
    /// How far the time that its writer gave is ahead of its carrier's, in microseconds.
    pub ahead: i64,
    /// What it wore.
    pub clothes: Option<Arc<Clothes>>,
    /// Its lines.
    pub lines: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Address of the other end.
    pub peer: Option<&'a [u8]>,
    /// Path of the request.
    pub path: Option<&'a [u8]>,
}
