//! Disposable worktrees: a commit's files in a directory of the gateway's own, for one branch and one principal, until they are removed
//! or their time is over. Git's own metadata of a worktree lies beside its files and not among them, so nothing that is written
//! into the files reaches hooks or configuration. The repository learns of one by a reference alone, which holds its commit.

mod anchor;
mod checkout;
mod held;
mod index;
mod left_out;
mod lock;
mod mend;
mod opened;
mod plan;
mod record;
mod room;
mod store;
mod threads;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gitoma_confine::RelPath;
use gitoma_core::ToolError;
use gitoma_core::config::WriteSettings;
use gix::ObjectId;
use jiff::Timestamp;

pub(crate) use anchor::is_own as is_own_reference;
pub(crate) use left_out::{is_temporary, require_free};
pub(crate) use lock::Lock;
pub(crate) use mend::warn_behind;
use opened::Opened;
pub(crate) use record::Record;
pub(crate) use room::Reservation;
use room::{OnDisk, Room};
use store::{Store, Taken};

use crate::place::BranchName;
use crate::repositories::{Repositories, Repository};
use crate::view::View;

/// The worktrees of a gateway.
pub(crate) struct Worktrees {
    store: Store,
    settings: WriteSettings,
    room: Room,
    open: Mutex<Opened>,
}

/// What one worktree amounts to.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) record: Record,
    /// The bytes of its files.
    pub(crate) bytes: u64,
}

/// What becomes of commits that nothing but the removed worktree holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Commits {
    /// Its reference stays.
    Kept,
    /// Its reference goes, as the caller was told.
    Lost,
}

const ABSENT: ToolError = ToolError::NotFound { what: "worktree" };

impl Worktrees {
    /// The worktrees in the directory of `settings`, which need not exist yet.
    pub(crate) fn new(settings: WriteSettings) -> Self {
        Self {
            store: Store::new(settings.worktrees.clone()),
            room: Room::new(&settings),
            settings,
            open: Mutex::new(Opened::default()),
        }
    }

    /// Removes worktrees whose time is over, and what an interrupted call left behind. Nothing here is worth refusing a start or a call for;
    /// what cannot be removed is tried again by the next sweep.
    pub(crate) fn sweep(&self, repositories: &Repositories, now: Timestamp) {
        for over in self.store.over(now, self.settings.lifetime) {
            let taken = if over.unsettled {
                self.store.taken(over.path)
            } else {
                let mut open = self.opened();
                // Its time ends while somebody works in it, who will note that.
                if open.is_busy(&over.path) {
                    continue;
                }
                // So with who works in it by another gateway.
                let Some(_seized) = lock::seize(&over.path) else { continue };
                let still = |record: Option<&Record>| record.is_none_or(|record| !record.is_alive(now));
                let Ok(taken) = self.store.take(&over.path, still) else { continue };
                open.forget(&over.path);
                taken
            };
            self.discard(repositories, taken, Commits::Kept);
        }
    }

    /// Removes what was taken from its place, and what holds its commit, unless nothing else holds that and it is to be kept.
    fn discard(&self, repositories: &Repositories, taken: Taken, commits: Commits) {
        if let Some(record) = &taken.record {
            self.room.recount(&record.principal);
            // Of a repository that is not served the reference stays; it holds a commit, and nothing else comes of it.
            if let (Ok(home), Ok(branch)) =
                (repositories.find(&record.repo), BranchName::parse("worktree", &record.branch))
            {
                let name = anchor::name(&self.store.place(&record.repo, &branch), record.made);
                let released = match commits {
                    Commits::Kept => release_if_held(&home, &name, record),
                    Commits::Lost => anchor::release(&home, &name),
                };
                if released.is_err() {
                    // With its record it stays for the next sweep.
                    return;
                }
            }
        }
        taken.remove();
    }

