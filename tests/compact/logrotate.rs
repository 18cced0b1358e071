//! The recipes, as they are shipped, under the real logrotate; and the timer's service under systemd's own eyes.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::kit::{House, text_of};
use crate::shelf::{fine, log, names, through};

/// A shipped file, with this program and this folder in the places of the installed ones.
fn shipped(house: &House, path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("packaging")
        .join(path);
    let folder = house.path("app");
    fs::read_to_string(path)
        .unwrap()
        .replace("/usr/bin/quell", env!("CARGO_BIN_EXE_quell"))
        .replace("/var/log/app", folder.to_str().unwrap())
}

/// Logs that are rotated by a recipe.
struct Rotated {
    house: House,
    /// What was written to each log, rotation by rotation.
    written: Vec<String>,
}

const LOGS: [&str; 2] = ["shop.log", "stock.log"];

impl Rotated {
    fn new(recipe: &str) -> Rotated {
        Rotated::changed(recipe, |recipe| recipe)
    }

    /// By a recipe to which somebody has added something.
    fn changed(recipe: &str, change: impl Fn(String) -> String) -> Rotated {
        let house = House::new();
        fs::create_dir(house.path("app")).unwrap();
        let path = house.write("recipe", change(shipped(&house, recipe)));
        fs::set_permissions(path, PermissionsExt::from_mode(0o644)).unwrap();
        Rotated {
            house,
            written: Vec::new(),
        }
    }

