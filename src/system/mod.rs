//! THE MACHINE: descriptors, files, signals and waiting.
//!
//! In come paths, open descriptors, signals of the kernel, bytes to be written;
//! out go blocks of bytes with their offset, and wakes: something to read, a deadline, a signal.
//!
//! Invariant: this floor knows bytes and no rules. It cannot tell a line from a record, holds no verdict and reads no
//! configuration; sizes and deadlines are given to it. It never changes the flags of a descriptor that it shares with
//! others, and it never writes to standard error: what is to be said is handed to the caller.
//!
//! The smallest example to imitate is `wait.rs`: one type, one verb, one answer.

pub mod checkpoint;
pub mod child;
pub mod compress;
pub mod crew;
pub mod facts;
pub mod folder;
pub mod fresh;
pub mod ladder;
pub mod reclaim;
pub mod replace;
pub mod signal;
pub mod sink;
pub mod source;
pub mod spares;
pub mod systemd;
pub mod tail;
pub mod wait;
pub mod writers;

use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat};

pub use facts::{Facts, Identity};

/// The bytes a pipe on either end is enlarged to: the most an unprivileged user may ask for by default. The 64 KiB a
/// pipe starts with cost a change of process per 64 KiB; at 1 MiB the same copy takes less than half the time.
pub const PIPE_BYTES: usize = 1 << 20;

/// Allows this program as many open files as the system lets it have. A refusal is not reported: whoever opens too many
/// will be told.
pub fn raise_open_files() {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit {
        current: limit.maximum,
        ..limit
    };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, raised);
}

/// Whether files in this folder may change without this system's kernel being told: it is another machine's, a program's,
/// or a layer above one that others write to.
#[must_use]
pub fn is_remote(folder: &Path) -> bool {
    // NFS, SMB, CIFS, SMB2, FUSE, 9p, overlay, Ceph, AFS, Lustre.
    const REMOTE: [u32; 10] = [
        0x6969,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x6573_5546,
        0x0102_1997,
        0x794c_7630,
        0x00c3_6400,
        0x5346_414f,
        0x0bd0_0bd0,
    ];
    rustix::fs::statfs(folder)
        .is_ok_and(|fs| REMOTE.iter().any(|magic| same_magic(fs.f_type, *magic)))
}

/// The number of a file system, which some machines give with a sign.
fn same_magic(number: rustix::fs::FsWord, magic: u32) -> bool {
    let bytes = number.to_ne_bytes();
    let low = if cfg!(target_endian = "little") {
        bytes.first_chunk::<4>()
    } else {
        bytes.last_chunk::<4>()
    };
    low == Some(&magic.to_ne_bytes())
}

/// The path that these bytes are.
#[must_use]
pub fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// A path as it may be shown to people: control characters, characters that print as nothing or turn the direction of
/// text, and bytes that are not UTF-8 are written as escapes, so a name cannot steer a terminal or forge a message.
#[must_use]
pub fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\'' | '"' => text.push(character),
                _ => text.extend(character.escape_debug()),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// Which regular file this is; `None` for everything else, whose sameness means nothing to us.
fn identity(file: impl AsFd) -> Option<Identity> {
    let facts = Facts::of(file).ok()?;
    facts.is_regular().then_some(facts.identity)
}

/// The kind of file behind a `stat`.
fn file_type(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// Enlarges a pipe to [`PIPE_BYTES`]; never shrinks it. A refusal (the user's quota of pipe memory is used up, the
/// limit of the system is lower) only costs speed and is not reported.
fn enlarge(pipe: impl AsFd) {
    let bytes = rustix::pipe::fcntl_getpipe_size(&pipe);
    if bytes.is_ok_and(|bytes| bytes < PIPE_BYTES) {
        let _ = rustix::pipe::fcntl_setpipe_size(&pipe, PIPE_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_steer_the_terminal_it_is_shown_on() {
        let name =
            OsStr::from_bytes(b"a\x1b[31m\n\xc2\x9b\xff\\ \xe2\x80\xae'\xc3\xa9\xe6\x97\xa5.log");
        let text = shown(Path::new(name));
        assert_eq!(text, r"a\u{1b}[31m\n\u{9b}\xff\\ \u{202e}'é日.log");
    }
}
