//! Fills a new worktree with the files of a commit. The engine's own checkout is not used: it would make links, and ask attributes
//! how to write a file. What is no plain file under a plain name is left out, and marked in the index as not there on purpose, so that
//! no later commit takes it for deleted.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use gitoma_confine::FreshTree;
use gitoma_core::ToolError;
use gix::ObjectId;
use gix::index::entry::{Flags, Stat};

use super::plan::{Plan, Planned, for_contents, plan};
use super::room::Reservation;
use super::store::{Draft, damaged, taken};
use super::{Record, Worktrees, anchor, index, threads};
use crate::object::unavailable;
use crate::place::BranchName;
use crate::rewrite::refused;
use crate::view::View;

/// A worktree that is made, and not yet in its place.
pub(crate) struct Fresh<'w> {
    draft: Draft,
    place: PathBuf,
    worktrees: &'w Worktrees,
    record: Record,
    commit: ObjectId,
    reservation: Reservation,
    /// How many files it has.
    pub(crate) files: u64,
    /// How many links, submodules, overlong files and odd names were left out.
    pub(crate) left_out: u64,
}

impl Fresh<'_> {
    /// Puts it in its place, for its principal to see.
    pub(crate) fn settle(self, view: &View<'_>) -> Result<jiff::Timestamp, ToolError> {
        let Self { draft, place, worktrees, record, commit, reservation, .. } = self;
        // In this order: what is cut short leaves a directory that says which reference is to go.
        worktrees.store.write(draft.path(), &record)?;
        let name = anchor::name(&place, record.made);
        anchor::hold(view.repository(), &name, commit)?;
        let settled = worktrees.settle_new(view, &record, reservation, || draft.settle(&place));
        if settled.is_err() {
            let _ = anchor::release(view.repository(), &name);
        }
        settled.map(|()| record.expires())
    }
}

pub(super) fn make<'w>(
    view: &View<'_>,
    worktrees: &'w Worktrees,
    branch: &BranchName,
    commit: ObjectId,
    record: Record,
) -> Result<Fresh<'w>, ToolError> {
    let store = &worktrees.store;
    let place = store.place(view.repository().alias(), branch);
    match store.read(&place)? {
        Some(_) => return Err(taken()),
        None if place.symlink_metadata().is_ok() => return Err(damaged()),
        None => {}
    }
    let Plan { mut index, files, bytes } = plan(view, commit)?;
    let reservation = worktrees.reserve(&record.principal, bytes)?;
    view.context().charge(bytes)?;
    let draft = store.draft()?;
    let git = draft.git(view.repository().git_dir().common(), commit)?;
    let tree = FreshTree::create(&draft.path().join("tree")).map_err(refused)?;
    let (context, written) = (view.context(), AtomicU64::new(0));
    let (written, total) = (&written, files.len() as u64);
    let stats = threads::runs(view, &files, |engine| {
        let (engine, mut filler, mut buffer) = (for_contents(engine), tree.filler(), Vec::new());
        move |files: &[Planned]| {
            let made = files.iter().map(|file| {
                context.checkpoint()?;
                let content = file.content(&engine, &mut buffer)?;
                let stat = stat(&filler.file(&file.path, content, file.executable).map_err(refused)?)?;
                let written = written.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                context.report(written, Some(total), "files written");
                Ok(stat)
            });
            made.collect::<Result<Vec<_>, _>>()
        }
    })?;
    let mut made = files.iter().zip(stats.into_iter().flatten()).peekable();
    let mut left_out = 0_u64;
    for (at, entry) in index.entries_mut().iter_mut().enumerate() {
        match made.next_if(|(file, _)| file.at == at) {
            Some((_, stat)) => entry.stat = stat,
            None => {
                entry.flags.insert(Flags::SKIP_WORKTREE | Flags::EXTENDED);
                left_out = left_out.saturating_add(1);
            }
        }
    }
    index::write(index, &git)?;
    let files = files.len() as u64;
    Ok(Fresh { draft, place, worktrees, record, commit, reservation, files, left_out })
}

/// What the system says of a file that was just made.
fn stat(file: &std::fs::File) -> Result<Stat, ToolError> {
    let metadata = gix::index::fs::Metadata::from_file(file).map_err(unavailable("worktree"))?;
    Stat::from_fs(&metadata).map_err(unavailable("worktree"))
}
