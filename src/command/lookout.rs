//! Which files to look at, and when: told by hints, and by the clock where there are none.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::limits::{POLL, SWEEP};
use crate::system::is_remote;
use crate::system::tail::places::{Place, places};
use crate::system::tail::{Blind, Hint, Watch};

/// What is to be looked at.
#[derive(Debug, Default)]
pub(super) struct Stirred {
    /// These files.
    pub(super) files: BTreeSet<usize>,
    /// The patterns: there may be new files.
    pub(super) patterns: bool,
}

/// Keeps watch over files by their numbers.
#[derive(Debug)]
pub(super) struct Lookout {
    watch: Watch,
    /// Where something may happen that concerns a file.
    places: Vec<Vec<Place>>,
    /// Whom a path concerns.
    concerned: HashMap<PathBuf, BTreeSet<usize>>,
    /// Who needs a folder to be watched: files by number, a pattern as `usize::MAX`.
    folders: BTreeMap<PathBuf, BTreeSet<usize>>,
    /// Files that nobody tells us of.
    blind: BTreeSet<usize>,
    /// How often those are looked at.
    every: Duration,
    polled: Instant,
    swept: Instant,
    /// The files of some pattern may lie in many folders.
    is_deep: bool,
    /// Hints were lost: everything is polled until then.
    doubtful_until: Option<Instant>,
    /// What is still to be said, each once.
    unsaid: Vec<String>,
    is_said: BTreeSet<&'static str>,
}

/// How long nothing is left to hints after some were lost.
const DOUBT: Duration = Duration::from_secs(60);

/// Stands for a pattern among the numbers of files.
const PATTERN: usize = usize::MAX;

impl Lookout {
    /// Keeps watch by hints, or by looking every so often.
    pub(super) fn new(poll: Option<Duration>, now: Instant) -> Lookout {
        let (watch, cause) = Watch::new(poll.is_some());
        let mut lookout = Lookout {
            watch,
            places: Vec::new(),
            concerned: HashMap::new(),
            folders: BTreeMap::new(),
            blind: BTreeSet::new(),
            every: poll.unwrap_or(POLL),
            polled: now,
            swept: now,
            is_deep: false,
            doubtful_until: None,
            unsaid: Vec::new(),
            is_said: BTreeSet::new(),
        };
        if let Some(cause) = cause {
            let text = format!(
                "changes cannot be watched ({cause}), files are looked at every second instead"
            );
            lookout.say("blind", text);
        }
        lookout
    }

    /// Becomes readable when there are hints.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.watch.fd()
    }

    /// Takes a file in, or finds out anew where something may happen that concerns it.
    pub(super) fn place(&mut self, file: usize, path: &Path) {
        let fresh = places(path);
        if self.places.len() <= file {
            self.places.resize(file + 1, Vec::new());
        }
        let Some(own) = self.places.get_mut(file) else {
            return;
        };
        let old = std::mem::replace(own, fresh.clone());
        let (kept, gone): (Vec<Place>, Vec<Place>) =
            old.into_iter().partition(|place| fresh.contains(place));
        for place in &gone {
            let path = place.folder.join(&place.name);
            if let Some(files) = self.concerned.get_mut(&path) {
                files.remove(&file);
            }
            if !fresh.iter().any(|other| other.folder == place.folder) {
                self.release(&place.folder, file);
            }
        }
        self.blind.remove(&file);
        for place in &fresh {
            if !kept.contains(place) {
                let path = place.folder.join(&place.name);
                self.concerned.entry(path).or_default().insert(file);
            }
            self.watch_folder(&place.folder, file);
        }
    }

    /// Watches the folder of a pattern; one whose files may lie in many folders is looked at from time to time.
    pub(super) fn place_pattern(&mut self, root: &Path, is_flat: bool) {
        self.is_deep |= !is_flat;
        let folder = std::fs::canonicalize(if root == Path::new("") {
            Path::new(".")
        } else {
            root
        });
        if let Ok(folder) = folder {
            self.watch_folder(&folder, PATTERN);
        }
    }

    /// What the hints tell.
    ///
    /// # Errors
    /// Whatever the system says of reading them.
    pub(super) fn hints(&mut self, now: Instant) -> io::Result<Stirred> {
        let mut stirred = Stirred::default();
        for hint in self.watch.read()? {
            match hint {
                Hint::Name(path) => match self.concerned.get(&path) {
                    Some(files) => stirred.files.extend(files),
                    None => {
                        let folder = path.parent().and_then(|folder| self.folders.get(folder));
                        stirred.patterns |= folder.is_some_and(|users| users.contains(&PATTERN));
                    }
                },
                Hint::Folder(folder) => {
                    let users = self.folders.get(&folder).into_iter().flatten();
                    stirred.files.extend(users.filter(|user| **user != PATTERN));
                    stirred.patterns = true;
                }
                Hint::Everything => {
                    self.doubtful_until = Some(now + DOUBT);
                    self.polled = now.checked_sub(self.every).unwrap_or(now);
                    let text = "more happened than the system could tell; for a minute every file is looked at every \
                                second, nothing is lost by that";
                    self.say("overflow", text.to_owned());
                }
            }
        }
        Ok(stirred)
    }

    /// What is to be looked at by the clock; `wants` says of a file that it asks for that itself.
    pub(super) fn due(&mut self, now: Instant, wants: impl Fn(usize) -> bool) -> Stirred {
        let mut stirred = Stirred::default();
        let all = 0..self.places.len();
        if now >= self.swept + SWEEP {
            (self.swept, self.polled) = (now, now);
            stirred.files.extend(all);
            stirred.patterns = true;
            return stirred;
        }
        if now >= self.polled + self.every {
            self.polled = now;
            self.doubtful_until = self.doubtful_until.filter(|until| now < *until);
            let doubtful = self.doubtful_until.is_some();
            let looks = |file: &usize| doubtful || self.blind.contains(file) || wants(*file);
            stirred.files.extend(all.filter(looks));
            stirred.patterns = self.is_deep || doubtful || self.watch.fd().is_none();
        }
        stirred
    }

    /// When the clock has something to say.
    pub(super) fn wakes_at(&self, any_wants: bool) -> Instant {
        let polls =
            any_wants || self.is_deep || !self.blind.is_empty() || self.doubtful_until.is_some();
        if polls || self.watch.fd().is_none() {
            (self.polled + self.every).min(self.swept + SWEEP)
        } else {
            self.swept + SWEEP
        }
    }

    /// What is to be said of watching.
    pub(super) fn unsaid(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unsaid)
    }

    fn watch_folder(&mut self, folder: &Path, user: usize) {
        // Added again each time: the folder may be another one by now.
        let watched = self.watch.add(folder);
        self.folders
            .entry(folder.to_owned())
            .or_default()
            .insert(user);
        let blind = match watched {
            Ok(()) => is_remote(folder),
            Err(blind) => {
                if blind == Blind::Exhausted && self.watch.fd().is_some() {
                    let text = "the system's watches are used up, files are looked at every second instead; raise \
                                fs.inotify.max_user_watches to be told of changes at once";
                    self.say("exhausted", text.to_owned());
                }
                true
            }
        };
        if blind && user != PATTERN {
            self.blind.insert(user);
        }
    }

    fn release(&mut self, folder: &Path, user: usize) {
        if let Some(users) = self.folders.get_mut(folder) {
            users.remove(&user);
            if users.is_empty() {
                self.folders.remove(folder);
                self.watch.remove(folder);
            }
        }
    }

    fn say(&mut self, what: &'static str, text: String) {
        if self.is_said.insert(what) {
            self.unsaid.push(text);
        }
    }
}
