//! The directory of worktrees on the disk: one directory each, `tree` with the files, `git` with what git keeps of them, and
//! `record.json`. It belongs to the gateway alone; a worktree appears and goes by one rename, so that none is ever half there.
#![expect(clippy::disallowed_methods, reason = "the gateway's own state directory, never a repository path")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use gitoma_core::{ExecContext, ToolError};
use gix::ObjectId;
use jiff::Timestamp;

use super::Record;
use super::lock::{self, Lock};
use crate::object::unavailable;
use crate::place::BranchName;

/// How old what is being made must be to be taken for left behind.
const ABANDONED: Duration = Duration::from_hours(1);
/// The longest record, in bytes.
const RECORD_BYTES: u64 = 16 * 1024;
/// What directories that are being made, or removed, begin with.
const UNSETTLED: &str = ".unsettled-";
/// How many entries are counted for the size of one worktree.
const MAX_COUNTED: usize = 1_000_000;
/// Where a commit that has begun is noted, beside the head.
const INTENT: &str = "GITOMA_COMMIT";

#[derive(Debug)]
pub(super) struct Store {
    root: PathBuf,
}

impl Store {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where the worktree for `branch` of `repo` is, or would be: under the hash of both, which no name can leave.
    pub(super) fn place(&self, repo: &str, branch: &BranchName) -> PathBuf {
        let mut name = Vec::with_capacity(repo.len() + 1 + branch.as_str().len());
        name.extend_from_slice(repo.as_bytes());
        name.push(0);
        name.extend_from_slice(branch.as_str().as_bytes());
        let hash = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, &name);
        // A hash that sees an attack on itself fails; such a name has no place.
        self.root.join(hash.map_or_else(|_| "none".to_owned(), |hash| hash.to_string()))
    }

    /// Waits until no other gateway puts a worktree in its place.
    pub(super) fn lock(&self, context: &ExecContext) -> Result<Lock, ToolError> {
        lock::wait(&self.root, context)
    }

    /// A new directory to make a worktree in.
    pub(super) fn draft(&self) -> Result<Draft, ToolError> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.root)
            .map_err(unavailable("worktree"))?;
        let path = self.unsettled();
        std::fs::DirBuilder::new().mode(0o700).create(&path).map_err(unavailable("worktree"))?;
        Ok(Draft { path: Some(path) })
    }

    fn unsettled(&self) -> PathBuf {
        self.root.join(format!("{UNSETTLED}{}", gitoma_core::CallId::mint()))
    }

    pub(super) fn read(&self, place: &Path) -> Result<Option<Record>, ToolError> {
        let file = match std::fs::File::open(place.join("record.json")) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unavailable("worktree")(error)),
        };
        let record = serde_json::from_reader(std::io::Read::take(file, RECORD_BYTES));
        record.map(Some).map_err(|_error| damaged())
    }

    pub(super) fn write(&self, place: &Path, record: &Record) -> Result<(), ToolError> {
        let text = serde_json::to_vec_pretty(record).map_err(unavailable("worktree"))?;
        put(place, "record.json", &text)
    }

    /// Notes the commit that the files stand on.
    pub(super) fn head(&self, place: &Path, commit: ObjectId) -> Result<(), ToolError> {
        put(&place.join("git"), "HEAD", format!("{commit}\n").as_bytes())
    }

    /// Every worktree with its record. What cannot be read is left out: it is the sweep's to judge. So is what is being made or removed.
    pub(super) fn all(&self) -> Result<Vec<(PathBuf, Record)>, ToolError> {
        let mut found = Vec::new();
        for path in
            self.entries().map_err(unavailable("worktree"))?.into_iter().filter(|path| !is_unsettled(path))
        {
            if let Ok(Some(record)) = self.read(&path) {
                found.push((path, record));
            }
        }
        Ok(found)
    }

    fn entries(&self) -> std::io::Result<Vec<PathBuf>> {
        match std::fs::read_dir(&self.root) {
            Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// What is over: worktrees, and what an interrupted call left behind. Where a record cannot be read nobody can say when it is over or
    /// whose it is; it is taken for over after `lifetime`.
    pub(super) fn over(&self, now: Timestamp, lifetime: Duration) -> Vec<Over> {
        let mut over = Vec::new();
        for path in self.entries().unwrap_or_default() {
            let unsettled = is_unsettled(&path);
            let is_over = match self.read(&path) {
                _ if unsettled => is_older(&path, ABANDONED),
                Ok(Some(record)) => !record.is_alive(now),
                Ok(None) => is_older(&path, lifetime),
                Err(_) => is_older(&path.join("record.json"), lifetime),
            };
            if is_over {
                over.push(Over { path, unsettled });
            }
        }
        over
    }

    /// Takes a worktree from its place at once, if it is one that `is_meant`.
    ///
    /// # Errors
    /// [`ToolError::NotFound`] if there is none, or another one.
    pub(super) fn take(
        &self,
        place: &Path,
        is_meant: impl FnOnce(Option<&Record>) -> bool,
    ) -> Result<Taken, ToolError> {
        let path = self.unsettled();
        match std::fs::rename(place, &path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(super::ABSENT),
            Err(error) => return Err(unavailable("worktree")(error)),
        }
        // Only what was moved away is certain to be what goes: another gateway may have put another one there.
        let taken = self.taken(path);
        if !is_meant(taken.record.as_ref()) {
            // Should a third have come meanwhile, this one stays aside until the sweep; it is nobody's.
            std::fs::rename(&taken.path, place).map_err(unavailable("worktree"))?;
            return Err(super::ABSENT);
        }
        Ok(taken)
    }

    /// What lies aside at `path`.
    pub(super) fn taken(&self, path: PathBuf) -> Taken {
        let record = self.read(&path).ok().flatten();
        Taken { path, record }
    }

    /// Notes that the worktree at `place`, which stands on `parent`, is about to be committed as `tree`.
    pub(super) fn intend(&self, place: &Path, parent: ObjectId, tree: ObjectId) -> Result<(), ToolError> {
        put(&place.join("git"), INTENT, format!("{parent} {tree}\n").as_bytes())
    }

    /// The commit that was begun last and did not come to its end: its parent and its tree.
    pub(super) fn intent(&self, place: &Path) -> Result<Option<(ObjectId, ObjectId)>, ToolError> {
        let file = match std::fs::File::open(place.join("git").join(INTENT)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unavailable("worktree")(error)),
        };
        let mut text = String::new();
        std::io::Read::take(file, RECORD_BYTES).read_to_string(&mut text).map_err(unavailable("worktree"))?;
        let mut ids = text.split_whitespace().map(|id| ObjectId::from_hex(id.as_bytes()).ok());
        Ok(ids.next().flatten().zip(ids.next().flatten()))
    }

    /// Notes that nothing is left to do.
    pub(super) fn forget_intent(&self, place: &Path) -> Result<(), ToolError> {
        match std::fs::remove_file(place.join("git").join(INTENT)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(unavailable("worktree")(error)),
            _ => Ok(()),
        }
    }
}

