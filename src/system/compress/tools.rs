//! What compresses one unit after the other, for several threads. What is costly to make is kept and used again.

use std::io::{self, Write};

use zstd::bulk::Compressor;
use zstd::zstd_safe::compress_bound;

use super::{Compression, Manner};
use crate::system::spares::Spares;

/// Bytes of the window of an xz stream that is written: as much as a unit holds, so that memory is known.
const XZ_WINDOW_BYTES: u32 = 4 << 20;

/// The level of zstd's own program.
const ZSTD_LEVEL: i32 = 3;

/// Compresses units in one manner. What comes out depends on the unit alone.
pub struct Tools {
    manner: Manner,
    zstd: Spares<Compressor<'static>>,
}

impl Tools {
    /// For units of this manner.
    #[must_use]
    pub fn new(manner: Manner) -> Tools {
        Tools {
            manner,
            zstd: Spares::default(),
        }
    }

    /// How units are compressed.
    #[must_use]
    pub fn manner(&self) -> &Manner {
        &self.manner
    }

    /// Makes `unit` the unit that holds these bytes. The first of a file bears its name and time.
    ///
    /// # Errors
    /// There is no memory left.
    pub fn compress(&self, bytes: &[u8], is_first: bool, unit: &mut Vec<u8>) -> io::Result<()> {
        unit.clear();
        match self.manner.compression {
            Compression::Plain => unit.extend_from_slice(bytes),
            Compression::Gzip => self.gzip(bytes, is_first, unit)?,
            Compression::Zstd => self.zstd(bytes, unit)?,
            Compression::Xz => {
                let mut options =
                    liblzma::stream::LzmaOptions::new_preset(self.manner.level.unwrap_or(6))?;
                options.dict_size(XZ_WINDOW_BYTES);
                let mut filters = liblzma::stream::Filters::new();
                filters.lzma2(&options);
                let check = liblzma::stream::Check::Crc64;
                let stream = liblzma::stream::Stream::new_stream_encoder(&filters, check)?;
                let mut encoder = liblzma::write::XzEncoder::new_stream(unit, stream);
                encoder.write_all(bytes)?;
                encoder.finish()?;
            }
            Compression::Bzip2 => {
                let level = bzip2::Compression::new(self.manner.level.unwrap_or(9));
                let mut encoder = bzip2::write::BzEncoder::new(unit, level);
                encoder.write_all(bytes)?;
                encoder.finish()?;
            }
        }
        Ok(())
    }

    fn gzip(&self, bytes: &[u8], is_first: bool, unit: &mut Vec<u8>) -> io::Result<()> {
        // Unix, as gzip itself says here.
        let mut header = flate2::GzBuilder::new().operating_system(3);
        if is_first {
            header = header.mtime(self.manner.time);
            if let Some(name) = &self.manner.name {
                header = header.filename(name.as_slice());
            }
        }
        let level = flate2::Compression::new(self.manner.level.unwrap_or(6));
        let mut encoder = header.write(unit, level);
        encoder.write_all(bytes)?;
        encoder.finish()?;
        Ok(())
    }

    fn zstd(&self, bytes: &[u8], unit: &mut Vec<u8>) -> io::Result<()> {
        let mut zstd = match self.zstd.take() {
            Some(zstd) => zstd,
            None => {
                let level = self.manner.level.map_or(ZSTD_LEVEL, u32::cast_signed);
                let mut zstd = Compressor::new(level)?;
                zstd.include_checksum(true)?;
                zstd
            }
        };
        unit.reserve(compress_bound(bytes.len()));
        zstd.compress_to_buffer(bytes, unit)?;
        self.zstd.put_back(zstd);
        Ok(())
    }
}
