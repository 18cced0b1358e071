//! What must not harm a file that is rewritten. Where root is needed (links of other users, full disks), the test says so
//! and is content without.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::kit::{DEADLINE, House, Live, text_of};
use crate::shelf::{compact, compacted, log, names, quietened, refused, restored, through};

/// That a file is refused with these words and stays as it is, with nothing beside it that was not there.
pub fn stays(house: &House, name: &str, words: &str) {
    let before = (fs::read(house.path(name)).ok(), names(&house.path("")));
    let said = refused(compact(house, [name]));
    assert!(said.contains(words), "{said}");
    assert!(
        before == (fs::read(house.path(name)).ok(), names(&house.path(""))),
        "{name}"
    );
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs a tool; whether it went well.
pub fn ran(tool: &str, args: &[&str]) -> bool {
    let status = Command::new(tool).args(args).status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn a_file_that_grows_while_it_is_read_is_left_as_it_is() {
    let house = House::new();
    let log = log(1500);
    let path = house.write("a.log", &log);
    let mut live =
        Live::of(&mut house.quell(["compact", "--min-age", "0s", "--jobs", "1", "a.log"]));
    wait_until_read(&live, &path);
    let mut grown = log.into_bytes();
    grown.extend_from_slice(b"one more\n");
    // By one that opens, writes and closes in a moment.
    std::io::Write::write_all(
        &mut fs::File::options().append(true).open(&path).unwrap(),
        b"one more\n",
    )
    .unwrap();
    assert_eq!(live.status().code(), Some(1));
    assert!(text_of(live.end().stderr).contains("has changed while it was read"));
    assert!(fs::read(&path).unwrap() == grown);
    assert_eq!(names(&house.path("")), ["a.log"]);
}

/// Waits until the program has begun to read a file.
pub fn wait_until_read(live: &Live, path: &Path) {
    let folder = format!("/proc/{}", live.child.id());
    let deadline = Instant::now() + DEADLINE;
    let reads = || {
        let entries = fs::read_dir(format!("{folder}/fd"))
            .into_iter()
            .flatten()
            .flatten();
        entries.into_iter().any(|entry| {
            let info = format!("{folder}/fdinfo/{}", entry.file_name().to_string_lossy());
            let info = fs::read_to_string(info).unwrap_or_default();
            fs::read_link(entry.path()).is_ok_and(|to| to == path) && !info.starts_with("pos:\t0\n")
        })
    };
    while !reads() {
        assert!(Instant::now() < deadline, "it does not read");
    }
}

#[test]
fn a_file_that_is_exchanged_or_opened_while_it_is_read_is_left_as_it_is() {
    let house = House::new();
    let log = log(1500);
    for (words, is_exchanged) in [
        ("has changed while it was read", true),
        ("still has this file open for writing", false),
    ] {
        let path = house.write("a.log", &log);
        let args = ["compact", "--min-age", "0s", "--jobs", "1", "a.log"];
        let mut live = Live::of(&mut house.quell(args));
        wait_until_read(&live, &path);
        // The very same bytes, so that only the inode or the writer tells.
        let late = if is_exchanged {
            house.write("other", &log);
            fs::rename(house.path("other"), &path).unwrap();
            None
        } else {
            Some(fs::File::options().append(true).open(&path).unwrap())
        };
        assert_eq!(live.status().code(), Some(1));
        let said = text_of(live.end().stderr);
        assert!(said.contains(words), "{said}");
        assert!(fs::read(&path).unwrap() == log.as_bytes());
        assert_eq!(names(&house.path("")), ["a.log"]);
        drop(late);
    }
}

#[test]
fn a_file_that_somebody_writes_to_is_left_alone() {
    let house = House::new();
    let path = house.write("a.log", log(8));
    let writer = fs::File::options().append(true).open(&path).unwrap();
    stays(&house, "a.log", "still has this file open for writing");
    drop(writer);
    compacted(&house, ["a.log"]);
}

#[test]
fn a_young_file_is_left_alone() {
    let house = House::new();
    house.write("a.log", log(8));
    let said = refused(house.run(["compact", "a.log"]));
    assert!(said.contains("was written to 0 s ago"), "{said}");
    assert_eq!(house.read("a.log"), log(8).as_bytes());
}

#[test]
fn owner_mode_times_attributes_and_access_lists_are_kept_and_set_id_bits_are_not() {
    let house = House::new();
    let path = house.write("a.log", log(20));
    if is_root() {
        chown(&path, Some(12), Some(34)).unwrap();
    }
    fs::set_permissions(&path, PermissionsExt::from_mode(0o6640)).unwrap();
    let text = path.to_str().unwrap();
    let lists = ran("setfacl", &["-m", "u:7:r,g:8:rw", text]);
    let attributes = ran("setfattr", &["-n", "user.origin", "-v", "shop", text]);
    assert!(
        lists && attributes,
        "setfacl and setfattr are installed, and the file system takes them"
    );
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789))
        .unwrap();
    drop(file);
    let look = || {
        let stat = fs::metadata(&path).unwrap();
        let list = Command::new("getfacl")
            .args(["-cp", text])
            .output()
            .unwrap()
            .stdout;
        let attribute = Command::new("getfattr")
            .args([
                "-n",
                "user.origin",
                "--only-values",
                "--absolute-names",
                text,
            ])
            .output()
            .unwrap()
            .stdout;
        assert_eq!(attribute, b"shop");
        (
            stat.uid(),
            stat.gid(),
            stat.mode() & 0o1777,
            stat.mtime(),
            stat.mtime_nsec(),
            text_of(list),
        )
    };
    let before = look();
    compacted(&house, ["a.log"]);
    assert_eq!(look(), before);
    assert_eq!(
        fs::metadata(&path).unwrap().mode() & 0o6000,
        0,
        "set-id bits are dropped"
    );
    let attic = fs::metadata(house.path("a.log.attic")).unwrap();
    assert_eq!(
        (attic.uid(), attic.gid(), attic.mode() & 0o1777),
        (before.0, before.1, before.2)
    );
    restored(&house, ["a.log"]);
    assert_eq!(look(), before);
}

