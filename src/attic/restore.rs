//! Puts back what was taken out.

use std::io::{self, Read, Seek, Write};

use thiserror::Error;

use super::book::{Book, Content};
use super::chunk::{Chunk, Event};
use super::open::{Attic, AtticError};

/// Bytes that are copied at once.
const COPY_BYTES: usize = 64 * 1024;

/// Why a log could not be restored.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// The attic cannot be read.
    #[error(transparent)]
    Attic(#[from] AtticError),
    /// What was to be restored is not what was left when the attic was filled.
    #[error("this attic belongs to another file, or the file was changed since")]
    OtherFile,
    /// What came out is not the original.
    #[error("what comes out is not what was put in: the attic is damaged")]
    NotTheOriginal,
    /// The file could not be read.
    #[error("reading failed ({0})")]
    Unreadable(#[from] io::Error),
    /// The output could not be written.
    #[error("writing failed ({0})")]
    Unwritable(io::Error),
}

/// A stretch of a log that an attic proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins, in the original and in what is left.
    pub begins: (u64, u64),
    /// What stands there, in the original and in what is left.
    pub contents: [Content; 2],
    /// The number of the first chunk behind it.
    pub chunks: usize,
}

impl Stretch {
    /// All of a log.
    pub(super) fn whole(book: &Book) -> Stretch {
        Stretch {
            begins: (0, 0),
            contents: [book.original.clone(), book.filtered.clone()],
            chunks: book.chunks.len(),
        }
    }
}

/// Restores a log: `filtered` is what is left of it, decompressed. All of it is read, and all is proven by the hashes of
/// both, so nothing that was written counts before this has returned.
///
/// A log may be ahead of an attic that grows. What stands behind the attic's last stretch is passed on as it is; gives how
/// many bytes those are.
///
/// # Errors
/// See [`RestoreError`].
pub fn restore<R: Read + Seek>(
    filtered: &mut dyn Read,
    attic: &mut Attic<R>,
    out: &mut dyn Write,
) -> Result<u64, RestoreError> {
    let mut weave = Weave::new(filtered, out);
    let mut number = 0;
    for stretch in attic.stretches().to_vec() {
        weave.pass_to(stretch.begins.1)?;
        weave.turn(stretch.begins)?;
        while number < stretch.chunks {
            let chunk = attic.chunk(number)?;
            if (chunk.original_at, chunk.filtered_at) != weave.at() {
                return Err(RestoreError::NotTheOriginal);
            }
            weave.chunk(&chunk)?;
            number += 1;
        }
        weave.prove(&stretch)?;
    }
    match weave.finish()? {
        rest if rest > 0 && attic.grown_bytes().is_none() => Err(RestoreError::OtherFile),
        rest => Ok(rest),
    }
}

/// What is left of a log on its way to become whole again.
pub struct Weave<'a> {
    filtered: &'a mut dyn Read,
    out: &'a mut dyn Write,
    buffer: Vec<u8>,
    /// Where the stretch begins, in the original and in what is left.
    begins: (u64, u64),
    /// What was read and written of it.
    read: Sum,
    written: Sum,
}

/// What a content comes to.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    bytes: u64,
    hash: blake3::Hasher,
}

impl Sum {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
    }

    /// How many bytes there were.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The hash of all that was added.
    pub(super) fn hash(&self) -> [u8; blake3::OUT_LEN] {
        *self.hash.finalize().as_bytes()
    }

    /// All that was added.
    pub fn content(&self) -> Content {
        Content {
            bytes: self.bytes,
            blake3: self.hash.finalize().to_hex().to_string(),
        }
    }
}

