//! What the gateway keeps of a worktree beside its files.

use gix::ObjectId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What the gateway keeps of a worktree beside its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    /// The alias of its repository.
    pub(crate) repo: String,
    /// Where that has its objects and references, under whichever alias some gateway serves it; of records of old nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) home: Option<String>,
    /// The branch that its commits go onto.
    pub(crate) branch: String,
    /// The commit whose files it began with.
    pub(crate) base: String,
    /// Who may work in it.
    pub(crate) principal: String,
    /// When it was made; tells one from a later one for the same branch.
    pub(crate) made: Timestamp,
    /// How long it lives after it was last used.
    pub(crate) lifetime_seconds: u64,
    /// When it was last written to.
    pub(crate) used: Timestamp,
}

impl Record {
    /// When its time is over.
    pub(crate) fn expires(&self) -> Timestamp {
        let lifetime = i64::try_from(self.lifetime_seconds).unwrap_or(i64::MAX);
        self.used.checked_add(SignedDuration::from_secs(lifetime)).unwrap_or(Timestamp::MAX)
    }

    /// Whether nothing was committed: the worktree stands on what it began with.
    pub(crate) fn is_base(&self, commit: ObjectId) -> bool {
        ObjectId::from_hex(self.base.as_bytes()).is_ok_and(|base| base == commit)
    }

    /// Whether it is for `branch` of the repository that has its objects and references at `home`.
    pub(crate) fn is_for(&self, home: &str, branch: &str) -> bool {
        self.branch == branch && self.home.as_deref() == Some(home)
    }

    pub(crate) fn is_alive(&self, now: Timestamp) -> bool {
        now < self.expires()
    }
}
