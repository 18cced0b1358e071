//! Takes files in, and opens where they go.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Crowd;
use crate::command::follow::Outputs;
use crate::command::follow::checkpoint::{Checkpoint, Found};
use crate::command::follow::file::Followed;
use crate::command::follow::names::{Name, name};
use crate::command::follow::party::Party;
use crate::command::lane::Surroundings;
use crate::command::lookout::Lookout;
use crate::command::outlet::Outlet;
use crate::command::{Ending, Tone};
use crate::system::shown;
use crate::system::sink::SinkError;
use crate::system::tail::{Start, Tail};

impl<'a> Crowd<'a> {
    /// Takes in all files that are named, and opens where they go.
    ///
    /// # Errors
    /// An output cannot be opened, or the state not be gone on with.
    pub(in crate::command::follow) fn open(
        parties: Vec<Party<'a>>,
        around: Surroundings<'a>,
    ) -> anyhow::Result<Crowd<'a>> {
        let first = parties.first().map(|party| party.asked);
        let (checkpoint, found) = match first.and_then(|asked| asked.state.as_ref()) {
            None => (None, Found::default()),
            Some(folder) => {
                let (checkpoint, found) = Checkpoint::open(folder)?;
                for text in found.settle()? {
                    around.voice.say(Tone::Note, &text);
                }
                (Some(checkpoint), found)
            }
        };
        let poll = first.and_then(|asked| asked.poll);
        let mut crowd = Crowd {
            parties,
            files: Vec::new(),
            followed: HashSet::new(),
            outlets: Vec::new(),
            around,
            lookout: Lookout::new(poll, Instant::now()),
            stirred: BTreeSet::new(),
            reading: BTreeSet::new(),
            resting: BTreeSet::new(),
            spare: Vec::new(),
            ending: Ending::Fine,
            checkpoint,
            found,
            commits_at: None,
            committed: None,
            is_uncommitted: false,
        };
        // Names before patterns: a file that several parties mean belongs to the one that names it.
        for party in 0..crowd.parties.len() {
            crowd.add_named(party)?;
        }
        crowd.add_new(None)?;
        crowd.go_on_after_titles();
        Ok(crowd)
    }

    /// Opens what the files of a party share, and takes in those that it names.
    fn add_named(&mut self, number: usize) -> anyhow::Result<()> {
        let Some(party) = self.parties.get_mut(number) else {
            return Ok(());
        };
        let asked = party.asked;
        if let Outputs::One(place) = &asked.outputs {
            party.out = Some(self.outlets.len());
            let outlet = Outlet::open(place, asked.terms.summaries.as_ref())?;
            if let Some(path) = place.file().filter(|_| outlet.is_shared(&self.outlets)) {
                anyhow::bail!(
                    "{}: this is the output of other files, too, follow them together",
                    shown(path)
                );
            }
            self.outlets.push(match &asked.attic {
                None => outlet,
                Some(attic) if self.checkpoint.is_some() => anyhow::bail!(
                    "{}: with --state an output may be cut back after a kill, which an attic here does not follow; leave one of the two out",
                    shown(attic)
                ),
                Some(attic) => outlet.keeping(attic)?,
            });
        }
        let names: Vec<Name> = asked.names.iter().cloned().map(name).collect();
        party.is_single = matches!(names[..], [Name::File(_)]);
        for name in names {
            match name {
                Name::File(path) => {
                    let inside = PathBuf::from(path.file_name().unwrap_or_default());
                    self.add(number, path, &inside, &asked.start)?;
                }
                Name::Pattern(pattern) => {
                    self.lookout.place_pattern(&pattern.root, pattern.is_flat);
                    if let Some(party) = self.parties.get_mut(number) {
                        party.patterns.push(pattern);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes in the files that patterns name and nobody follows yet. Reading begins at `start`, or where it was asked to.
    pub(super) fn add_new(&mut self, start: Option<&Start>) -> Result<(), SinkError> {
        for number in 0..self.parties.len() {
            let Some(party) = self.parties.get_mut(number) else {
                continue;
            };
            let asked = party.asked;
            let patterns = std::mem::take(&mut party.patterns);
            for pattern in &patterns {
                for path in pattern.files(|path| self.followed.contains(path)) {
                    let inside = pattern.below(&path).to_owned();
                    self.add(number, path, &inside, start.unwrap_or(&asked.start))?;
                }
            }
            if let Some(party) = self.parties.get_mut(number) {
                party.patterns = patterns;
            }
        }
        Ok(())
    }

    /// Takes in one file of a party; `inside` is its path in the folder of outputs.
    fn add(
        &mut self,
        party: usize,
        path: PathBuf,
        inside: &Path,
        start: &Start,
    ) -> Result<(), SinkError> {
        if !self.followed.insert(path.clone()) {
            return Ok(());
        }
        let Some(out) = self.outlet_of(party, &path, inside)? else {
            return Ok(());
        };
        let is_output = |outlet: &Outlet| outlet.is_file(&path);
        if self.outlets.iter().any(is_output) {
            let what = "this file is also the output, name another file for one of them";
            self.refuse(&path, what);
            return Ok(());
        }
        let number = self.files.len();
        let title = self.title(party, &path);
        let Some(model) = self.parties.get(party).map(|party| &party.model) else {
            return Ok(());
        };
        let mut lane = model.beside(u32::try_from(number).unwrap_or(u32::MAX), title);
        let start = match self.found.take(&path) {
            None => start.clone(),
            Some(known) => {
                if let Err(error) = lane.restore(&known.pipeline) {
                    let what = format!("what was held back before is not gone on with: {error}");
                    Followed::refuse(&path, &what, &mut self.around);
                }
                Start::Points(known.points)
            }
        };
        let tail = Tail::new(path, start);
        self.lookout.place(number, tail.path());
        self.files.push(Followed::new(tail, lane, party, out));
        self.stirred.insert(number);
        Ok(())
    }

    fn refuse(&mut self, path: &Path, what: &str) {
        Followed::refuse(path, what, &mut self.around);
        self.ending = Ending::SomeFailed;
    }

    /// The title above a file's lines, where several files share an output.
    fn title(&self, party: usize, path: &Path) -> Vec<u8> {
        let Some(party) = self.parties.get(party) else {
            return Vec::new();
        };
        match party.asked.outputs {
            Outputs::One(_) if !party.is_single => {
                format!("==> {} <==\n", shown(path)).into_bytes()
            }
            _ => Vec::new(),
        }
    }

    /// The number of the outlet for a file, which is opened if it is not; `None`, after it was said why, if there can be
    /// none.
    fn outlet_of(
        &mut self,
        party: usize,
        path: &Path,
        inside: &Path,
    ) -> Result<Option<usize>, SinkError> {
        let Some(party) = self.parties.get(party) else {
            return Ok(None);
        };
        let folder = match &party.asked.outputs {
            Outputs::One(_) => return Ok(party.out),
            Outputs::Each(folder) => folder,
        };
        let place = folder.inside(inside);
        let mut outlets = self.outlets.iter();
        if outlets.any(|outlet| outlet.is_at(&place)) {
            let what =
                "another followed file has the same name and so the same output, follow them apart";
            self.refuse(path, what);
            return Ok(None);
        }
        if let Some(folder) = place.file().and_then(Path::parent) {
            // What is wrong with it is said when the file cannot be opened.
            let _ = std::fs::create_dir_all(folder);
        }
        let outlet = Outlet::open(&place, party.asked.terms.summaries.as_ref())?;
        self.outlets.push(outlet);
        Ok(Some(self.outlets.len() - 1))
    }

    /// Lets no title be written twice: each output goes on after the file whose lines were written last.
    fn go_on_after_titles(&mut self) {
        for outlet in &mut self.outlets {
            let last = outlet.path().and_then(|path| self.found.turned_to(path));
            let number = last.and_then(|last| {
                let mut files = self.files.iter();
                files.position(|file| file.tail.path() == last)
            });
            let lane = number.and_then(|number| u32::try_from(number).ok());
            outlet.go_on_after(lane);
        }
    }
}
