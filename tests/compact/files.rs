//! Files that are rewritten, and what is found in them afterwards.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::kit::{House, noise, plain, text_of};
use crate::shelf::{
    TOOLS, compact, compacted, fine, log, names, quietened, refused, restored, through,
};

#[test]
fn a_file_of_every_compression_is_rewritten_and_comes_back() {
    let house = House::new();
    let log = log(40);
    let quiet = quietened(&house, &log);
    for (ending, tool) in TOOLS {
        let name = format!("app.log.1{ending}");
        let path = house.write(&name, through(tool, &[], log.as_bytes()));
        compacted(&house, [&name]);
        assert!(
            through(tool, &["-d"], &house.read(&name)) == quiet,
            "{name}"
        );
        assert!(house.path(format!("{name}.attic")).is_file());
        restored(&house, [&name]);
        assert!(
            through(tool, &["-d"], &house.read(&name)) == log.as_bytes(),
            "{name}"
        );
        assert!(!tool.is_empty() || fs::read(&path).unwrap() == log.as_bytes());
        assert!(
            !house.path(format!("{name}.attic")).exists(),
            "what was put back is kept no longer"
        );
    }
}

#[test]
fn any_number_of_jobs_writes_the_same_bytes() {
    let log = log(2500) + "a last line without an ending";
    let mut made: Vec<Vec<u8>> = Vec::new();
    for jobs in ["1", "2", "5"] {
        let house = House::new();
        house.write("a", &log);
        house.write("b.zst", through("zstd", &[], log.as_bytes()));
        compacted(&house, ["--jobs", jobs, "a", "b.zst"]);
        made.push([house.read("a"), house.read("b.zst")].concat());
        restored(&house, ["--jobs", jobs, "a"]);
        restored(&house, ["--jobs", jobs, "b.zst"]);
        assert!(house.read("a") == log.as_bytes());
        assert!(through("zstd", &["-d"], &house.read("b.zst")) == log.as_bytes());
    }
    assert!(made.iter().all(|bytes| *bytes == made[0]));
}

#[test]
fn a_second_run_leaves_files_alone() {
    let house = House::new();
    house.write("a.log", log(20));
    house.write("b.log", log(20));
    house.write("quiet.log", plain(1) + &plain(2));
    compacted(&house, ["a.log", "quiet.log"]);
    compacted(&house, ["--no-attic", "b.log"]);
    assert_eq!(
        names(&house.path("")),
        ["a.log", "a.log.attic", "b.log", "quiet.log"]
    );
    let before = ["a.log", "a.log.attic", "b.log"].map(|name| {
        (
            house.read(name),
            fs::metadata(house.path(name)).unwrap().modified().unwrap(),
        )
    });
    let table = compacted(&house, ["a.log", "b.log", "quiet.log", "a.log.attic"]);
    assert!(
        table.contains("rewritten before") && table.contains("nothing to take out"),
        "{table}"
    );
    let after = ["a.log", "a.log.attic", "b.log"].map(|name| {
        (
            house.read(name),
            fs::metadata(house.path(name)).unwrap().modified().unwrap(),
        )
    });
    assert!(before == after);
    // A copy elsewhere in the folder is known by its content.
    fs::copy(house.path("a.log"), house.path("copy.log")).unwrap();
    let table = compacted(&house, ["copy.log", "--every", "1h"]);
    assert!(
        table.contains("rewritten before") || table.contains("nothing to take out"),
        "{table}"
    );
}

#[test]
fn a_dry_run_changes_nothing_and_says_what_it_would_save() {
    let house = House::new();
    house.write("a.log", log(20));
    let table = compacted(&house, ["--dry-run", "a.log"]);
    assert!(table.contains("would save"), "{table}");
    assert_eq!(house.read("a.log"), log(20).as_bytes());
    assert_eq!(names(&house.path("")), ["a.log"]);
}

