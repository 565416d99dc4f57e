//! Locks on directories of the state, which several gateways may share. The system gives them up with the process that holds them. On a
//! file system that knows no locks each gateway is on its own, as far as its own memory goes.
#![expect(clippy::disallowed_methods, reason = "the gateway's own state directory, never a repository path")]

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use gitoma_core::{ExecContext, ToolError};

/// How often a waiting call looks whether the lock is free, or it should stop.
const POLL: Duration = Duration::from_millis(2);

/// A lock that is held, or that the file system does not know. It is given up on drop and not only with the last descriptor, of which a
/// child that is just beginning has a copy.
#[derive(Debug)]
pub(crate) struct Lock(Option<File>);

impl Drop for Lock {
    fn drop(&mut self) {
        // what cannot be given up goes with the descriptor
        drop(self.0.as_ref().map(File::unlock));
    }
}

/// Says that somebody works in the directory `place`; nothing if it is not there, or is being removed.
pub(super) fn share(place: &Path) -> Option<Lock> {
    let directory = File::open(place).ok()?;
    match directory.try_lock_shared() {
        Ok(()) if is_at(&directory, place) => Some(Lock(Some(directory))),
        Ok(()) | Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(_)) => Some(Lock(None)),
    }
}

/// Takes the directory `place` for oneself; nothing if somebody works in it.
pub(super) fn seize(place: &Path) -> Option<Lock> {
    // What cannot be opened, nobody works in.
    let Ok(directory) = File::open(place) else { return Some(Lock(None)) };
    match directory.try_lock() {
        Ok(()) => Some(Lock(Some(directory))),
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(_)) => Some(Lock(None)),
    }
}

/// Waits for the directory `root` for oneself.
pub(super) fn wait(root: &Path, context: &ExecContext) -> Result<Lock, ToolError> {
    let Ok(directory) = File::open(root) else { return Ok(Lock(None)) };
    loop {
        match directory.try_lock() {
            Ok(()) => return Ok(Lock(Some(directory))),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(_)) => return Ok(Lock(None)),
        }
        context.checkpoint()?;
        std::thread::sleep(POLL);
    }
}

/// Whether `directory` still is what stands at `place`: it may have been moved away between the opening and the lock.
fn is_at(directory: &File, place: &Path) -> bool {
    match (directory.metadata(), std::fs::symlink_metadata(place)) {
        (Ok(own), Ok(found)) => (own.dev(), own.ino()) == (found.dev(), found.ino()),
        _ => false,
    }
}
