//! One file on its way: consumed, committed, given back. The order of the steps is what makes a kill lose nothing.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::Asked;
use super::attic::AtticFile;
use super::due::Due;
use super::intake::Intake;
use super::policy::Policy;
use super::step::{Stairs, Step, die};
use super::target::{Target, TargetError};
use crate::system::checkpoint::{Slots, SlotsError};
use crate::system::reclaim::calls::{self, ALIGNMENT};
use crate::system::reclaim::resolve::shorten;
use crate::system::reclaim::seam::SEAM_BYTES;
use crate::system::reclaim::{Birth, Conflict, Mark, Phase, Resolved, Seam, resolve};

/// Lengths that are tried before a collapse is given up: a file system may have clusters larger than ours.
const CUT_MAX: u64 = 64 << 20;

/// Why a file cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// It does not fit what is recorded.
    #[error("{0}; nothing is touched. See `quell drain --status`; to begin anew remove the state")]
    Conflict(Conflict),
    /// The state cannot be written.
    #[error(transparent)]
    State(#[from] SlotsError),
    /// The source cannot be read or synced.
    #[error("{0}")]
    Source(io::Error),
    /// The output takes nothing for now: the only one of these that may pass.
    #[error(
        "the output takes no more ({0}); the source is neither consumed nor given back until it does"
    )]
    Stuck(io::Error),
    /// What was taken out cannot be packed.
    #[error("what was taken out cannot be kept ({0}); go on with more memory")]
    Attic(io::Error),
    /// The output that was to follow a full one cannot be opened.
    #[error(transparent)]
    Output(#[from] TargetError),
}

/// Where the source, the output and the record of both stand.
#[derive(Debug)]
pub struct Ladder {
    pub(super) path: PathBuf,
    pub(super) source: File,
    pub(super) mark: Mark,
    pub(super) slots: Slots,
    pub(super) target: Target,
    pub(super) policy: Policy,
    pub(super) stairs: Stairs,
    /// Output that is not written yet.
    pub(super) due: Due,
    /// A collapse does not work on this file, whoever writes to it.
    pub(super) uncollapsible: bool,
    /// The multiple that a cut has to be of here.
    pub(super) alignment: u64,
    /// Why no space can be given back.
    pub(super) unreclaimable: Option<io::Error>,
}

impl Ladder {
    /// A file at `path`, from where its record stands on.
    #[must_use]
    pub fn new(
        path: &Path,
        (source, mark): (File, Mark),
        slots: Slots,
        target: Target,
        attic: Option<AtticFile>,
        asked: &Asked,
    ) -> Ladder {
        Ladder {
            path: path.to_owned(),
            source,
            mark,
            slots,
            target,
            policy: asked.policy,
            stairs: Stairs::new(asked.stop),
            due: Due::new(attic),
            uncollapsible: false,
            alignment: 0,
            unreclaimable: None,
        }
    }

    /// Bytes that may still be written before the output is to be rotated.
    #[must_use]
    pub fn room(&self) -> usize {
        let room = usize::try_from(self.target.room()).unwrap_or(usize::MAX);
        room.saturating_sub(self.due.bytes.len())
    }

    /// Whether the output can be rotated here: there is something in it, and no line is torn by it.
    #[must_use]
    pub fn may_rotate(&self) -> bool {
        match self.due.bytes.last() {
            Some(last) => *last == b'\n',
            None => self.target.bytes() > 0 && !self.target.is_torn(),
        }
    }

    /// Writes the output, and records that everything before the intake's place is consumed. `state` is the pipeline's.
    ///
    /// # Errors
    /// See [`Halt`]. Nothing is consumed then.
    pub fn commit(&mut self, intake: &Intake, state: &[u8]) -> Result<(), Halt> {
        self.write()?;
        self.stairs.reach(Step::OutWritten);
        rustix::fs::fdatasync(&self.source).map_err(|errno| Halt::Source(errno.into()))?;
        self.stairs.reach(Step::SourceSynced);
        self.target.sync().map_err(Halt::Stuck)?;
        let attic = self.due.attic.as_mut();
        attic
            .map_or(Ok(()), AtticFile::commit)
            .map_err(Halt::Stuck)?;
        self.stairs.reach(Step::OutSynced);
        let attic = self.due.attic.as_ref();
        let consumed = intake.offset();
        self.mark = Mark {
            consumed,
            seam: intake.seam(&self.source).map_err(Halt::Source)?,
            head: self.head(consumed)?,
            modified: intake.modified().unwrap_or(self.mark.modified),
            gap: intake.gap().filter(|gap| gap.at >= consumed),
            output: self.target.birth(),
            output_bytes: self.target.bytes(),
            output_seam: self.target.seam().map_err(Halt::Stuck)?,
            attic: attic.map(AtticFile::birth).unwrap_or_default(),
            attic_bytes: attic.map_or(0, AtticFile::bytes),
            ..self.mark.clone()
        };
        self.record(state)?;
        self.stairs.reach(Step::Committed);
        Ok(())
    }

    /// The first bytes of the source; once they were given back, what they were.
    fn head(&self, consumed: u64) -> Result<Seam, Halt> {
        let mark = &self.mark;
        if mark.packed || mark.base > 0 || mark.punched > 0 {
            return Ok(mark.head);
        }
        let head = Seam::before(&self.source, consumed.min(SEAM_BYTES), None);
        Ok(head.map_err(Halt::Source)?.unwrap_or_default())
    }

