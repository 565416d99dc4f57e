//! The walk over those parts of a git directory that an engine reads, refusing every link and special file.
//!
//! Holds which names are read and how deep and far the walk goes. It reads no file; pointers are `pointer`'s.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, DirEntry, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::{LayoutError, Part};

/// The most directories below one part.
const MAX_DEPTH: usize = 64;
/// The most entries looked at in one git directory, its alternates included.
const MAX_ENTRIES: u32 = 2_000_000;

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

/// Counts the entries seen, over all directories of one check.
#[derive(Debug)]
pub(super) struct Survey {
    entries_left: u32,
}

impl Survey {
    pub(super) fn new() -> Self {
        Self { entries_left: MAX_ENTRIES }
    }

    /// Walks those entries of a git directory that an engine reads.
    pub(super) fn git_directory(&mut self, directory: BorrowedFd<'_>) -> Result<(), LayoutError> {
        for entry in self.entries(directory, Part::GitDirectory)? {
            if let Some(part) = part_of(entry.file_name().to_bytes()) {
                self.entry(directory, &entry, part, 1)?;
            }
        }
        Ok(())
    }

    /// Walks a directory whole.
    pub(super) fn directory(
        &mut self,
        directory: BorrowedFd<'_>,
        part: Part,
        depth: usize,
    ) -> Result<(), LayoutError> {
        if depth > MAX_DEPTH {
            return Err(LayoutError::TooLarge { part });
        }
        for entry in self.entries(directory, part)? {
            self.entry(directory, &entry, part, depth)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        directory: BorrowedFd<'_>,
        entry: &DirEntry,
        part: Part,
        depth: usize,
    ) -> Result<(), LayoutError> {
        let kind = match entry.file_type() {
            FileType::Unknown => {
                match rustix::fs::statat(directory, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                    Err(Errno::NOENT) => return Ok(()),
                    Err(errno) => return Err(unavailable(part, errno)),
                }
            }
            known => known,
        };
        match kind {
            FileType::RegularFile => Ok(()),
            FileType::Directory => {
                match rustix::fs::openat(directory, entry.file_name(), DIRECTORY, Mode::empty()) {
                    Ok(inner) => self.directory(inner.as_fd(), part, depth + 1),
                    // Git itself removes empty directories of references and objects at any time.
                    Err(Errno::NOENT) => Ok(()),
                    Err(errno) => Err(refused(part, errno)),
                }
            }
            FileType::Symlink => Err(LayoutError::Link { part }),
            _ => Err(LayoutError::Special { part }),
        }
    }

    /// Reads the names in a directory, without `.` and `..`.
    fn entries(&mut self, directory: BorrowedFd<'_>, part: Part) -> Result<Vec<DirEntry>, LayoutError> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(directory).map_err(|errno| unavailable(part, errno))? {
            let entry = entry.map_err(|errno| unavailable(part, errno))?;
            if matches!(entry.file_name().to_bytes(), b"." | b"..") {
                continue;
            }
            self.entries_left = self.entries_left.checked_sub(1).ok_or(LayoutError::TooLarge { part })?;
            entries.push(entry);
        }
        Ok(entries)
    }
}

/// Opens a directory by its canonical path; a link that took its place meanwhile is refused.
pub(super) fn open_directory(path: &Path, part: Part) -> Result<OwnedFd, LayoutError> {
    rustix::fs::openat(CWD, path, DIRECTORY, Mode::empty()).map_err(|errno| refused(part, errno))
}

/// Names the part that an entry of a git directory belongs to; nothing for what no reading engine opens, such as hooks,
/// the modules of other repositories, or a file system monitor's socket.
///
/// Names are compared folded, since a git directory may lie on a file system that ignores case and invisible characters.
fn part_of(name: &[u8]) -> Option<Part> {
    // Any name in capitals may be asked for as a reference of its own, like `ORIG_HEAD`.
    if name.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_') {
        return Some(Part::Head);
    }
    let name: String = std::str::from_utf8(name)
        .ok()?
        .chars()
        .filter(|character| !crate::path::is_forbidden(*character))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect();
    Some(match name.as_str() {
        "head" => Part::Head,
        "config" | "config.worktree" => Part::Config,
        "index" => Part::Index,
        "refs" | "packed-refs" | "reftable" => Part::References,
        "logs" => Part::ReferenceLogs,
        "objects" | "shallow" => Part::Objects,
        "info" => Part::Information,
        "worktrees" => Part::Worktrees,
        "commondir" => Part::CommonDirectory,
        "gitdir" => Part::WorkTreePointer,
        shared if shared.starts_with("sharedindex.") => Part::Index,
        _ => return None,
    })
}

fn refused(part: Part, errno: Errno) -> LayoutError {
    match errno {
        Errno::LOOP => LayoutError::Link { part },
        Errno::NOTDIR => LayoutError::Special { part },
        other => unavailable(part, other),
    }
}

fn unavailable(part: Part, errno: Errno) -> LayoutError {
    LayoutError::Unavailable { part, source: errno.into() }
}
