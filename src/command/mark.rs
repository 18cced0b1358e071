//! How much of an output is committed, and how it is brought back to that after a kill.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::command::outlet::Outlet;
use crate::line::latin;
use crate::system::tail::Fingerprint;
use crate::system::tail::generations::generations;
use crate::system::{Facts, Identity, path_of, shown};

/// Why an output cannot be gone on with: it is not as it was left, and nothing in it is touched.
#[derive(Debug, Error)]
pub(super) enum MarkError {
    /// Something was taken from it.
    #[error(
        "{path}: holds {bytes} bytes where quell has committed {committed}, so somebody has changed it; bring it back, or \
         remove the state to begin anew"
    )]
    Shorter {
        /// The path as it may be shown.
        path: String,
        /// What it holds.
        bytes: u64,
        /// What it should hold at least.
        committed: u64,
    },
    /// What was committed is not there any more.
    #[error(
        "{path}: what stands before its byte {committed} is not what quell has written, so nothing in it is cut off; bring \
         it back, or remove the state to begin anew"
    )]
    Foreign {
        /// The path as it may be shown.
        path: String,
        /// Where the committed part should end.
        committed: u64,
    },
    /// It cannot be brought back.
    #[error(
        "{path}: cannot be cut back to what is committed ({cause}), allow quell to write to it"
    )]
    Stuck {
        /// The path as it may be shown.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
}

/// How much of an output is committed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Mark {
    #[serde(with = "latin")]
    path: Vec<u8>,
    identity: Identity,
    /// Bytes of it that are ours and on the disk.
    bytes: u64,
    /// What stands before its committed end.
    before: Fingerprint,
    /// Whose lines were written last, so that a title is not written twice.
    turned_to: Option<String>,
}

impl Mark {
    /// The mark of an output that is flushed and synced; `None` for one that is no file, of which nothing can be taken
    /// back.
    pub(super) fn of(outlet: &Outlet, turned_to: Option<&Path>) -> io::Result<Option<Mark>> {
        let (facts, Some(path)) = outlet.facts()? else {
            return Ok(None);
        };
        if !facts.is_regular() {
            return Ok(None);
        }
        let file = outlet.open_to_read()?;
        Ok(Some(Mark {
            path: path.as_os_str().as_bytes().to_vec(),
            identity: facts.identity,
            bytes: facts.size,
            before: Fingerprint::of(&Fingerprint::text_before(&file, facts.size)?),
            turned_to: turned_to.map(|path| latin::text(path.as_os_str().as_bytes())),
        }))
    }

    /// Where it was.
    pub(super) fn path(&self) -> PathBuf {
        path_of(&self.path)
    }

    /// Whose lines were written last.
    pub(super) fn turned_to(&self) -> Option<PathBuf> {
        let bytes = latin::bytes(self.turned_to.as_deref()?)?;
        Some(path_of(&bytes))
    }

    /// Cuts off what was written after the last commit, wherever rotation has put it: it will be written again. After an
    /// `ended` run there is none, and what is there is somebody else's. Gives what is to be said about it.
    pub(super) fn settle(&self, ended: bool) -> Result<Option<String>, MarkError> {
        let path = self.path();
        let there = Facts::at(&path).ok();
        if let Some(facts) = there.filter(|facts| facts.identity == self.identity) {
            return self.cut_back(&path, &facts, ended);
        }
        let all = generations(&path).unwrap_or_default();
        let put_away = all.iter().find(|one| one.facts.identity == self.identity);
        match put_away {
            Some(one) => self.cut_back(&one.path, &one.facts, ended),
            None if ended || self.bytes == 0 => Ok(None),
            None => Ok(Some(format!(
                "{}: the file that was written before is gone, so lines that were written just before the end may be \
                 written twice",
                shown(&path)
            ))),
        }
    }

    fn cut_back(
        &self,
        path: &Path,
        facts: &Facts,
        ended: bool,
    ) -> Result<Option<String>, MarkError> {
        let name = shown(path);
        let surplus = match facts.size.checked_sub(self.bytes) {
            Some(0) => return Ok(None),
            Some(surplus) => surplus,
            None => {
                return Err(MarkError::Shorter {
                    path: name,
                    bytes: facts.size,
                    committed: self.bytes,
                });
            }
        };
        if ended {
            return Ok(Some(format!(
                "{name}: somebody else has added {surplus} bytes, they stay"
            )));
        }
        let stuck = |cause| MarkError::Stuck {
            path: shown(path),
            cause,
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(stuck)?;
        if self
            .before
            .find(&file, self.bytes)
            .map_err(stuck)?
            .is_none()
        {
            return Err(MarkError::Foreign {
                path: name,
                committed: self.bytes,
            });
        }
        file.set_len(self.bytes).map_err(stuck)?;
        Ok(None)
    }
}
