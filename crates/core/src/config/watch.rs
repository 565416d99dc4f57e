//! Follows the file of tokens while the gateway runs: a token that was made counts, and one that was revoked does not, within a second.
//! A file that does not hold leaves the principals as they were, and says so.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::gateway::Gateway;
use crate::principal::PrincipalConfig;
use crate::tokens::{TokenError, TokenFile};

/// How often the file is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// Where the principals of a gateway come from.
#[derive(Debug, Clone)]
pub(super) struct Principals {
    /// Those that are listed, or minted; clones share them.
    pub(super) listed: Arc<ArcSwap<Vec<PrincipalConfig>>>,
    /// The files that hold the tokens of those, by name.
    pub(super) files: Vec<(String, PathBuf)>,
    pub(super) tokens: TokenFile,
}

impl Principals {
    pub(super) fn new(tokens: TokenFile) -> Self {
        Self { listed: Arc::default(), files: Vec::new(), tokens }
    }

    /// Takes `principals` for those that are listed.
    pub(super) fn list(&self, principals: &[PrincipalConfig]) {
        self.listed.store(Arc::new(principals.to_vec()));
    }

    /// All of them, as of now.
    pub(super) fn gather(&self) -> Result<Vec<PrincipalConfig>, TokenError> {
        self.gather_with(self.listed.load().to_vec())
    }

    /// `principals`, and what the file of tokens adds to them.
    pub(super) fn gather_with(
        &self,
        mut principals: Vec<PrincipalConfig>,
    ) -> Result<Vec<PrincipalConfig>, TokenError> {
        self.tokens.add_to(&mut principals)?;
        Ok(principals)
    }

    /// Puts what the file says in force whenever it changes, until the gateway is gone. What it was like when it was read for the
    /// start is `seen`.
    pub(super) async fn follow(self, gateway: Gateway, mut seen: Option<Stamp>) {
        let path = self.tokens.path();
        let inner = Arc::downgrade(&gateway.inner);
        drop(gateway);
        loop {
            tokio::time::sleep(PERIOD).await;
            let Some(inner) = inner.upgrade() else { return };
            // Before it is read: what changes meanwhile is seen the next time.
            let stamp = Stamp::of(&path);
            if stamp == seen {
                continue;
            }
            let this = self.clone();
            let gathered = tokio::task::spawn_blocking(move || this.gather()).await;
            // What the file says wrong stays so until it changes; anything else may be otherwise the next time.
            if !matches!(gathered, Ok(Err(TokenError::File(_))) | Err(_)) {
                seen = stamp;
            }
            let replaced = match gathered {
                Ok(Ok(principals)) => {
                    Gateway { inner }.replace_principals(principals).await.map_err(|error| error.to_string())
                }
                Ok(Err(error)) => Err(error.to_string()),
                Err(_lost) => Err("an internal error".to_owned()),
            };
            if let Err(error) = replaced {
                tracing::error!(target: "gitoma::principals", error, "the tokens do not load; those before stay in force");
            }
        }
    }
}

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    bytes: u64,
    mode: u32,
    changed: (i64, i64),
}

impl Stamp {
    /// The state of the file; nothing if there is none.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::symlink_metadata(path).ok()?;
        Some(Self {
            inode: metadata.ino(),
            bytes: metadata.len(),
            mode: metadata.mode(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}
