//! What a running gateway takes up without a restart: its policy's file, and its principals with their tokens. The other settings are
//! those of the start.
//!
//! The policy is looked at, not waited for: four looks a second cost nothing that could be measured, see a file that was put in another's
//! place, a link that leads elsewhere by now and a file system that tells nobody, and need no library. What has changed is read once
//! two looks in a row agree, so that whoever writes in place may take breath.

use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::Duration;

use super::{ConfigError, Settings};
use crate::gateway::{Gateway, Inner};
use crate::policy_file::Stamp;
use crate::reload::ReloadError;

/// How often the policy's file is looked at, and how long it must stay as it is before it is read.
const PERIOD: Duration = Duration::from_millis(250);
/// After so many looks the file is read even where it seems unchanged: some file systems tell times coarsely.
const LOOKS: u32 = 120;

/// The policy's file, as it was before the start read it.
#[derive(Debug, Clone)]
pub(super) struct Followed {
    path: PathBuf,
    seen: Option<Stamp>,
}

impl Followed {
    pub(super) fn at(path: &Path) -> Result<Self, ConfigError> {
        let path = std::path::absolute(path).map_err(|source| ConfigError::Unreadable {
            what: "the policy file",
            name: path.to_string_lossy().into_owned(),
            source,
        })?;
        let seen = Stamp::at(&path);
        Ok(Self { path, seen })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts what the file says in force whenever it has changed, until the gateway is gone.
    async fn follow(self, gateway: Weak<Inner>) {
        let (mut taken, mut last) = (self.seen, self.seen);
        let mut looks = 0;
        loop {
            tokio::time::sleep(PERIOD).await;
            let Some(inner) = gateway.upgrade() else { return };
            if inner.closing.is_cancelled() {
                return;
            }
            let path = self.path.clone();
            // A file system that hangs holds a thread for it, and no worker of the runtime.
            let Ok(stamp) = tokio::task::spawn_blocking(move || Stamp::at(&path)).await else { return };
            let is_settled = std::mem::replace(&mut last, stamp) == stamp;
            looks = if looks < LOOKS { looks.saturating_add(1) } else { 0 };
            if !is_settled || (stamp == taken && looks > 0) {
                continue;
            }
            let done = Gateway { inner }.take_up(false).await;
            // What cannot be read, or is being written, may be readable the next time without another look to it.
            taken = if matches!(done, Err(ReloadError::Unreadable(_) | ReloadError::Lost)) {
                None
            } else {
                stamp
            };
        }
    }
}

impl Settings {
    /// Follows the policy's file, the principals that the configuration file lists, and the tokens that `gitoma token` makes and revokes,
    /// for as long as `gateway`, which these settings made, is there. Must be called within a Tokio runtime.
    pub fn follow(&self, gateway: &Gateway) {
        tokio::spawn(self.sources.clone().follow(gateway.clone(), self.principals_seen));
        if let Some(file) = &self.policy_file {
            tokio::spawn(file.clone().follow(std::sync::Arc::downgrade(&gateway.inner)));
        }
    }
}