#[test]
fn a_file_with_a_second_name_is_left_alone() {
    let house = House::new();
    house.write("a.log", log(8));
    fs::hard_link(house.path("a.log"), house.path("b.log")).unwrap();
    stays(&house, "a.log", "this file has 2 names");
}

#[test]
fn links_folders_and_pipes_are_left_alone() {
    let house = House::new();
    house.write("a.log", log(8));
    symlink(house.path("a.log"), house.path("link.log")).unwrap();
    stays(&house, "link.log", "this is a symbolic link");
    fs::create_dir(house.path("folder")).unwrap();
    let said = refused(compact(&house, ["folder"]));
    assert!(said.contains("not a regular file"), "{said}");
    assert!(ran("mkfifo", &[house.path("pipe").to_str().unwrap()]));
    let said = refused(compact(&house, ["pipe"]));
    assert!(said.contains("not a regular file"), "{said}");
    stays(&house, "none.log", "there is no such file");
}

#[test]
fn a_folder_that_strangers_may_write_in_is_refused() {
    let house = House::new();
    house.write("a.log", log(8));
    fs::set_permissions(house.path(""), PermissionsExt::from_mode(0o757)).unwrap();
    stays(
        &house,
        "a.log",
        "others than its owner may write in this folder (mode 0757)",
    );
    if is_root() {
        fs::set_permissions(house.path(""), PermissionsExt::from_mode(0o775)).unwrap();
        chown(house.path(""), None, Some(34)).unwrap();
        stays(&house, "a.log", "others than its owner may write");
        chown(house.path(""), None, Some(0)).unwrap();
    } else {
        fs::set_permissions(house.path(""), PermissionsExt::from_mode(0o755)).unwrap();
    }
    compacted(&house, ["a.log"]);
}

#[test]
fn a_link_of_another_user_on_the_way_is_not_followed() {
    let house = House::new();
    fs::create_dir(house.path("real")).unwrap();
    house.write("real/a.log", log(8));
    symlink(house.path("real"), house.path("own")).unwrap();
    if is_root() {
        symlink(house.path("real"), house.path("strange")).unwrap();
        std::os::unix::fs::lchown(house.path("strange"), Some(12), None).unwrap();
        stays(&house, "strange/a.log", "belongs to another user");
    }
    compacted(&house, ["own/a.log"]);
    assert_eq!(names(&house.path("real")), ["a.log", "a.log.attic"]);
}

#[test]
fn what_cannot_be_expanded_to_its_end_stays_and_other_files_are_done() {
    let house = House::new();
    let log = log(40);
    let whole = through("gzip", &[], log.as_bytes());
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        bytes
    };
    let half = whole.len() / 2;
    house.write("truncated.gz", &whole[..half]);
    house.write("wrong-sum.gz", flipped(whole.len() - 6));
    house.write("trailing.gz", [whole.clone(), b"garbage".to_vec()].concat());
    house.write("damaged.gz", flipped(half));
    let frames = through("zstd", &[], log.as_bytes());
    house.write("truncated.zst", &frames[..frames.len() - 3]);
    house.write("truncated.xz", &through("xz", &[], log.as_bytes())[..half]);
    house.write(
        "truncated.bz2",
        &through("bzip2", &[], log.as_bytes())[..half],
    );
    let bad = [
        "truncated.gz",
        "wrong-sum.gz",
        "trailing.gz",
        "damaged.gz",
        "truncated.zst",
        "truncated.xz",
        "truncated.bz2",
    ];
    for name in bad {
        stays(&house, name, "cannot be read to its end");
    }
    house.write("good.gz", &whole);
    let output = compact(&house, bad.iter().chain(&["good.gz"]));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text_of(output.stderr).lines().count(), bad.len());
    assert!(through("gzip", &["-d"], &house.read("good.gz")) == quietened(&house, &log));
}

