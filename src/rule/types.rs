//! Lists of error types, exact or with a star at an end.

use std::collections::HashSet;

/// Error types of one purpose.
#[derive(Debug, Default)]
pub struct TypeList {
    exact: HashSet<Box<[u8]>, foldhash::fast::RandomState>,
    globs: Vec<Glob>,
}

/// A name with a star at one end or both.
#[derive(Debug)]
enum Glob {
    Begins(Box<[u8]>),
    Ends(Box<[u8]>),
    Holds(Box<[u8]>),
}

impl TypeList {
    /// The list of these names.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n String>) -> TypeList {
        let mut list = TypeList::default();
        for name in names {
            let bare: Box<[u8]> = name.trim_matches('*').as_bytes().into();
            match (name.starts_with('*'), name.ends_with('*')) {
                (false, false) => drop(list.exact.insert(bare)),
                (false, true) => list.globs.push(Glob::Begins(bare)),
                (true, false) => list.globs.push(Glob::Ends(bare)),
                (true, true) => list.globs.push(Glob::Holds(bare)),
            }
        }
        list
    }

    /// Whether the list names no type at all.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.globs.is_empty()
    }

    /// Whether `error` is on the list.
    pub fn has(&self, error: &[u8]) -> bool {
        self.exact.contains(error)
            || self.globs.iter().any(|glob| match glob {
                Glob::Begins(start) => error.starts_with(start),
                Glob::Ends(end) => error.ends_with(end),
                Glob::Holds(part) => memchr::memmem::find(error, part).is_some(),
            })
    }
}
