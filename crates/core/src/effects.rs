//! [`Effects`]: what a write is about to do, as an approver sees it and as an approval is bound to it. A tool computes it twice, for
//! the preview and just before the effect; the digests must agree.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a write would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Effects {
    /// What is changed, in words: ``branch `agent/fix` of acme/web``.
    pub target: String,
    /// The object the change starts from, such as the commit a branch points at.
    pub base: Option<String>,
    /// The object the change leads to, such as the tree of the new commit.
    pub head: Option<String>,
    /// The text that goes with the change: the message of a commit.
    pub message: Option<String>,
    /// The files that change.
    pub files: Vec<FileEffect>,
    /// The change for people, as a unified diff without secrets; cut where it is long. `files` binds what it leaves out.
    pub diff: Option<String>,
}

/// What becomes of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FileEffect {
    /// Its path in the repository.
    pub path: String,
    /// What it was; nothing if it is new.
    pub old: Option<FileState>,
    /// What it becomes; nothing if it goes.
    pub new: Option<FileState>,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
}

/// One state of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FileState {
    /// Git's mode: `100644`, `100755`.
    pub mode: String,
    /// The id git gives the content, in hexadecimal.
    pub id: String,
    /// The size in bytes.
    pub bytes: u64,
}

impl Effects {
    /// The digest that an approval is bound to: SHA-256 over every field, each with its length before it.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let Self { target, base, head, message, files, diff } = self;
        let mut hash = Sha256::new_with_prefix(b"gitoma effects v1\0");
        text(&mut hash, Some(target));
        for part in [base, head, message, diff] {
            text(&mut hash, part.as_deref());
        }
        number(&mut hash, files.len());
        for FileEffect { path, old, new, added, removed } in files {
            text(&mut hash, Some(path));
            for state in [old, new] {
                let Some(FileState { mode, id, bytes }) = state else {
                    text(&mut hash, None);
                    continue;
                };
                text(&mut hash, Some(mode));
                text(&mut hash, Some(id));
                hash.update(bytes.to_be_bytes());
            }
            hash.update(added.to_be_bytes());
            hash.update(removed.to_be_bytes());
        }
        hash.finalize().into()
    }
}

/// A text that is there, even an empty one, is told apart from one that is not.
fn text(hash: &mut Sha256, part: Option<&str>) {
    match part {
        None => hash.update([0]),
        Some(part) => {
            hash.update([1]);
            number(hash, part.len());
            hash.update(part.as_bytes());
        }
    }
}

fn number(hash: &mut Sha256, number: usize) {
    hash.update(u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes());
}