#[test]
fn members_and_frames_in_a_row_are_one_log() {
    let house = House::new();
    let (front, back) = (log(10), log(30));
    let whole = front.clone() + &back;
    for (ending, tool) in [
        ("gz", "gzip"),
        ("zst", "zstd"),
        ("xz", "xz"),
        ("bz2", "bzip2"),
    ] {
        let name = format!("a.{ending}");
        let parts = [front.as_bytes(), back.as_bytes()].map(|part| through(tool, &[], part));
        house.write(&name, parts.concat());
        compacted(&house, [&name]);
        assert!(
            through(tool, &["-d"], &house.read(&name)) == quietened(&house, &whole),
            "{name}"
        );
        restored(&house, [&name]);
        assert!(
            through(tool, &["-d"], &house.read(&name)) == whole.as_bytes(),
            "{name}"
        );
    }
    let skippable = [
        b"\x53\x2a\x4d\x18\x04\0\0\0skip".to_vec(),
        through("zstd", &[], back.as_bytes()),
    ]
    .concat();
    house.write("s.zst", skippable);
    compacted(&house, ["s.zst"]);
}

#[test]
fn the_name_in_a_gzip_file_is_kept_and_leads_nowhere() {
    let house = House::new();
    house.write("../evil.log", "");
    let inner = House::new();
    inner.write("app.log", log(8));
    assert!(ran(
        "gzip",
        &["-N", inner.path("app.log").to_str().unwrap()]
    ));
    let mut bytes = inner.read("app.log.gz");
    let at = bytes
        .windows(7)
        .position(|window| window == b"app.log")
        .unwrap();
    bytes[at..at + 7].copy_from_slice(b"../evil");
    house.write("a.gz", &bytes);
    compacted(&house, ["a.gz"]);
    assert_eq!(house.read("a.gz")[..at + 8], bytes[..at + 8]);
    fs::remove_file(house.path("../evil.log")).unwrap();
}

#[test]
fn a_bomb_is_refused_and_needs_no_memory() {
    let house = House::new();
    let zeros = through("zstd", &[], &vec![0; 16 << 20]);
    house.write("bomb.zst", zeros.repeat(100));
    let args = [
        "compact",
        "--min-age",
        "0s",
        "--jobs",
        "2",
        "--max-content",
        "200M",
        "bomb.zst",
    ];
    let mut live = Live::of(&mut house.quell(args));
    let path = house.path("bomb.zst");
    wait_until_read(&live, &path);
    let mut peak = 0;
    while live.child.try_wait().unwrap().is_none() {
        peak = peak.max(resident_kib(&live));
    }
    let said = text_of(live.end().stderr);
    assert!(
        said.contains("expands to more than 209715200 bytes"),
        "{said}"
    );
    assert!(peak < 96 << 10, "{peak} KiB");
    assert_eq!(names(&house.path("")), ["bomb.zst"]);
}

/// The most memory that a program has had; 0 if it has just ended.
fn resident_kib(live: &Live) -> u64 {
    let status =
        fs::read_to_string(format!("/proc/{}/status", live.child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

#[test]
fn a_window_beyond_all_bounds_is_refused() {
    let house = House::new();
    let mut wide = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    wide.window_log(30).unwrap();
    std::io::Write::write_all(&mut wide, log(8).as_bytes()).unwrap();
    house.write("wide.zst", wide.finish().unwrap());
    stays(&house, "wide.zst", "cannot be read to its end");
}

#[test]
fn the_longest_name_is_no_hindrance() {
    let house = House::new();
    let name = "n".repeat(255);
    house.write(&name, log(20));
    compacted(&house, [&name]);
    assert_eq!(names(&house.path("")).len(), 2);
    restored(&house, [&name]);
    assert_eq!(house.read(&name), log(20).as_bytes());
    assert_eq!(names(&house.path("")), [name]);
}

#[test]
fn a_file_that_is_being_compressed_is_left_alone() {
    let house = House::new();
    let whole = through("gzip", &[], log(40).as_bytes());
    let path = house.path("a.log.1.gz");
    let mut half = fs::File::create(&path).unwrap();
    std::io::Write::write_all(&mut half, &whole[..whole.len() / 2]).unwrap();
    stays(&house, "a.log.1.gz", "still has this file open for writing");
    drop(half);
    stays(&house, "a.log.1.gz", "cannot be read to its end");
    assert!(
        refused(house.run(["compact", "a.log.1.gz"])).contains("wait until nobody writes to it")
    );
}

#[test]
fn two_at_once_do_not_work_on_one_file() {
    let house = House::new();
    let path = house.write("a.log", log(8));
    let other = fs::File::open(&path).unwrap();
    rustix::fs::flock(&other, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
    stays(&house, "a.log", "another quell works on this file");
    drop(other);
    compacted(&house, ["a.log"]);
}
