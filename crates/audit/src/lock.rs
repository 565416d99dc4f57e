//! A file that one process alone has.

use std::{
    fs::{File, TryLockError},
    io, thread,
    time::Duration,
};

/// How often a lock is asked for again that a writer has, or who plans a repair and gives it up at once.
const AGAIN: usize = 50;
/// How often one is that somebody has only shared, who asks whether it is held: for an instant, unless the machine is busy.
const PATIENTLY: usize = 2_000;
const PAUSE: Duration = Duration::from_millis(2);

/// An exclusively locked file. The lock is given up on drop and not only with the last descriptor: a child that another thread is just
/// beginning has a copy of every descriptor until it becomes its program, and would keep the file locked that long.
#[derive(Debug)]
pub(crate) struct Locked(File);

impl Locked {
    /// Locks a file; `None` if somebody else has it.
    ///
    /// # Errors
    /// What the system says where it cannot lock: without locks two writers could fork a chain.
    pub(crate) fn take(file: File) -> io::Result<Option<Self>> {
        Self::take_after(file, thread::sleep)
    }

    fn take_after(file: File, wait: impl Fn(Duration)) -> io::Result<Option<Self>> {
        let (mut again, mut patiently) = (AGAIN, PATIENTLY);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(file))),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => {}
            }
            // A lock that can be shared no writer has.
            let left = match file.try_lock_shared() {
                Ok(()) => {
                    file.unlock()?;
                    &mut patiently
                }
                Err(TryLockError::WouldBlock) => &mut again,
                Err(TryLockError::Error(error)) => return Err(error),
            };
            match left.checked_sub(1) {
                Some(less) => *left = less,
                None => return Ok(None),
            }
            wait(PAUSE);
        }
    }

    /// The file that is locked.
    pub(crate) const fn file(&self) -> &File {
        &self.0
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // what cannot be given up goes with the descriptor
        drop(self.0.unlock());
    }
}

#[cfg(test)]
mod tests;
