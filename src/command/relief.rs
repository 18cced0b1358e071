//! What becomes of an output that fails where nobody may be kept waiting for it: a server must not stop because its log
//! cannot be written.
//!
//! A full disk is borne as long as there is memory set aside for it. What is more than that, and everything where the
//! output is beyond repair, goes to a spare output, and where that fails, too, nowhere; how much that was is said. The
//! output is tried again after growing pauses.

use std::time::{Duration, Instant};

use super::outlet::Place;
use super::{Tone, Voice};
use crate::limits::{STUCK_BYTES_MAX, STUCK_PAUSE, STUCK_PAUSE_MAX};
use crate::system::sink::{Sink, SinkError};

/// How an output fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It takes what it is given.
    Well,
    /// It takes nothing for now; what it is given is kept in memory.
    Stuck,
    /// It is not written; what it would be given goes elsewhere.
    Diverted,
    /// It was opened again and has not proved itself yet.
    OnTrial,
}

/// The state of an output, what stands in for it, and when to look at it again.
#[derive(Debug)]
pub(super) struct Relief {
    state: State,
    /// What is written instead, as long as that can be written.
    spare: Option<Sink>,
    /// Bytes that went nowhere since that was last said.
    lost_bytes: u64,
    /// When the output is tried again; never where that is pointless.
    next_try: Option<Instant>,
    pause: Duration,
    /// It was said that the output is not written, and not yet that it is again.
    said: bool,
}

impl Relief {
    /// For an output that is well.
    pub(super) fn new(spare: Option<&Place>) -> Relief {
        Relief {
            state: State::Well,
            spare: spare.and_then(|place| Some(place.open().ok()?.0)),
            lost_bytes: 0,
            next_try: None,
            pause: STUCK_PAUSE,
            said: false,
        }
    }

    /// Whether everything goes elsewhere for now.
    pub(super) fn is_diverted(&self) -> bool {
        self.state == State::Diverted
    }

    /// Whether the output is as it should be.
    pub(super) fn is_well(&self) -> bool {
        self.state == State::Well
    }

    /// When the output is to be tried again.
    pub(super) fn next_try(&self) -> Option<Instant> {
        self.next_try
    }

    /// Takes notice that the output took all it was given.
    pub(super) fn wrote(&mut self, voice: &mut dyn Voice) {
        match self.state {
            State::Well | State::Diverted => return,
            State::Stuck => voice.say(Tone::Note, "the output takes bytes again, nothing was lost"),
            State::OnTrial => {
                let lost = std::mem::take(&mut self.lost_bytes);
                let text = format!("the output is written again, {lost} bytes were discarded");
                voice.say(Tone::Note, &text);
            }
        }
        (self.state, self.said) = (State::Well, false);
        (self.next_try, self.pause) = (None, STUCK_PAUSE);
    }

    /// Takes notice that the output failed. From here on it is stuck, or everything goes elsewhere, beginning with what it
    /// had kept.
    pub(super) fn failed(
        &mut self,
        error: &SinkError,
        sink: &mut Sink,
        comes_back: bool,
        voice: &mut dyn Voice,
    ) {
        let bearable = sink.kept_bytes() <= STUCK_BYTES_MAX && self.state != State::OnTrial;
        let stuck = matches!(error, SinkError::Stuck { .. });
        if stuck && bearable {
            if self.state == State::Well {
                voice.say(Tone::Error, &error.to_string());
            }
            self.state = State::Stuck;
            self.next_try = Instant::now().checked_add(STUCK_PAUSE);
            return;
        }
        if !std::mem::replace(&mut self.said, true) {
            let instead = match self.spare {
                Some(_) => "goes to standard error",
                None => "is discarded",
            };
            let text = format!("{error}; what comes {instead}, and the program runs on");
            voice.say(Tone::Error, &text);
        }
        self.state = State::Diverted;
        self.put_off(comes_back || stuck);
        let kept = sink.take_kept();
        self.divert(&kept);
    }

    /// The output could not be opened again, or cannot be opened again at all.
    pub(super) fn put_off(&mut self, comes_back: bool) {
        let later = Instant::now().checked_add(self.pause);
        self.next_try = later.filter(|_| comes_back);
        self.pause = (self.pause * 2).min(STUCK_PAUSE_MAX);
    }

    /// The output has been opened again.
    pub(super) fn try_again(&mut self) {
        (self.state, self.next_try) = (State::OnTrial, None);
    }

    /// Writes to the spare output, or nowhere.
    pub(super) fn divert(&mut self, bytes: &[u8]) {
        if let Some(spare) = &mut self.spare {
            let written = spare.write_all_at_once(bytes).and_then(|()| spare.flush());
            if written.is_ok() {
                return;
            }
            self.lost_bytes += spare.kept_bytes() as u64;
            self.spare = None;
        } else {
            self.lost_bytes += bytes.len() as u64;
        }
    }

    /// Lets the spare output have what is still kept, and says what was lost, at the end.
    pub(super) fn end(&mut self, sink: &mut Sink, voice: &mut dyn Voice) {
        let kept = sink.take_kept();
        self.divert(&kept);
        let lost = self.lost_bytes;
        if lost > 0 {
            let text =
                format!("{lost} bytes of output were discarded, since they could not be written");
            voice.say(Tone::Error, &text);
        }
    }
}
