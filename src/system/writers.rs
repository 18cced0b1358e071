//! Who has a file open for writing.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Stat, statat};

/// A program that may still write to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The number of its process.
    pub process: u32,
    /// What it calls itself; may be empty.
    pub name: String,
}

/// The access mode in a descriptor's flags; 0 is reading only.
const ACCESS_MODE: u32 = 0b11;

/// What is known of the programs that may write to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writers {
    /// This one may, and perhaps others.
    Some(Writer),
    /// None may.
    None,
    /// None was found, but not every program shows what it has open.
    Unknown,
}

/// Looks for a program that has a file, named by its device and inode, open for writing. Takes some milliseconds. Programs
/// of other users are seen by root only, and programs on other machines not at all.
#[must_use]
pub fn writers_of(file: (u64, u64)) -> Writers {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Writers::Unknown;
    };
    let mut writers = Writers::None;
    for process in processes.filter_map(Result::ok) {
        let Some(number) = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let folder = process.path();
        match writes(&folder, file) {
            Ok(false) => {}
            Ok(true) => {
                return Writers::Some(Writer {
                    process: number,
                    name: name_of(&folder),
                });
            }
            Err(_) => writers = Writers::Unknown,
        }
    }
    writers
}

/// Some program that has the file open for writing, if one is seen.
#[must_use]
pub fn writer_of(file: (u64, u64)) -> Option<Writer> {
    match writers_of(file) {
        Writers::Some(writer) => Some(writer),
        Writers::None | Writers::Unknown => None,
    }
}

/// Whether a process has the file open for writing. One that ends meanwhile has not.
fn writes(folder: &Path, file: (u64, u64)) -> io::Result<bool> {
    let descriptors = match fs::read_dir(folder.join("fd")) {
        Ok(descriptors) => descriptors,
        Err(cause) if has_gone(&cause) => return Ok(false),
        Err(cause) => return Err(cause),
    };
    for descriptor in descriptors {
        let descriptor = match descriptor {
            Ok(descriptor) => descriptor,
            Err(cause) if has_gone(&cause) => return Ok(false),
            Err(cause) => return Err(cause),
        };
        let stat = statat(CWD, descriptor.path(), AtFlags::empty());
        if stat.is_ok_and(|stat: Stat| (stat.st_dev, stat.st_ino) == file)
            && is_for_writing(&folder.join("fdinfo").join(descriptor.file_name()))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The process, or its descriptor, ended while it was looked at.
fn has_gone(cause: &io::Error) -> bool {
    cause.kind() == io::ErrorKind::NotFound
        || cause.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

/// Whether a descriptor may write, by what the kernel says of it.
fn is_for_writing(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & ACCESS_MODE != 0)
}

fn name_of(folder: &Path) -> String {
    let name = fs::read(folder.join("comm")).unwrap_or_default();
    String::from_utf8_lossy(name.trim_ascii_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_writer_is_seen_and_a_reader_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let file = fs::File::create(&path).unwrap();
        let stat = file.metadata().unwrap();
        let identity = (stat.dev(), stat.ino());
        let writer = writer_of(identity).expect("this test writes to it");
        assert_eq!(writer.process, std::process::id());
        assert!(!writer.name.is_empty());
        drop(file);
        let _reader = fs::File::open(&path).unwrap();
        assert_eq!(writer_of(identity), None);
    }
}
