//! Where in a file its last lines begin.

use std::io;
use std::os::fd::AsFd;

use rustix::fs::SeekFrom;
use rustix::io::retry_on_intr;

/// How much is read at once on the way back through a file.
const STEP_BYTES: u64 = 64 << 10;

/// The offset at which the last `lines` lines of the first `size` bytes begin. What stands behind the last line ending is
/// a line, too.
///
/// # Errors
/// Whatever the system says of the reads.
pub fn last_lines(file: impl AsFd, size: u64, lines: u64) -> io::Result<u64> {
    if lines == 0 {
        return Ok(size);
    }
    let mut left = lines;
    let mut end = size;
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(STEP_BYTES);
        read(&file, start, end - start, &mut block)?;
        // The very last byte ends the last line and begins none.
        let text = match block.split_last() {
            Some((_, before)) if end == size => before,
            _ => &block[..],
        };
        for at in memchr::memrchr_iter(b'\n', text) {
            left -= 1;
            if left == 0 {
                return Ok(start + at as u64 + 1);
            }
        }
        end = start;
    }
    Ok(0)
}

/// Where a file that was cut short begins again. A writer that keeps a position of its own writes on at that position, and
/// leaves NULs before it that nobody wrote: those, and nothing else, are passed over.
///
/// # Errors
/// Whatever the system says of the reads.
pub fn behind_hole(file: impl AsFd, size: u64) -> io::Result<u64> {
    // Asking for data moves the position at which the file is read.
    let position = rustix::fs::tell(&file)?;
    let data = retry_on_intr(|| rustix::fs::seek(&file, SeekFrom::Data(0)));
    retry_on_intr(|| rustix::fs::seek(&file, SeekFrom::Start(position)))?;
    let data = match data {
        Ok(data) => data,
        // Nothing but a hole, or a file system without them.
        Err(rustix::io::Errno::NXIO) => size,
        Err(_) => 0,
    };
    let mut block = Vec::new();
    let mut at = data;
    while at < size {
        read(&file, at, STEP_BYTES.min(size - at), &mut block)?;
        match block.iter().position(|byte| *byte != 0) {
            Some(found) => return Ok(at + found as u64),
            None if block.is_empty() => break,
            None => at += block.len() as u64,
        }
    }
    Ok(at)
}

/// Fills `block` with up to `bytes` bytes at `at`; fewer only if the file has no more.
fn read(file: impl AsFd, at: u64, bytes: u64, block: &mut Vec<u8>) -> io::Result<()> {
    block.clear();
    // At most STEP_BYTES.
    block.resize(usize::try_from(bytes).unwrap_or_default(), 0);
    let mut done = 0;
    while let Some(rest) = block.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match retry_on_intr(|| rustix::io::pread(&file, &mut *rest, at + done as u64))? {
            0 => break,
            more => done += more,
        }
    }
    block.truncate(done);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::os::unix::fs::FileExt;

    fn last(text: &[u8], lines: u64) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        fs::write(&path, text).unwrap();
        let file = File::open(&path).unwrap();
        let from = last_lines(&file, text.len() as u64, lines).unwrap();
        text[usize::try_from(from).unwrap()..].to_vec()
    }

    #[test]
    fn the_last_lines_are_found() {
        let text = b"one\ntwo\nthree\n";
        assert_eq!(last(text, 0), b"");
        assert_eq!(last(text, 1), b"three\n");
        assert_eq!(last(text, 2), b"two\nthree\n");
        assert_eq!(last(text, 3), text);
        assert_eq!(last(text, 4), text);
        assert_eq!(last(b"one\ntwo", 1), b"two");
        assert_eq!(last(b"one\n\n", 1), b"\n");
        assert_eq!(last(b"", 3), b"");
    }

    #[test]
    fn the_last_lines_are_found_across_the_steps() {
        let line = vec![b'x'; 40_000];
        let text = [&line[..], b"\n", &line, b"\n", &line, b"\n"].concat();
        for lines in 0..5_usize {
            let from = text.len() - (lines.min(3) * 40_001);
            assert_eq!(last(&text, lines as u64), text[from..]);
        }
    }

    #[test]
    fn a_hole_that_a_writer_with_a_position_leaves_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let file = File::create_new(&path).unwrap();
        assert_eq!(behind_hole(File::open(&path).unwrap(), 0).unwrap(), 0);
        file.write_all_at(b"line\n", 100_001).unwrap();
        let read = File::open(&path).unwrap();
        assert_eq!(behind_hole(&read, 100_006).unwrap(), 100_001);
        assert_eq!(rustix::fs::tell(&read).unwrap(), 0);
        file.write_all_at(b"l", 0).unwrap();
        assert_eq!(behind_hole(&read, 100_006).unwrap(), 0);
    }
}
