//! Files that were compressed after they had lost the name, read as the text they hold.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::thread;

use super::fingerprint::Fingerprint;
use super::reader::{Point, Reader};
use crate::limits::{BLOCK_BYTES, FINGERPRINT_BYTES};
use crate::system::compress::{Bounds, Expanded};
use crate::system::source::{Name, Source};

/// A compressed file's text, and what is wrong with the file, if that turns out.
pub type Packed = (Source, Arc<OnceLock<io::Error>>);

/// Opens the text of a compressed file behind a point; `None` if what stands before the point is not what stood there.
///
/// The text comes through a pipe from a thread that ends with it: it is read once after a restart, and is waited for.
///
/// # Errors
/// It cannot be read, is damaged before the point, or no thread can be started.
pub fn open(path: &Path, point: &Point) -> io::Result<Option<Packed>> {
    let mut text = Expanded::new(File::open(path)?, Bounds::default())?;
    let before = skip(&mut text, point.offset)?;
    if Fingerprint::of(&before) != point.before || before.len() < point.before.bytes as usize {
        return Ok(None);
    }
    let (reader, mut writer) = io::pipe()?;
    let damage = Arc::new(OnceLock::new());
    let told = Arc::clone(&damage);
    let pump = move || {
        if let Err(cause) = io::copy(&mut text, &mut writer)
            && cause.kind() != io::ErrorKind::BrokenPipe
        {
            let _ = told.set(cause);
        }
    };
    thread::Builder::new()
        .name("unpack".into())
        .stack_size(256 << 10)
        .spawn(pump)?;
    let mut source = Source::new(
        OwnedFd::from(reader),
        Name::Path(path.to_owned()),
        BLOCK_BYTES,
    )
    .map_err(io::Error::other)?
    .remembering(FINGERPRINT_BYTES);
    source.count_from(point.offset, &before);
    Ok(Some((source, damage)))
}

/// Whether a compressed file's text ends at the point, and what stands before it is what stood there.
///
/// # Errors
/// It cannot be read, or is damaged.
pub fn ends_at(path: &Path, point: &Point) -> io::Result<bool> {
    let mut text = Expanded::new(File::open(path)?, Bounds::default())?;
    let before = skip(&mut text, point.offset)?;
    let is_it = Fingerprint::of(&before) == point.before;
    Ok(is_it && text.read(&mut [0])? == 0)
}

impl Reader {
    /// Goes to a point if what stands before it is what stood there; the text of a compressed file is read again for that.
    ///
    /// # Errors
    /// Whatever the system says of reading it.
    pub fn go_on_at(&mut self, point: &Point) -> io::Result<bool> {
        let path = match self.source.name() {
            Name::Path(path) if !self.source.is_regular() => path.clone(),
            _ => return self.seek_point(point),
        };
        let opened = open(&path, point)?;
        let is_there = opened.is_some();
        if let Some((source, damage)) = opened {
            *self = Reader::of(source, self.facts(), self.standing).damaged_by(damage);
        }
        Ok(is_there)
    }
}

/// Reads past so many bytes and gives the last of them; fewer than there should be if there are not so many.
fn skip(text: &mut impl Read, bytes: u64) -> io::Result<Vec<u8>> {
    let mut left = bytes;
    let mut last = Vec::new();
    let mut block = vec![0; 64 << 10];
    while left > 0 {
        let most = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
        let room = block.get_mut(..most).unwrap_or_default();
        let more = text.read(room)?;
        if more == 0 {
            return Ok(Vec::new());
        }
        last.extend_from_slice(block.get(..more).unwrap_or_default());
        let surplus = last.len().saturating_sub(FINGERPRINT_BYTES);
        last.drain(..surplus);
        left -= more as u64;
    }
    Ok(last)
}