#[test]
fn patterns_name_files_and_json_tells_of_each() {
    let house = House::new();
    for name in ["a.log.1", "a.log.2", "b.log.1"] {
        house.write(name, log(8));
    }
    let text = compacted(&house, ["--json", "a.log.*"]);
    let object: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(object["version"], 1);
    assert_eq!(object["files"].as_array().unwrap().len(), 2);
    let file = &object["files"][0];
    assert_eq!(
        (file["path"].as_str(), file["state"].as_str()),
        (Some("a.log.1"), Some("compacted"))
    );
    assert_eq!(file["records"], 11);
    assert_eq!(file["bytes_before"], log(8).len());
    assert_eq!(file["bytes_after"], house.read("a.log.1").len());
    assert_eq!(file["attic_bytes"], house.read("a.log.1.attic").len());
    assert_eq!(house.read("b.log.1"), log(8).as_bytes());
}

#[test]
fn summaries_are_listed_and_expanded() {
    let house = House::new();
    house.write("a.log", log(80));
    compacted(&house, ["a.log"]);
    let list = fine(house.run(["restore", "a.log", "--list"]));
    let rows: Vec<&str> = list.lines().skip(1).collect();
    assert_eq!(rows.len(), 2, "one for each minute: {list}");
    assert!(rows[0].contains(" quell: 89x "), "{list}");
    let shown = fine(house.run(["restore", "a.log", "--show", "2"]));
    assert_eq!(
        shown,
        (60..=80)
            .filter(|second| second % 4 != 0)
            .map(|second| noise(second).repeat(2))
            .collect::<String>()
    );
    assert_eq!(
        shown,
        fine(house.run(["restore", "a.log", "--show", "quell: 30x"]))
    );
    for (unclear, words) in [
        ("3", "no summary has that number"),
        ("nothing like it", "no summary has that number or that text"),
        ("Broken pipe", "2 summaries have that text"),
    ] {
        assert!(refused(house.run(["restore", "a.log", "--show", unclear])).contains(words));
    }
    let part = fine(house.run([
        "restore",
        "a.log",
        "--since",
        "2026-11-22 10:00:03",
        "--until",
        "2026-11-22 10:00:04",
    ]));
    assert_eq!(part, plain(3) + &noise(3).repeat(2) + &plain(4));
}

#[test]
fn a_log_is_restored_elsewhere() {
    let house = House::new();
    house.write("a.log.gz", through("gzip", &[], log(20).as_bytes()));
    compacted(&house, ["a.log.gz"]);
    let before = (house.read("a.log.gz"), house.read("a.log.gz.attic"));
    assert_eq!(fine(house.run(["restore", "a.log.gz", "-o", "-"])), log(20));
    fine(house.run(["restore", "a.log.gz", "-o", "whole.gz"]));
    assert_eq!(
        through("gzip", &["-d"], &house.read("whole.gz")),
        log(20).as_bytes()
    );
    let said = refused(house.run(["restore", "a.log.gz", "-o", "whole.gz"]));
    assert!(said.contains("there is a file of that name"), "{said}");
    assert!(before == (house.read("a.log.gz"), house.read("a.log.gz.attic")));
}

#[test]
fn an_attic_is_found_after_its_file_was_renamed_or_compressed() {
    let house = House::new();
    house.write("a.log.1", log(20));
    compacted(&house, ["a.log.1"]);
    fs::rename(house.path("a.log.1"), house.path("a.log.2")).unwrap();
    house.write("a.log.1", log(30));
    compacted(&house, ["a.log.1"]);
    let zipped = through("gzip", &[], &house.read("a.log.2"));
    fs::remove_file(house.path("a.log.2")).unwrap();
    house.write("a.log.3.gz", zipped);
    assert_eq!(
        names(&house.path(""))
            .iter()
            .filter(|name| name.ends_with(".attic"))
            .count(),
        2
    );
    assert_eq!(fine(house.run(["restore", "a.log.1", "-o", "-"])), log(30));
    assert_eq!(
        fine(house.run(["restore", "a.log.3.gz", "-o", "-"])),
        log(20)
    );
}

#[test]
fn an_attic_stays_as_long_as_another_file_needs_it() {
    let house = House::new();
    house.write("a.log", log(20));
    compacted(&house, ["a.log"]);
    fs::copy(house.path("a.log"), house.path("copy.log")).unwrap();
    restored(&house, ["copy.log"]);
    assert_eq!(house.read("copy.log"), log(20).as_bytes());
    restored(&house, ["a.log"]);
    assert_eq!(house.read("a.log"), log(20).as_bytes());
    assert_eq!(names(&house.path("")), ["a.log", "copy.log"]);
}

