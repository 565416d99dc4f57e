//! What the operator decides about writes beside policy: where worktrees live and for how long, and what commits say of their author.

use std::path::PathBuf;
use std::time::Duration;

/// What the operator decides about writes beside policy. `Default` permits none into checked-out trees, and has no place for worktrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteSettings {
    /// The directory of disposable worktrees, which belongs to the gateway alone.
    pub worktrees: PathBuf,
    /// Whether file tools may change the tree that is checked out in a repository itself, and not only worktrees made for the purpose.
    pub direct: bool,
    /// How long a worktree lives.
    pub lifetime: Duration,
    /// How many worktrees one principal may have at once.
    pub per_principal: usize,
    /// How many bytes of files the worktrees of one principal may hold together.
    pub bytes: u64,
    /// The host of the mail addresses that commits name: `PRINCIPAL@HOST`.
    pub mail_host: String,
}

impl Default for WriteSettings {
    fn default() -> Self {
        Self {
            worktrees: PathBuf::new(),
            direct: false,
            lifetime: Duration::from_hours(72),
            per_principal: 8,
            bytes: 4 * 1024 * 1024 * 1024,
            mail_host: "gitoma.invalid".to_owned(),
        }
    }
}
