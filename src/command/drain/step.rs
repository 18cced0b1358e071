//! The steps of draining, at each of which the program may be killed.

/// One step, named after what has just been done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Half of the output is written.
    OutHalf,
    /// The output is written, not synced.
    OutWritten,
    /// The source is synced: no power loss can take back what is about to be consumed.
    SourceSynced,
    /// The output is synced.
    OutSynced,
    /// The mark is written: this is the commit.
    Committed,
    /// A hole is punched.
    Punched,
    /// And synced.
    PunchSynced,
    /// The mark says that a collapse may begin.
    Intent,
    /// The collapse is done.
    Collapsed,
    /// And synced.
    CollapseSynced,
    /// The mark says so.
    Done,
}

/// All steps by name.
pub const STEPS: [(&str, Step); 11] = [
    ("out-half", Step::OutHalf),
    ("out-written", Step::OutWritten),
    ("source-synced", Step::SourceSynced),
    ("out-synced", Step::OutSynced),
    ("committed", Step::Committed),
    ("punched", Step::Punched),
    ("punch-synced", Step::PunchSynced),
    ("intent", Step::Intent),
    ("collapsed", Step::Collapsed),
    ("collapse-synced", Step::CollapseSynced),
    ("done", Step::Done),
];

/// Kills the program the `turn`th time that it comes to a step: the door through which the tests look at what a kill
/// leaves behind.
#[derive(Clone, Copy, Debug)]
pub struct Stop {
    /// Where.
    pub step: Step,
    /// The how manieth time; 1 is the first.
    pub turn: u32,
}

/// How often each step was come to.
#[derive(Debug, Default)]
pub struct Stairs {
    stop: Option<Stop>,
    turns: u32,
}

impl Stairs {
    /// Stairs that end there, or nowhere.
    #[must_use]
    pub fn new(stop: Option<Stop>) -> Stairs {
        Stairs { stop, turns: 0 }
    }

    /// Whether the program is to be killed at this step this time.
    pub fn ends_at(&mut self, step: Step) -> bool {
        let Some(stop) = self.stop.filter(|stop| stop.step == step) else {
            return false;
        };
        self.turns += 1;
        self.turns == stop.turn
    }

    /// Comes to a step.
    pub fn reach(&mut self, step: Step) {
        if self.ends_at(step) {
            die();
        }
    }
}

/// As if somebody had killed the program.
pub fn die() {
    let own = rustix::process::getpid();
    // It cannot be refused, and nothing is left that could be done about it.
    let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
}
