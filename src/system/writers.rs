//! Who has a file open for writing, and how.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, OFlags, Stat, statat};

/// A program that has a file open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The number of its process.
    pub process: u32,
    /// What it calls itself; may be empty.
    pub name: String,
}

/// The descriptors through which programs may write to a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writers {
    /// Those that append: the system finds the end for them at each write.
    pub appending: u32,
    /// Those that keep a position of their own, which a shortened file would betray.
    pub positioned: u32,
    /// Some program did not show its descriptors: there may be more.
    pub hidden: bool,
    /// One that was found.
    pub one: Option<Program>,
    /// A program that only reads it, if one was found.
    pub reader: Option<Program>,
}

impl Writers {
    /// Looks for the programs that have a file, named by its device and inode, open for writing. Takes some milliseconds.
    /// Programs of other users are seen by root only. Not seen are programs in other process namespaces and on other
    /// machines, and descriptors on their way through a socket.
    #[must_use]
    pub fn of(file: (u64, u64)) -> Writers {
        Writers::among(file, |_| true)
    }

    /// The same without this program, which has the file open for writing itself.
    #[must_use]
    pub fn others_of(file: (u64, u64)) -> Writers {
        let own = std::process::id();
        Writers::among(file, |process| process != own)
    }

    /// Whether any were found.
    #[must_use]
    pub fn are_found(&self) -> bool {
        self.appending + self.positioned > 0
    }

    /// Whether there are certainly none.
    #[must_use]
    pub fn are_none(&self) -> bool {
        !self.are_found() && !self.hidden
    }

    /// Whether there are some, and certainly all append.
    #[must_use]
    pub fn all_append(&self) -> bool {
        self.appending > 0 && self.positioned == 0 && !self.hidden
    }

    fn among(file: (u64, u64), meant: impl Fn(u32) -> bool) -> Writers {
        let mut writers = Writers::default();
        let Ok(processes) = fs::read_dir("/proc") else {
            writers.hidden = true;
            return writers;
        };
        for process in processes.filter_map(Result::ok) {
            let name = process.file_name();
            let number = name.to_str().and_then(|name| name.parse().ok());
            let Some(number) = number.filter(|number| meant(*number)) else {
                continue;
            };
            if let Err(cause) = writers.add(number, &process.path(), file) {
                writers.hidden |= !has_gone(&cause);
            }
        }
        writers
    }

    /// Counts one program's descriptors. One that ends meanwhile has none.
    fn add(&mut self, process: u32, folder: &Path, file: (u64, u64)) -> io::Result<()> {
        for descriptor in fs::read_dir(folder.join("fd"))? {
            let descriptor = descriptor?;
            match statat(CWD, descriptor.path(), AtFlags::empty()) {
                Ok(stat) if is(&stat, file) => {}
                Ok(_) => continue,
                Err(errno) => {
                    // Even root may not look at a program that may do more than it.
                    self.hidden |= !has_gone(&errno.into());
                    continue;
                }
            }
            let info = folder.join("fdinfo").join(descriptor.file_name());
            let info = match fs::read_to_string(info) {
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
                    self.one.get_or_insert_with(|| Program {
                        process,
                        name: name_of(folder),
                    });
                }
                Some(_) => {
                    self.reader.get_or_insert_with(|| Program {
                        process,
                        name: name_of(folder),
                    });
                }
                None => self.hidden = true,
            }
        }
        Ok(())
    }
}

fn is(stat: &Stat, file: (u64, u64)) -> bool {
    (stat.st_dev, stat.st_ino) == file
}

/// The process, or its descriptor, ended while it was looked at.
fn has_gone(cause: &io::Error) -> bool {
    cause.kind() == io::ErrorKind::NotFound
        || cause.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

/// The flags in the text of an `fdinfo` file, where they stand in octal.
fn flags(info: &str) -> Option<OFlags> {
    let line = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
    let bits = u32::from_str_radix(line.trim(), 8).ok()?;
    Some(OFlags::from_bits_retain(bits))
}

fn name_of(folder: &Path) -> String {
    let name = fs::read(folder.join("comm")).unwrap_or_default();
    String::from_utf8_lossy(name.trim_ascii_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::MetadataExt;
    use std::process::{Child, Command, Stdio};

    use super::*;

    fn named(file: &File) -> (u64, u64) {
        let stat = file.metadata().unwrap();
        (stat.dev(), stat.ino())
    }

    #[test]
    fn a_writer_is_seen_and_a_reader_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let file = File::create(&path).unwrap();
        let identity = named(&file);
        let found = Writers::of(identity);
        let writer = found.one.expect("this test writes to it");
        assert_eq!(writer.process, std::process::id());
        assert!(!writer.name.is_empty());
        assert_eq!(Writers::others_of(identity).one, None);
        drop(file);
        let _reader = File::open(&path).unwrap();
        assert_eq!(Writers::of(identity).one, None);
    }

    /// A process that holds `to` open until its standard input ends.
    fn holder(to: File) -> Child {
        let child = Command::new("cat").stdin(Stdio::piped()).stdout(to).spawn();
        child.expect("cat is there")
    }

    #[test]
    fn who_only_reads_is_told_from_who_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        fs::write(&path, "").unwrap();
        let file = File::open(&path).unwrap();
        let found = Writers::of(named(&file));
        assert!(found.one.is_none() && found.reader.is_some());
    }

    #[test]
    fn writers_that_append_are_told_from_those_with_a_position() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let file = File::create(&path).unwrap();
        let identity = named(&file);
        let appending = File::options().append(true).open(&path).unwrap();
        let mut first = holder(appending);
        let found = Writers::others_of(identity);
        assert_eq!((found.appending, found.positioned), (1, 0));
        let mut second = holder(file);
        let found = Writers::others_of(identity);
        assert_eq!((found.appending, found.positioned), (1, 1));
        assert!(!found.all_append());
        for child in [&mut first, &mut second] {
            drop(child.stdin.take());
            child.wait().unwrap();
        }
        assert!(!Writers::others_of(identity).are_found());
    }
}
