//! What is taken out of an output, kept in an attic that grows along with it.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FlockOperation, RenameFlags};

use super::Outlet;
use crate::attic::{Attic, Growing, SEAL_BYTES};
use crate::command::attics::EXTENSION;
use crate::command::{Tone, Voice};
use crate::pipeline::Withheld;
use crate::system::sink::SinkError;
use crate::system::{Facts, Identity, shown};

/// How long what was taken out may be in memory only. Shorter stretches would make a larger attic.
const SEAL_EACH: Duration = Duration::from_secs(1);

/// Bytes that wait for the file, at most.
const DUE_BYTES: usize = 256 * 1024;

/// The attic of an output.
#[derive(Debug)]
pub(super) struct AtticFile {
    path: PathBuf,
    file: File,
    /// The output that it belongs to.
    output: Identity,
    /// Bytes of the file.
    bytes: u64,
    growing: Growing,
    sealed_at: Instant,
    /// Summaries that are about to be written, by the kinds that they close.
    closed: Vec<(u64, Vec<u8>)>,
    /// What went wrong; nothing is kept from then on.
    failed: Option<io::Error>,
}

impl AtticFile {
    /// Opens the attic at a path, or goes on with the one that is there, for an output that is like this now. One that
    /// belongs to more than is there, since the output was put away or cut, is put away as well.
    fn open(path: &Path, output: &Facts) -> io::Result<AtticFile> {
        let keep = AtticFile::begin(path, output)?;
        let (_, end) = keep.growing.at();
        let there = if output.is_regular() {
            output.size
        } else {
            end
        };
        let mut keep = match there.checked_sub(end) {
            Some(_) => keep,
            None => {
                put_away(path)?;
                AtticFile::begin(path, output)?
            }
        };
        let (_, end) = keep.growing.at();
        keep.growing.skip(there.saturating_sub(end))?;
        keep.append()?;
        Ok(keep)
    }

    /// Begins an attic, or finds the end of the one that is there.
    fn begin(path: &Path, output: &Facts) -> io::Result<AtticFile> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.mode(0o600).open(path)?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| io::Error::other("another program writes to it"))?;
        let mut keep = AtticFile {
            path: path.to_owned(),
            output: output.identity,
            bytes: 0,
            growing: Growing::new(),
            sealed_at: Instant::now(),
            closed: Vec::new(),
            failed: None,
            file,
        };
        if keep.file.metadata()?.len() > 0 {
            let attic = Attic::open(BufReader::new(&keep.file)).map_err(io::Error::other)?;
            let finished = "it is the attic of a finished file";
            keep.bytes = attic
                .grown_bytes()
                .ok_or_else(|| io::Error::other(finished))?;
            let mut end = [0; SEAL_BYTES];
            let at = keep.bytes.saturating_sub(SEAL_BYTES as u64);
            keep.file.read_exact_at(&mut end, at)?;
            let resumed = Growing::resume(&end);
            keep.growing = resumed.map_err(|damage| io::Error::other(damage.0))?;
            keep.file.set_len(keep.bytes)?;
        }
        Ok(keep)
    }

    pub(super) fn pass(&mut self, bytes: &[u8]) {
        self.growing.pass(bytes);
    }

    pub(super) fn take(&mut self, withheld: &Withheld<'_>, lane: u32) {
        let kind = kind_of(withheld.kind, lane);
        let taken = self.growing.take(withheld.bytes, kind, withheld.begins);
        self.note(taken);
        if self.growing.due().len() >= DUE_BYTES {
            let appended = self.append();
            self.note(appended);
        }
    }

    /// A summary of this kind comes, if it has a text.
    pub(super) fn close(&mut self, kind: u64, lane: u32, summary: &[u8]) {
        self.closed.push((kind_of(kind, lane), summary.to_vec()));
        if summary.is_empty() {
            self.close_here();
        }
    }

    /// It stands in the output.
    pub(super) fn close_here(&mut self) {
        for (kind, summary) in std::mem::take(&mut self.closed) {
            let put_in = self.growing.put_in(&summary, kind);
            self.note(put_in);
        }
    }

    /// It stands elsewhere.
    pub(super) fn close_elsewhere(&mut self) {
        for (kind, _) in std::mem::take(&mut self.closed) {
            let put_in = self.growing.put_in(b"", kind);
            self.note(put_in);
        }
    }

    /// When what was taken out is due in the file.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        self.growing.has_news().then(|| self.sealed_at + SEAL_EACH)
    }

    fn note(&mut self, done: io::Result<()>) {
        if let Err(error) = done {
            self.failed.get_or_insert(error);
        }
    }

    /// Brings everything into the file; the output must be flushed.
    fn seal(&mut self) -> io::Result<()> {
        self.sealed_at = Instant::now();
        if self.growing.has_news() {
            self.growing.seal()?;
        }
        self.append()
    }

    fn append(&mut self) -> io::Result<()> {
        let due = self.growing.due();
        self.file.write_all_at(due, self.bytes)?;
        self.bytes += due.len() as u64;
        due.clear();
        Ok(())
    }
}

