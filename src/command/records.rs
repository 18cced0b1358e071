//! Reads a log record by record, for commands that look at records and change nothing.

use std::io;
use std::path::Path;

use super::{Tone, Voice};
use crate::format::Format;
use crate::limits::{BLOCK_BYTES, LINE_BYTES_MAX, RECORD_BYTES_MAX};
use crate::pipeline::{Case, Reader};
use crate::system::source::{Fill, Source, SourceError};

/// Opens a log; `-` is standard input. Whoever sits at a terminal learns that it is read.
///
/// # Errors
/// It cannot be opened.
pub fn open(path: &Path, voice: &mut dyn Voice) -> Result<Source, SourceError> {
    if path != Path::new("-") {
        return Source::open(path, BLOCK_BYTES);
    }
    let source = Source::stdin(BLOCK_BYTES)?;
    if source.is_terminal() {
        let text = "reading from the terminal; paste a record, end with Ctrl-D";
        voice.say(Tone::Note, text);
    }
    Ok(source)
}

/// Shows every record to `look`, with the number of its first line, from 1. Envelopes are opened as the filter opens
/// them.
///
/// # Errors
/// Reading fails, or `look` does.
pub fn each(
    source: &mut Source,
    look: &mut dyn FnMut(u64, &Case<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut reader = Reader::new(Format::Auto);
    let mut lines = 0;
    loop {
        let last = source.fill()? == Fill::End;
        // What is longer is cut here: it is only looked at, and would pass unjudged.
        let full = source.block().len() > RECORD_BYTES_MAX + LINE_BYTES_MAX;
        let done = read(&mut reader, source.block(), last || full, &mut lines, look)?;
        source.consume(done);
        if last {
            return Ok(());
        }
    }
}

/// Shows the whole records of a block, and says how many bytes they have. `lines` counts those that came before.
fn read(
    reader: &mut Reader,
    block: &[u8],
    last: bool,
    lines: &mut u64,
    look: &mut dyn FnMut(u64, &Case<'_>) -> io::Result<()>,
) -> io::Result<usize> {
    let count = |part: &[u8]| memchr::memchr_iter(b'\n', part).count() as u64;
    let mut at = 0;
    let done = reader.read(block, last, &mut |case| {
        *lines += count(&block[at..case.start]);
        at = case.start;
        look(*lines + 1, case)
    })?;
    *lines += count(&block[at..done]);
    Ok(done)
}

/// Shows every record of a text that is at hand.
///
/// # Errors
/// `look` fails.
pub fn each_of(
    text: &[u8],
    look: &mut dyn FnMut(u64, &Case<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut reader = Reader::new(Format::Auto);
    read(&mut reader, text, true, &mut 0, look).map(|_| ())
}
