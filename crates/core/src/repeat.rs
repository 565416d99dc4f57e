//! Calls that are repeated because their answer was lost (GIT-6). The first call under an [`IdempotencyKey`] leaves a file before its
//! effect and its answer in it afterwards; a repetition is given that answer, also by another process and after a restart. Nothing that
//! is carried out once is carried out again.
#![expect(clippy::disallowed_methods, reason = "the gateway's own state directory, never a repository path")]

use std::collections::HashMap;
use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::approval::CallHash;
use crate::call::CallId;
use crate::idempotency::IdempotencyKey;

mod file;
mod found;
mod step;
#[cfg(test)]
mod tests;

use file::{add, lock, read, remove, replace};
pub(crate) use found::Found;
pub(crate) use step::{Repetition, look, settle};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_hours(24);
/// How often what is older is looked for.
const TIDIED: Duration = Duration::from_hours(1);
/// The longest answer that is kept, in bytes.
const LONGEST: usize = 512 * 1024;
/// How many bytes of answers are kept for one principal.
const ROOM: u64 = 16 * 1024 * 1024;

/// The directory of answers.
#[derive(Debug)]
pub(crate) struct Repeats {
    directory: PathBuf,
    ledger: Arc<Mutex<Ledger>>,
}

/// What the answers of each principal take.
#[derive(Debug)]
struct Ledger {
    /// When the directory was last looked through.
    tidied: SystemTime,
    /// In bytes, by the beginning that the names of a principal's files share.
    taken: HashMap<String, u64>,
}

impl Ledger {
    /// Counts an answer of `bytes`, unless its principal's room is full.
    fn take(&mut self, path: &Path, bytes: usize) -> bool {
        let Some(owner) = owner(path) else { return false };
        let taken = self.taken.entry(owner.to_owned()).or_default();
        let now = taken.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if now > ROOM {
            return false;
        }
        *taken = now;
        true
    }
}

/// What is known of a call under its key.
#[derive(Debug)]
pub(crate) enum Claim {
    /// It is the first; it holds the key until it is answered.
    First(Box<Claimed>),
    /// It was carried out, and this was the answer.
    Answered(Box<Answer>),
    /// It was carried out; its answer was not kept.
    CarriedOut,
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
    /// What was judged while the call ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) found: Vec<Found>,
}

/// What stands in a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The call as its caller made it.
    call: CallHash,
    /// The id of the first call.
    call_id: String,
    /// Whether it was carried out and answered.
    #[serde(default)]
    answered: bool,
    /// The answer, if there was room for it.
    answer: Option<Answer>,
}

/// A key that is held by the first call under it. Dropped without a word, it is free again.
#[derive(Debug)]
pub(crate) struct Claimed {
    path: PathBuf,
    kept: Kept,
    ledger: Arc<Mutex<Ledger>>,
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
        let ledger = Ledger { tidied: SystemTime::UNIX_EPOCH, taken: HashMap::new() };
        Ok(Self { directory: directory.to_owned(), ledger: Arc::new(Mutex::new(ledger)) })
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
            let kept = Kept { call, call_id: call_id.to_string(), answered: false, answer: None };
            match add(&path, &kept) {
                Ok(()) => {
                    let ledger = Arc::clone(&self.ledger);
                    return Ok(Claim::First(Box::new(Claimed { path, kept, ledger, held: true })));
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            let Some((found, modified)) = read(&path)? else { continue };
            if is_old(modified, now) {
                self.remove_old(&path, now)?;
                continue;
            }
            return Ok(match found {
                Some(found) if found.call != call => Claim::Other,
                Some(Kept { answer: Some(answer), .. }) => Claim::Answered(Box::new(answer)),
                Some(Kept { answered: true, .. }) => Claim::CarriedOut,
                // What cannot be read was written by nobody we know.
                Some(_) | None => Claim::Unsettled,
            });
        }
        Ok(Claim::Unsettled)
    }

    /// Removes a file that is too old, unless somebody else has and the key is taken anew: under a lock, so that of two who found it old
    /// the second does not take away what the first has put in its place.
    fn remove_old(&self, path: &Path, now: SystemTime) -> std::io::Result<()> {
        let _lock = lock(&self.directory)?;
        match read(path)? {
            Some((_, modified)) if is_old(modified, now) => remove(path),
            _ => Ok(()),
        }
    }

    /// Takes away what is too old, now and then, and counts the rest.
    fn tidy(&self, now: SystemTime) {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(ledger.tidied).is_ok_and(|passed| passed < TIDIED) {
            return;
        }
        ledger.tidied = now;
        ledger.taken.clear();
        let entries = std::fs::read_dir(&self.directory);
        for entry in entries.into_iter().flatten().flatten() {
            let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else { continue };
            if metadata.modified().is_ok_and(|time| is_old(time, now)) {
                // What cannot be removed is tried again in an hour.
                let _ = self.remove_old(&path, now);
            } else if let Some(owner) = owner(&path) {
                let taken = ledger.taken.entry(owner.to_owned()).or_default();
                *taken = taken.saturating_add(metadata.len());
            }
        }
    }
}

impl Claimed {
    /// Keeps the answer, for whoever repeats the call; of one that is too long, or for which there is no room, only that it was given.
    pub(crate) fn answer(mut self, answer: Answer) -> std::io::Result<()> {
        self.held = false;
        let size = serde_json::to_vec(&answer).map_or(usize::MAX, |json| json.len());
        let has_room = || self.ledger.lock().unwrap_or_else(PoisonError::into_inner).take(&self.path, size);
        let answer = (size <= LONGEST && has_room()).then_some(answer);
        let kept = Kept { call: self.kept.call, call_id: self.kept.call_id.clone(), answered: true, answer };
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

/// How many characters of a file's name stand for its owner.
const OWNER: usize = 16;

/// The file of a key: a hash of its owner, and one of owner, tool and text, so that no text of a caller becomes a name.
fn name(principal: &str, tool: &str, key: &IdempotencyKey) -> String {
    let hash = |parts: &[&str]| {
        let mut hash = Sha256::new_with_prefix(b"gitoma repeat v1\0");
        for part in parts {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hex::encode(hash.finalize())
    };
    let (owner, call) = (hash(&[principal]), hash(&[principal, tool, key.as_str()]));
    format!("{}-{call}", owner.get(..OWNER).unwrap_or_default())
}

/// The part of a file's name that stands for its owner.
fn owner(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()?.get(..OWNER)
}

fn is_old(modified: SystemTime, now: SystemTime) -> bool {
    now.duration_since(modified).is_ok_and(|age| age > KEPT)
}
