//! File systems of their own, for as long as a test takes; nothing where nobody may mount one.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Room on each: xfs takes no less than 300 MiB. The image is a sparse file.
const IMAGE_BYTES: u64 = 512 << 20;

/// A mounted file system.
pub struct Mount {
    place: PathBuf,
    /// Holds the image and the place, if those are its own.
    folder: Option<TempDir>,
}

impl Mount {
    /// One in a file, of this kind.
    pub fn image(kind: &str) -> Option<Mount> {
        Mount::image_with(kind, "loop")
    }

    /// The same, mounted with other options.
    pub fn image_with(kind: &str, options: &str) -> Option<Mount> {
        Mount::made(kind, &[], options)
    }

    /// The same, made with more options, too.
    pub fn made(kind: &str, how: &[&str], options: &str) -> Option<Mount> {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let image = folder.path().join("image");
        let file = std::fs::File::create(&image).expect("an image");
        file.set_len(IMAGE_BYTES).expect("a sparse file");
        let mut make = Command::new(format!("mkfs.{kind}"));
        let made = ran(make.arg("-q").args(how).arg(&image));
        let mount = made
            .then(|| Mount::inside(folder, &["-o", options], &image))
            .flatten();
        if mount.is_none() {
            eprintln!("skipped: nobody may make or mount {kind} here");
        }
        mount
    }

    /// One that needs no place, such as `ramfs`.
    pub fn of(kind: &str) -> Option<Mount> {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let mount = Mount::inside(folder, &["-t", kind], Path::new(kind));
        if mount.is_none() {
            eprintln!("skipped: nobody may mount {kind} here");
        }
        mount
    }

    /// Memory in a folder of its own, with these options, such as `size=512k`.
    pub fn memory(options: &str) -> Option<Mount> {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let mut mount = Mount::memory_at(&folder.path().join("mounted"), options)?;
        mount.folder = Some(folder);
        Some(mount)
    }

    /// The same at this place, which is made.
    pub fn memory_at(place: &Path, options: &str) -> Option<Mount> {
        std::fs::create_dir(place).expect("a folder");
        let how = ["-t", "tmpfs", "-o", options];
        let mount = Mount::at(place.to_owned(), None, &how, Path::new("tmpfs"));
        if mount.is_none() {
            eprintln!("skipped: nobody may mount a file system here");
        }
        mount
    }

    fn inside(folder: TempDir, args: &[&str], what: &Path) -> Option<Mount> {
        let place = folder.path().join("mounted");
        std::fs::create_dir(&place).expect("a mount point");
        Mount::at(place, Some(folder), args, what)
    }

    fn at(place: PathBuf, folder: Option<TempDir>, args: &[&str], what: &Path) -> Option<Mount> {
        let mounted = ran(Command::new("mount").args(args).arg(what).arg(&place));
        mounted.then_some(Mount { place, folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.place
    }

    /// Takes it away and mounts it again, as after a loss of power.
    pub fn again(&self) {
        assert!(ran(Command::new("umount").arg(self.path())));
        self.mount_image();
    }

    fn mount_image(&self) {
        let folder = self.folder.as_ref().expect("a folder of its own");
        let image = folder.path().join("image");
        let mut mount = Command::new("mount");
        assert!(ran(mount.args(["-o", "loop"]).arg(image).arg(self.path())));
    }

    /// Takes it away and mounts it again under another number of its device, as after a start of the machine.
    pub fn again_elsewhere(&self) {
        let number = || std::fs::metadata(self.path()).expect("a mount").dev();
        let before = number();
        let mut taken = Vec::new();
        for _ in 0..16 {
            assert!(ran(Command::new("umount").arg(self.path())));
            // Others take numbers, too, and give them back.
            taken.extend(Loop::take());
            self.mount_image();
            if number() != before {
                return;
            }
        }
        panic!("the device keeps its number");
    }

    /// Mounts it anew with other options.
    pub fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(ran(Command::new("mount")
            .args(["-o", &options])
            .arg(self.path())));
    }
}

/// A number that somebody else's device has.
struct Loop(String);

impl Loop {
    fn take() -> Option<Loop> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(1 << 20).expect("its size");
        let mut setup = Command::new("losetup");
        let done = setup
            .args(["-f", "--show"])
            .arg(file.path())
            .output()
            .ok()?;
        let name = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        done.status.success().then_some(Loop(name))
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = Command::new("losetup").arg("-d").arg(&self.0).output();
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // A program of a test that failed may still be in it.
        let _ = Command::new("umount").arg("-l").arg(self.path()).output();
    }
}

fn ran(command: &mut Command) -> bool {
    command.output().is_ok_and(|done| done.status.success())
}
