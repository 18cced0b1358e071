//! What several tests share: where the project stands, and its rules.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use quell::rule::file::RuleFile;
use quell::rule::{RuleSet, file::UserFile};

/// A place in the project.
pub fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All built-in rules in force, the opt-in ones included, and the files that they stand in.
pub type Written = (Arc<RuleSet>, Vec<(UserFile, RuleFile)>);

/// The rules of the folder `rules`, read once.
pub fn written() -> &'static Written {
    static WRITTEN: OnceLock<Written> = OnceLock::new();
    WRITTEN.get_or_init(|| match RuleSet::from_texts() {
        Ok((set, files)) => (Arc::new(set), files),
        Err(errors) => {
            let list: Vec<String> = errors.iter().map(ToString::to_string).collect();
            panic!("the built-in rules do not load:\n{}", list.join("\n"))
        }
    })
}
