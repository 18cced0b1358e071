//! What happens to the names, the folders and the links on the way to a file.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};

use rustix::fs::{CWD, FileType, Mode};
use rustix::process::Signal;

use super::files::append;
use crate::kit::{House, Live, Mount, plain, text_of, wait_until};

fn out(live: Live) -> String {
    live.signal(Signal::TERM);
    text_of(live.gone().stdout)
}

#[test]
fn a_file_that_is_not_there_is_waited_for_and_read_from_its_beginning() {
    let house = House::new();
    let live = house.live(["follow", "a.log"]);
    live.err_has("no such file yet");
    append(&house.path("a.log"), (0..20).map(plain).collect::<String>());
    live.out_has(&plain(19));
    assert_eq!(out(live), (0..20).map(plain).collect::<String>());
}

#[test]
fn a_folder_that_is_not_there_is_waited_for() {
    let house = House::new();
    let live = house.live(["follow", "logs/today/a.log"]);
    live.err_has("no such file yet");
    fs::create_dir_all(house.path("logs/today")).expect("folders");
    append(&house.path("logs/today/a.log"), plain(1));
    live.out_has(&plain(1));
}

#[test]
fn a_folder_that_is_removed_and_made_again_is_followed() {
    let house = House::new();
    fs::create_dir(house.path("logs")).expect("a folder");
    append(&house.path("logs/a.log"), plain(1));
    let live = house.live(["follow", "logs/a.log"]);
    live.out_has(&plain(1));
    fs::remove_dir_all(house.path("logs")).expect("a removal");
    fs::create_dir(house.path("logs")).expect("a folder");
    append(&house.path("logs/a.log"), plain(2));
    live.out_has(&plain(2));
    append(&house.path("logs/a.log"), plain(3));
    live.out_has(&plain(3));
    assert_eq!(out(live), (1..4).map(plain).collect::<String>());
}

#[test]
fn a_folder_that_is_renamed_and_made_again_is_followed() {
    let house = House::new();
    fs::create_dir(house.path("logs")).expect("a folder");
    append(&house.path("logs/a.log"), plain(1));
    let live = house.live(["follow", "logs/a.log"]);
    live.out_has(&plain(1));
    fs::rename(house.path("logs"), house.path("logs.old")).expect("a rename");
    fs::create_dir(house.path("logs")).expect("a folder");
    append(&house.path("logs/a.log"), plain(2));
    live.out_has(&plain(2));
    assert_eq!(out(live), (1..3).map(plain).collect::<String>());
}

#[test]
fn a_link_that_is_turned_elsewhere_is_followed() {
    let house = House::new();
    append(&house.path("one.log"), plain(1));
    append(&house.path("two.log"), plain(2));
    symlink("one.log", house.path("a.log")).expect("a link");
    let live = house.live(["follow", "a.log"]);
    live.out_has(&plain(1));
    symlink("two.log", house.path("fresh")).expect("a link");
    fs::rename(house.path("fresh"), house.path("a.log")).expect("a rename");
    live.out_has(&plain(2));
    append(&house.path("two.log"), plain(3));
    live.out_has(&plain(3));
    assert_eq!(out(live), (1..4).map(plain).collect::<String>());
}

#[test]
fn a_link_to_a_folder_that_is_turned_elsewhere_is_followed() {
    let house = House::new();
    for (folder, second) in [("v1", 1), ("v2", 2)] {
        fs::create_dir(house.path(folder)).expect("a folder");
        append(&house.path(folder).join("a.log"), plain(second));
    }
    symlink("v1", house.path("current")).expect("a link");
    let live = house.live(["follow", "current/a.log"]);
    live.out_has(&plain(1));
    symlink("v2", house.path("fresh")).expect("a link");
    fs::rename(house.path("fresh"), house.path("current")).expect("a rename");
    live.out_has(&plain(2));
    assert_eq!(out(live), (1..3).map(plain).collect::<String>());
}

#[test]
fn a_link_that_leads_nowhere_or_in_a_circle_is_waited_for() {
    let house = House::new();
    symlink("b.log", house.path("a.log")).expect("a link");
    symlink("a.log", house.path("b.log")).expect("a link");
    symlink("gone/x.log", house.path("c.log")).expect("a link");
    let live = house.live(["follow", "a.log", "c.log"]);
    live.err_has("a.log: there is no such file yet");
    live.err_has("c.log: there is no such file yet");
    fs::remove_file(house.path("b.log")).expect("a removal");
    append(&house.path("b.log"), plain(1));
    live.out_has(&plain(1));
    fs::create_dir(house.path("gone")).expect("a folder");
    append(&house.path("gone/x.log"), plain(2));
    live.out_has(&plain(2));
}

