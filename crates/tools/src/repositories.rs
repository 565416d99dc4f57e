//! The repositories a gateway serves, by alias. Each is judged and opened once, at start-up; a call only takes a handle.
//! A repository whose metadata leads out of its own root is refused here, before any object is read.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use gitoma_confine::{BeneathError, GitDir, GitDirError, Mode, RepoRoot, RootError, beneath};
use gitoma_core::config::{RepositoryConfig, WriteSettings};
use gitoma_core::policy::denylist;
use gitoma_core::{ExecContext, ToolError};
use jiff::Timestamp;

use crate::object::unavailable;
use crate::place::{Alias, BranchName};
use crate::push::Pushes;
use crate::worktree::{Lock, Worktrees};

/// Bytes of decoded objects that one call may keep at hand.
const OBJECT_CACHE_BYTES: usize = 8 * 1024 * 1024;

/// Why a repository was not opened. The text names the alias, never a path.
#[derive(Debug, thiserror::Error)]
#[error("repository `{alias}` is refused: {fault}")]
pub struct OpenError {
    alias: String,
    #[source]
    fault: OpenFault,
}

impl OpenError {
    /// The alias of the repository, as configured.
    #[must_use]
    pub fn alias(&self) -> &str {
        &self.alias
    }

    /// What was wrong.
    #[must_use]
    pub fn fault(&self) -> &OpenFault {
        &self.fault
    }
}

