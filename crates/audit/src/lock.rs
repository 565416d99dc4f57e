//! A file that one process alone has.

use std::{
    fs::{File, TryLockError},
    io, thread,
    time::Duration,
};

/// Milliseconds after each of which a lock is asked for again: who asks whether a chain is held has its lock for an instant.
const AGAIN: [u64; 5] = [1, 3, 9, 27, 60];

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
        let mut again = AGAIN.iter();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(file))),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => match again.next() {
                    Some(pause) => wait(Duration::from_millis(*pause)),
                    None => return Ok(None),
                },
            }
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
#[expect(clippy::disallowed_methods, reason = "the test's own file")]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_up_is_free_though_a_child_still_has_a_copy() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let open = || File::open(file.path()).unwrap();
        let held = Locked::take(open()).unwrap().unwrap();
        assert!(Locked::take(open()).unwrap().is_none());
        let of_a_child = held.file().try_clone().unwrap();
        drop(held);
        assert!(Locked::take(open()).unwrap().is_some());
        drop(of_a_child);
    }

    #[test]
    fn who_only_asks_whether_it_is_held_is_waited_for() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let asking = File::open(file.path()).unwrap();
        asking.try_lock_shared().unwrap();
        let mine = || File::open(file.path()).unwrap();
        assert!(Locked::take_after(mine(), |_| {}).unwrap().is_none());
        assert!(Locked::take_after(mine(), |_| asking.unlock().unwrap()).unwrap().is_some());
    }
}
