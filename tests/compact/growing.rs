//! Attics that grow beside an output: what a stream's filter takes out is kept, whatever becomes of the output.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use rustix::process::Signal;

use crate::kit::{House, noise, plain, text_of, wait_until};
use crate::shelf::{fine, log, names, refused};

fn append(path: &Path, text: impl AsRef<[u8]>) {
    let mut options = OpenOptions::new();
    let mut file = options.append(true).create(true).open(path).unwrap();
    file.write_all(text.as_ref()).unwrap();
}

/// What comes back of a file, and what is said about it.
fn back(house: &House, name: &str) -> (String, String) {
    let output = house.run(["restore", name, "-o", "-"]);
    let said = text_of(&output.stderr);
    assert!(output.status.success(), "{said}");
    (text_of(output.stdout), said)
}

#[test]
fn what_the_filter_takes_out_comes_back() {
    let house = House::new();
    let log = log(200);
    house.write("in.log", &log);
    fine(house.run(["in.log", "-o", "out.log", "--attic", "out.log.attic"]));
    assert!(house.read("out.log").len() < log.len() / 2);
    assert_eq!(back(&house, "out.log"), (log.clone(), String::new()));
    // Where summaries go elsewhere, none is to be taken out again.
    let args = ["in.log", "-o", "b.log", "--attic", "b.log.attic"];
    fine(house.run(args.iter().chain(&["--summary-to", "summaries"])));
    assert_eq!(back(&house, "b.log"), (log, String::new()));
    // What was found by its name is found by its content, too.
    fs::rename(house.path("out.log"), house.path("moved")).unwrap();
    back(&house, "moved");
    let list = fine(house.run(["restore", "moved", "--list"]));
    assert!(list.contains("Broken pipe"), "{list}");
}

#[test]
fn a_second_run_goes_on_where_the_first_was_killed() {
    let house = House::new();
    let (out, attic) = (house.path("out.log"), house.path("out.log.attic"));
    let args = ["-o", "out.log", "--attic", "out.log.attic"];
    append(&out, "was here before\n");
    fine(house.pipe(log(40), args));
    // A kill in the midst of a write: half a part behind the last seal, and lines of which the attic knows nothing.
    append(&attic, &house.read("out.log.attic")[200..300]);
    append(&out, plain(50));
    let (text, said) = back(&house, "out.log");
    assert_eq!(text, ["was here before\n", &log(40), &plain(50)].concat());
    assert!(
        said.contains(&format!("its last {} bytes", plain(50).len())),
        "{said}"
    );
    fine(house.pipe(log(30), args));
    let whole = ["was here before\n", &log(40), &plain(50), &log(30)].concat();
    assert_eq!(back(&house, "out.log"), (whole, String::new()));
}

#[test]
fn it_can_be_read_while_it_grows() {
    let house = House::new();
    let mut live = house.live(["-o", "out.log", "--attic", "out.log.attic"]);
    let text = [plain(1), noise(2), noise(3), noise(4), plain(5)].concat();
    live.write(&text);
    // The last line comes at once, and what was held back by the next second.
    wait_until(|| house.path("out.log").exists() && back(&house, "out.log").0 == text);
    live.signal(Signal::KILL);
    live.gone();
    assert_eq!(back(&house, "out.log").0, text);
}

#[test]
fn each_rotated_output_has_an_attic_of_its_own() {
    let house = House::new();
    let log = log(2000);
    house.write("in.log", &log);
    let args = [
        "in.log",
        "-o",
        "out/out.log",
        "--max-size",
        "50K",
        "--keep",
        "100",
    ];
    fs::create_dir(house.path("out")).unwrap();
    fine(house.run(args.iter().chain(&["--attic", "out/out.log.attic"])));
    let (attics, mut outputs): (Vec<_>, Vec<_>) = names(&house.path("out"))
        .into_iter()
        .partition(|name| name.ends_with(".attic"));
    assert_eq!(attics.len(), outputs.len(), "{attics:?} {outputs:?}");
    assert!(outputs.len() > 2, "{outputs:?}");
    // The one that is written now comes last, though not by its name.
    outputs.rotate_left(1);
    let texts = outputs.iter().map(|name| {
        let (text, said) = back(&house, &format!("out/{name}"));
        assert_eq!(said, "", "{name}");
        text
    });
    assert!(texts.collect::<String>() == log);
}

#[test]
fn an_output_that_was_put_away_takes_its_attic_with_it() {
    let house = House::new();
    let args = ["-o", "out.log", "--attic", "out.log.attic"];
    // Both begin alike, so that the attic of one would do for the front of the other.
    fine(house.pipe(log(20), args));
    fine(house.pipe(log(40), args));
    fs::rename(house.path("out.log"), house.path("out.log.1")).unwrap();
    fine(house.pipe(log(20), args));
    assert_eq!(back(&house, "out.log"), (log(20), String::new()));
    assert_eq!(
        back(&house, "out.log.1"),
        (log(20) + &log(40), String::new())
    );
}

#[test]
fn a_followed_file_comes_back() {
    let house = House::new();
    let log = log(60);
    house.write("a.log", &log);
    let args = ["follow", "a.log", "--from-start", "-o", "out.log"];
    let live = house.live(args.iter().chain(&["--attic", "out.log.attic"]));
    wait_until(|| house.path("out.log").exists() && back(&house, "out.log").0.len() >= log.len());
    live.signal(Signal::TERM);
    live.gone();
    assert_eq!(back(&house, "out.log"), (log, String::new()));
}

#[test]
fn what_a_program_wrote_comes_back() {
    let house = House::new();
    let log = log(40);
    house.write("in.log", &log);
    let run = |attic: &str, last: &[&str]| {
        let args = ["run", "-o", "out.log", "--attic", attic, "--"];
        let mut command = house.quell(args.iter().chain(last));
        command.env("PATH", "/usr/bin:/bin").output().unwrap()
    };
    fine(run("out.log.attic", &["cat", "in.log"]));
    assert_eq!(back(&house, "out.log"), (log.clone(), String::new()));
    // The program runs even where nothing can be kept.
    let output = run("nowhere/at/all", &["cat", "in.log"]);
    assert!(output.status.success());
    let said = text_of(output.stderr);
    assert!(said.contains("what is taken out is not kept"), "{said}");
    // Two streams that go different ways have no one file to be put back into.
    let output = house.run(["run", "--attic", "a.attic", "--", "true"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_is_something_else_is_not_written_on() {
    let house = House::new();
    house.write("other", "not an attic");
    let said = refused(house.run(["in.log", "--attic", "other"]));
    assert!(said.contains("this is no attic"), "{said}");
    assert_eq!(house.read("other"), b"not an attic");
}
