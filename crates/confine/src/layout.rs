//! Whether the metadata of a repository leads an engine anywhere else.
//!
//! Holds the judgement of everything a reading git engine opens: the git directory, links in it, `commondir` and
//! alternates. It opens no repository and says nothing of configuration, which the engine ignores at reduced trust.

mod error;
mod in_use;
mod information;
mod place;
mod pointer;
mod survey;
#[cfg(test)]
mod tests;

use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType};
use rustix::io::Errno;

pub use error::{LayoutError, Part};
pub use in_use::branches_in_use;
pub use information::check_rules;
pub use place::check_ref_place;
use survey::{Survey, open_directory};

/// The most object directories that alternates may add up to.
const MAX_ALTERNATES: usize = 16;

/// Refuses a git directory that would make an engine read anything outside of `root`, or block.
///
/// No part that an engine reads may be or hold a symbolic link or a special file. Each alternate, and theirs in turn,
/// must lie beneath `root`. A `commondir` is accepted only in the `worktrees/NAME` of the very repository that is
/// `root`, where git itself puts it, and so is a `gitdir`.
///
/// It judges what is on disk now. Whoever can write into a git directory can change it afterwards; Gitoma lets no tool
/// do so, and callers ask [`crate::beneath`] again about what the engine reports.
///
/// # Errors
/// [`LayoutError`], which names the part and never its content.
pub fn check_layout(git_dir: &Path, root: &Path) -> Result<(), LayoutError> {
    match rustix::fs::statat(CWD, git_dir, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {}
            FileType::RegularFile => return Err(LayoutError::GitFile),
            FileType::Symlink => return Err(LayoutError::Link { part: Part::GitDirectory }),
            _ => return Err(LayoutError::Special { part: Part::GitDirectory }),
        },
        Err(Errno::NOENT) => return Err(LayoutError::Missing { part: Part::GitDirectory }),
        Err(errno) => return Err(unavailable(Part::GitDirectory, errno.into())),
    }
    let root = canonical(root, Part::GitDirectory)?;
    let git_dir = canonical(git_dir, Part::GitDirectory)?;
    require_beneath(&git_dir, &root, Part::GitDirectory)?;
    let mut survey = Survey::new();
    let directory = open_directory(&git_dir, Part::GitDirectory)?;
    require(directory.as_fd(), "HEAD", Part::Head)?;
    survey.git_directory(directory.as_fd())?;
    if is_redirected(directory.as_fd(), &git_dir, &root)? {
        let common = open_directory(&root, Part::CommonDirectory)?;
        survey.git_directory(common.as_fd())?;
        refuse_pointers(common.as_fd())?;
        check_store(&mut survey, common.as_fd(), &root, &root)
    } else {
        check_store(&mut survey, directory.as_fd(), &git_dir, &root)
    }
}

/// Tells whether `git_dir` is a linked worktree's and shares the objects and references of `root`; refuses any other
/// redirection.
fn is_redirected(directory: BorrowedFd<'_>, git_dir: &Path, root: &Path) -> Result<bool, LayoutError> {
    let part = Part::CommonDirectory;
    if git_dir.parent() != Some(&root.join("worktrees")) {
        return refuse_pointers(directory).map(|()| false);
    }
    let Some(content) = pointer::read(directory, "commondir", part)? else {
        return Err(LayoutError::Missing { part });
    };
    let common = pointer::resolve(&content, git_dir, part)?;
    require_beneath(&common, root, part)?;
    if common == root { Ok(true) } else { Err(LayoutError::Redirected { part }) }
}

/// Refuses `commondir` and `gitdir` where git itself puts neither.
fn refuse_pointers(directory: BorrowedFd<'_>) -> Result<(), LayoutError> {
    for (name, part) in [("commondir", Part::CommonDirectory), ("gitdir", Part::WorkTreePointer)] {
        if pointer::read(directory, name, part)?.is_some() {
            return Err(LayoutError::Redirected { part });
        }
    }
    Ok(())
}

/// Checks that objects and references are there, and follows the alternates.
fn check_store(
    survey: &mut Survey,
    directory: BorrowedFd<'_>,
    path: &Path,
    root: &Path,
) -> Result<(), LayoutError> {
    require(directory, "refs", Part::References)?;
    require(directory, "objects", Part::Objects)?;
    let mut seen = vec![path.join("objects")];
    let mut next = 0;
    while let Some(objects) = seen.get(next).cloned() {
        next += 1;
        let opened = open_directory(&objects, Part::Objects)?;
        // The repository's own objects have been walked with the rest of it.
        if next > 1 {
            survey.directory(opened.as_fd(), Part::Alternates, 1)?;
        }
        let Some(content) = pointer::read(opened.as_fd(), "info/alternates", Part::Alternates)? else {
            continue;
        };
        for alternate in pointer::resolve_alternates(&content, &objects)? {
            require_beneath(&alternate, root, Part::Alternates)?;
            if !seen.contains(&alternate) {
                seen.push(alternate);
            }
        }
        if seen.len() > MAX_ALTERNATES {
            return Err(LayoutError::TooLarge { part: Part::Alternates });
        }
    }
    Ok(())
}

fn require(directory: BorrowedFd<'_>, name: &str, part: Part) -> Result<(), LayoutError> {
    match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(()),
        Err(Errno::NOENT) => Err(LayoutError::Missing { part }),
        Err(errno) => Err(unavailable(part, errno.into())),
    }
}

fn require_beneath(path: &Path, root: &Path, part: Part) -> Result<(), LayoutError> {
    if path.starts_with(root) { Ok(()) } else { Err(LayoutError::Outside { part }) }
}

/// Returns the path of the work tree that a linked worktree's git directory belongs to, if it names one.
pub(crate) fn work_tree_of(git_dir: &Path) -> Result<Option<PathBuf>, LayoutError> {
    let part = Part::WorkTreePointer;
    let directory = open_directory(git_dir, Part::GitDirectory)?;
    let Some(content) = pointer::read(directory.as_fd(), "gitdir", part)? else {
        return Ok(None);
    };
    pointer::resolve(&content, git_dir, part).map(|file| file.parent().map(Path::to_owned))
}

/// Returns the directory with the objects and references that the git directory of a linked worktree shares, if it names one.
pub(crate) fn common_of(git_dir: &Path) -> Result<Option<PathBuf>, LayoutError> {
    let part = Part::CommonDirectory;
    let directory = open_directory(git_dir, Part::GitDirectory)?;
    let Some(content) = pointer::read(directory.as_fd(), "commondir", part)? else {
        return Ok(None);
    };
    pointer::resolve(&content, git_dir, part).map(Some)
}

fn canonical(path: &Path, part: Part) -> Result<PathBuf, LayoutError> {
    crate::beneath::canonical(path).map_err(|source| unavailable(part, source))
}

fn unavailable(part: Part, source: std::io::Error) -> LayoutError {
    LayoutError::Unavailable { part, source }
}
