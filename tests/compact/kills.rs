//! Killed at any moment: the old file or the new one, and everything that was taken out is kept.

use std::fs;
use std::io::Cursor;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use quell::attic::{Attic, restore};

use crate::kit::House;
use crate::shelf::{compacted, log, names};

/// Kills in all, unless `QUELL_KILLS` says otherwise. Half of them come after named steps, the others at any moment.
const KILLS: u32 = 60;

const STEPS: [&str; 7] = [
    "opened",
    "written",
    "synced",
    "attic-placed",
    "named",
    "replaced",
    "settled",
];

/// How many kills each test is given.
fn kills() -> u32 {
    let asked = std::env::var("QUELL_KILLS").ok();
    asked.map_or(KILLS, |kills| kills.parse().expect("a number")) / 2
}

/// A folder with a file that is to be rewritten, as it was and as it will be.
struct Scene {
    house: House,
    old: Vec<u8>,
    new: Vec<u8>,
}

impl Scene {
    fn new(seconds: u32) -> Scene {
        let house = House::new();
        let old = log(seconds).into_bytes();
        house.write("a.log", &old);
        compacted(&house, ["a.log"]);
        let new = house.read("a.log");
        fs::remove_file(house.path("a.log.attic")).unwrap();
        assert!(new.len() < old.len());
        Scene { house, old, new }
    }

    /// The file as it was, and nothing beside it.
    fn prepare(&self) {
        for name in names(&self.house.path("")) {
            fs::remove_file(self.house.path(name)).unwrap();
        }
        self.house.write("a.log", &self.old);
    }

    /// What must hold after a kill, and after the next run. Gives whether the kill came too late.
    fn check(&self, told: &str) -> bool {
        let found = self.house.read("a.log");
        assert!(
            found == self.old || found == self.new,
            "{told}: a third thing"
        );
        if found == self.new {
            assert!(
                self.attic_gives_the_old(),
                "{told}: what was taken out is not kept"
            );
        }
        compacted(&self.house, ["a.log"]);
        assert!(
            self.house.read("a.log") == self.new,
            "{told}: the next run goes on"
        );
        assert!(
            self.attic_gives_the_old(),
            "{told}: file and attic belong together"
        );
        assert_eq!(
            names(&self.house.path("")),
            ["a.log", "a.log.attic"],
            "{told}: nothing is left over"
        );
        found == self.new
    }

    fn attic_gives_the_old(&self) -> bool {
        let attic = Cursor::new(self.house.read("a.log.attic"));
        let mut attic = Attic::open(attic).expect("an attic");
        let mut out = Vec::new();
        restore(&mut self.new.as_slice(), &mut attic, &mut out).is_ok() && out == self.old
    }
}

#[test]
fn killed_at_any_step_the_file_is_the_old_one_or_the_new_one() {
    let scene = Scene::new(12);
    for (kill, step) in (0..kills()).zip(STEPS.into_iter().cycle()) {
        scene.prepare();
        let jobs = if kill % 2 == 0 { "1" } else { "2" };
        let args = [
            "compact",
            "--min-age",
            "0s",
            "--jobs",
            jobs,
            "--stop-at",
            step,
            "a.log",
        ];
        let mut command = scene.house.quell(args);
        let status = command.stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.signal(), Some(9), "{step}");
        let replaced = scene.check(step);
        assert_eq!(replaced, ["replaced", "settled"].contains(&step), "{step}");
    }
}

#[test]
fn killed_at_any_moment_the_file_is_the_old_one_or_the_new_one() {
    let scene = Scene::new(60);
    scene.prepare();
    let start = Instant::now();
    compacted(&scene.house, ["a.log"]);
    let whole = start.elapsed();
    let mut late = 0;
    let kills = kills();
    for kill in 0..kills {
        scene.prepare();
        let mut command = scene.house.quell(["compact", "--min-age", "0s", "a.log"]);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Spread over the whole run and a little more; which moment that is does not matter.
        thread::sleep(
            whole * (kill * 7919 % kills) / kills * 5 / 4 + Duration::from_micros(u64::from(kill)),
        );
        child.kill().unwrap();
        child.wait().unwrap();
        late += u32::from(scene.check(&format!("kill {kill}")));
    }
    assert!(late < kills, "all came too late");
}
