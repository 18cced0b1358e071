//! The attic beside an output: what was taken out of the stream on the way there, so that it can be put back.

use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::io::Errno;

use super::origin::find;
use super::target::{Target, TargetError};
use crate::attic::{Growing, SEAL_BYTES};
use crate::system::ladder::name_at;
use crate::system::reclaim::{Birth, Mark};
use crate::system::shown;

/// An attic that grows along with an output.
#[derive(Debug)]
pub struct AtticFile {
    path: PathBuf,
    file: File,
    birth: Birth,
    /// Where the next byte goes.
    end: u64,
    /// What is to be written there.
    pub(super) growing: Growing,
}

impl AtticFile {
    /// Goes on with the attic that is recorded, if its output is gone on with; else begins one. What was never committed is
    /// cut off. Says as well whether the recorded one is gone.
    ///
    /// # Errors
    /// It cannot be opened, or was changed by others.
    pub fn open(
        path: &Path,
        mark: &Mark,
        target: &Target,
    ) -> Result<(AtticFile, bool), TargetError> {
        let known = mark.attic != Birth::default();
        let is_ours = known && mark.output == target.birth();
        match known.then(|| find(path, mark.attic)).flatten() {
            Some(file) if is_ours => Ok((AtticFile::resume(path, file, mark)?, false)),
            Some(old) => {
                // Its output was put away meanwhile.
                if old
                    .metadata()
                    .is_ok_and(|stat| stat.len() > mark.attic_bytes)
                {
                    let cut = old.set_len(mark.attic_bytes);
                    cut.map_err(|cause| failed(path, cause))?;
                }
                Ok((AtticFile::begin(path, target)?, false))
            }
            None => Ok((AtticFile::begin(path, target)?, is_ours)),
        }
    }

    /// Begins the attic of an output from its end on. Another attic that bears its name is given one of its own.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn begin(path: &Path, target: &Target) -> Result<AtticFile, TargetError> {
        let failed = |cause| failed(path, cause);
        let mut growing = Growing::new();
        put_away(path, growing.due().len() as u64).map_err(failed)?;
        growing.skip(target.bytes()).map_err(failed)?;
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .map_err(|cause| TargetError::Unopened {
                path: shown(path),
                cause,
            })?;
        let like = target.stat().map_err(failed)?;
        // Who is not the superuser cannot give files away, and then the owner is the same as ever.
        let _ = std::os::unix::fs::fchown(&file, Some(like.uid()), Some(like.gid()));
        let mode = std::fs::Permissions::from_mode(like.mode() & 0o777);
        file.set_permissions(mode).map_err(failed)?;
        let birth = Birth::of(&file).map_err(failed)?;
        Ok(AtticFile {
            path: path.to_owned(),
            file,
            birth,
            end: 0,
            growing,
        })
    }

    fn resume(path: &Path, file: File, mark: &Mark) -> Result<AtticFile, TargetError> {
        let failed = |cause| failed(path, cause);
        let changed = || TargetError::Changed(shown(path));
        let size = file.metadata().map_err(failed)?.len();
        let mut seal = [0; SEAL_BYTES];
        let at = mark.attic_bytes.checked_sub(SEAL_BYTES as u64);
        let at = at
            .filter(|_| size >= mark.attic_bytes)
            .ok_or_else(changed)?;
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut seal, at).map_err(failed)?;
        let mut growing = Growing::resume(&seal).map_err(|_| changed())?;
        // What passed without anything being taken out is not sealed.
        let unsealed = mark.output_bytes.checked_sub(growing.at().1);
        let unsealed = unsealed.ok_or_else(changed)?;
        growing.skip(unsealed).map_err(failed)?;
        file.set_len(mark.attic_bytes).map_err(failed)?;
        Ok(AtticFile {
            path: path.to_owned(),
            file,
            birth: mark.attic,
            end: mark.attic_bytes,
            growing,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which file it is.
    #[must_use]
    pub fn birth(&self) -> Birth {
        self.birth
    }

    /// How many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.end
    }

    /// Seals what was taken out and writes it; on the disk when this returns.
    ///
    /// # Errors
    /// A full disk, most often; it may be tried again.
    pub fn commit(&mut self) -> io::Result<()> {
        if self.growing.has_news() {
            self.growing.seal()?;
        }
        let due = self.growing.due();
        if due.is_empty() {
            return Ok(());
        }
        while !due.is_empty() {
            match rustix::io::pwrite(&self.file, due, self.end) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    due.drain(..written);
                    self.end += written as u64;
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(rustix::fs::fdatasync(&self.file)?)
    }
}

fn failed(path: &Path, cause: io::Error) -> TargetError {
    TargetError::Failed {
        path: shown(path),
        cause,
    }
}

/// Gives what bears the name of an attic another one, by the time, under which it is found by its content. One in which
/// nothing is yet is what a kill has left, and is written over.
fn put_away(path: &Path, empty_bytes: u64) -> io::Result<()> {
    let stat = match std::fs::symlink_metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        stat => stat?,
    };
    if stat.is_file() && stat.len() <= empty_bytes {
        return Ok(());
    }
    let micros = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = micros.map_or(0, |now| u64::try_from(now.as_micros()).unwrap_or(u64::MAX));
    let mut name = name_at(&path.with_extension(""), micros).into_os_string();
    name.push(".attic");
    std::fs::rename(path, name)
}
