//! What state a file is in after a kill, a power loss or a call that failed.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::calls::{data_at, hole_at, read_at};
use super::mark::{Gap, Mark, Phase};
use super::seam::Seam;

/// How many bytes are read at once where NULs are looked for.
const LOOK_BYTES: usize = 64 << 10;

/// The file does not fit what was recorded of it. Nothing may be touched; a person has to look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Conflict {
    /// What stands before the recorded position is not what was consumed.
    OtherContent,
    /// A collapse was under way, and the file looks like neither before, nor after, nor in its midst.
    UnknownShape,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Conflict::OtherContent => {
                "the file is not the one that was left: what stands before the recorded place is something else"
            }
            Conflict::UnknownShape => {
                "the file was being shortened, and now looks like neither before nor after it"
            }
        })
    }
}

/// What was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Resolved {
    /// The record, put right: go on from there.
    Whole(Box<Mark>),
    /// The file is shorter than what was consumed: somebody truncated it, and what was written in between may be lost.
    Truncated,
    /// Stop.
    Conflict(Conflict),
}

/// Looks at the file and puts the record right. Nothing is changed.
///
/// # Errors
/// Whatever the system says of reads and seeks.
pub fn resolve(mark: &Mark, file: impl AsFd) -> io::Result<Resolved> {
    let file = file.as_fd();
    let size = rustix::fs::fstat(file)?.st_size.unsigned_abs();
    let mut mark = mark.clone();
    if let Phase::Intent { cut } = mark.phase {
        mark.phase = Phase::Idle;
        match shape(file, cut, size)? {
            Shape::Before => {}
            Shape::After => shorten(&mut mark, cut),
            Shape::Amid(gap) if gap.at >= mark.consumed.saturating_sub(cut) => {
                shorten(&mut mark, cut);
                mark.gap = Some(gap);
            }
            // What is moved so far was all consumed: the position is still where it was.
            Shape::Amid(gap) => {
                let seam = Seam::before(file, mark.consumed, Some(gap))?;
                return Ok(if seam == Some(mark.seam) {
                    mark.seam = Seam::before(file, mark.consumed, None)?.unwrap_or_default();
                    mark.punched = mark.punched.max(gap.at + gap.bytes);
                    Resolved::Whole(Box::new(mark))
                } else {
                    Resolved::Conflict(Conflict::OtherContent)
                });
            }
            Shape::Unknown => return Ok(Resolved::Conflict(Conflict::UnknownShape)),
        }
    } else if size < mark.consumed {
        return Ok(Resolved::Truncated);
    }
    let seam = seam_of(&mark, file)?;
    Ok(if seam == Some(mark.seam) {
        Resolved::Whole(Box::new(mark))
    } else {
        Resolved::Conflict(Conflict::OtherContent)
    })
}

/// The fingerprint that the recorded place has now, of as many bytes as it was taken of.
fn seam_of(mark: &Mark, file: BorrowedFd<'_>) -> io::Result<Option<Seam>> {
    let gap = mark.gap.filter(|gap| gap.at < mark.consumed);
    Seam::before(file, mark.consumed, gap)
}

/// Takes notice of a collapse that is done.
pub fn shorten(mark: &mut Mark, cut: u64) {
    mark.consumed = mark.consumed.saturating_sub(cut);
    mark.punched = mark.punched.saturating_sub(cut);
    mark.base += cut;
    mark.gap = mark.gap.and_then(|gap| {
        let at = gap.at.checked_sub(cut)?;
        Some(Gap { at, ..gap })
    });
}

enum Shape {
    /// The collapse has not begun: the hole that was punched for it is still there.
    Before,
    /// It is done.
    After,
    /// It was interrupted: what stands behind the gap has not been moved yet.
    Amid(Gap),
    Unknown,
}

/// How far a collapse of `cut` bytes came. Before it all of them were a hole, and behind them was data.
fn shape(file: BorrowedFd<'_>, cut: u64, size: u64) -> io::Result<Shape> {
    match data_at(file, 0)? {
        Some(at) if at >= cut => return Ok(Shape::Before),
        Some(0) => {}
        _ => return Ok(Shape::Unknown),
    }
    let Some(hole) = hole_at(file, 0)?.filter(|hole| *hole < size) else {
        // The last step before the end may leave the room behind the data as NULs that are no hole.
        return Ok(match nul_tail(file, size)? {
            tail if tail >= cut => Shape::Amid(Gap {
                at: size - cut,
                bytes: cut,
            }),
            0 => Shape::After,
            _ => Shape::Unknown,
        });
    };
    let first = hole - nul_tail(file, hole)?;
    Ok(if first + cut <= size && is_nul(file, first, cut)? {
        Shape::Amid(Gap {
            at: first,
            bytes: cut,
        })
    } else {
        Shape::Unknown
    })
}

/// How many bytes before `end` are NUL.
fn nul_tail(file: BorrowedFd<'_>, end: u64) -> io::Result<u64> {
    let mut buffer = vec![0; LOOK_BYTES];
    let mut start = end;
    while start > 0 {
        let bytes = start.min(LOOK_BYTES as u64);
        let look = &mut buffer[..bytes as usize];
        let read = read_at(file, start - bytes, look)?;
        if let Some(last) = look[..read].iter().rposition(|b| *b != 0) {
            return Ok(end - (start - bytes + last as u64 + 1));
        }
        start -= bytes;
    }
    Ok(end)
}

/// Whether these bytes are NUL.
fn is_nul(file: BorrowedFd<'_>, from: u64, bytes: u64) -> io::Result<bool> {
    let mut buffer = vec![0; LOOK_BYTES];
    let (mut at, end) = (from, from + bytes);
    while at < end {
        let look = &mut buffer[..(end - at).min(LOOK_BYTES as u64) as usize];
        let read = read_at(file, at, look)?;
        if read == 0 || look[..read].iter().any(|b| *b != 0) {
            return Ok(false);
        }
        at += read as u64;
    }
    Ok(true)
}