/// A kind of one lane among others.
fn kind_of(kind: u64, lane: u32) -> u64 {
    kind.wrapping_add(u64::from(lane) << 32)
}

/// Gives an attic another name, with the time in it: its output has another name now, too.
fn put_away(path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let stem = name.strip_suffix(EXTENSION.as_bytes()).unwrap_or(name);
    let time = jiff::Timestamp::now().strftime(".%Y%m%dT%H%M%S.%6fZ");
    let name = [stem, time.to_string().as_bytes(), EXTENSION.as_bytes()].concat();
    let other = path.with_file_name(OsString::from_vec(name));
    Ok(rustix::fs::renameat_with(
        CWD,
        path,
        CWD,
        &other,
        RenameFlags::NOREPLACE,
    )?)
}

impl Outlet {
    /// The same outlet, with what is taken out kept in the attic at a path.
    ///
    /// # Errors
    /// It cannot be opened, or is something else.
    pub fn keeping(self, path: &Path) -> Result<Outlet, SinkError> {
        let opened = Facts::of(&self.sink).and_then(|facts| AtticFile::open(path, &facts));
        let keep = opened.map_err(|cause| SinkError::Unopened {
            path: shown(path),
            cause,
        })?;
        Ok(Outlet {
            keep: Some(keep),
            ..self
        })
    }

    /// Brings what was taken out into its attic, if it is time; everything must be flushed.
    pub(super) fn tend_keep(&mut self, voice: &mut dyn Voice) {
        let keep = self.keep.as_ref().filter(|_| self.sink.kept_bytes() == 0);
        let at = keep.and_then(AtticFile::wakes_at);
        if at.is_some_and(|at| at <= Instant::now()) {
            self.keep_all(voice);
        }
    }

    /// Brings all that was taken out into its attic.
    pub(super) fn keep_all(&mut self, voice: &mut dyn Voice) {
        let Some(keep) = &mut self.keep else {
            return;
        };
        let sealed = match keep.failed.take() {
            Some(error) => Err(error),
            None => keep.seal(),
        };
        if let Err(cause) = sealed {
            let text = format!(
                "{}: the attic cannot be written ({cause}); what is taken out from here on is not kept",
                shown(&keep.path)
            );
            voice.say(Tone::Error, &text);
            self.keep = None;
        }
    }

    /// Ends the attic where it stands: the output goes elsewhere, so what is taken out from here on belongs to no file.
    pub(super) fn end_keep(&mut self, voice: &mut dyn Voice) {
        if let Some(keep) = self.keep.take() {
            let text = format!(
                "{}: what is taken out from here on is not kept, since the output is not written",
                shown(&keep.path)
            );
            voice.say(Tone::Error, &text);
        }
    }

    /// Begins another attic if the output is another file now.
    pub(super) fn turn_keep(&mut self, voice: &mut dyn Voice) {
        let Some(keep) = self.keep.take() else {
            return;
        };
        let path = keep.path.clone();
        let opened = Facts::of(&self.sink).and_then(|facts| {
            if facts.identity == keep.output {
                return Ok(keep);
            }
            put_away(&path)?;
            drop(keep);
            AtticFile::open(&path, &facts)
        });
        match opened {
            Ok(keep) => self.keep = Some(keep),
            Err(cause) => {
                let text = format!(
                    "{}: the attic cannot be begun anew ({cause}); what is taken out from here on is not kept",
                    shown(&path)
                );
                voice.say(Tone::Error, &text);
            }
        }
    }
}
