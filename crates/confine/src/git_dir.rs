//! Where the git directory of a repository root is, and whether a git engine may open it.
//!
//! Holds the choice between `.git`, a bare layout and the operator's explicit `--git-dir`; a [`GitDir`] exists only if
//! its layout was judged. It never looks upward and opens no repository.

#[cfg(test)]
mod tests;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::layout::{LayoutError, check_layout, common_of, work_tree_of};
use crate::root::{Kind, OpenError, RepoRoot};

/// A git directory whose layout has been judged. All paths are canonical.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GitDir {
    /// The directory `.git` in the root.
    Standard {
        /// The git directory.
        path: PathBuf,
        /// The repository root.
        root: PathBuf,
    },
    /// The root itself is a bare repository: there is no work tree.
    Bare {
        /// The git directory, which is the repository root.
        path: PathBuf,
    },
    /// The operator named the git directory: a linked worktree's or a submodule's.
    Explicit {
        /// The git directory.
        path: PathBuf,
        /// The directory with objects and references; the git directory itself unless that is a linked worktree's.
        common: PathBuf,
    },
    /// The gateway made the git directory, for a worktree of its own, and nobody else can write there.
    Owned {
        /// The git directory: a head, an index, and a pointer to what it shares.
        path: PathBuf,
        /// The directory with objects and references, which was judged with the repository it belongs to.
        common: PathBuf,
    },
}

impl GitDir {
    /// Returns the git directory, for opening the git engine.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Standard { path, .. }
            | Self::Bare { path }
            | Self::Explicit { path, .. }
            | Self::Owned { path, .. } => path,
        }
    }

    /// Returns the directory beneath which common directory, objects and alternates must lie; give it to
    /// [`crate::beneath`] with what the engine reports after opening.
    #[must_use]
    pub fn boundary(&self) -> &Path {
        match self {
            Self::Standard { root, .. } => root,
            Self::Bare { path } => path,
            Self::Explicit { common, .. } | Self::Owned { common, .. } => common,
        }
    }

    /// Returns the directory with objects and references, which a linked worktree shares with its repository.
    #[must_use]
    pub fn common(&self) -> &Path {
        match self {
            Self::Standard { path, .. } | Self::Bare { path } => path,
            Self::Explicit { common, .. } | Self::Owned { common, .. } => common,
        }
    }

    /// Tells whether both have the same objects and references, by whatever way they are reached.
    #[must_use]
    pub fn is_same_repository(&self, other: &Self) -> bool {
        // Where a directory cannot be looked at, its path says which it is.
        self.common() == other.common()
            || identity(self.common()).is_some_and(|own| identity(other.common()) == Some(own))
    }

    /// Tells whether there is no work tree.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        matches!(self, Self::Bare { .. })
    }
}

/// The device and the number of a directory, which a mount of it elsewhere has too.
fn identity(directory: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::symlink_metadata(directory).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Says why a root has no usable git directory. No variant carries or prints a path.
#[derive(Debug, thiserror::Error)]
pub enum GitDirError {
    /// There is neither `.git` nor a bare layout in the root; parents are not searched.
    #[error("directory is not the root of a git repository")]
    NotARepository,
    /// `.git` is a file: the root is a linked worktree or a submodule.
    #[error(
        "repository is a linked worktree or a submodule, whose git directory lies elsewhere; name it with `--git-dir` to allow that"
    )]
    LinkedWorktree,
    /// `.git` is a symbolic link.
    #[error("git directory is a symbolic link")]
    LinkRefused,
    /// `.git` is neither directory nor file.
    #[error("git directory is not a directory")]
    NotADirectory,
    /// The explicit git directory is that of a linked worktree, but another one.
    #[error("git directory belongs to another work tree")]
    ForeignWorktree,
    /// The metadata within leads elsewhere.
    #[error("git directory has an unsafe layout")]
    Layout(#[from] LayoutError),
    /// The system refused.
    #[error("git directory cannot be read")]
    Unavailable(#[source] std::io::Error),
}

impl GitDirError {
    /// Returns the stable code, for replies, logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotARepository => "not_a_repository",
            Self::LinkedWorktree => "linked_worktree",
            Self::LinkRefused => "git_dir_link",
            Self::NotADirectory => "git_dir_not_a_directory",
            Self::ForeignWorktree => "foreign_worktree",
            Self::Layout(error) => error.code(),
            Self::Unavailable(_) => "unavailable",
        }
    }
}

