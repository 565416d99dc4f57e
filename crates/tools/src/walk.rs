//! History, newest commit first, optionally of one path. Order and simplification are git's defaults: by commit time with ties
//! in the order of discovery, and of a merge that leaves the path as one parent had it only that parent is followed.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gix::ObjectId;

use crate::object::{TreeEntry, entry_at, unavailable};
use crate::view::View;

/// How many commits are walked between two looks at the clock.
const CHECKPOINT_EVERY: usize = 64;

/// A walk over the ancestors of one commit, the commit included.
pub(crate) struct Walk<'v> {
    view: &'v View<'v>,
    path: Option<RelPath>,
    queue: BinaryHeap<(i64, Reverse<usize>, ObjectId)>,
    seen: HashSet<ObjectId>,
    steps: usize,
}

/// One commit of the walk, as it was read for it.
#[derive(Debug)]
pub(crate) struct Visited<'v> {
    pub(crate) commit: gix::Commit<'v>,
    /// Commit time, seconds since 1970.
    pub(crate) time: i64,
}

impl<'v> Walk<'v> {
    pub(crate) fn new(view: &'v View<'v>, tip: ObjectId, path: Option<RelPath>) -> Result<Self, ToolError> {
        let mut walk = Self { view, path, queue: BinaryHeap::new(), seen: HashSet::new(), steps: 0 };
        walk.enqueue(tip)?;
        Ok(walk)
    }

    /// The next commit to show, or nothing at the end of history.
    pub(crate) fn next(&mut self) -> Result<Option<Visited<'v>>, ToolError> {
        while let Some((time, _, id)) = self.queue.pop() {
            if self.steps.is_multiple_of(CHECKPOINT_EVERY) {
                self.view.checkpoint()?;
            }
            self.steps += 1;
            self.view.report(self.steps as u64, None, "commits walked");
            let commit = self.view.engine().find_commit(id).map_err(unavailable("object"))?;
            let parents: Vec<ObjectId> = commit.parent_ids().map(gix::Id::detach).collect();
            if self.simplify(id, &parents)? {
                return Ok(Some(Visited { commit, time }));
            }
        }
        Ok(None)
    }

    /// Queues the parents to follow, and says whether the commit itself is shown.
    fn simplify(&mut self, id: ObjectId, parents: &[ObjectId]) -> Result<bool, ToolError> {
        let Some(path) = self.path.clone() else {
            for parent in parents {
                self.enqueue(*parent)?;
            }
            return Ok(true);
        };
        let here = self.entry(id, &path)?;
        if parents.is_empty() {
            return Ok(here.is_some());
        }
        for parent in parents {
            if self.entry(*parent, &path)? == here {
                self.enqueue(*parent)?;
                return Ok(false);
            }
        }
        for parent in parents {
            self.enqueue(*parent)?;
        }
        Ok(true)
    }

    /// The path as a commit has it; a commit that a shallow clone lacks has nothing.
    fn entry(&self, commit: ObjectId, path: &RelPath) -> Result<Option<TreeEntry>, ToolError> {
        if !self.view.engine().has_object(commit) { Ok(None) } else { entry_at(self.view, commit, path) }
    }

    fn enqueue(&mut self, id: ObjectId) -> Result<(), ToolError> {
        if !self.seen.insert(id) {
            return Ok(());
        }
        // Beyond the end of a shallow clone there is nothing.
        let Some(object) = self.view.engine().try_find_object(id).map_err(unavailable("object"))? else {
            return Ok(());
        };
        let time = object.try_into_commit().ok().and_then(|commit| commit.time().ok());
        let order = Reverse(self.seen.len());
        self.queue.push((time.map_or(0, |time| time.seconds), order, id));
        Ok(())
    }
}
