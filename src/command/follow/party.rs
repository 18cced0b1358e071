//! Files that are followed on the same terms.

use std::sync::Arc;

use super::Asked;
use super::names::Pattern;
use crate::command::lane::Lane;
use crate::command::{Voice, rulebook};

/// Files that are followed on the same terms.
pub(super) struct Party<'a> {
    /// What was asked for them.
    pub(super) asked: &'a Asked,
    /// The lane that those of its files are like.
    pub(super) model: Lane,
    /// Patterns that may name more files.
    pub(super) patterns: Vec<Pattern>,
    /// It is one file, and never more.
    pub(super) is_single: bool,
    /// Number of the outlet that all its files share, if they do.
    pub(super) out: Option<usize>,
}

impl<'a> Party<'a> {
    /// A party without files; `None`, after it was said why, if its rules are no good.
    pub(super) fn new(asked: &'a Asked, voice: &mut dyn Voice) -> Option<Party<'a>> {
        let rules = match asked.terms.rules.load() {
            Ok(rules) => Arc::new(rules),
            Err(errors) => {
                rulebook::complain(&errors, voice);
                return None;
            }
        };
        Some(Party {
            asked,
            model: Lane::new(rules, asked.terms.options, asked.terms.linger),
            patterns: Vec::new(),
            is_single: false,
            out: None,
        })
    }

    /// Reads the rules again. Gives whether there are new ones; if they are no good, that was said.
    pub(super) fn reload(&mut self, voice: &mut dyn Voice) -> bool {
        let rules = self.asked.terms.rules.reload(voice);
        let any = rules.is_some();
        if let Some(rules) = rules {
            self.model.set_rules(rules);
        }
        any
    }
}
