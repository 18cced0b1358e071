//! Whether anybody still writes to a file.

use std::fs;
use std::io;
use std::path::Path;

use crate::system::Identity;

/// What is known of a file's writers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Writers {
    /// At least one has it open.
    Some,
    /// None has it open.
    None,
    /// None was found, but not every process shows its descriptors.
    Unknown,
}

/// Looks through the descriptors of all processes for those that could write to a file. Takes milliseconds. Not seen are
/// processes of other namespaces and machines.
#[must_use]
pub fn writers(file: Identity) -> Writers {
    let mut found = Writers::None;
    let Ok(processes) = fs::read_dir("/proc") else {
        return Writers::Unknown;
    };
    for process in processes.filter_map(Result::ok) {
        let is_process = process
            .file_name()
            .to_str()
            .is_some_and(|name| name.bytes().all(|b| b.is_ascii_digit()));
        match is_process.then(|| holds(&process.path(), file)) {
            Some(Ok(true)) => return Writers::Some,
            Some(Err(cause)) if !has_gone(&cause) => found = Writers::Unknown,
            _ => {}
        }
    }
    found
}

/// Whether a process could write to the file.
fn holds(process: &Path, file: Identity) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    for entry in fs::read_dir(process.join("fd"))? {
        let name = entry?.file_name();
        let stat = match fs::metadata(process.join("fd").join(&name)) {
            Ok(stat) => stat,
            Err(cause) if has_gone(&cause) => continue,
            Err(cause) => return Err(cause),
        };
        if (stat.dev(), stat.ino()) != (file.device, file.inode) {
            continue;
        }
        match fs::read_to_string(process.join("fdinfo").join(&name)) {
            Ok(info) if is_read_only(&info) => {}
            Err(cause) if has_gone(&cause) => {}
            _ => return Ok(true),
        }
    }
    Ok(false)
}

/// The process, or its descriptor, ended while it was looked at.
fn has_gone(cause: &io::Error) -> bool {
    cause.kind() == io::ErrorKind::NotFound
        || cause.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

/// What the text of an `fdinfo` file says, where the flags stand in octal and their last digit tells the access.
fn is_read_only(info: &str) -> bool {
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    flags.is_some_and(|flags| {
        let last = flags.trim().bytes().last();
        last.is_some_and(|digit| digit.wrapping_sub(b'0') & 3 == 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Facts;
    use std::fs::File;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_that_could_write_is_found_and_one_that_reads_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let file = File::create(&path).unwrap();
        let identity = Facts::of(&file).unwrap().identity;
        let mut cat = Command::new("cat");
        let mut writer = cat.stdin(Stdio::piped()).stdout(file).spawn().unwrap();
        assert_eq!(writers(identity), Writers::Some);
        drop(writer.stdin.take());
        writer.wait().unwrap();
        let _reader = File::open(&path).unwrap();
        drop(cat);
        assert_ne!(writers(identity), Writers::Some);
    }
}
