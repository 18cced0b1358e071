//! Takes one step. Each is safe to be killed in, and safe to be taken again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

use flate2::write::GzEncoder;
use zstd::stream::write::Encoder;

use super::Compression;
use super::shelf::{Rung, packed_names};
use crate::system::folder::{parent, sync_names};

/// Bytes that are read at once for compressing.
const PIECE_BYTES: usize = 128 << 10;

/// Takes the step.
///
/// # Errors
/// What the system says; nothing is lost, and what is left half-way is tidied later.
pub(super) fn climb(rung: &Rung, compression: Compression) -> io::Result<()> {
    match rung {
        Rung::Drop(path) => match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            answer => answer,
        },
        Rung::Pack(path) => {
            let Some((packed, part)) = packed_names(path, compression) else {
                return Ok(());
            };
            let written = pack(path, &part, compression);
            if let Err(error) = written {
                // A disk that is full gets its room back at once.
                let _ = fs::remove_file(&part);
                return Err(error);
            }
            seal(&part, &packed)
        }
    }
}

/// Writes the compressed file and waits until the disk has it: what it was made of is removed next.
pub(super) fn pack(plain: &Path, part: &Path, compression: Compression) -> io::Result<()> {
    let source = File::open(plain)?;
    let metadata = source.metadata()?;
    let mode = metadata.mode() & 0o777;
    let mut options = OpenOptions::new();
    let target = options.write(true).create_new(true).mode(0o600);
    let target = target.open(part)?;
    // Who is not the superuser cannot give files away, and then the owner is the same as ever.
    let _ = fchown(&target, Some(metadata.uid()), Some(metadata.gid()));
    rustix::fs::fchmod(&target, rustix::fs::Mode::from_raw_mode(mode))?;
    let target = match compression {
        Compression::None => copied(source, target)?,
        Compression::Gz => {
            let level = flate2::Compression::default();
            copied(source, GzEncoder::new(target, level))?.finish()?
        }
        Compression::Zst => {
            let mut encoder = Encoder::new(target, zstd::DEFAULT_COMPRESSION_LEVEL)?;
            encoder.include_checksum(true)?;
            copied(source, encoder)?.finish()?
        }
    };
    // `ls -t` goes on to show them in order.
    target.set_modified(metadata.modified()?)?;
    target.sync_all()
}

/// Gives the finished file its name, and waits until the disk has that, too.
pub(super) fn seal(part: &Path, packed: &Path) -> io::Result<()> {
    fs::rename(part, packed)?;
    Ok(sync_names(File::open(parent(packed))?)?)
}

fn copied<W: Write>(mut from: impl Read, mut to: W) -> io::Result<W> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(to),
            Ok(bytes) => to.write_all(piece.get(..bytes).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
