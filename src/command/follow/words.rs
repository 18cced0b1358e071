//! What is said of a followed file.

use std::path::Path;

use rustix::fs::FileType;

use crate::command::Tone;
use crate::system::shown;
use crate::system::tail::Notice;

/// The sentence for a notice, and how grave it is.
pub(super) fn words(path: &Path, notice: &Notice) -> (Tone, String) {
    let name = shown(path);
    let (tone, what) = match notice {
        Notice::Awaited => (
            Tone::Note,
            "there is no such file yet, it is waited for".to_owned(),
        ),
        Notice::Cut { bytes: 0 } => (
            Tone::Error,
            "it was cut short; lines that were written just before may be lost, it is read from its beginning"
                .to_owned(),
        ),
        Notice::Cut { bytes } => (
            Tone::Error,
            format!("it was cut short; at least {bytes} bytes that were not read yet are lost"),
        ),
        Notice::Copied(copy) => (
            Tone::Note,
            format!(
                "it was cut short; what was not read yet is read from {}, lines written after that copy are lost",
                shown(copy)
            ),
        ),
        Notice::Hole { bytes } => (
            Tone::Note,
            format!("{bytes} NULs that nobody wrote, left by cutting it short, are passed over"),
        ),
        Notice::Vanished(point) if point.offset == 0 => (
            Tone::Note,
            "the file that was there before is gone or was compressed; nothing of it had been read, files beside the name that came since are read whole"
                .to_owned(),
        ),
        Notice::Vanished(point) => (
            Tone::Error,
            format!(
                "the file that was read before is gone; what was written to it behind its byte {} is lost",
                point.offset
            ),
        ),
        Notice::Refused(kind) => (
            Tone::Error,
            format!("this is {} and cannot be followed, a file is waited for", kind_name(*kind)),
        ),
        Notice::Unreachable(errno) => (
            Tone::Error,
            format!("cannot be read now ({errno}), it is tried again until it can"),
        ),
        Notice::Skipped(error) => return (Tone::Error, error.to_string()),
    };
    (tone, format!("{name}: {what}"))
}

fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::Directory => "a directory",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        _ => "a device",
    }
}