#[test]
fn attics_are_kept_where_they_are_wanted() {
    let house = House::new();
    fs::create_dir(house.path("attics")).unwrap();
    for name in ["a.log", "b.log", "c.log"] {
        house.write(name, log(20));
    }
    compacted(&house, ["--attic", "attics", "a.log", "b.log"]);
    compacted(&house, ["--attic", "c.kept", "c.log"]);
    assert_eq!(names(&house.path("attics")), ["a.log.attic", "b.log.attic"]);
    assert!(compacted(&house, ["--attic", "attics", "a.log"]).contains("rewritten before"));
    restored(&house, ["a.log", "--attic", "attics"]);
    restored(&house, ["c.log", "--attic", "c.kept"]);
    assert_eq!(
        (house.read("a.log"), house.read("c.log")),
        (log(20).into_bytes(), log(20).into_bytes())
    );
    let said = text_of(compact(&house, ["--attic", "c.kept", "a.log", "c.log"]).stderr);
    assert!(said.contains("name a folder"), "{said}");
    house.write("taken", "something else");
    let said = refused(compact(&house, ["--attic", "taken", "c.log"]));
    assert!(said.contains("something else is there"), "{said}");
    assert_eq!(
        (house.read("taken"), house.read("c.log")),
        (b"something else".to_vec(), log(20).into_bytes())
    );
}

#[test]
fn a_damaged_attic_is_refused_and_what_is_sound_is_salvaged() {
    let house = House::new();
    let log: String = (0..5).map(|_| log(900)).collect();
    house.write("a.log", &log);
    compacted(&house, ["--every", "1s", "a.log"]);
    let quiet = house.read("a.log");
    let mut attic = house.read("a.log.attic");
    let middle = attic.len() / 2;
    attic[middle] ^= 1;
    house.write("a.log.attic", &attic);
    let said = refused(house.run(["restore", "a.log"]));
    assert!(
        said.contains("damaged") && said.contains("--salvage"),
        "{said}"
    );
    assert_eq!(
        (house.read("a.log"), house.read("a.log.attic")),
        (quiet.clone(), attic.clone())
    );
    let told = text_of(
        house
            .run(["restore", "a.log", "--salvage", "-o", "sound.log"])
            .stderr,
    );
    assert!(told.contains(" records were put back"), "{told}");
    let sound = house.read("sound.log");
    assert!(
        sound.len() > quiet.len() && sound.len() < log.len(),
        "{} {} {}",
        quiet.len(),
        sound.len(),
        log.len()
    );

    house.write("a.log.attic", &attic[..middle]);
    assert!(refused(house.run(["restore", "a.log"])).contains("damaged"));
    house.write("a.log.attic", "something else");
    assert!(refused(house.run(["restore", "a.log"])).contains("no attic belongs to this file"));
}

#[test]
fn a_file_that_was_changed_since_is_not_restored() {
    let house = House::new();
    house.write("a.log", log(20));
    compacted(&house, ["a.log"]);
    let changed = [house.read("a.log"), b"one more\n".to_vec()].concat();
    house.write("a.log", &changed);
    assert!(refused(house.run(["restore", "a.log"])).contains("no attic belongs to this file"));
    let said = refused(house.run(["restore", "a.log", "--attic", "a.log.attic"]));
    assert!(said.contains("the file was changed since"), "{said}");
    assert_eq!(house.read("a.log"), changed);
}

#[test]
fn old_attics_are_pruned() {
    let house = House::new();
    for name in ["a.log", "b.log"] {
        house.write(name, log(8));
    }
    compacted(&house, ["a.log", "b.log"]);
    house.write("foreign.attic", "something else");
    let month_ago = SystemTime::now() - Duration::from_secs(31 * 86_400);
    for name in ["a.log.attic", "foreign.attic"] {
        let file = fs::File::options()
            .append(true)
            .open(house.path(name))
            .unwrap();
        file.set_modified(month_ago).unwrap();
    }
    fine(house.run(["attic", "prune", "--older-than", "30d", "--dry-run", "."]));
    assert!(house.path("a.log.attic").exists());
    fine(house.run(["attic", "prune", "--older-than", "30d"]));
    assert_eq!(
        names(&house.path("")),
        ["a.log", "b.log", "b.log.attic", "foreign.attic"]
    );
}
