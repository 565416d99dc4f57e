//! The repository that a path lies in, opened as for tools but for its guard.

use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use gitoma_confine::{FileTree, GitDir, GitDirError, RepoRoot, RootError};

use super::{CorpusError, LARGEST_BLOB};
use crate::repositories::{OpenFault, alternates_of, check_format, open_engine};

/// How much memory the engine may take for one object.
const ALLOCATION: u64 = 2 * LARGEST_BLOB;
/// The most bytes of a `.git` that is a file.
const POINTER: u64 = 64 * 1024;

/// The canonical form of a path that a person named.
pub(super) fn canonical(path: &Path) -> Result<PathBuf, CorpusError> {
    let (tree, name) = match FileTree::open(path) {
        Ok(tree) => return Ok(tree.path().to_owned()),
        Err(RootError::NotADirectory) => FileTree::open_beside(path)?,
        Err(error) => return Err(error.into()),
    };
    Ok(tree.path().join(name))
}

/// The same of a path whose end need not be there: history holds files that the work tree has not.
pub(super) fn canonical_if_there(path: &Path) -> Result<PathBuf, CorpusError> {
    let mut there = path;
    let mut missing = Vec::new();
    loop {
        let parent = if there.as_os_str().is_empty() { Path::new(".") } else { there };
        match canonical(parent) {
            Ok(found) => return Ok(missing.iter().rev().fold(found, |path, name| path.join(name))),
            Err(CorpusError::NoPath) => {}
            Err(error) => return Err(error),
        }
        let (Some(above), Some(name)) = (there.parent(), there.file_name()) else {
            return Err(CorpusError::NoPath);
        };
        missing.push(name);
        there = above;
    }
}

/// The top of the repository that `path`, which is canonical, lies in: the nearest directory with a `.git`, or one that is a bare
/// repository. Nothing is opened.
pub(super) fn top_of(path: &Path) -> Option<&Path> {
    let exists = |path: PathBuf| path.symlink_metadata().is_ok();
    path.ancestors().find(|top| {
        exists(top.join(".git")) || ["HEAD", "objects", "refs"].into_iter().all(|name| exists(top.join(name)))
    })
}

/// Opens the repository at `top`. A linked worktree is followed to its repository if that knows it as its own.
pub(super) fn open(top: &Path) -> Result<gix::ThreadSafeRepository, CorpusError> {
    opened(top).map_err(CorpusError::Repository)
}

fn opened(top: &Path) -> Result<gix::ThreadSafeRepository, OpenFault> {
    let root = RepoRoot::open(top, |_, _| None)?;
    let git_dir = match root.git_dir() {
        Err(GitDirError::LinkedWorktree) => linked(&root)?,
        found => found?,
    };
    check_format(&git_dir)?;
    let engine = open_engine(&root, &git_dir, &[&format!("gitoxide.objects.allocLimit={ALLOCATION}")])?;
    alternates_of(&engine.to_thread_local(), &git_dir)?;
    Ok(engine)
}

/// The git directory that the file `.git` names. It must name this work tree in turn, so that no file leads anywhere else; that
/// of a submodule does not, and is refused.
fn linked(root: &RepoRoot) -> Result<GitDir, OpenFault> {
    let refused = || OpenFault::GitDir(GitDirError::LinkedWorktree);
    let (file, _) = FileTree::open(root.path())?.open_file(Path::new(".git")).map_err(|_| refused())?;
    let mut content = Vec::new();
    file.take(POINTER).read_to_end(&mut content).map_err(|_| refused())?;
    let target = content.strip_prefix(b"gitdir: ").ok_or_else(refused)?;
    let target = target.strip_suffix(b"\n").unwrap_or(target);
    match root.open_git_dir(&root.path().join(OsStr::from_bytes(target)))? {
        GitDir::Explicit { path, common } if path != common => Ok(GitDir::Explicit { path, common }),
        _ => Err(refused()),
    }
}
