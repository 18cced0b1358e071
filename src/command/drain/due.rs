//! What the filter made of a stream and is not written yet.

use std::io;

use super::attic::AtticFile;
use crate::command::kept::Kept;
use crate::pipeline::{Output, Withheld};

/// Kind under which the attic knows a line ending that was put in: no summary has it.
const MENDED: u64 = u64::MAX;

/// Output on its way to a file, and the attic of what does not go there.
#[derive(Debug, Default)]
pub struct Due {
    /// Bytes for the output.
    pub bytes: Vec<u8>,
    /// Where the rest goes, if it is kept.
    pub attic: Option<AtticFile>,
    /// The attic could not take something: what was consumed since the last commit must not be committed.
    failed: Option<io::Error>,
}

impl Due {
    /// Nothing yet; what is taken out goes to this attic, if there is one.
    #[must_use]
    pub fn new(attic: Option<AtticFile>) -> Due {
        Due {
            attic,
            ..Due::default()
        }
    }

    /// Ends an unfinished line.
    pub fn mend(&mut self) {
        self.bytes.push(b'\n');
        if let Some(attic) = &mut self.attic {
            let put = attic.growing.put_in(b"\n", MENDED);
            self.note(put);
        }
    }

    /// What went wrong, once.
    pub fn failure(&mut self) -> Option<io::Error> {
        self.failed.take()
    }

    /// A pipeline that was stopped half-way could not go on, so it never hears of a failure.
    fn note(&mut self, answer: io::Result<()>) {
        if let Err(cause) = answer {
            self.failed.get_or_insert(cause);
        }
    }

    fn with(&mut self, write: impl FnOnce(&mut dyn Output) -> io::Result<()>) -> io::Result<()> {
        let answer = match &mut self.attic {
            None => write(&mut self.bytes),
            Some(attic) => write(&mut Kept {
                out: &mut self.bytes,
                attic: &mut attic.growing,
            }),
        };
        self.note(answer);
        Ok(())
    }
}

impl Output for Due {
    fn pass(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.with(|out| out.pass(bytes, at))
    }

    fn summary(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.with(|out| out.summary(bytes))
    }

    fn hold_back(&mut self, withheld: &Withheld<'_>) -> io::Result<()> {
        self.with(|out| out.hold_back(withheld))
    }

    fn close(&mut self, kind: u64, summary: &[u8]) -> io::Result<()> {
        self.with(|out| out.close(kind, summary))
    }
}