impl<'a> Weave<'a> {
    /// At the beginning of both.
    pub fn new(filtered: &'a mut dyn Read, out: &'a mut dyn Write) -> Weave<'a> {
        Weave {
            filtered,
            out,
            buffer: vec![0; COPY_BYTES],
            begins: (0, 0),
            read: Sum::default(),
            written: Sum::default(),
        }
    }

    /// How far it is, in the original and in what is left of it.
    pub fn at(&self) -> (u64, u64) {
        (
            self.begins.0 + self.written.bytes,
            self.begins.1 + self.read.bytes,
        )
    }

    /// Copies up to this place of what is left, where the attic has nothing to say.
    ///
    /// # Errors
    /// See [`RestoreError`].
    pub fn pass_to(&mut self, filtered_at: u64) -> Result<(), RestoreError> {
        self.pass(filtered_at.saturating_sub(self.at().1))
    }

    /// Puts back what a chunk holds.
    ///
    /// # Errors
    /// See [`RestoreError`].
    pub fn chunk(&mut self, chunk: &Chunk) -> Result<(), RestoreError> {
        for (gap, event) in chunk.events() {
            self.pass(gap)?;
            match event {
                Event::Taken { text, .. } => self.write(text)?,
                Event::PutIn { text, .. } => self.drop(text)?,
            }
        }
        Ok(())
    }

    /// Begins a stretch, which must begin here.
    fn turn(&mut self, begins: (u64, u64)) -> Result<(), RestoreError> {
        if self.at() != begins {
            return Err(RestoreError::NotTheOriginal);
        }
        self.begins = begins;
        self.read = Sum::default();
        self.written = Sum::default();
        Ok(())
    }

    /// Copies up to the end of a stretch, and holds it against what the attic says of it.
    fn prove(&mut self, stretch: &Stretch) -> Result<(), RestoreError> {
        let [original, filtered] = &stretch.contents;
        self.pass_to(stretch.begins.1.saturating_add(filtered.bytes))?;
        if self.read.content() != *filtered {
            return Err(RestoreError::OtherFile);
        }
        if self.written.content() != *original {
            return Err(RestoreError::NotTheOriginal);
        }
        Ok(())
    }

    /// Copies the rest, and gives how many bytes that was.
    ///
    /// # Errors
    /// See [`RestoreError`].
    pub fn finish(mut self) -> Result<u64, RestoreError> {
        let mut rest = 0;
        loop {
            let bytes = self.fill(COPY_BYTES)?;
            if bytes == 0 {
                break;
            }
            self.pass_buffer(bytes)?;
            rest += bytes as u64;
        }
        Ok(rest)
    }

    fn pass(&mut self, mut bytes: u64) -> Result<(), RestoreError> {
        while bytes > 0 {
            let wanted = usize::try_from(bytes).map_or(COPY_BYTES, |bytes| bytes.min(COPY_BYTES));
            let read = self.fill(wanted)?;
            if read == 0 {
                return Err(RestoreError::OtherFile);
            }
            self.pass_buffer(read)?;
            bytes -= read as u64;
        }
        Ok(())
    }

    /// Leaves out a summary, which must be the one that was put in.
    fn drop(&mut self, mut summary: &[u8]) -> Result<(), RestoreError> {
        while !summary.is_empty() {
            let read = self.fill(summary.len().min(COPY_BYTES))?;
            let found = self.buffer.get(..read).unwrap_or_default();
            let rest = summary.strip_prefix(found).filter(|_| read > 0);
            summary = rest.ok_or(RestoreError::OtherFile)?;
        }
        Ok(())
    }

    /// Reads up to so many bytes into the buffer; none at the end only.
    fn fill(&mut self, bytes: usize) -> Result<usize, RestoreError> {
        let room = self.buffer.get_mut(..bytes).unwrap_or_default();
        let read = loop {
            match self.filtered.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(RestoreError::Unreadable)?,
            }
        };
        self.read.add(room.get(..read).unwrap_or_default());
        Ok(read)
    }

    fn pass_buffer(&mut self, bytes: usize) -> Result<(), RestoreError> {
        let block = self.buffer.get(..bytes).unwrap_or_default();
        self.written.add(block);
        self.out.write_all(block).map_err(RestoreError::Unwritable)
    }

    fn write(&mut self, text: &[u8]) -> Result<(), RestoreError> {
        self.written.add(text);
        self.out.write_all(text).map_err(RestoreError::Unwritable)
    }
}
