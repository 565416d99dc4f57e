//! Pushing a branch: the remote that the operator named, a repository of the gateway's own to push from, and the judgement of what the
//! remote does not have yet. Of the user's repository only objects are used; its configuration, hooks, remotes and references are not.

mod effects;
mod home;
mod news;
mod remote;

use std::collections::BTreeMap;
use std::path::PathBuf;

use gitoma_core::ToolError;
use gitoma_core::config::{PushTarget, WriteSettings};

pub(crate) use effects::{Shown, show};
pub(crate) use home::Home;
pub(crate) use news::News;
pub(crate) use remote::{Pushed, Remote, words};

use crate::place::BranchName;
use crate::repositories::Repository;

/// Where a gateway may push to.
pub(crate) struct Pushes {
    root: PathBuf,
    targets: BTreeMap<String, PushTarget>,
}

impl Pushes {
    pub(crate) fn new(settings: &WriteSettings) -> Self {
        Self { root: settings.push.clone(), targets: settings.targets.clone() }
    }

    /// Whether no repository may be pushed.
    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The host that a push of the repository `alias` would talk to.
    pub(crate) fn host(&self, alias: &str) -> Option<String> {
        self.targets.get(alias).and_then(|target| target.url.host())
    }

    /// Where `branch` of the repository `alias` may be pushed to.
    ///
    /// # Errors
    /// [`ToolError::Unsupported`] if the operator named no remote, [`ToolError::Confined`] if the branch is none of an agent's.
    pub(crate) fn target(&self, alias: &str, branch: &BranchName) -> Result<&PushTarget, ToolError> {
        let Some(target) = self.targets.get(alias) else {
            let reason = "no push is configured for this repository; the operator names its remote as `repositories.ALIAS.push` in the \
                          configuration file";
            return Err(ToolError::Unsupported { reason: reason.into() });
        };
        let branch = branch.as_str();
        if target.protects(branch) {
            return Err(ToolError::Confined { rule: "push:protected-branch".into() });
        }
        if !branch.starts_with(&target.prefix) {
            return Err(ToolError::Confined { rule: "push:outside-prefix".into() });
        }
        Ok(target)
    }

    /// The gateway's own repository to push `repository` from, made anew as far as it is not as it should be.
    pub(crate) fn home(&self, repository: &Repository) -> Result<Home, ToolError> {
        Home::open(&self.root, repository)
    }
}
