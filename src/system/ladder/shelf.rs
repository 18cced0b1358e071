//! What was put away: the names in a folder, and which step is next. The decision knows names and sizes alone.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Compression, Sizing};

/// How the time is written in a name: fixed in length, in the order of time, and the same in every zone.
const TIME: &str = "%Y%m%dT%H%M%S.%6fZ";

/// Ends the name of a compressed file that is not finished.
const PART: &str = ".part";

/// The place in which files are put away.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    /// The folder of the output.
    pub(super) folder: PathBuf,
    /// The name of the output, which all others begin with.
    name: Vec<u8>,
}

/// What a name says of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it was written.
    Plain,
    /// Compressed, and whole.
    Packed,
    /// Compressed in part, by somebody who was killed.
    Part,
}

/// One file that was put away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// When, in microseconds since 1970; it names the file.
    pub(super) micros: u64,
    pub(super) form: Form,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
}

/// One step on the way to what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rung {
    /// Remove it: it is half a file, there is a packed one in its place, or it is one too many.
    Drop(PathBuf),
    /// Compress it.
    Pack(PathBuf),
}

impl Shelf {
    /// Where the file at `path` is put away; `None` if it has no name.
    pub(super) fn of(path: &Path) -> Option<Shelf> {
        Some(Shelf {
            folder: path.parent()?.to_owned(),
            name: path.file_name()?.as_bytes().to_owned(),
        })
    }

    /// What was put away, the oldest first.
    pub(super) fn read(&self) -> io::Result<Vec<Kept>> {
        let mut listed = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let Some((micros, form)) = self.parse(&entry.file_name()) else {
                continue;
            };
            match entry.metadata() {
                Ok(metadata) if metadata.is_file() => listed.push(Kept {
                    micros,
                    form,
                    path: entry.path(),
                    bytes: metadata.len(),
                }),
                Ok(_) => {}
                // Removed since the folder was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        listed.sort_by_key(|kept| (kept.micros, kept.form as u8));
        Ok(listed)
    }

    /// What a name says, if it is one of ours.
    fn parse(&self, name: &OsStr) -> Option<(u64, Form)> {
        let rest = name
            .as_bytes()
            .strip_prefix(&*self.name)?
            .strip_prefix(b".")?;
        let rest = std::str::from_utf8(rest).ok()?;
        let end = rest.find('Z')? + 1;
        let (time, ending) = (rest.get(..end)?, rest.get(end..)?);
        let form = match (ending, ending.strip_suffix(PART)) {
            ("", _) => Form::Plain,
            (".zst" | ".gz", _) => Form::Packed,
            (_, Some(".zst" | ".gz")) => Form::Part,
            _ => return None,
        };
        let read = DateTime::strptime(TIME, time).ok()?;
        let read = read.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let micros = u64::try_from(read.as_microsecond()).ok()?;
        // Only what we would write ourselves: reading is more lenient than writing.
        (stamp(micros) == time).then_some((micros, form))
    }
}

/// Which step is next; `None` when all is as was asked. `stuck` are files that could not be compressed and stay as
/// they are.
pub(super) fn next(listed: &[Kept], sizing: Sizing, stuck: &[PathBuf]) -> Option<Rung> {
    let drop = |kept: &Kept| Rung::Drop(kept.path.clone());
    if let Some(part) = listed.iter().find(|kept| kept.form == Form::Part) {
        return Some(drop(part));
    }
    let is_packed = |plain: &Kept| {
        let twin = |kept: &&Kept| kept.micros == plain.micros && kept.form == Form::Packed;
        listed.iter().find(twin).is_some()
    };
    let mut plain = listed.iter().filter(|kept| kept.form == Form::Plain);
    if let Some(done) = plain.clone().find(|kept| is_packed(kept)) {
        return Some(drop(done));
    }
    let oldest = listed.first()?;
    if listed.len() > sizing.keep {
        return Some(drop(oldest));
    }
    let unpacked = plain.find(|kept| !stuck.contains(&kept.path));
    if let Some(unpacked) = unpacked.filter(|_| sizing.compression != Compression::None) {
        return Some(Rung::Pack(unpacked.path.clone()));
    }
    let sum: u64 = listed.iter().map(|kept| kept.bytes).sum();
    let total = sum.saturating_add(sizing.max_bytes);
    let too_much = sizing.total_bytes_max.is_some_and(|most| total > most);
    too_much.then(|| drop(oldest))
}

/// The name of what was put away at that moment.
pub fn name_at(path: &Path, micros: u64) -> PathBuf {
    with(path, &format!(".{}", stamp(micros)))
}

/// The name of a file when it is packed, and as long as it is not finished; `None` if it is not to be.
pub(super) fn packed_names(path: &Path, compression: Compression) -> Option<(PathBuf, PathBuf)> {
    let ending = match compression {
        Compression::None => return None,
        Compression::Gz => ".gz",
        Compression::Zst => ".zst",
    };
    let packed = with(path, ending);
    let part = with(&packed, PART);
    Some((packed, part))
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    name.into()
}

fn stamp(micros: u64) -> String {
    let micros = i64::try_from(micros).unwrap_or(i64::MAX);
    let time = Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX);
    time.strftime(TIME).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizing(keep: usize, total: Option<u64>) -> Sizing {
        Sizing {
            max_bytes: 100,
            keep,
            total_bytes_max: total,
            compression: Compression::Zst,
        }
    }

