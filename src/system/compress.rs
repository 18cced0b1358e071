//! How a file is compressed: seen by its first bytes, expanded within bounds, and written again in the same way.
//!
//! A compressed output is a row of units that were compressed each for itself: frames of zstd, members of gzip, streams of
//! xz and bzip2, one behind the other, as all their readers allow. So units can be made by several threads, and the
//! output does not depend on how many there are.

mod tools;

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use tools::Tools;

use crate::limits::{
    EXPANSION_BYTES_FREE, EXPANSION_BYTES_MAX, EXPANSION_FACTOR_MAX, EXPANSION_WINDOW_LOG_MAX,
};

/// Bytes that are read from a compressed file at once.
const READ_BYTES: usize = 128 * 1024;

/// Bytes of a file's front that tell how it is compressed, the name in a gzip header included.
const FRONT_BYTES: usize = 512;

/// Memory that reading an xz file may take: its window and some tables.
const XZ_MEMORY_BYTES_MAX: u64 = (1 << EXPANSION_WINDOW_LOG_MAX) + (1 << 20);

/// How a file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    #[default]
    Plain,
    /// gzip, as of RFC 1952.
    Gzip,
    /// Zstandard, as of RFC 8878.
    Zstd,
    /// xz.
    Xz,
    /// bzip2.
    Bzip2,
}

impl Compression {
    /// How a file is compressed that begins with these bytes. A name says nothing.
    #[must_use]
    pub fn of(front: &[u8]) -> Compression {
        match front {
            [0x1f, 0x8b, 8, ..] => Compression::Gzip,
            // Any of the skippable frames may come first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Compression::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, ..] => Compression::Bzip2,
            _ => Compression::Plain,
        }
    }

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Compression::Plain => "plain",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Xz => "xz",
            Compression::Bzip2 => "bzip2",
        }
    }

    /// What stands behind the dot of such a file's name; nothing for a plain one.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Compression::Plain => "",
            Compression::Gzip => "gz",
            Compression::Zstd => "zst",
            Compression::Xz => "xz",
            Compression::Bzip2 => "bz2",
        }
    }
}

/// How a file is to be compressed: what it is, and what can be known of how it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// What it is.
    pub compression: Compression,
    /// The level, from 1 to 9; `None` is the format's own default.
    pub level: Option<u32>,
    /// The name that a gzip header bears.
    pub name: Option<Vec<u8>>,
    /// The time that a gzip header bears, in seconds since 1970; 0 is none.
    pub time: u32,
}

impl Manner {
    /// The format's own way.
    #[must_use]
    pub fn plain(compression: Compression) -> Manner {
        Manner {
            compression,
            ..Manner::default()
        }
    }

    /// What a file's front tells.
    #[must_use]
    pub fn of(front: &[u8]) -> Manner {
        let compression = Compression::of(front);
        let mut manner = Manner::plain(compression);
        match (compression, front) {
            (Compression::Gzip, [_, _, _, flags, t0, t1, t2, t3, extra, _, rest @ ..]) => {
                manner.time = u32::from_le_bytes([*t0, *t1, *t2, *t3]);
                manner.level = match extra {
                    2 => Some(9),
                    4 => Some(1),
                    _ => None,
                };
                // A name stands first unless there is an extra field, which no log has.
                let named = flags & 0b1000 != 0 && flags & 0b100 == 0;
                let end = memchr::memchr(0, rest).filter(|_| named);
                manner.name = end.and_then(|end| rest.get(..end)).map(<[u8]>::to_vec);
            }
            (Compression::Bzip2, [_, _, _, level, ..]) => {
                manner.level = Some(u32::from(level.saturating_sub(b'0')));
            }
            _ => {}
        }
        manner
    }
}

/// How large a content may become.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes that may come out for each byte of the file.
    pub factor: u64,
    /// Bytes that may come out besides.
    pub free: u64,
    /// Bytes that may come out at all.
    pub bytes_max: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            factor: EXPANSION_FACTOR_MAX,
            free: EXPANSION_BYTES_FREE,
            bytes_max: EXPANSION_BYTES_MAX,
        }
    }
}

/// A file's content, expanded while it is read. Memory: what the format's window takes, at most 128 MiB.
pub struct Expanded {
    from: Box<dyn Read + Send>,
    manner: Manner,
    /// Bytes that were read from the file.
    packed: Arc<AtomicU64>,
    /// Bytes that came out.
    bytes: u64,
    bounds: Bounds,
}

impl Expanded {
    /// The content of what `from` gives, read from its beginning.
    ///
    /// # Errors
    /// Reading failed, or what follows the first bytes cannot be read by the format's reader.
    pub fn new(from: impl Read + Send + 'static, bounds: Bounds) -> io::Result<Expanded> {
        let packed = Arc::new(AtomicU64::new(0));
        let mut reader = BufReader::with_capacity(
            READ_BYTES,
            Metered {
                from,
                bytes: Arc::clone(&packed),
            },
        );
        let front = reader.fill_buf()?;
        let manner = Manner::of(front.get(..FRONT_BYTES).unwrap_or(front));
        let from: Box<dyn Read + Send> = match manner.compression {
            Compression::Plain => Box::new(reader),
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(reader)),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(reader)?;
                decoder.window_log_max(EXPANSION_WINDOW_LOG_MAX)?;
                Box::new(decoder)
            }
            Compression::Xz => {
                let flags = liblzma::stream::CONCATENATED;
                let stream =
                    liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY_BYTES_MAX, flags)?;
                Box::new(liblzma::bufread::XzDecoder::new_stream(reader, stream))
            }
            Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(reader)),
        };
        Ok(Expanded {
            from,
            manner,
            packed,
            bytes: 0,
            bounds,
        })
    }

    /// How it is compressed.
    #[must_use]
    pub fn manner(&self) -> &Manner {
        &self.manner
    }

    /// Bytes that were read from the file so far; may be asked from another thread.
    #[must_use]
    pub fn meter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.packed)
    }

    /// Sees to it that it has not become larger than any log that was compressed: a file may be made to fill a disk.
    fn check(&self) -> io::Result<()> {
        if self.manner.compression == Compression::Plain {
            return Ok(());
        }
        let Bounds {
            factor,
            free,
            bytes_max,
        } = self.bounds;
        let packed = self.packed.load(Ordering::Relaxed);
        let what = if self.bytes > bytes_max {
            format!("to more than {bytes_max} bytes")
        } else if self.bytes > packed.saturating_mul(factor).saturating_add(free) {
            format!("to more than {factor} times its size")
        } else {
            return Ok(());
        };
        let text = format!("it expands {what}, which no log is believed to do");
        Err(io::Error::new(io::ErrorKind::InvalidData, text))
    }
}

impl Read for Expanded {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(room)?;
        self.bytes += read as u64;
        self.check()?;
        Ok(read)
    }
}

/// Counts what is read.
struct Metered<R> {
    from: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(room)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
