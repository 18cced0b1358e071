//! Which file is next in turn, among those that bear the name or have borne it; compressed ones, too.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::FileType;

use super::origin::{open_source, open_to_read};
use super::unpacked::Unpacked;
use crate::limits::BLOCK_BYTES;
use crate::system::reclaim::{Birth, Mark, Phase, Seam};
use crate::system::tail::generations::{Generation, between, generations};
use crate::system::{Facts, Identity};

/// A file of which nothing was consumed yet.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) source: File,
    pub(super) birth: Birth,
    /// When it was written last.
    pub(super) modified: i64,
    /// Its text, if it is compressed.
    pub(super) unpacked: Option<Unpacked>,
}

impl Next {
    /// Opens what bears the name.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn named(path: &Path) -> Result<Next, String> {
        let source = open_source(path)?;
        let facts = Facts::of(&source).map_err(|cause| cause.to_string())?;
        Ok(Next {
            source,
            birth: facts.identity.into(),
            modified: facts.modified,
            unpacked: None,
        })
    }

    fn renamed(one: &Generation) -> Result<Next, String> {
        if !one.packed {
            return Next::named(&one.path);
        }
        let open = || {
            let source = File::open(&one.path)?;
            let unpacked = Unpacked::open(source.try_clone()?, 0, None)?;
            Ok((source, unpacked))
        };
        let (source, unpacked) = open().map_err(|cause: io::Error| cause.to_string())?;
        Ok(Next {
            source,
            birth: one.facts.identity.into(),
            modified: one.facts.modified,
            unpacked,
        })
    }

    /// The record of it, behind that of the file before.
    pub(super) fn mark(&self, before: Mark) -> Mark {
        Mark {
            source: self.birth,
            modified: self.modified,
            packed: self.unpacked.is_some(),
            ..before
        }
    }
}

/// The file after the recorded one, of which `old` is known, and which may still be open: one that was renamed before anybody
/// had read it, or the one that bears the name now; `None` as long as nothing does. Those that cannot be read are told to
/// `skipped`.
pub(super) fn successor(
    path: &Path,
    (old, source): (&Facts, Option<&File>),
    mark: &Mark,
    mut skipped: impl FnMut(&Path, &str),
) -> Option<Next> {
    // The name is asked first: whatever is renamed after that is met the next time.
    let named = Facts::at(path).ok().filter(Facts::is_regular)?;
    for one in missed(path, (old, source), mark, &named) {
        match Next::renamed(&one) {
            Ok(next) if next.birth == one.facts.identity.into() => return Some(next),
            Ok(_) => return None,
            // It was renamed or compressed meanwhile: it is met the next time.
            Err(_) if Facts::at(&one.path).ok() != Some(one.facts) => return None,
            Err(text) => skipped(&one.path, &text),
        }
    }
    let next = Next::named(path).ok()?;
    (next.birth == named.identity.into()).then_some(next)
}

/// The files that bore the name between the recorded one and the one that bears it now, in the order of their names.
fn missed(
    path: &Path,
    (old, source): (&Facts, Option<&File>),
    mark: &Mark,
    named: &Facts,
) -> Vec<Generation> {
    let all = generations(path).unwrap_or_default();
    let is_known = |one: Identity| mark.left.iter().any(|rest| rest.source == one.into());
    let mut found = between(&all, old, Some(named), is_known);
    // Late lines in the recorded file make it younger than one that came after it.
    let came_between = |one: &&Generation| {
        let (made, identity) = (one.facts.identity.born, one.facts.identity);
        let is_ours = mark.packed || one.packed || is_known(identity) || found.contains(one);
        !is_ours && old.identity.born < made && made < named.identity.born
    };
    let others: Vec<Generation> = all.iter().filter(came_between).cloned().collect();
    found.extend(others.into_iter().filter(|one| !begins_like(one, mark)));
    // Where its own name is now, or that of what was made of it, all that came later have later names.
    let mut own = all.iter().filter(|one| one.facts.identity == old.identity);
    let is_made_of_it = |one: &&Generation| {
        let file = source.filter(|_| one.packed && old.links == 0);
        file.is_some_and(|file| holds(one, file).unwrap_or(false))
    };
    let own = own.next().or_else(|| all.iter().find(is_made_of_it));
    found.retain(|one| own.is_none_or(|own| one.turn > own.turn));
    found.sort_by_key(|one| (one.turn, one.facts.identity.born));
    found
}

/// Whether a compressed file holds what this one held when it was compressed, by what stands before that end.
fn holds(one: &Generation, source: &File) -> io::Result<bool> {
    let file = open_to_read(&one.path)?;
    let Some(mut text) = Unpacked::open(file, 0, None)? else {
        return Ok(false);
    };
    let (mut bytes, mut block) = (0, Vec::new());
    loop {
        block.clear();
        text.read(&mut block, BLOCK_BYTES as u64);
        if block.is_empty() {
            break;
        }
        bytes += block.len() as u64;
        text.consume(&block);
    }
    Ok(bytes > 0 && Seam::before(source, bytes, None)? == Some(text.seam()))
}

/// Whether a file begins like the recorded one: then it may be a copy of it.
fn begins_like(one: &Generation, mark: &Mark) -> bool {
    let file = open_to_read(&one.path);
    let head = file.and_then(|file| Seam::before(file, mark.head.bytes, None));
    mark.head.bytes > 0 && head.is_ok_and(|head| head == Some(mark.head))
}

/// What is known of a recorded file that is nowhere any more.
pub(super) fn facts_of(mark: &Mark) -> Facts {
    Facts {
        kind: FileType::RegularFile,
        identity: mark.source.into(),
        size: mark.consumed,
        modified: mark.modified,
        links: 0,
    }
}

/// Finds the recorded file where it was compressed since: by what stands before the place that was consumed, and by the
/// time at which it was written last, which compressors keep.
pub(super) fn compressed(path: &Path, mark: &Mark) -> Option<(File, Mark, Unpacked)> {
    let all = generations(path).ok()?;
    let consumed = match mark.phase {
        // It may have been shortened before it was compressed.
        Phase::Intent { cut } => vec![mark.consumed, mark.consumed.saturating_sub(cut)],
        Phase::Idle => vec![mark.consumed],
    };
    let fits = |one: &&Generation| one.packed && may_be_of(one.facts.modified, mark.modified);
    all.iter().filter(fits).find_map(|one| {
        consumed.iter().find_map(|consumed| {
            let file = File::open(&one.path).ok()?;
            let again = file.try_clone().ok()?;
            let text = Unpacked::open(again, *consumed, Some(mark.seam)).ok()??;
            let mark = mark.compressed_to(one.facts.identity.into(), *consumed);
            Some((file, mark, text))
        })
    })
}

/// Whether a file that was written last at `modified` may be one that was seen to be written at `seen`. Some compressors
/// keep no more than the second.
fn may_be_of(modified: i64, seen: i64) -> bool {
    const SECOND: i64 = 1_000_000_000;
    modified >= seen || (modified % SECOND == 0 && modified / SECOND >= seen / SECOND)
}