    fn shelf() -> Shelf {
        Shelf::of(Path::new("/logs/app.log")).expect("a name")
    }

    fn kept(micros: u64, ending: &str, bytes: u64) -> Kept {
        let path = with(&name_at(Path::new("/logs/app.log"), micros), ending);
        let (micros, form) = shelf()
            .parse(path.file_name().expect("a name"))
            .expect("ours");
        Kept {
            micros,
            form,
            path,
            bytes,
        }
    }

    #[test]
    fn names_are_read_as_they_are_written_and_others_are_not_ours() {
        let name = name_at(Path::new("app.log"), 1_795_341_600_000_042);
        assert_eq!(name, Path::new("app.log.20261122T100000.000042Z"));
        assert_eq!(
            kept(1_795_341_600_000_042, "", 0).micros,
            1_795_341_600_000_042
        );
        for other in [
            "app.log",
            "app.log.1",
            "app.log.gz",
            "app.log.new",
            "app.log.20261122T100000Z",
            "app.log.20261122T100000.000042Z.bak",
            "app.log.20261399T100000.000042Z",
            "xapp.log.20261122T100000.000042Z",
            "app.logs.20261122T100000.000042Z",
        ] {
            assert_eq!(shelf().parse(OsStr::new(other)), None, "{other}");
        }
    }

    #[test]
    fn a_step_follows_from_what_is_there() {
        let (old, new) = (kept(1, ".zst", 10), kept(2, "", 100));
        let part = kept(2, ".zst.part", 5);
        let packed = kept(2, ".zst", 10);
        let check = |listed: &[&Kept], sizing, expected: Option<Rung>| {
            let listed: Vec<Kept> = listed.iter().map(|kept| (*kept).clone()).collect();
            assert_eq!(next(&listed, sizing, &[]), expected, "{listed:?}");
        };
        let drop = |kept: &Kept| Some(Rung::Drop(kept.path.clone()));
        check(&[], sizing(0, None), None);
        check(&[&old, &new, &part], sizing(5, None), drop(&part));
        check(&[&old, &new, &packed], sizing(1, None), drop(&new));
        check(&[&old, &new], sizing(1, None), drop(&old));
        check(
            &[&old, &new],
            sizing(5, None),
            Some(Rung::Pack(new.path.clone())),
        );
        check(&[&old, &packed], sizing(5, Some(120)), None);
        check(&[&old, &packed], sizing(5, Some(119)), drop(&old));
        check(&[&packed], sizing(0, None), drop(&packed));
    }

    #[test]
    fn what_cannot_be_packed_does_not_keep_the_rest_from_its_bounds() {
        let (old, new) = (kept(1, "", 100), kept(2, "", 100));
        let listed = [old.clone(), new.clone()];
        let stuck = [old.path.clone(), new.path];
        assert_eq!(next(&listed, sizing(5, None), &stuck), None);
        assert_eq!(
            next(&listed, sizing(5, Some(250)), &stuck),
            Some(Rung::Drop(old.path))
        );
    }
}
