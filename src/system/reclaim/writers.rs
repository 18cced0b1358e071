//! Who writes to a file, and how.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::OFlags;

use super::mark::Birth;

/// The descriptors through which other processes write to a file.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Writers {
    /// Those that append: the system finds the end for them at each write.
    pub appending: u32,
    /// Those that keep a position of their own, which a shortened file would betray.
    pub positioned: u32,
    /// Some process did not show its descriptors: there may be more.
    pub hidden: bool,
}

impl Writers {
    /// Looks through the descriptors of all processes but our own. Not seen are those in other process namespaces,
    /// descriptors on their way through a socket, and the kernel's own file servers.
    ///
    /// # Errors
    /// The list of processes cannot be read at all.
    pub fn of(file: Birth) -> io::Result<Writers> {
        let mut writers = Writers::default();
        let own = std::process::id().to_string();
        for entry in fs::read_dir("/proc")? {
            let entry = entry?;
            let name = entry.file_name();
            let process = name
                .to_str()
                .is_some_and(|name| name.bytes().all(|b| b.is_ascii_digit()) && name != own);
            if process && let Err(cause) = writers.add(&entry.path(), file) {
                writers.hidden |= !has_gone(&cause);
            }
        }
        Ok(writers)
    }

    /// Whether at least one writer was found, and certainly all append.
    #[must_use]
    pub fn all_append(&self) -> bool {
        self.appending > 0 && self.positioned == 0 && !self.hidden
    }

    fn add(&mut self, process: &Path, file: Birth) -> io::Result<()> {
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
            let info = match fs::read_to_string(process.join("fdinfo").join(&name)) {
                Err(cause) if has_gone(&cause) => continue,
                info => info?,
            };
            match flags(&info) {
                Some(flags) if flags.intersects(OFlags::WRONLY | OFlags::RDWR) => {
                    if flags.contains(OFlags::APPEND) {
                        self.appending += 1;
                    } else {
                        self.positioned += 1;
                    }
                }
                Some(_) => {}
                None => self.hidden = true,
            }
        }
        Ok(())
    }
}

/// The process, or its descriptor, ended while it was looked at.
fn has_gone(cause: &io::Error) -> bool {
    cause.kind() == io::ErrorKind::NotFound
        || cause.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

/// The flags in the text of an `fdinfo` file, where they stand in octal.
fn flags(info: &str) -> Option<OFlags> {
    let line = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
    u32::from_str_radix(line.trim(), 8)
        .ok()
        .map(OFlags::from_bits_retain)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A process that holds `to` open until its standard input ends.
    fn holder(to: File) -> Child {
        let child = Command::new("cat").stdin(Stdio::piped()).stdout(to).spawn();
        child.expect("cat is there")
    }

    #[test]
    fn writers_that_append_are_told_from_those_with_a_position() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.log");
        let file = File::create(&path).expect("a file");
        let birth = Birth::of(&file).expect("a birth");
        let appending = File::options().append(true).open(&path).expect("a file");
        let mut first = holder(appending);
        let found = Writers::of(birth).expect("processes");
        assert_eq!((found.appending, found.positioned), (1, 0));
        let mut second = holder(file);
        let found = Writers::of(birth).expect("processes");
        assert_eq!((found.appending, found.positioned), (1, 1));
        assert!(!found.all_append());
        for child in [&mut first, &mut second] {
            drop(child.stdin.take());
            child.wait().expect("it ends");
        }
        assert_eq!(Writers::of(birth).expect("processes").appending, 0);
    }
}
