//! Calls that are repeated because their answer was lost (GIT-6). The first call under an [`IdempotencyKey`] leaves a file before its
//! effect and its answer in it afterwards; a repetition is given that answer, also by another process and after a restart. Nothing that
//! is carried out once is carried out again.
#![expect(clippy::disallowed_methods, reason = "the gateway's own state directory, never a repository path")]

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::approval::CallHash;
use crate::call::CallId;
use crate::idempotency::IdempotencyKey;

mod step;
#[cfg(test)]
mod tests;

pub(crate) use step::{Repetition, look, settle};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_hours(24);
/// How often what is older is looked for.
const TIDIED: Duration = Duration::from_hours(1);
/// The longest answer that is kept, in bytes.
const LONGEST: usize = 512 * 1024;
/// What a file holds beside the answer, at most.
const FRAME: u64 = 4 * 1024;

/// The directory of answers.
#[derive(Debug)]
pub(crate) struct Repeats {
    directory: PathBuf,
    tidied: std::sync::Mutex<SystemTime>,
}

/// What is known of a call under its key.
#[derive(Debug)]
pub(crate) enum Claim {
    /// It is the first; it holds the key until it is answered.
    First(Claimed),
    /// It was carried out, and this was the answer.
    Answered(Box<Answer>),
    /// Another call was made under the key.
    Other,
    /// A call under the key is running, or was cut off: whether it took effect is not known.
    Unsettled,
}

/// The answer to a call that was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    pub(crate) result: Value,
    pub(crate) redactions: u64,
    pub(crate) hidden: u64,
    pub(crate) elided: u64,
    pub(crate) truncated: bool,
}

/// What stands in a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The call as its caller made it.
    call: CallHash,
    /// The id of the first call.
    call_id: String,
    /// Its answer, once it was carried out.
    answer: Option<Answer>,
}

/// A key that is held by the first call under it. Dropped without a word, it is free again.
#[derive(Debug)]
pub(crate) struct Claimed {
    path: PathBuf,
    kept: Kept,
    held: bool,
}

impl Repeats {
    /// Opens `directory`, making it (mode 0700) if it is not there.
    pub(crate) fn open(directory: &Path) -> std::io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let metadata = std::fs::symlink_metadata(directory)?;
        if !metadata.is_dir() || metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(std::io::Error::new(ErrorKind::InvalidInput, "no directory of our own"));
        }
        Ok(Self { directory: directory.to_owned(), tidied: std::sync::Mutex::new(SystemTime::UNIX_EPOCH) })
    }

    /// Takes the key for the call, or says what became of an earlier one under it.
    pub(crate) fn claim(
        &self,
        principal: &str,
        tool: &str,
        key: &IdempotencyKey,
        call: CallHash,
        call_id: CallId,
    ) -> std::io::Result<Claim> {
        let now = SystemTime::now();
        self.tidy(now);
        let path = self.directory.join(name(principal, tool, key));
        // Twice: what is found may be too old to count, and then it goes.
        for _ in 0..2 {
            let kept = Kept { call, call_id: call_id.to_string(), answer: None };
            match add(&path, &kept) {
                Ok(()) => return Ok(Claim::First(Claimed { path, kept, held: true })),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            let Some((found, modified)) = read(&path)? else { continue };
            if is_old(modified, now) {
                remove(&path)?;
                continue;
            }
            return Ok(match found {
                Some(found) if found.call != call => Claim::Other,
                Some(Kept { answer: Some(answer), .. }) => Claim::Answered(Box::new(answer)),
                // What cannot be read was written by nobody we know.
                Some(_) | None => Claim::Unsettled,
            });
        }
        Ok(Claim::Unsettled)
    }

    /// Takes away what is too old, now and then.
    fn tidy(&self, now: SystemTime) {
        {
            let mut tidied = self.tidied.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if now.duration_since(*tidied).is_ok_and(|passed| passed < TIDIED) {
                return;
            }
            *tidied = now;
        }
        let entries = std::fs::read_dir(&self.directory);
        for entry in entries.into_iter().flatten().flatten() {
            if entry.metadata().and_then(|metadata| metadata.modified()).is_ok_and(|time| is_old(time, now)) {
                // What cannot be removed is tried again in an hour.
                let _ = remove(&entry.path());
            }
        }
    }
}

impl Claimed {
    /// Keeps the answer, for whoever repeats the call. One that is too long is not kept: the call then stays unsettled.
    pub(crate) fn answer(mut self, answer: Answer) -> std::io::Result<()> {
        self.held = false;
        let size = serde_json::to_vec(&answer).map_or(usize::MAX, |json| json.len());
        if size > LONGEST {
            return Ok(());
        }
        let kept = Kept { call: self.kept.call, call_id: self.kept.call_id.clone(), answer: Some(answer) };
        replace(&self.path, &kept)
    }

    /// Leaves the key taken: the call took effect, or may have, and has no answer.
    pub(crate) fn leave(mut self) {
        self.held = false;
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        if self.held {
            // Left behind, it says "unsettled" for a day: nothing is carried out twice.
            let _ = remove(&self.path);
        }
    }
}

/// The file of a key: its owner, tool and text under one hash, so that no text of a caller becomes a name.
fn name(principal: &str, tool: &str, key: &IdempotencyKey) -> String {
    let mut hash = Sha256::new_with_prefix(b"gitoma repeat v1\0");
    for part in [principal, tool, key.as_str()] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

fn is_old(modified: SystemTime, now: SystemTime) -> bool {
    now.duration_since(modified).is_ok_and(|age| age > KEPT)
}

/// Makes the file with its content, unless there is one.
fn add(path: &Path, kept: &Kept) -> std::io::Result<()> {
    let temporary = write_beside(path, kept)?;
    let linked = std::fs::hard_link(&temporary, path);
    let removed = remove(&temporary);
    linked?;
    removed?;
    sync_directory(path)
}

fn replace(path: &Path, kept: &Kept) -> std::io::Result<()> {
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

fn sync_directory(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |directory| open(directory)?.sync_all())
}

fn open(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC).bits();
    OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)
}

/// What stands in the file, if it can be read, and when it was written; nothing if there is no file.
fn read(path: &Path) -> std::io::Result<Option<(Option<Kept>, SystemTime)>> {
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

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