    /// Begins another attic if the output is another one than `before`.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn begin_attic(&mut self, before: Birth) -> Result<(), Halt> {
        if let Some(attic) = self.due.attic.as_mut()
            && self.target.birth() != before
        {
            *attic = AtticFile::begin(attic.path(), &self.target)?;
        }
        Ok(())
    }

    /// Writes what is due.
    ///
    /// # Errors
    /// [`Halt::Stuck`]; what was not written is still due.
    pub fn write(&mut self) -> Result<(), Halt> {
        if let Some(cause) = self.due.failure() {
            return Err(Halt::Attic(cause));
        }
        if !self.due.bytes.is_empty() && self.stairs.ends_at(Step::OutHalf) {
            let mut half = self.due.bytes[..self.due.bytes.len() / 2].to_vec();
            let _ = self.target.write(&mut half);
            die();
        }
        self.target.write(&mut self.due.bytes).map_err(Halt::Stuck)
    }

    /// Gives back the front of the source, if enough of it is committed. Says whether it has become shorter, and by how
    /// much.
    ///
    /// # Errors
    /// See [`Halt`].
    pub fn give_back(&mut self, state: &[u8]) -> Result<u64, Halt> {
        let cut = self.cut();
        if self.mark.packed || cut < self.policy.chunk / 2 {
            return Ok(0);
        }
        let shrinks = self.policy.shrinks(&self.source, &self.mark) && !self.uncollapsible;
        let gain = if shrinks {
            cut
        } else {
            cut.saturating_sub(self.mark.punched)
        };
        if gain == 0 || gain < self.policy.chunk / 2 || self.mark.gap.is_some() {
            return Ok(0);
        }
        self.look_again()?;
        match calls::punch(&self.source, cut) {
            Ok(()) => {}
            Err(cause) if Policy::is_refusal(&cause) => {
                self.unreclaimable = Some(cause);
                return Ok(0);
            }
            Err(cause) => return Err(Halt::Source(cause)),
        }
        self.stairs.reach(Step::Punched);
        rustix::fs::fsync(&self.source).map_err(|errno| Halt::Source(errno.into()))?;
        self.stairs.reach(Step::PunchSynced);
        self.mark.punched = self.mark.punched.max(cut);
        if shrinks {
            self.shrink(cut, state)
        } else {
            self.record(state)?;
            Ok(0)
        }
    }

    /// How much of the front may go.
    fn cut(&self) -> u64 {
        let cut = self.mark.consumed.saturating_sub(SEAM_BYTES);
        cut - cut % self.alignment.max(ALIGNMENT)
    }

    /// Right before anything is changed: is this still the file that the record is about?
    fn look_again(&self) -> Result<(), Halt> {
        let birth = Birth::of(&self.source).map_err(Halt::Source)?;
        match resolve(&self.mark, &self.source).map_err(Halt::Source)? {
            Resolved::Whole(_) if birth == self.mark.source => Ok(()),
            Resolved::Conflict(conflict) => Err(Halt::Conflict(conflict)),
            Resolved::Whole(_) | Resolved::Truncated => Err(Halt::Conflict(Conflict::OtherContent)),
        }
    }

    fn shrink(&mut self, cut: u64, state: &[u8]) -> Result<u64, Halt> {
        self.mark.phase = Phase::Intent { cut };
        self.record(state)?;
        self.stairs.reach(Step::Intent);
        if let Err(cause) = calls::collapse(&self.source, cut) {
            return self.settle(&cause, state);
        }
        self.stairs.reach(Step::Collapsed);
        rustix::fs::fsync(&self.source).map_err(|errno| Halt::Source(errno.into()))?;
        self.stairs.reach(Step::CollapseSynced);
        self.mark.phase = Phase::Idle;
        shorten(&mut self.mark, cut);
        self.record(state)?;
        self.stairs.reach(Step::Done);
        // No call closes the moment between the look and the collapse: at least it is noticed if somebody used it.
        match resolve(&self.mark, &self.source).map_err(Halt::Source)? {
            Resolved::Conflict(conflict) => Err(Halt::Conflict(conflict)),
            Resolved::Whole(_) | Resolved::Truncated => Ok(cut),
        }
    }

    /// A collapse failed. What it left behind is asked of the file, never assumed.
    fn settle(&mut self, cause: &io::Error, state: &[u8]) -> Result<u64, Halt> {
        let before = self.mark.base;
        match resolve(&self.mark, &self.source).map_err(Halt::Source)? {
            Resolved::Whole(mark) => self.mark = *mark,
            Resolved::Truncated => self.mark.phase = Phase::Idle,
            Resolved::Conflict(conflict) => return Err(Halt::Conflict(conflict)),
        }
        let clusters = cause.kind() == io::ErrorKind::InvalidInput && self.alignment < CUT_MAX;
        if clusters {
            self.alignment = (self.alignment * 2).max(ALIGNMENT * 2);
        } else {
            self.uncollapsible = true;
        }
        self.record(state)?;
        Ok(self.mark.base - before)
    }

    pub(super) fn record(&mut self, state: &[u8]) -> Result<(), Halt> {
        Ok(self.slots.write(&self.mark.encode(state))?)
    }
}
