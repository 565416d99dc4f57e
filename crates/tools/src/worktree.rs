//! Disposable worktrees: a commit's files in a directory of the gateway's own, for one branch and one principal, until they are removed
//! or their time is over. Git's own metadata of a worktree lies beside its files and not among them, so nothing that is written
//! into the files reaches hooks or configuration; nothing is registered in the repository.

mod checkout;
mod record;
mod store;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gitoma_core::config::WriteSettings;
use gix::ObjectId;
use jiff::Timestamp;

pub(crate) use record::Record;
use store::Store;

use crate::place::BranchName;
use crate::repositories::Repository;
use crate::view::View;

/// The worktrees of a gateway.
pub(crate) struct Worktrees {
    store: Store,
    settings: WriteSettings,
    /// Those that were opened, by the directory they are in.
    open: Mutex<HashMap<PathBuf, Arc<Repository>>>,
}

/// What one worktree amounts to.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) record: Record,
    /// The bytes of its files.
    pub(crate) bytes: u64,
}

const ABSENT: ToolError = ToolError::NotFound { what: "worktree" };

impl Worktrees {
    /// The worktrees in the directory of `settings`, which need not exist yet. Those whose time is over are removed.
    pub(crate) fn new(settings: WriteSettings) -> Self {
        let worktrees = Self {
            store: Store::new(settings.worktrees.clone()),
            settings,
            open: Mutex::new(HashMap::new()),
        };
        worktrees.sweep(Timestamp::now());
        worktrees
    }

    /// Removes worktrees whose time is over, and what an interrupted call left behind.
    pub(crate) fn sweep(&self, now: Timestamp) {
        self.store.sweep(now);
    }

    /// Opens the worktree for `branch` of `home`, if it is `principal`'s.
    pub(crate) fn open(
        &self,
        home: &Repository,
        branch: &BranchName,
        principal: &str,
    ) -> Result<Arc<Repository>, ToolError> {
        let record = self.record(home, branch, principal)?;
        let place = self.store.place(home.alias(), branch);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(repository) = open.get(&place).filter(|open| open.generation() == Some(&record.made)) {
            return Ok(Arc::clone(repository));
        }
        let opened = Repository::open_worktree(home, &place.join("tree"), &place.join("git"), record.made);
        let repository = Arc::new(opened.map_err(|fault| ToolError::unavailable("worktree", fault))?);
        open.insert(place, Arc::clone(&repository));
        Ok(repository)
    }

    /// What is known of the worktree for `branch`, if it is `principal`'s; of others nobody learns that they are there.
    pub(crate) fn record(
        &self,
        home: &Repository,
        branch: &BranchName,
        principal: &str,
    ) -> Result<Record, ToolError> {
        let record = self.store.read(&self.store.place(home.alias(), branch))?;
        record
            .filter(|record| record.principal == principal && record.is_alive(Timestamp::now()))
            .ok_or(ABSENT)
    }

    /// Whether anybody has a worktree for `branch` of `home`.
    pub(crate) fn is_taken(&self, home: &Repository, branch: &BranchName) -> Result<bool, ToolError> {
        let record = self.store.read(&self.store.place(home.alias(), branch))?;
        Ok(record.is_some_and(|record| record.is_alive(Timestamp::now())))
    }

    /// Refuses where the principal has as many worktrees, or as many bytes in them, as one may have.
    pub(crate) fn require_room(&self, principal: &str, bytes: u64) -> Result<(), ToolError> {
        let own = self.list(None, principal)?;
        if own.len() >= self.settings.per_principal {
            let reason = format!(
                "there are {} worktrees already, as many as one may have; remove one with worktree_remove",
                own.len()
            );
            return Err(ToolError::NoRoom { reason: reason.into() });
        }
        let held: u64 = own.iter().map(|listed| listed.bytes).sum();
        if held.saturating_add(bytes) > self.settings.bytes {
            let reason = format!(
                "the worktrees would hold more than {} bytes; remove one with worktree_remove",
                self.settings.bytes
            );
            return Err(ToolError::NoRoom { reason: reason.into() });
        }
        Ok(())
    }

    /// Makes the worktree for `branch`, with the files of `commit`.
    pub(crate) fn create(
        &self,
        view: &View<'_>,
        branch: &BranchName,
        commit: ObjectId,
        lifetime: std::time::Duration,
    ) -> Result<checkout::Fresh<'_>, ToolError> {
        let made = Timestamp::now();
        let record = Record {
            repo: view.repository().alias().to_string(),
            branch: branch.as_str().to_owned(),
            base: commit.to_string(),
            principal: view.context().principal().to_owned(),
            made,
            lifetime_seconds: lifetime.as_secs(),
            used: made,
        };
        checkout::make(view, &self.store, branch, commit, record)
    }

    /// How long a worktree lives unless its maker says less.
    pub(crate) fn lifetime(&self) -> std::time::Duration {
        self.settings.lifetime
    }

    /// The worktrees of `principal`, in `repo` or everywhere, by repository and branch.
    pub(crate) fn list(&self, repo: Option<&str>, principal: &str) -> Result<Vec<Listed>, ToolError> {
        let now = Timestamp::now();
        let mut listed = Vec::new();
        for (place, record) in self.store.all()? {
            let shown = record.principal == principal
                && record.is_alive(now)
                && repo.is_none_or(|repo| repo == record.repo);
            if shown {
                listed.push(Listed { bytes: store::size(&place.join("tree")), record });
            }
        }
        listed.sort_by(|left, right| {
            (&left.record.repo, &left.record.branch).cmp(&(&right.record.repo, &right.record.branch))
        });
        Ok(listed)
    }

    /// Notes that the worktree was worked in, so that its time begins anew.
    pub(crate) fn touch(
        &self,
        home: &Repository,
        branch: &BranchName,
        principal: &str,
    ) -> Result<(), ToolError> {
        let record = self.record(home, branch, principal)?;
        self.store
            .write(&self.store.place(home.alias(), branch), &Record { used: Timestamp::now(), ..record })
    }

    /// Notes that the worktree's files now stand on `commit`, which has taken up the changes of `taken`, in the order of paths.
    pub(crate) fn settle(
        &self,
        view: &View<'_>,
        home: &Repository,
        branch: &BranchName,
        commit: ObjectId,
        taken: &[RelPath],
    ) -> Result<(), ToolError> {
        let place = self.store.place(home.alias(), branch);
        checkout::renew_index(view, commit, taken, place.join("git").join("index"))?;
        self.store.head(&place, commit)
    }

    /// Removes the worktree that was `made` then; its branch stays.
    pub(crate) fn remove(
        &self,
        home: &Repository,
        branch: &BranchName,
        made: Timestamp,
    ) -> Result<(), ToolError> {
        let place = self.store.place(home.alias(), branch);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
        self.store.remove(&place, Some(made))
    }
}