/// What was wrong with a repository.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenFault {
    /// The alias is not `name` or `owner/name`.
    #[error("its alias is not `name` or `owner/name` of letters, digits, dots, dashes and underscores")]
    Alias,
    /// Another repository has the same alias.
    #[error("another repository has the same alias")]
    Duplicate,
    /// The directory cannot be used as a root.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The git directory is missing or leads elsewhere.
    #[error(transparent)]
    GitDir(#[from] GitDirError),
    /// The git engine would read outside of the repository.
    #[error("its {what} lies outside of the repository")]
    Outside {
        /// Which part: `common directory`, `object database`, `alternate object database`.
        what: &'static str,
        /// How that was found.
        #[source]
        source: BeneathError,
    },
    /// The repository uses a format that is not supported.
    #[error("it uses {what}, which is not supported")]
    Format {
        /// Which: `SHA-256 object ids`, `the reftable format`.
        what: &'static str,
    },
    /// The git engine would trust the repository's configuration.
    #[error("its configuration would be trusted")]
    Trusted,
    /// The git engine could not open it.
    #[error("the git directory cannot be opened")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Files beyond what is read at all are compared by id alone. Without this, one file beyond what the engine allocates at
/// reduced trust (16 MiB) would fail the comparison of all others.
const LARGE_FILES: &str = "core.bigFileThreshold=8m";

/// What the configuration of a repository says of its own work tree is not for a worktree that the gateway made: each of these
/// would hide a change of a file from who compares it with its commit.
const WORKTREE_OVERRIDES: &[&str] = &[
    "status.showUntrackedFiles=all",
    "core.fileMode=true",
    "core.symlinks=true",
    "core.trustctime=true",
    "core.checkStat=default",
    "core.autocrlf=false",
    #[cfg(not(target_os = "macos"))]
    "core.ignoreCase=false",
    #[cfg(not(target_os = "macos"))]
    "core.precomposeUnicode=false",
];

/// One open repository.
pub(crate) struct Repository {
    alias: Arc<str>,
    /// Every alias under which its objects and references are served, its own too.
    aliases: Vec<Arc<str>>,
    root: RepoRoot,
    git_dir: GitDir,
    engine: gix::ThreadSafeRepository,
    object_hash: gix::hash::Kind,
    /// Where else objects come from; each lies within bounds.
    alternates: Vec<PathBuf>,
    /// Of a disposable worktree, when it was made.
    generation: Option<Timestamp>,
    /// Held by the one write that changes the repository, under whichever alias.
    turn: Arc<Mutex<()>>,
}

impl Repository {
    /// The name policy knows the repository by.
    pub(crate) fn alias(&self) -> &Arc<str> {
        &self.alias
    }

    /// The names under which a branch of it may have a worktree: a repository that is served under two has each branch once.
    pub(crate) fn aliases(&self) -> &[Arc<str>] {
        &self.aliases
    }

    /// The pinned work tree; for a bare repository there is nothing in it that a call may read.
    pub(crate) fn work_tree(&self) -> Result<&RepoRoot, ToolError> {
        if self.is_bare() {
            return Err(ToolError::Unsuitable {
                reason: "the repository is bare and has no work tree; name a `ref`".into(),
            });
        }
        Ok(&self.root)
    }

    /// Where its references and objects are.
    pub(crate) fn git_dir(&self) -> &GitDir {
        &self.git_dir
    }

    /// Whether there is no work tree.
    pub(crate) fn is_bare(&self) -> bool {
        self.engine.work_dir().is_none()
    }

    /// What its objects are named by.
    pub(crate) fn object_hash(&self) -> gix::hash::Kind {
        self.object_hash
    }

    /// A handle on the git engine for one call.
    pub(crate) fn engine(&self) -> gix::Repository {
        let mut engine = self.engine.to_thread_local();
        engine.object_cache_size_if_unset(OBJECT_CACHE_BYTES);
        engine
    }

    /// Where objects come from: the repository's own directory, and its alternates as they were judged.
    pub(crate) fn object_directories(&self) -> Result<Vec<PathBuf>, ToolError> {
        let engine = self.engine.to_thread_local();
        self.check_unmoved(&engine)?;
        let own = engine.objects.store_ref().path().to_owned();
        Ok(std::iter::once(own).chain(self.alternates.iter().cloned()).collect())
    }

    /// Checks that `engine` still takes objects only from where it did when it was opened.
    ///
    /// The engine looks for alternates again whenever an object is missing. Asked after a call's work and before its result
    /// leaves, so that nobody who gets at the git directory meanwhile makes the gateway read another repository.
    pub(crate) fn check_unmoved(&self, engine: &gix::Repository) -> Result<(), ToolError> {
        let now = engine.objects.store_ref().alternate_db_paths().map_err(unavailable("repository"))?;
        if now.iter().all(|path| self.alternates.contains(path)) {
            return Ok(());
        }
        Err(ToolError::Confined { rule: "repo:redirected".into() })
    }

    pub(crate) fn open(alias: Arc<str>, config: &RepositoryConfig) -> Result<Self, OpenFault> {
        let root = RepoRoot::open(&config.path, guard)?;
        let git_dir = match &config.git_dir {
            Some(explicit) => root.open_git_dir(explicit)?,
            None => root.git_dir()?,
        };
        check_format(&git_dir)?;
        let engine = open_engine(&root, &git_dir, &[LARGE_FILES])?;
        let local = engine.to_thread_local();
        let (object_hash, alternates) = (local.object_hash(), alternates_of(&local, &git_dir)?);
        let aliases = vec![Arc::clone(&alias)];
        let (generation, turn) = (None, Arc::default());
        Ok(Self { alias, aliases, root, git_dir, engine, object_hash, alternates, generation, turn })
    }

    /// Opens a disposable worktree of `home`: the files in `tree`, and what git keeps of them in `git`.
    pub(crate) fn open_worktree(
        home: &Self,
        tree: &Path,
        git: &Path,
        made: Timestamp,
    ) -> Result<Self, OpenFault> {
        let root = RepoRoot::open(tree, guard)?;
        let git_dir = root.owned_git_dir(git, &home.git_dir)?;
        let overrides = [WORKTREE_OVERRIDES, &[LARGE_FILES]].concat();
        let mut engine = open_engine(&root, &git_dir, &overrides)?;
        // `info/exclude` and `info/attributes` are looked for there, and the repository's shall not hide what an agent did. Objects and
        // references have their own way to the repository.
        engine.common_dir = Some(git_dir.path().to_owned());
        let alias = Arc::clone(&home.alias);
        let (object_hash, alternates) = (home.object_hash, home.alternates.clone());
        let (generation, turn) = (Some(made), Arc::default());
        let aliases = home.aliases.clone();
        Ok(Self { alias, aliases, root, git_dir, engine, object_hash, alternates, generation, turn })
    }

    /// Of a disposable worktree, when it was made.
    pub(crate) fn generation(&self) -> Option<&Timestamp> {
        self.generation.as_ref()
    }

    /// The turn, if nobody has it.
    pub(crate) fn try_turn(&self) -> Option<MutexGuard<'_, ()>> {
        match self.turn.try_lock() {
            Ok(turn) => Some(turn),
            // A write that panicked left nothing behind that the next one would rely on.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Waits until no other call of this gateway changes the repository. Other programs know nothing of it; against those each change
    /// compares before it swaps.
    pub(crate) fn turn(&self, context: &ExecContext) -> Result<MutexGuard<'_, ()>, ToolError> {
        loop {
            if let Some(turn) = self.try_turn() {
                return Ok(turn);
            }
            context.checkpoint()?;
            std::thread::sleep(TURN_POLL);
        }
    }
}

/// How often a waiting write looks whether it is its turn, or should stop.
const TURN_POLL: Duration = Duration::from_millis(2);

/// All repositories of a gateway.
pub(crate) struct Repositories {
    by_alias: BTreeMap<Arc<str>, Arc<Repository>>,
    writes: Option<Writes>,
}

/// What writes need beside the repositories.
pub(crate) struct Writes {
    pub(crate) worktrees: Worktrees,
    pub(crate) pushes: Pushes,
    /// The host of the addresses that commits name.
    pub(crate) mail_host: Arc<str>,
    direct: bool,
}

impl Repositories {
    pub(crate) fn open(
        configs: &[RepositoryConfig],
        writes: Option<WriteSettings>,
    ) -> Result<Self, OpenError> {
        let mut opened: BTreeMap<Arc<str>, Repository> = BTreeMap::new();
        for config in configs {
            let refuse = |fault: OpenFault| OpenError { alias: config.alias.clone(), fault };
            // An alias that is no name is hostile text in an error; it is left out.
            let alias = Alias::parse(&config.alias)
                .map_err(|_rule| OpenError { alias: String::new(), fault: OpenFault::Alias })?
                .into_name();
            if opened.contains_key(&alias) {
                return Err(refuse(OpenFault::Duplicate));
            }
            let repository = Repository::open(Arc::clone(&alias), config).map_err(refuse)?;
            opened.insert(alias, repository);
        }
        let by_alias = joined(opened);
        let writes = writes.map(|settings| Writes {
            mail_host: settings.mail_host.as_str().into(),
            direct: settings.direct,
            pushes: Pushes::new(&settings),
            worktrees: Worktrees::new(settings),
        });
        let repositories = Self { by_alias, writes };
        if let Some(writes) = &repositories.writes {
            writes.worktrees.sweep(&repositories, Timestamp::now());
        }
        Ok(repositories)
    }

    /// The repository of that alias.
    ///
    /// Asked only after the decision, so that nobody learns from an error which aliases exist.
    pub(crate) fn find(&self, alias: &str) -> Result<Arc<Repository>, ToolError> {
        self.by_alias.get(alias).cloned().ok_or(ToolError::NotFound { what: "repository" })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Repository> {
        self.by_alias.values().map(|repository| &**repository)
    }

    /// Whether calls may change the trees that are checked out in the repositories themselves.
    pub(crate) fn is_direct(&self) -> bool {
        self.writes.as_ref().is_some_and(|writes| writes.direct)
    }

    /// What writes need; without it there are no write tools, and no worktrees.
    pub(crate) fn writes(&self) -> Result<&Writes, ToolError> {
        self.writes
            .as_ref()
            .ok_or_else(|| ToolError::Unsupported { reason: "this gateway has no write tools".into() })
    }

    /// The worktree for `branch` of the repository `alias`, if it is `principal`'s, and what keeps it from being swept.
    pub(crate) fn worktree(
        &self,
        alias: &str,
        branch: &BranchName,
        principal: &str,
    ) -> Result<(Arc<Repository>, Lock), ToolError> {
        let home = self.find(alias)?;
        self.writes()?.worktrees.open(&home, branch, principal)
    }
}

/// Lets those that are one repository under several aliases know of each other, and take turns.
fn joined(opened: BTreeMap<Arc<str>, Repository>) -> BTreeMap<Arc<str>, Arc<Repository>> {
    let mut groups: Vec<Vec<Repository>> = Vec::new();
    for repository in opened.into_values() {
        let is_same = |group: &&mut Vec<Repository>| {
            group.first().is_some_and(|other| other.git_dir.is_same_repository(&repository.git_dir))
        };
        match groups.iter_mut().find(is_same) {
            Some(group) => group.push(repository),
            None => groups.push(vec![repository]),
        }
    }
    let joined = groups.into_iter().flat_map(|group| {
        let aliases: Vec<_> = group.iter().map(|repository| Arc::clone(&repository.alias)).collect();
        let turn = Arc::default();
        group.into_iter().map(move |repository| {
            let (aliases, turn) = (aliases.clone(), Arc::clone(&turn));
            (Arc::clone(&repository.alias), Arc::new(Repository { aliases, turn, ..repository }))
        })
    });
    joined.collect()
}

/// The denylist of policy in the form confinement asks for.
fn guard(path: &str, mode: Mode) -> Option<&'static str> {
    denylist::denied(path, mode == Mode::Write)
}

/// Opens the git engine on `git_dir` and checks that what it would read lies within bounds.
pub(crate) fn open_engine(
    root: &RepoRoot,
    git_dir: &GitDir,
    overrides: &[&str],
) -> Result<gix::ThreadSafeRepository, OpenFault> {
    // Isolated: no configuration but the repository's own. Reduced trust: nothing in that one names a program or a path
    // that is used. As is: this very directory and no other.
    let options = gix::open::Options::isolated()
        .with(gix::sec::Trust::Reduced)
        .open_path_as_is(true)
        .config_overrides(overrides.iter().copied());
    let mut engine =
        options.open(git_dir.path()).map_err(|source| OpenFault::Engine(Box::new(source)))?.to_thread_local();
    if engine.git_dir_trust() != gix::sec::Trust::Reduced {
        return Err(OpenFault::Trusted);
    }
    if !matches!(git_dir, GitDir::Explicit { .. } | GitDir::Owned { .. }) {
        require_within(git_dir, "git directory", engine.git_dir())?;
    }
    require_within(git_dir, "common directory", engine.common_dir())?;
    require_within(git_dir, "object database", engine.objects.store_ref().path())?;
    // `core.worktree` and `core.bare` of the repository do not choose what is read as its work tree; the operator does.
    let work_tree = if git_dir.is_bare() { None } else { Some(root.path().to_owned()) };
    engine.set_workdir(work_tree).map_err(|source| OpenFault::Engine(Box::new(source)))?;
    Ok(engine.into_sync())
}

/// Refuses the formats the engine cannot read, before it fails on them in its own words.
pub(crate) fn check_format(git_dir: &GitDir) -> Result<(), OpenFault> {
    let config =
        gix::config::File::from_path_no_includes(git_dir.common().join("config"), gix::config::Source::Local);
    // A configuration that is missing or does not parse is the engine's to judge.
    let Ok(config) = config else {
        return Ok(());
    };
    for (key, supported, what) in [
        ("extensions.objectFormat", "sha1", "SHA-256 object ids"),
        ("extensions.refStorage", "files", "the reftable format"),
    ] {
        if config.string(key).is_some_and(|format| !format.eq_ignore_ascii_case(supported.as_bytes())) {
            return Err(OpenFault::Format { what });
        }
    }
    Ok(())
}

pub(crate) fn alternates_of(engine: &gix::Repository, git_dir: &GitDir) -> Result<Vec<PathBuf>, OpenFault> {
    let store = engine.objects.store_ref();
    let alternates = store.alternate_db_paths().map_err(|source| OpenFault::Engine(Box::new(source)))?;
    for alternate in &alternates {
        require_within(git_dir, "alternate object database", alternate)?;
    }
    Ok(alternates)
}

fn require_within(git_dir: &GitDir, what: &'static str, path: &Path) -> Result<(), OpenFault> {
    match beneath(git_dir.boundary(), path) {
        Ok(_) => Ok(()),
        Err(source) => Err(OpenFault::Outside { what, source }),
    }
}