    fn opened(&self) -> MutexGuard<'_, Opened> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the worktree for `branch` of `home`, if it is `principal`'s. As long as the lock is held no sweep takes it.
    pub(crate) fn open(
        &self,
        home: &Repository,
        branch: &BranchName,
        principal: &str,
    ) -> Result<(Arc<Repository>, Lock), ToolError> {
        let place = self.store.place(home.alias(), branch);
        // First of all, so that what is read is there to stay.
        let lock = lock::share(&place).ok_or(ABSENT)?;
        let record = self.record(home, branch, principal)?;
        let mut open = self.opened();
        let repository = match open.get(&place, record.made) {
            Some(repository) => repository,
            None => {
                let opened =
                    Repository::open_worktree(home, &place.join("tree"), &place.join("git"), record.made);
                let repository = Arc::new(opened.map_err(|fault| ToolError::unavailable("worktree", fault))?);
                open.keep(place.clone(), &repository);
                repository
            }
        };
        drop(open);
        mend::mend(&self.store, &place, home, branch, &repository);
        Ok((repository, lock))
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

    /// Whether anybody has a worktree for `branch` of `home`, under whichever alias that is served, by this gateway or by another one on
    /// the state directory.
    pub(crate) fn is_taken(&self, home: &Repository, branch: &BranchName) -> Result<bool, ToolError> {
        let now = Timestamp::now();
        for alias in home.aliases() {
            let record = self.store.read(&self.store.place(alias, branch))?;
            if record.is_some_and(|record| record.is_alive(now)) {
                return Ok(true);
            }
        }
        let home = common(home);
        Ok(self
            .store
            .all()?
            .iter()
            .any(|(_, record)| record.is_alive(now) && record.is_for(&home, branch.as_str())))
    }

    /// Refuses where the principal has as many worktrees, or as many bytes in them, as one may have.
    pub(crate) fn require_room(&self, principal: &str) -> Result<(), ToolError> {
        self.reserve(principal, 0).map(drop)
    }

    /// Keeps room for one more worktree of `bytes`.
    fn reserve(&self, principal: &str, bytes: u64) -> Result<Reservation, ToolError> {
        self.room.reserve(principal, bytes, || self.on_disk(principal))
    }

    /// Keeps room for the files of `principal`'s worktrees, which are to grow by `grown` bytes.
    ///
    /// # Errors
    /// [`ToolError::NoRoom`] where they would hold more than they may.
    pub(crate) fn grow(&self, principal: &str, grown: u64) -> Result<Reservation, ToolError> {
        self.room.grow(principal, grown, || self.on_disk(principal))
    }

    /// Puts a worktree that was made in its place by `put`, if there still is room for it, and no other one for its branch: another gateway
    /// on this state directory may have been quicker.
    fn settle_new(
        &self,
        view: &View<'_>,
        record: &Record,
        reservation: Reservation,
        put: impl FnOnce() -> Result<(), ToolError>,
    ) -> Result<(), ToolError> {
        let branch = BranchName::parse("worktree", &record.branch).map_err(|_error| ABSENT)?;
        let _locked = self.store.lock(view.context())?;
        if self.is_taken(view.repository(), &branch)? {
            return Err(store::taken());
        }
        reservation.settle_if(|| self.on_disk(&record.principal), &self.settings, put)
    }

    fn on_disk(&self, principal: &str) -> Result<OnDisk, ToolError> {
        let own = self.list(None, principal)?;
        let bytes = own.iter().map(|listed| listed.bytes).fold(0, u64::saturating_add);
        Ok(OnDisk { count: own.len(), bytes })
    }

    /// Makes the worktree for `branch`, with the files of `commit`. Those whose time is over make way.
    pub(crate) fn create(
        &self,
        view: &View<'_>,
        branch: &BranchName,
        commit: ObjectId,
        lifetime: std::time::Duration,
    ) -> Result<checkout::Fresh<'_>, ToolError> {
        let made = Timestamp::now();
        self.sweep(view.repositories(), made);
        let record = Record {
            repo: view.repository().alias().to_string(),
            home: Some(common(view.repository())),
            branch: branch.as_str().to_owned(),
            base: commit.to_string(),
            principal: view.context().principal().to_owned(),
            made,
            lifetime_seconds: lifetime.as_secs(),
            used: made,
        };
        checkout::make(view, self, branch, commit, record)
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

    /// Notes that the worktree, which stands on `parent`, is about to be committed as `tree`: should the gateway be stopped between the
    /// branch and the worktree, it is known whose commit the branch has.
    pub(crate) fn intend(
        &self,
        home: &Repository,
        branch: &BranchName,
        parent: ObjectId,
        tree: ObjectId,
    ) -> Result<(), ToolError> {
        self.store.intend(&self.store.place(home.alias(), branch), parent, tree)
    }

    /// Whether the worktree has yet to take up a commit that its branch may have: it finds no room, or another call is at it.
    pub(crate) fn is_behind(&self, home: &Repository, branch: &BranchName) -> bool {
        matches!(self.store.intent(&self.store.place(home.alias(), branch)), Ok(Some(_)))
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
        if let Some(made) = view.repository().generation() {
            // The branch holds the commit too, as long as nobody deletes it.
            let _ = anchor::hold(home, &anchor::name(&place, *made), commit);
        }
        mend::settle(&self.store, &place, view.engine(), commit, taken)
    }

    /// Whether the worktree of `record`, which stands on `head`, has commits that nothing else in `home` holds.
    pub(crate) fn holds_alone(home: &Repository, record: &Record, head: ObjectId) -> Result<bool, ToolError> {
        Ok(!record.is_base(head) && !held::is_held(home, head)?)
    }

    /// Removes the worktree that was `made` then; its branch stays.
    pub(crate) fn remove(
        &self,
        view: &View<'_>,
        home: &Repository,
        branch: &BranchName,
        made: Timestamp,
        commits: Commits,
    ) -> Result<(), ToolError> {
        let place = self.store.place(home.alias(), branch);
        self.opened().forget(&place);
        let taken = self.store.take(&place, |record| record.is_some_and(|record| record.made == made))?;
        self.discard(view.repositories(), taken, commits);
        Ok(())
    }
}

/// Where `home` has its objects and references.
fn common(home: &Repository) -> String {
    home.git_dir().common().to_string_lossy().into_owned()
}

/// Takes away the reference `name`, which holds what the worktree of `record` stands on, unless nothing else holds that: then it stays for
/// a person to find.
fn release_if_held(home: &Repository, name: &str, record: &Record) -> Result<(), ToolError> {
    match anchor::held(home, name)? {
        // Where that cannot be told, it stays.
        Some(head) if !record.is_base(head) && !held::is_held(home, head).unwrap_or(false) => Ok(()),
        Some(_) => anchor::release(home, name),
        None => Ok(()),
    }
}
