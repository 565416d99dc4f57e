//! The worktrees whose git engine is kept open: so many, and those that a call works in.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::repositories::Repository;

/// How many engines are kept; each holds files of the repository open.
const KEPT: usize = 32;

/// Those that were opened, by the directory they are in.
#[derive(Default)]
pub(super) struct Opened {
    by_place: HashMap<PathBuf, (Arc<Repository>, u64)>,
    /// Counts the uses, to tell which was used last.
    uses: u64,
}

impl Opened {
    /// The one at `place` that was `made` then.
    pub(super) fn get(&mut self, place: &Path, made: Timestamp) -> Option<Arc<Repository>> {
        self.uses = self.uses.saturating_add(1);
        let (open, used) = self.by_place.get_mut(place)?;
        if open.generation() != Some(&made) {
            return None;
        }
        *used = self.uses;
        Some(Arc::clone(open))
    }

    /// Keeps one. Of those that nobody works in the ones used longest ago go: a call that works in one holds its turn, and with another
    /// engine there would be another turn.
    pub(super) fn keep(&mut self, place: PathBuf, repository: &Arc<Repository>) {
        self.uses = self.uses.saturating_add(1);
        self.by_place.insert(place, (Arc::clone(repository), self.uses));
        while self.by_place.len() > KEPT {
            let idle = self.by_place.iter().filter(|(_, (open, _))| Arc::strong_count(open) == 1);
            let Some(oldest) = idle.min_by_key(|(_, (_, used))| *used).map(|(place, _)| place.clone()) else {
                return;
            };
            self.by_place.remove(&oldest);
        }
    }

    /// Whether a call works in the one at `place`.
    pub(super) fn is_busy(&self, place: &Path) -> bool {
        self.by_place.get(place).is_some_and(|(open, _)| Arc::strong_count(open) > 1)
    }

    pub(super) fn forget(&mut self, place: &Path) {
        self.by_place.remove(place);
    }
}

#[cfg(test)]
mod tests;
