//! Writes to a descriptor until there is nothing left to write, or a reason to stop.

use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;

/// How far a write came.
pub(super) struct Progress {
    pub(super) bytes: usize,
    /// Why it came no further; `None` when everything is written.
    pub(super) stopped: Option<Errno>,
}

/// Writes `bytes` to the end or to an error. Interruptions are retried, short writes completed, and an output that is
/// in non-blocking mode (others may share it, so it stays so) is waited for.
pub(super) fn write(fd: &OwnedFd, bytes: &[u8]) -> Progress {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        let stopped = match rustix::io::write(fd, rest) {
            // No device does this for a piece that is not empty; to go on would be to turn for ever.
            Ok(0) => Some(Errno::IO),
            Ok(more) => {
                written += more;
                None
            }
            Err(Errno::INTR) => None,
            Err(Errno::AGAIN) => wait_for_room(fd).err(),
            Err(errno) => Some(errno),
        };
        if stopped.is_some() {
            return Progress {
                bytes: written,
                stopped,
            };
        }
    }
    Progress {
        bytes: written,
        stopped: None,
    }
}

/// Sleeps until `fd` takes bytes, or has an error that a write will name.
pub(super) fn wait_for_room(fd: &OwnedFd) -> rustix::io::Result<()> {
    let mut fds = [PollFd::new(fd, PollFlags::OUT)];
    loop {
        match rustix::event::poll(&mut fds, None) {
            Err(Errno::INTR) => {}
            answer => return answer.map(drop),
        }
    }
}