#[test]
fn what_cannot_be_followed_is_said_and_never_waited_in() {
    for kind in ["a pipe", "a directory", "a socket"] {
        let house = House::new();
        append(&house.path("a.log"), plain(1));
        let live = house.live(["follow", "a.log"]);
        live.out_has(&plain(1));
        fs::rename(house.path("a.log"), house.path("a.log.1")).expect("a rename");
        let path = house.path("a.log");
        let _listener = match kind {
            "a directory" => fs::create_dir(&path).map(|()| None),
            "a socket" => UnixListener::bind(&path).map(Some),
            _ => {
                let mode = Mode::from_raw_mode(0o600);
                let made = rustix::fs::mknodat(CWD, &path, FileType::Fifo, mode, 0);
                made.map(|()| None).map_err(Into::into)
            }
        }
        .expect("something that is no file");
        live.err_has(&format!("this is {kind}"));
        if kind == "a directory" {
            fs::remove_dir(&path).expect("a removal");
        } else {
            fs::remove_file(&path).expect("a removal");
        }
        append(&path, plain(2));
        live.out_has(&plain(2));
    }
}

#[test]
fn a_file_that_may_not_be_read_for_a_while_is_read_when_it_may_be() {
    if rustix::process::geteuid().is_root() {
        // Root may read everything; the same is tried with a link in a circle above.
        return;
    }
    let house = House::new();
    append(&house.path("a.log"), plain(1));
    let live = house.live(["follow", "a.log"]);
    live.out_has(&plain(1));
    fs::rename(house.path("a.log"), house.path("a.log.1")).expect("a rename");
    append(&house.path("fresh"), plain(2));
    let locked = std::os::unix::fs::PermissionsExt::from_mode(0o000);
    fs::set_permissions(house.path("fresh"), locked).expect("a mode");
    fs::rename(house.path("fresh"), house.path("a.log")).expect("a rename");
    live.err_has("a.log");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(house.path("a.log"), open).expect("a mode");
    live.out_has(&plain(2));
}

#[test]
fn a_pattern_takes_in_new_files_and_leaves_rotated_ones_alone() {
    let house = House::new();
    append(&house.path("a.log.1"), plain(9));
    // Rotation takes longer than the system's clock to tick.
    let written = |name| fs::metadata(house.path(name)).and_then(|facts| facts.modified());
    wait_until(|| {
        house.write("a.log", plain(1));
        written("a.log").expect("a time") > written("a.log.1").expect("a time")
    });
    let live = house.live(["follow", "*.log*"]);
    live.out_has(&plain(1));
    append(&house.path("b.log"), plain(2));
    live.out_has(&plain(2));
    fs::rename(house.path("a.log"), house.path("a.log.2")).expect("a rename");
    append(&house.path("a.log"), plain(3));
    live.out_has(&plain(3));
    let text = out(live);
    assert!(!text.contains(&plain(9)), "{text}");
    for second in 1..4 {
        assert_eq!(text.matches(&plain(second)).count(), 1, "{text}");
    }
}

#[test]
fn a_file_that_an_overlay_copies_up_when_it_is_written_to_is_gone_on_with() {
    let house = House::new();
    let (disk, logs) = (house.path("disk"), house.path("logs"));
    let Some(_disk) = Mount::memory(&disk, "16m") else {
        return;
    };
    fs::create_dir(disk.join("lower")).expect("a folder");
    append(&disk.join("lower/a.log"), plain(1));
    let Some(_logs) = Mount::overlay(&logs, &disk) else {
        return;
    };
    let live = house.live(["follow", "logs/a.log", "--from-start"]);
    live.out_has(&plain(1));
    for second in 2..5 {
        append(&logs.join("a.log"), plain(second));
        live.out_has(&plain(second));
    }
    live.signal(Signal::TERM);
    let out = text_of(live.gone().stdout);
    assert_eq!(out, (1..5).map(plain).collect::<String>());
}

/// In a name space of its own, where a limit of the system can be set for nobody else.
#[test]
fn where_nothing_can_be_watched_any_more_files_are_looked_at_and_that_is_said() {
    let unshare = ["--user", "--map-root-user", "sh", "-c"];
    for limit in ["max_inotify_instances", "max_inotify_watches"] {
        let house = House::new();
        append(&house.path("a.log"), plain(1));
        let path = format!("/proc/sys/user/{limit}");
        let set = format!("echo 0 > {path}");
        let can = Command::new("unshare").args(unshare).arg(&set).status();
        if !can.is_ok_and(|status| status.success()) {
            eprintln!("no limit can be set here, skipped");
            return;
        }
        let own = house.quell(["follow", "a.log", "--from-start"]);
        let mut command = Command::new("unshare");
        command
            .args(unshare)
            .arg(format!("{set}; exec \"$0\" \"$@\""));
        command.arg(own.get_program()).args(own.get_args());
        command.current_dir(house.path("."));
        let live = Live::of(command.stdout(Stdio::piped()));
        live.out_has(&plain(1));
        append(&house.path("a.log"), plain(2));
        live.out_has(&plain(2));
        fs::rename(house.path("a.log"), house.path("a.log.1")).expect("a rename");
        append(&house.path("a.log"), plain(3));
        live.out_has(&plain(3));
        live.signal(Signal::TERM);
        let output = live.gone();
        assert_eq!(
            text_of(output.stdout),
            (1..4).map(plain).collect::<String>()
        );
        let said = text_of(output.stderr);
        assert_eq!(said.lines().count(), 1, "{limit}: {said}");
    }
}
