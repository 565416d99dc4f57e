//! Which branches the work trees of a repository have in use, as git's own files say.
//!
//! Holds what git asks before it moves a branch by force: what each work tree has checked out, and what a rebase or a bisection
//! there came from or will move at its end. It follows no link and reads no configuration.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{Dir, FileType, OFlags};

use super::survey::open_directory;
use super::{LayoutError, Part, pointer, unavailable};
use crate::git_dir::GitDir;
use crate::opener::open_component;
use crate::root::OpenError;

/// The most linked work trees that are looked at.
const MAX_WORK_TREES: usize = 10_000;

/// The most bytes of the list of branches that a rebase moves at its end: some thousand of them.
const MAX_MOVED_BYTES: u64 = 1024 * 1024;

/// Lists the full names of the branches that some work tree has in use: the main one, unless `main_is_bare`, and each linked one.
///
/// A branch that is not born yet counts. A name that only stands for another branch is listed as it is.
///
/// # Errors
/// [`LayoutError`] where a file that says so is a link, no file, too large, or cannot be read.
pub fn branches_in_use(git_dir: &GitDir, main_is_bare: bool) -> Result<BTreeSet<String>, LayoutError> {
    let mut names = BTreeSet::new();
    let common = open_directory(git_dir.common(), Part::GitDirectory)?;
    if !main_is_bare {
        work_tree(common.as_fd(), &mut names)?;
    }
    let Some(linked) = enter(common.as_fd(), "worktrees", Part::Worktrees)? else {
        return Ok(names);
    };
    let part = Part::Worktrees;
    let refused = |errno: rustix::io::Errno| unavailable(part, errno.into());
    for (count, entry) in Dir::read_from(&linked).map_err(refused)?.enumerate() {
        let entry = entry.map_err(refused)?;
        if matches!(entry.file_name().to_bytes(), b"." | b"..") || entry.file_type() == FileType::RegularFile
        {
            continue;
        }
        if count > MAX_WORK_TREES {
            return Err(LayoutError::TooLarge { part });
        }
        // By its bytes: git names it after the work tree, whose name need be no text.
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if let Some(directory) = enter(linked.as_fd(), name, part)? {
            work_tree(directory.as_fd(), &mut names)?;
        }
    }
    Ok(names)
}

/// What one work tree has in use; `directory` is the one that git keeps of it.
fn work_tree(directory: BorrowedFd<'_>, names: &mut BTreeSet<String>) -> Result<(), LayoutError> {
    if let Some(head) = line(directory, "HEAD", Part::Head)? {
        names.extend(head.strip_prefix("ref:").map(|name| full(name.trim_start())));
    }
    if let Some(start) = line(directory, "BISECT_START", Part::Head)? {
        names.insert(full(&start));
    }
    let part = Part::GitDirectory;
    for rebase in ["rebase-merge", "rebase-apply"] {
        let Some(rebase) = enter(directory, rebase, part)? else { continue };
        names.extend(line(rebase.as_fd(), "head-name", part)?.map(|name| full(&name)));
        // Branches that are moved once the rebase is done: a name and two ids, each on a line.
        let moved =
            pointer::read_within(rebase.as_fd(), "update-refs", part, MAX_MOVED_BYTES)?.unwrap_or_default();
        let lines = moved.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
        names.extend(lines.filter(|line| line.starts_with("refs/")).map(str::to_owned));
    }
    Ok(())
}

/// The full name of what git's files call a branch, with or without `refs/heads/`. An id is called so too, and is no branch that
/// anybody could name.
fn full(name: &str) -> String {
    if name.starts_with("refs/") { name.to_owned() } else { format!("refs/heads/{name}") }
}

/// The one line that a file holds; nothing if it is not there.
fn line(directory: BorrowedFd<'_>, name: &str, part: Part) -> Result<Option<String>, LayoutError> {
    let content = pointer::read(directory, name, part)?;
    Ok(content.and_then(|content| String::from_utf8(content.trim_ascii_end().to_vec()).ok()))
}

/// Opens a directory in another; nothing if it is not there, or is no directory.
fn enter(
    directory: BorrowedFd<'_>,
    name: impl AsRef<OsStr>,
    part: Part,
) -> Result<Option<std::os::fd::OwnedFd>, LayoutError> {
    match open_component(directory, name, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::DIRECTORY) {
        Ok(opened) => Ok(Some(opened)),
        Err(OpenError::NotFound | OpenError::NotADirectory) => Ok(None),
        Err(OpenError::LinkRefused) => Err(LayoutError::Link { part }),
        Err(OpenError::Unavailable(source)) => Err(unavailable(part, source)),
        Err(_) => Err(LayoutError::Special { part }),
    }
}