impl RepoRoot {
    /// Finds and judges the git directory of this root: `.git`, else the root itself if it is a bare repository.
    ///
    /// # Errors
    /// [`GitDirError::LinkedWorktree`] for a gitfile, [`GitDirError::Layout`] if [`check_layout`] refuses, and the
    /// other variants as they say.
    pub fn git_dir(&self) -> Result<GitDir, GitDirError> {
        let root = self.path().to_owned();
        let found = match self.kind_of(".git")? {
            Some(Kind::Directory) => GitDir::Standard { path: root.join(".git"), root },
            Some(Kind::File) => return Err(GitDirError::LinkedWorktree),
            Some(Kind::Link) => return Err(GitDirError::LinkRefused),
            Some(Kind::Other) => return Err(GitDirError::NotADirectory),
            None if self.is_bare()? => GitDir::Bare { path: root },
            None => return Err(GitDirError::NotARepository),
        };
        check_layout(found.path(), found.boundary())?;
        Ok(found)
    }

    /// Judges a git directory that the operator named (`--git-dir`), for a linked worktree or a submodule.
    ///
    /// It may lie outside of the root. Its own metadata may not lead further, except from the `worktrees/NAME` of a
    /// repository up to that very repository, which is how git lays out a linked worktree.
    ///
    /// # Errors
    /// As [`RepoRoot::git_dir`].
    pub fn open_git_dir(&self, explicit: &Path) -> Result<GitDir, GitDirError> {
        let path = crate::beneath::canonical(explicit).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => GitDirError::NotARepository,
            _ => GitDirError::Unavailable(error),
        })?;
        let repository = repository_of_worktree(&path);
        let is_worktree = repository.is_some();
        let common = repository.unwrap_or_else(|| path.clone());
        check_layout(&path, &common)?;
        // The engine takes the work tree from the git directory, so the two must belong together.
        if is_worktree && work_tree_of(&path)?.as_deref() != Some(self.path()) {
            return Err(GitDirError::ForeignWorktree);
        }
        Ok(GitDir::Explicit { path, common })
    }

    /// Takes the git directory that the gateway made for this root, a worktree of the repository that `of` was judged to be.
    ///
    /// Nobody but the gateway can write into it, so it is not walked. It must still lead to that very repository.
    ///
    /// # Errors
    /// [`GitDirError::NotARepository`] if it is not there, [`GitDirError::ForeignWorktree`] if it leads elsewhere.
    pub fn owned_git_dir(&self, path: &Path, of: &GitDir) -> Result<GitDir, GitDirError> {
        let path = crate::beneath::canonical(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => GitDirError::NotARepository,
            _ => GitDirError::Unavailable(error),
        })?;
        let common = of.common().to_owned();
        if common_of(&path)?.as_deref() != Some(common.as_path()) {
            return Err(GitDirError::ForeignWorktree);
        }
        Ok(GitDir::Owned { path, common })
    }

    fn is_bare(&self) -> Result<bool, GitDirError> {
        Ok(self.kind_of("HEAD")?.is_some()
            && self.kind_of("objects")?.is_some()
            && self.kind_of("refs")?.is_some())
    }

    fn kind_of(&self, name: &str) -> Result<Option<Kind>, GitDirError> {
        match self.directory().stat_name(name) {
            Ok(stat) => Ok(Some(rustix::fs::FileType::from_raw_mode(stat.st_mode).into())),
            Err(OpenError::NotFound) => Ok(None),
            Err(OpenError::Unavailable(error)) => Err(GitDirError::Unavailable(error)),
            Err(_) => Err(GitDirError::NotADirectory),
        }
    }
}

/// Returns the repository that `path` is a linked worktree of, judging by its place; whether its `commondir` agrees is
/// for the layout check to see.
fn repository_of_worktree(path: &Path) -> Option<PathBuf> {
    let worktrees =
        path.parent().filter(|parent| parent.file_name().is_some_and(|name| name == "worktrees"))?;
    // A repository may well live in a folder that happens to be called `worktrees`.
    path.join("commondir").symlink_metadata().ok()?;
    worktrees.parent().map(Path::to_owned)
}
