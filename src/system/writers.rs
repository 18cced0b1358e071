//! Who has a file open for writing.

use std::fs;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Stat, statat};

use super::Identity;

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

/// Some program that has the file open for writing. Programs of other users are seen by root only, and programs on
/// other machines not at all.
#[must_use]
pub fn writer_of(identity: Identity) -> Option<Writer> {
    let processes = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.into_iter().find_map(|process: u32| {
        let folder = Path::new("/proc").join(process.to_string());
        writes(&folder, identity).then(|| Writer {
            process,
            name: name_of(&folder),
        })
    })
}

/// Whether a process has the file open for writing. One that ends meanwhile has not.
fn writes(folder: &Path, identity: Identity) -> bool {
    let Ok(descriptors) = fs::read_dir(folder.join("fd")) else {
        return false;
    };
    descriptors.filter_map(Result::ok).any(|descriptor| {
        let stat = statat(CWD, descriptor.path(), AtFlags::empty());
        stat.is_ok_and(|stat: Stat| (stat.st_dev, stat.st_ino) == identity)
            && is_for_writing(&folder.join("fdinfo").join(descriptor.file_name()))
    })
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