/// A directory whose time is over.
#[derive(Debug)]
pub(super) struct Over {
    pub(super) path: PathBuf,
    /// Whether it is no worktree any more, or not yet one.
    pub(super) unsettled: bool,
}

/// A worktree that was taken from its place, and is nobody's any more.
#[derive(Debug)]
pub(super) struct Taken {
    path: PathBuf,
    pub(super) record: Option<Record>,
}

impl Taken {
    /// Removes its files. What is left of them the next sweep removes.
    pub(super) fn remove(self) {
        // The record last: it says which reference goes with the files.
        for part in ["tree", "git"] {
            let _ = std::fs::remove_dir_all(self.path.join(part));
        }
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// A worktree that is being made. Unless it is settled it goes again.
#[derive(Debug)]
pub(super) struct Draft {
    path: Option<PathBuf>,
}

impl Draft {
    pub(super) fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(""))
    }

    /// Makes the private directory of git's metadata, which shares the objects of `common`.
    pub(super) fn git(&self, common: &Path, commit: ObjectId) -> Result<PathBuf, ToolError> {
        let git = self.path().join("git");
        std::fs::DirBuilder::new().mode(0o700).create(&git).map_err(unavailable("worktree"))?;
        let mut pointer = common.as_os_str().as_encoded_bytes().to_vec();
        pointer.push(b'\n');
        put(&git, "commondir", &pointer)?;
        // The engine takes a directory for one of a worktree only if it also points back.
        put(&git, "gitdir", b"../tree/.git\n")?;
        put(&git, "HEAD", format!("{commit}\n").as_bytes())?;
        Ok(git)
    }

    /// Puts it in its place.
    pub(super) fn settle(mut self, place: &Path) -> Result<(), ToolError> {
        std::fs::rename(self.path(), place).map_err(|error| match error.kind() {
            ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists => taken(),
            _ => unavailable("worktree")(error),
        })?;
        self.path = None;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Left behind, it is removed by a later sweep.
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

pub(super) fn taken() -> ToolError {
    ToolError::Conflict {
        reason: "there is a worktree for this branch already; work in it, or choose another branch".into(),
    }
}

/// The refusal where a directory is there and nobody can say whose it is.
pub(super) fn damaged() -> ToolError {
    ToolError::Conflict {
        reason: "there is a worktree for this branch whose record cannot be read; choose another branch. It goes by itself once it is as \
                 old as worktrees get, or when the operator removes its directory"
            .into(),
    }
}

/// Writes a file of the state directory, whole or not at all.
pub(super) fn put(directory: &Path, name: &str, content: &[u8]) -> Result<(), ToolError> {
    let temporary = directory.join(format!("{name}.{}", gitoma_core::CallId::mint()));
    let written = (|| {
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&temporary, directory.join(name))
    })();
    written.map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        unavailable("worktree")(error)
    })
}

/// Whether `path` is that of a worktree that is being made or removed.
fn is_unsettled(path: &Path) -> bool {
    let name = path.file_name().map(std::ffi::OsStr::as_encoded_bytes).unwrap_or_default();
    name.starts_with(UNSETTLED.as_bytes())
}

fn is_older(path: &Path, age: Duration) -> bool {
    let modified = std::fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| SystemTime::now().duration_since(modified).is_ok_and(|passed| passed > age))
}

/// The bytes of the files beneath `directory`; links are not followed.
pub(super) fn size(directory: &Path) -> u64 {
    let (mut bytes, mut left) = (0_u64, MAX_COUNTED);
    let mut waiting = vec![directory.to_owned()];
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let Some(fewer) = left.checked_sub(1) else { return bytes };
            left = fewer;
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                waiting.push(entry.path());
            } else {
                bytes = bytes.saturating_add(metadata.len());
            }
        }
    }
    bytes
}
