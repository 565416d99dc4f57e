//! What the operator decides about writes beside policy: where worktrees live and for how long, what commits say of their author, and
//! where branches may be pushed to.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::push::PushTarget;

/// What the operator decides about writes beside policy. `Default` permits none into checked-out trees, and has no place for worktrees.
#[derive(Debug, Clone)]
pub struct WriteSettings {
    /// The directory of disposable worktrees, which belongs to the gateway alone.
    pub worktrees: PathBuf,
    /// The directory of what pushes need, which belongs to the gateway alone.
    pub push: PathBuf,
    /// Where branches may be pushed to, by the alias of their repository; a repository that is not here is never pushed.
    pub targets: BTreeMap<String, PushTarget>,
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
            push: PathBuf::new(),
            targets: BTreeMap::new(),
            direct: false,
            lifetime: Duration::from_hours(72),
            per_principal: 8,
            bytes: 4 * 1024 * 1024 * 1024,
            mail_host: "gitoma.invalid".to_owned(),
        }
    }
}
