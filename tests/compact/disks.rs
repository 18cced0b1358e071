//! Disks that are full, read-only, others' or odd. Only root can mount them; without, the tests say so and are content.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use crate::faults::{is_root, ran, stays};
use crate::kit::{House, Mount};
use crate::shelf::{compact, compacted, log, names, refused, restored};

/// A folder in memory of its own, into which strangers may not write.
fn disk<'a>(place: &'a Path, size: &str) -> Option<Mount<'a>> {
    let mounted = Mount::memory(place, size)?;
    fs::set_permissions(place, PermissionsExt::from_mode(0o755)).unwrap();
    Some(mounted)
}

#[test]
fn a_folder_that_cannot_be_written_leaves_the_file_as_it_is() {
    let house = House::new();
    if !is_root() {
        house.write("a.log", log(8));
        fs::set_permissions(house.path(""), PermissionsExt::from_mode(0o555)).unwrap();
        stays(&house, "a.log", "cannot be written");
        fs::set_permissions(house.path(""), PermissionsExt::from_mode(0o755)).unwrap();
        return;
    }
    let place = house.path("disk");
    let Some(_mounted) = disk(&place, "3m") else {
        return;
    };
    house.write("disk/a.log", log(8));
    let remounted = ran(
        "mount",
        &["-o", "remount,ro", place.to_str().expect("a plain path")],
    );
    assert!(remounted);
    stays(&house, "disk/a.log", "Read-only file system");
    // Where only the attic cannot be kept, nothing is taken out either.
    house.write("b.log", log(8));
    let said = refused(compact(&house, ["--attic", "disk", "b.log"]));
    assert!(said.contains("Read-only file system"), "{said}");
    assert_eq!(house.read("b.log"), log(8).as_bytes());
}

#[test]
fn a_full_disk_leaves_the_file_as_it_is() {
    let house = House::new();
    let place = house.path("disk");
    let Some(_mounted) = disk(&place, "3m") else {
        return;
    };
    let log = log(400);
    house.write("disk/a.log", &log);
    // As much as there is room for.
    let mut other = fs::File::create(house.path("disk/other")).unwrap();
    while other.write_all(&[b'x'; 4096]).is_ok() {}
    drop(other);
    let said = refused(compact(&house, ["disk/a.log"]));
    let words = "cannot be written (No space left on device";
    assert!(said.contains(words), "{said}");
    assert!(house.read("disk/a.log") == log.as_bytes());
    assert_eq!(names(&place), ["a.log", "other"]);
    // The next run finds room, and does what this one could not.
    fs::remove_file(house.path("disk/other")).unwrap();
    compacted(&house, ["disk/a.log"]);
    restored(&house, ["disk/a.log"]);
    assert!(house.read("disk/a.log") == log.as_bytes());
}

#[test]
fn a_disk_without_free_inodes_leaves_the_file_as_it_is() {
    let house = House::new();
    let place = house.path("disk");
    let Some(_mounted) = disk(&place, "3m") else {
        return;
    };
    // The folder, the file, and one more: enough for the new file, but not for its attic.
    let options = "remount,nr_inodes=3";
    assert!(ran("mount", &["-o", options, place.to_str().unwrap()]));
    house.write("disk/a.log", log(8));
    stays(
        &house,
        "disk/a.log",
        "cannot be written (No space left on device",
    );
    house.write("disk/b.log", log(8));
    stays(
        &house,
        "disk/a.log",
        "cannot be written (No space left on device",
    );
}

#[test]
fn an_attic_on_another_disk_is_kept_there_and_found_again() {
    let house = House::new();
    let place = house.path("attics");
    let Some(_mounted) = disk(&place, "3m") else {
        return;
    };
    house.write("a.log", log(20));
    let device = |name: &str| fs::metadata(house.path(name)).unwrap().dev();
    assert_ne!(device("a.log"), device("attics"));
    compacted(&house, ["--attic", "attics", "a.log"]);
    assert_eq!(names(&place), ["a.log.attic"]);
    assert_eq!(names(&house.path("")), ["a.log", "attics"]);
    assert!(house.read("a.log") != log(20).as_bytes());
    restored(&house, ["a.log", "--attic", "attics"]);
    assert_eq!(house.read("a.log"), log(20).as_bytes());
    assert_eq!(names(&place), [""; 0]);
}

#[test]
fn a_file_that_is_a_disk_of_its_own_is_left_as_it_is() {
    let house = House::new();
    house.write("a.log", log(8));
    house.write("mounted", log(20));
    let path = |name: &str| house.path(name).to_str().expect("a plain path").to_owned();
    if !ran("mount", &["--bind", &path("mounted"), &path("a.log")]) {
        eprintln!("no file can be mounted here, skipped");
        return;
    }
    let said = refused(compact(&house, ["a.log"]));
    let left = (house.read("a.log"), names(&house.path("")));
    assert!(ran("umount", &["-l", &path("a.log")]));
    assert!(said.contains("busy"), "{said}");
    assert_eq!(left.0, log(20).as_bytes());
    assert_eq!(left.1, ["a.log", "mounted"]);
}

#[test]
fn a_security_label_is_kept() {
    let house = House::new();
    let path = house.write("a.log", log(20));
    let text = path.to_str().unwrap();
    let name = "security.origin";
    if !is_root() || !ran("setfattr", &["-n", name, "-v", "shop_log_t", text]) {
        eprintln!("no label can be set here, skipped");
        return;
    }
    let label = || {
        let args = ["-n", name, "--only-values", "--absolute-names", text];
        let output = Command::new("getfattr").args(args).output().unwrap();
        output.stdout
    };
    compacted(&house, ["a.log"]);
    assert_eq!(label(), b"shop_log_t");
    restored(&house, ["a.log"]);
    assert_eq!(label(), b"shop_log_t");
}

#[test]
fn a_file_that_must_not_change_is_left_as_it_is() {
    let house = House::new();
    let path = house.write("a.log", log(20));
    let text = path.to_str().unwrap();
    for flag in ["i", "a"] {
        if !ran("chattr", &[&format!("+{flag}"), text]) {
            eprintln!("no file can be protected here, skipped");
            return;
        }
        let said = refused(compact(&house, ["a.log"]));
        let left = (house.read("a.log"), names(&house.path("")));
        assert!(ran("chattr", &[&format!("-{flag}"), text]));
        assert!(said.contains("cannot be put in its place"), "{said}");
        assert_eq!(left, (log(20).into_bytes(), vec!["a.log".to_owned()]));
    }
}
