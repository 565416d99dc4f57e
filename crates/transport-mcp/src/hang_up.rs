//! Whether whoever writes to the standard input has closed it, told without reading. What it wrote before may still wait to be read, and
//! stands in the way of the end.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

/// How often it is looked at, by whoever waits for it.
const EVERY: Duration = Duration::from_millis(250);

/// The reading end of a pipe or a socket, or nothing that could tell.
#[derive(Debug)]
pub(crate) struct HangUp(Option<OwnedFd>);

impl HangUp {
    /// Of an input that does not tell.
    pub(crate) fn never() -> Self {
        Self(None)
    }

    /// Of the process's standard input.
    pub(crate) fn of_standard_input() -> Self {
        Self(rustix::io::dup(std::io::stdin()).ok())
    }

    /// Waits until the other end is closed; for ever, where nothing tells that.
    pub(crate) async fn seen(&self) {
        let Some(input) = &self.0 else { return std::future::pending().await };
        while !is_closed(input) {
            tokio::time::sleep(EVERY).await;
        }
    }
}

fn is_closed(input: &OwnedFd) -> bool {
    let mut looked_at = [PollFd::new(input, CLOSED)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let looked = poll(&mut looked_at, Some(&at_once));
    looked.is_ok() && looked_at.iter().any(|input| input.revents().intersects(CLOSED))
}

/// A pipe's end says `HUP`; a socket's says `RDHUP` where there is such a thing.
#[cfg(target_os = "linux")]
const CLOSED: PollFlags = PollFlags::HUP.union(PollFlags::RDHUP).union(PollFlags::ERR);
#[cfg(not(target_os = "linux"))]
const CLOSED: PollFlags = PollFlags::HUP.union(PollFlags::ERR);

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn an_end_is_seen_behind_what_waits_to_be_read() {
        let (pipe, mut writer) = std::io::pipe().unwrap();
        let (socket, mut peer) = UnixStream::pair().unwrap();
        writer.write_all(b"unread").unwrap();
        peer.write_all(b"unread").unwrap();
        let (pipe, socket) = (OwnedFd::from(pipe), OwnedFd::from(socket));
        assert!(!is_closed(&pipe) && !is_closed(&socket));
        drop((writer, peer));
        assert!(is_closed(&pipe) && is_closed(&socket));
    }
}