    /// Writes more to each log and rotates all of them.
    fn rotate(&mut self, args: &[&str]) {
        let text = log(12 + 4 * self.written.len() as u32);
        for name in LOGS {
            self.house.write(format!("app/{name}"), &text);
        }
        self.written.push(text);
        let (state, recipe) = (self.house.path("state"), self.house.path("recipe"));
        let mut command = Command::new("logrotate");
        command
            .args(args)
            .arg("--force")
            .arg("--state")
            .args([state, recipe]);
        let output = command
            .env("TZ", "UTC")
            .output()
            .expect("logrotate is installed");
        let said = text_of(output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(
            !said.contains("error") && !said.contains("quell:"),
            "{said}"
        );
    }

    /// That the file is what quell makes of that rotation's log, and that all of it can be had back.
    fn check(&self, name: &str, rotation: usize, tool: &str) {
        let text = &self.written[rotation];
        let quiet = self.house.pipe(text, [""; 0]).stdout;
        let found = through(
            tool,
            if tool.is_empty() { &[] } else { &["-d"] },
            &self.house.read(&format!("app/{name}")),
        );
        assert!(found == quiet, "{name}");
        let file = format!("app/{name}");
        assert_eq!(
            fine(self.house.run(["restore", file.as_str(), "-o", "-"])),
            *text,
            "{name}"
        );
    }

    fn names(&self) -> Vec<String> {
        let all = names(&self.house.path("app"));
        all.into_iter()
            .filter(|name| !name.ends_with(".attic"))
            .collect()
    }
}

#[test]
fn as_compresscmd_it_writes_what_logrotate_expects() {
    let mut rotated = Rotated::new("logrotate/compress");
    for _ in 0..4 {
        rotated.rotate(&[]);
    }
    let expected: Vec<String> = LOGS
        .iter()
        .flat_map(|log| ["1", "2.zst", "3.zst", "4.zst"].map(|ending| format!("{log}.{ending}")))
        .collect();
    assert_eq!(rotated.names(), expected);
    for log in LOGS {
        for (number, rotation) in [(4, 0), (3, 1), (2, 2)] {
            rotated.check(&format!("{log}.{number}.zst"), rotation, "zstd");
        }
        assert_eq!(
            rotated.house.read(&format!("app/{log}.1")),
            rotated.written[3].as_bytes()
        );
    }
}

#[test]
fn plain_files_are_rewritten_at_each_rotation_and_are_found_wherever_they_move() {
    let mut rotated = Rotated::new("logrotate/plain");
    for _ in 0..3 {
        rotated.rotate(&[]);
    }
    for log in LOGS {
        for (number, rotation) in [(3, 0), (2, 1), (1, 2)] {
            rotated.check(&format!("{log}.{number}"), rotation, "");
        }
    }
}

#[test]
fn copies_that_logrotate_makes_are_rewritten_and_the_log_is_written_on() {
    let mut rotated = Rotated::changed("logrotate/plain", |recipe| {
        recipe.replacen("nocompress", "nocompress\n    copytruncate", 1)
    });
    let inode = |rotated: &Rotated| {
        let log = rotated.house.path("app/shop.log");
        fs::metadata(log).ok().map(|stat| stat.ino())
    };
    rotated.rotate(&[]);
    let before = inode(&rotated);
    rotated.rotate(&[]);
    assert!(before.is_some() && inode(&rotated) == before);
    for log in LOGS {
        for (number, rotation) in [(2, 0), (1, 1)] {
            rotated.check(&format!("{log}.{number}"), rotation, "");
        }
        assert_eq!(rotated.house.read(&format!("app/{log}")), b"");
    }
}

#[test]
fn dated_files_are_rewritten_after_logrotate_has_compressed_them() {
    let mut rotated = Rotated::new("logrotate/dated");
    rotated.rotate(&[]);
    // Another day has come: the file of the first is called so.
    for log in LOGS {
        let dated = rotated
            .names()
            .into_iter()
            .find(|name| name.starts_with(&format!("{log}-")))
            .unwrap();
        fs::rename(
            rotated.house.path(format!("app/{dated}")),
            rotated.house.path(format!("app/{log}-20200101")),
        )
        .unwrap();
    }
    rotated.rotate(&[]);
    for log in LOGS {
        rotated.check(&format!("{log}-20200101.gz"), 0, "gzip");
    }
}

#[test]
fn a_log_that_cannot_be_rewritten_is_kept_by_logrotate() {
    let mut rotated = Rotated::new("logrotate/compress");
    rotated.rotate(&[]);
    let recipe = text_of(rotated.house.read("recipe"));
    let broken = rotated.house.write(
        "recipe",
        recipe.replace(
            "compact --compress",
            "compact --attic /nowhere/at/all --compress",
        ),
    );
    fs::set_permissions(broken, PermissionsExt::from_mode(0o644)).unwrap();
    rotated.house.write("app/shop.log", log(8));
    let (state, recipe) = (rotated.house.path("state"), rotated.house.path("recipe"));
    let output = Command::new("logrotate")
        .arg("--force")
        .arg("--state")
        .args([state, recipe])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(text_of(output.stderr).contains("failed to compress log"));
    assert_eq!(
        rotated.house.read("app/shop.log.1"),
        rotated.written[0].as_bytes()
    );
}

#[test]
fn an_empty_log_becomes_an_empty_file_of_its_format() {
    let house = House::new();
    for (how, tool) in [
        ("gz", "gzip"),
        ("zst", "zstd"),
        ("xz", "xz"),
        ("bz2", "bzip2"),
    ] {
        let output = house.pipe("", ["compact", "--no-attic", "--compress", how]);
        assert!(output.status.success());
        assert_eq!(through(tool, &["-d"], &output.stdout), b"", "{how}");
    }
}

#[test]
fn the_timer_rewrites_what_is_finished_and_leaves_what_is_not() {
    let house = House::new();
    fs::create_dir(house.path("app")).unwrap();
    let service = shipped(&house, "systemd/quell-compact@.service");
    let folder = house.path("app");
    let finished = house.write("app/2026-11-21.log", log(20));
    let day_ago = std::time::SystemTime::now() - Duration::from_secs(86_400);
    fs::File::options()
        .append(true)
        .open(finished)
        .unwrap()
        .set_modified(day_ago)
        .unwrap();
    house.write("app/2026-11-22.log", log(20));
    for line in service
        .lines()
        .filter_map(|line| line.strip_prefix("ExecStart="))
    {
        // As systemd reads it: quoted words, and no shell that would expand patterns.
        let words = line.replace("%f", folder.to_str().unwrap());
        let words = words.split(' ').map(|word| word.trim_matches('"'));
        let mut words = words.map(str::to_owned);
        let output = Command::new(words.next().unwrap())
            .args(words)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text_of(output.stderr));
    }
    assert_eq!(
        names(&folder),
        ["2026-11-21.log", "2026-11-21.log.attic", "2026-11-22.log"]
    );
    assert_eq!(house.read("app/2026-11-22.log"), log(20).as_bytes());
}

#[test]
fn systemd_finds_no_fault_with_the_timer() {
    if Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("systemd-analyze is not installed; nothing was tried");
        return;
    }
    let house = House::new();
    let mut paths = Vec::new();
    for name in ["quell-compact@.service", "quell-compact@.timer"] {
        let text = shipped(&house, &format!("systemd/{name}"))
            .replace("man:quell(1)", "https://example.org/");
        paths.push(house.write(name.replace('@', "@var-log-app"), text));
    }
    let output = Command::new("systemd-analyze")
        .arg("verify")
        .args(&paths)
        .output()
        .unwrap();
    let said = text_of(output.stderr);
    assert!(
        output.status.success() && !said.contains("quell-compact"),
        "{said}"
    );
}
