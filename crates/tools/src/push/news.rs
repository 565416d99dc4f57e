//! What the remote does not have yet: every commit of it is judged by itself, since what one commit brings in and the next takes out again
//! is pushed all the same.

use std::collections::HashSet;

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gitoma_core::policy::{Access, Paths};
use gix::ObjectId;
use gix::object::tree::EntryKind;
use gix::traverse::commit::simple::CommitTimeOrder;

use crate::change::{Difference, Side, differences};
use crate::object::{self, TreeEntry, unavailable};
use crate::place::Place;
use crate::proposal::NewFile;
use crate::proposal::judge::{self, Origin, refused};
use crate::view::View;

/// The most commits of one push.
const MAX_COMMITS: usize = 1_000;
/// The most changes of files in all of them together.
const MAX_CHANGES: usize = 20_000;
/// The most bytes of content that are judged.
const MAX_BYTES: u64 = 128 * 1024 * 1024;

/// The commits that a remote does not have.
#[derive(Debug)]
pub(crate) struct News {
    /// Them, oldest first.
    pub(crate) commits: Vec<ObjectId>,
    /// What the first of them stands on.
    pub(crate) fork: Option<ObjectId>,
}

impl News {
    /// Finds the ancestors of `head` that are not ancestors of any of `known`.
    pub(crate) fn find(view: &View<'_>, head: ObjectId, known: &[ObjectId]) -> Result<Self, ToolError> {
        // The engine lets no interrupt into the search for what both have.
        view.checkpoint()?;
        let walk = view
            .engine()
            .rev_walk([head])
            .sorting(gix::revision::walk::Sorting::ByCommitTime(CommitTimeOrder::NewestFirst))
            .use_commit_graph(false)
            .with_hidden(known.iter().copied())
            .all()
            .map_err(unavailable("object"))?;
        let mut commits = Vec::new();
        for commit in walk {
            view.checkpoint()?;
            if commits.len() >= MAX_COMMITS {
                let reason = "more than 1000 commits are new to the remote; fetch in the repository, so that what the remote has is known";
                return Err(ToolError::Unsuitable { reason: reason.into() });
            }
            commits.push(commit.map_err(unavailable("object"))?.id);
        }
        commits.reverse();
        let fork = fork(view, head, &commits)?;
        Ok(Self { commits, fork })
    }

    /// Judges each of the commits, as if a tool were to make it.
    pub(crate) fn judge(&self, view: &View<'_>, place: &Place, host: Option<&str>) -> Result<(), ToolError> {
        let mut budget = Budget { changes: MAX_CHANGES, bytes: MAX_BYTES };
        for commit in &self.commits {
            judge_commit(view, place, host, *commit, &mut budget)?;
        }
        Ok(())
    }
}

/// The first commit, by first parents, that is not new.
fn fork(view: &View<'_>, head: ObjectId, commits: &[ObjectId]) -> Result<Option<ObjectId>, ToolError> {
    let new: HashSet<&ObjectId> = commits.iter().collect();
    let mut commit = Some(head);
    while let Some(id) = commit.filter(|id| new.contains(id)) {
        let read = view.engine().find_commit(id).map_err(unavailable("object"))?;
        commit = read.parent_ids().next().map(gix::Id::detach);
    }
    Ok(commit)
}

/// What may still be looked at.
struct Budget {
    changes: usize,
    bytes: u64,
}

impl Budget {
    fn take(&mut self, changes: usize, bytes: u64) -> Result<(), ToolError> {
        let too_large = ToolError::TooLarge { what: "what is new to the remote", limit: MAX_BYTES };
        let reason = "more than 20000 changes of files are new to the remote; push less at once";
        let changes = self.changes.checked_sub(changes);
        self.changes = changes.ok_or(ToolError::Unsuitable { reason: reason.into() })?;
        self.bytes = self.bytes.checked_sub(bytes).ok_or(too_large)?;
        Ok(())
    }
}

fn judge_commit(
    view: &View<'_>,
    place: &Place,
    host: Option<&str>,
    id: ObjectId,
    budget: &mut Budget,
) -> Result<(), ToolError> {
    let commit = view.engine().find_commit(id).map_err(unavailable("object"))?;
    // All of it, with names and whatever else it holds beside the message.
    let text = String::from_utf8_lossy(&commit.data);
    view.context().redactor().check_message(&text).map_err(ToolError::SecretWritten)?;
    let parents: Vec<ObjectId> = commit.parent_ids().map(gix::Id::detach).collect();
    let changes = differences(view, parents.first().copied(), id)?;
    budget.take(changes.len(), 0)?;
    let mut paths = Vec::with_capacity(changes.len());
    for change in &changes {
        view.checkpoint()?;
        let path = RelPath::from_git_bytes(&change.path)
            .map_err(|error| ToolError::Confined { rule: error.rule().into() })?;
        if is_inherited(view, &parents, &path, change)? {
            continue;
        }
        judge_change(view, id, &path, change, budget)?;
        paths.push(path.as_str().to_owned());
    }
    if paths.is_empty() {
        return Ok(());
    }
    let mut accesses: Vec<Access> = place.accesses(&Paths::Named(paths));
    for access in &mut accesses {
        access.host = host.map(str::to_owned);
    }
    view.context().require(&accesses)
}

/// Whether a merge takes a file as one of its other parents has it.
fn is_inherited(
    view: &View<'_>,
    parents: &[ObjectId],
    path: &RelPath,
    change: &Difference,
) -> Result<bool, ToolError> {
    let new = match change.new {
        Side::Object { kind, id } => Some(TreeEntry { kind, id }),
        Side::Absent | Side::WorkTree { .. } => None,
    };
    for parent in parents.iter().skip(1) {
        if object::entry_at(view, *parent, path)?.filter(|entry| entry.kind != EntryKind::Tree) == new {
            return Ok(true);
        }
    }
    Ok(false)
}

fn judge_change(
    view: &View<'_>,
    commit: ObjectId,
    path: &RelPath,
    change: &Difference,
    budget: &mut Budget,
) -> Result<(), ToolError> {
    for side in [change.old, change.new] {
        match side {
            Side::Object { kind: EntryKind::Link, .. } => {
                return Err(refused(view, "change:symbolic-link", path));
            }
            Side::Object { kind: EntryKind::Commit, .. } => {
                return Err(refused(view, "change:submodule", path));
            }
            Side::Object { .. } | Side::Absent | Side::WorkTree { .. } => {}
        }
    }
    let Side::Object { id, .. } = change.new else { return Ok(()) };
    // Names beside it that some file systems take for the same.
    judge::place(view, commit, path)?;
    let before = match change.old {
        Side::Object { id, .. } => Some(object::blob(view, id, object::FILE_BYTES)?),
        Side::Absent | Side::WorkTree { .. } => None,
    };
    let bytes = object::blob(view, id, gitoma_confine::MAX_WRITE_BYTES)?;
    let judged = before.as_ref().map_or(0, Vec::len).saturating_add(bytes.len());
    budget.take(0, judged as u64)?;
    let new = NewFile { bytes, executable: None };
    judge::content(view, path, before.as_deref(), &new, Origin::Worktree)
}
