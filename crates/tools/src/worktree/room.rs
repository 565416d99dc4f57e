//! How much room the worktrees of a principal take. What is being made counts from when it was asked for, so that of two calls at once
//! only one gets the last place; what is written into them afterwards counts too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gitoma_core::ToolError;
use gitoma_core::config::WriteSettings;

/// How long a count of what lies on the disk is believed. Meanwhile it follows the writes of this gateway; others, and removals, it
/// learns of afterwards.
const BELIEVED: Duration = Duration::from_secs(60);

/// What each principal holds.
#[derive(Debug)]
pub(super) struct Room {
    per_principal: usize,
    bytes: u64,
    held: Mutex<HashMap<String, Arc<Mutex<Held>>>>,
}

/// What one principal holds.
#[derive(Debug, Default)]
struct Held {
    /// The bytes on the disk, and when they were counted.
    counted: Option<(u64, Instant)>,
    /// The worktrees that are being made.
    making: usize,
    /// Their bytes, and those that are being written into others.
    reserved: u64,
}

/// The worktrees of a principal as they are on the disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct OnDisk {
    pub(super) count: usize,
    pub(super) bytes: u64,
}

/// Room for a worktree that is being made, or for what is being written into one. It is given back unless it is settled.
#[derive(Debug)]
pub(crate) struct Reservation {
    held: Arc<Mutex<Held>>,
    /// One if it is for a worktree.
    making: usize,
    bytes: u64,
    given_back: bool,
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Room {
    pub(super) fn new(settings: &WriteSettings) -> Self {
        Self {
            per_principal: settings.per_principal,
            bytes: settings.bytes,
            held: Mutex::new(HashMap::new()),
        }
    }

    fn of(&self, principal: &str) -> Arc<Mutex<Held>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(held.entry(principal.to_owned()).or_default())
    }

    /// Keeps room for one more worktree of `bytes`, beside those that `look` finds.
    ///
    /// # Errors
    /// [`ToolError::NoRoom`] where there is none.
    pub(super) fn reserve(
        &self,
        principal: &str,
        bytes: u64,
        look: impl FnOnce() -> Result<OnDisk, ToolError>,
    ) -> Result<Reservation, ToolError> {
        let of = self.of(principal);
        let mut held = lock(&of);
        let found = look()?;
        let count = found.count.saturating_add(held.making);
        if count >= self.per_principal {
            return Err(too_many(count));
        }
        if found.bytes.saturating_add(held.reserved).saturating_add(bytes) > self.bytes {
            return Err(full(self.bytes));
        }
        held.making = held.making.saturating_add(1);
        held.reserved = held.reserved.saturating_add(bytes);
        held.counted = Some((found.bytes, Instant::now()));
        drop(held);
        Ok(Reservation { held: of, making: 1, bytes, given_back: false })
    }

    /// Keeps room for files that grow by `grown` bytes altogether, until they are in place.
    ///
    /// What a call makes room for is not taken off, since it may be hung up before its effect. Nobody is refused for that: before somebody
    /// is, it is looked at.
    ///
    /// # Errors
    /// [`ToolError::NoRoom`] where there is none.
    pub(super) fn grow(
        &self,
        principal: &str,
        grown: u64,
        look: impl FnOnce() -> Result<OnDisk, ToolError>,
    ) -> Result<Reservation, ToolError> {
        let of = self.of(principal);
        let mut held = lock(&of);
        let after = |held: &Held, bytes: u64| bytes.saturating_add(held.reserved).saturating_add(grown);
        let believed = held.counted.filter(|(_, at)| at.elapsed() < BELIEVED);
        let counted = match believed {
            Some((bytes, at)) if grown == 0 || after(&held, bytes) <= self.bytes => (bytes, at),
            _ => (look()?.bytes, Instant::now()),
        };
        held.counted = Some(counted);
        if grown > 0 && after(&held, counted.0) > self.bytes {
            return Err(full(self.bytes));
        }
        held.reserved = held.reserved.saturating_add(grown);
        drop(held);
        Ok(Reservation { held: of, making: 0, bytes: grown, given_back: false })
    }

    /// Forgets what was counted for `principal`, who has fewer worktrees now.
    pub(super) fn recount(&self, principal: &str) {
        lock(&self.of(principal)).counted = None;
    }
}

fn too_many(count: usize) -> ToolError {
    let reason = format!(
        "there are {count} worktrees already, as many as one may have; remove one with worktree_remove"
    );
    ToolError::NoRoom { reason: reason.into() }
}

fn full(bytes: u64) -> ToolError {
    let reason = format!("the worktrees would hold more than {bytes} bytes; remove one with worktree_remove");
    ToolError::NoRoom { reason: reason.into() }
}

impl Reservation {
    /// Carries out what puts it in its place; from then on it counts as found on the disk.
    pub(crate) fn settle<T>(mut self, put: impl FnOnce() -> Result<T, ToolError>) -> Result<T, ToolError> {
        let of = Arc::clone(&self.held);
        // Held throughout, so that nobody counts it twice or not at all.
        let mut held = lock(&of);
        let done = put();
        held.counted = match (&done, held.counted) {
            (Ok(_), Some((bytes, at))) => Some((bytes.saturating_add(self.bytes), at)),
            // A part of it may have stayed.
            _ => None,
        };
        self.give_back(&mut held);
        done
    }

    /// As [`Self::settle`], where what lies on the disk by now leaves room: others may have put something there since it was reserved.
    ///
    /// # Errors
    /// [`ToolError::NoRoom`] where there is none.
    pub(super) fn settle_if(
        self,
        look: impl FnOnce() -> Result<OnDisk, ToolError>,
        settings: &WriteSettings,
        put: impl FnOnce() -> Result<(), ToolError>,
    ) -> Result<(), ToolError> {
        let bytes = self.bytes;
        self.settle(|| {
            let found = look()?;
            if found.count >= settings.per_principal {
                return Err(too_many(found.count));
            }
            if found.bytes.saturating_add(bytes) > settings.bytes {
                return Err(full(settings.bytes));
            }
            put()
        })
    }

    fn give_back(&mut self, held: &mut Held) {
        if !std::mem::replace(&mut self.given_back, true) {
            held.making = held.making.saturating_sub(self.making);
            held.reserved = held.reserved.saturating_sub(self.bytes);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.given_back {
            let of = Arc::clone(&self.held);
            self.give_back(&mut lock(&of));
        }
    }
}

#[cfg(test)]
mod tests;
