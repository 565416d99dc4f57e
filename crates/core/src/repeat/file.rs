//! The files of the directory: written whole and synced before they have their name, and read without following a link.
#![expect(clippy::disallowed_methods, reason = "the gateway's own state directory, never a repository path")]

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::OFlags;

use super::{Kept, LONGEST};
use crate::call::CallId;

/// What a file holds beside the answer, at most.
const FRAME: u64 = 4 * 1024;

/// Makes the file with its content, unless there is one.
pub(super) fn add(path: &Path, kept: &Kept) -> std::io::Result<()> {
    let temporary = write_beside(path, kept)?;
    let linked = std::fs::hard_link(&temporary, path);
    let removed = remove(&temporary);
    linked?;
    removed?;
    sync_directory(path)
}

pub(super) fn replace(path: &Path, kept: &Kept) -> std::io::Result<()> {
    let temporary = write_beside(path, kept)?;
    std::fs::rename(&temporary, path)?;
    sync_directory(path)
}

fn write_beside(path: &Path, kept: &Kept) -> std::io::Result<PathBuf> {
    let temporary = path.with_extension(format!("{}.tmp", CallId::mint()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(&serde_json::to_vec(kept)?)?;
    file.sync_all()?;
    Ok(temporary)
}

/// Waits until nobody else removes from the directory.
pub(super) fn lock(directory: &Path) -> std::io::Result<File> {
    let lock = open(directory)?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)?;
    Ok(lock)
}

fn sync_directory(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |directory| open(directory)?.sync_all())
}

fn open(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC).bits();
    OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)
}

/// What stands in the file, if it can be read, and when it was written; nothing if there is no file.
pub(super) fn read(path: &Path) -> std::io::Result<Option<(Option<Kept>, SystemTime)>> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let modified = file.metadata()?.modified()?;
    let limit = FRAME.saturating_add(u64::try_from(LONGEST).unwrap_or(u64::MAX));
    let mut text = Vec::new();
    file.take(limit).read_to_end(&mut text)?;
    Ok(Some((serde_json::from_slice(&text).ok(), modified)))
}

pub(super) fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
