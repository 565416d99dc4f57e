//! Room on the disk for what must still be written: each open entry has room for its outcome, so that a disk that fills up
//! while a call runs cannot separate the two. Where the disk has plenty nothing is set aside: that costs speed.

use std::{fs::File, io};

use super::{error::AuditError, state::State};
use crate::vocabulary::Kind;

/// The most bytes that an outcome takes; a test holds the writer to it.
pub(crate) const OUTCOME_BYTES: u64 = 8 * 1024;
/// How much is asked for at once.
const STEP: u64 = 1024 * 1024;
/// A disk with more than this free is not filled between two looks, which are a second apart.
#[cfg(target_os = "linux")]
const PLENTY: u64 = 4 * 1024 * 1024 * 1024;

/// Sees to it that the disk takes the bytes of `file` from `from` to `to`; returns up to where it is sure to.
/// Blocks are set aside behind the end of the file, whose length stays (ext4, xfs, btrfs, tmpfs). A file system that cannot
/// do that gives no promise.
#[cfg(target_os = "linux")]
pub(super) fn on_disk(file: &File, from: u64, to: u64) -> io::Result<u64> {
    use rustix::{
        fs::{FallocateFlags, fallocate, fstatvfs},
        io::Errno,
    };

    let further = to.saturating_add(STEP);
    let disk = fstatvfs(file)?;
    if disk.f_bavail.saturating_mul(disk.f_frsize) >= PLENTY {
        return Ok(further);
    }
    let set_aside =
        |end: u64| match fallocate(file, FallocateFlags::KEEP_SIZE, from, end.saturating_sub(from)) {
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(end),
            Err(error) => Err(io::Error::from(error)),
        };
    set_aside(further).or_else(|_| set_aside(to))
}

/// Elsewhere nothing can be set aside without changing the length.
#[cfg(not(target_os = "linux"))]
pub(super) fn on_disk(_: &File, _: u64, to: u64) -> io::Result<u64> {
    Ok(to.saturating_add(STEP))
}

/// The longest file that this process may write (`RLIMIT_FSIZE`); beyond it the kernel kills the process.
pub(super) fn longest_file() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Fsize).current.unwrap_or(u64::MAX)
}

impl State {
    /// Makes room for a line of `bytes` bytes and for the outcomes that are still to come.
    pub(super) fn make_room(&mut self, kind: Kind, bytes: u64) -> Result<(), AuditError> {
        if kind == Kind::Outcome {
            // its own room was made with its intent
            return Ok(());
        }
        let length = self.length();
        let need = length.saturating_add(bytes).saturating_add(self.outcome_room());
        if need > self.segment.longest {
            return Err(AuditError::Write(io::ErrorKind::FileTooLarge.into()));
        }
        if need > self.segment.reserved {
            self.segment.reserved = self.segment.medium.reserve(length, need).map_err(AuditError::Write)?;
        }
        Ok(())
    }

    /// Looks after the room of open entries while nobody writes: the disk may fill up meanwhile.
    pub(super) fn keep_room(&mut self) {
        let length = self.length();
        let need = length.saturating_add(self.outcome_room());
        // nobody can be refused here; if there is no room any more, the outcomes will say so
        self.segment.reserved = self.segment.medium.reserve(length, need).unwrap_or(0);
    }

    /// Bytes that the outcomes of all open entries take at most.
    pub(super) fn outcome_room(&self) -> u64 {
        (self.open as u64).saturating_mul(OUTCOME_BYTES)
    }
}
