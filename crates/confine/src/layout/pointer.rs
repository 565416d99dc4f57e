//! The small files of a git directory whose content is a path: `commondir`, `gitdir`, `alternates`.
//!
//! Holds how they are read and resolved, as the git engine would. Whether the place is allowed is the caller's question.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, OFlags};

use super::{LayoutError, Part};
use crate::opener::open_component;
use crate::root::{OpenError, read_capped};

/// The most bytes in a file that holds paths.
const MAX_BYTES: u64 = 64 * 1024;

/// Reads such a file in an open directory; nothing if it is not there.
pub(super) fn read(
    directory: BorrowedFd<'_>,
    name: &str,
    part: Part,
) -> Result<Option<Vec<u8>>, LayoutError> {
    read_within(directory, name, part, MAX_BYTES)
}

/// As [`read`], of a file that may hold so many bytes.
pub(super) fn read_within(
    directory: BorrowedFd<'_>,
    name: &str,
    part: Part,
    max_bytes: u64,
) -> Result<Option<Vec<u8>>, LayoutError> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = match open_component(directory, name, flags) {
        Ok(opened) => opened,
        Err(OpenError::NotFound) => return Ok(None),
        Err(OpenError::LinkRefused) => return Err(LayoutError::Link { part }),
        Err(OpenError::Unavailable(source)) => return Err(LayoutError::Unavailable { part, source }),
        Err(_) => return Err(LayoutError::Special { part }),
    };
    let unavailable = |source| LayoutError::Unavailable { part, source };
    let stat = rustix::fs::fstat(&opened).map_err(|errno| unavailable(errno.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(LayoutError::Special { part });
    }
    let content = read_capped(File::from(opened), 0, max_bytes).map_err(unavailable)?;
    if content.truncated { Err(LayoutError::Malformed { part }) } else { Ok(Some(content.bytes)) }
}

/// Resolves the one path that `content` holds, seen from `base`; its directory must exist.
pub(super) fn resolve(content: &[u8], base: &Path, part: Part) -> Result<PathBuf, LayoutError> {
    let text = content.trim_ascii_end();
    if text.is_empty() || text.contains(&0) || text.contains(&b'\n') {
        return Err(LayoutError::Malformed { part });
    }
    crate::beneath::canonical(&base.join(OsStr::from_bytes(text)))
        .map_err(|source| LayoutError::Unavailable { part, source })
}

/// Resolves each object directory that an alternates file names, seen from the object directory that holds it.
///
/// A quoted line is refused: what the engine makes of its escapes could differ from what was judged here.
pub(super) fn resolve_alternates(content: &[u8], objects: &Path) -> Result<Vec<PathBuf>, LayoutError> {
    content
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .map(|line| {
            if line.starts_with(b"\"") || line.ends_with(b" ") || line.ends_with(b"\r") {
                return Err(LayoutError::Malformed { part: Part::Alternates });
            }
            resolve(line, objects, Part::Alternates)
        })
        .collect()
}
