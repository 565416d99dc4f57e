//! Where agents, and whoever has the audit log, come: what vouches for the log must not lie there. Links are followed, since where a file
//! is counts, and not what it is called.

use std::path::{Component, Path, PathBuf};

use super::ConfigError;
use super::repository::RepositoryConfig;
use crate::state::StateDirectory;

/// The places where nothing may lie that vouches for the log.
pub(super) struct Reach<'a> {
    pub(super) repositories: &'a [RepositoryConfig],
    pub(super) state: &'a StateDirectory,
}

impl Reach<'_> {
    /// Refuses `path`, which `setting` names, if it lies in one of the places, or if the way there can be changed in one.
    ///
    /// # Errors
    /// [`ConfigError::Reached`]; [`ConfigError::Lost`] if nobody can tell where it is.
    pub(super) fn refuse(&self, setting: &'static str, path: &Path) -> Result<(), ConfigError> {
        let way = way(setting, path)?;
        let leads_through = |place: &Path| way.iter().any(|step| step.starts_with(place));
        for repository in self.repositories {
            let folders = [Some(&repository.path), repository.git_dir.as_ref()];
            if folders
                .into_iter()
                .flatten()
                .filter_map(|folder| resolved(folder))
                .any(|place| leads_through(&place))
            {
                let place = format!("the repository `{}`", repository.alias);
                return Err(ConfigError::Reached { setting, place });
            }
        }
        let state = self.state.path().to_owned();
        for (folder, name) in [(self.state.audit(), "the audit directory"), (state, "the state directory")] {
            if resolved(&folder).is_some_and(|place| leads_through(&place)) {
                return Err(ConfigError::Reached { setting, place: name.to_owned() });
            }
        }
        Ok(())
    }
}

/// Where `path` is, without any link.
pub(super) fn canonical(setting: &'static str, path: &Path) -> Result<PathBuf, ConfigError> {
    resolve(path).map_err(|source| ConfigError::Lost { setting, source })
}

/// Where the way to `path` ends, and the folders in which the names on it stand: who may change one of these may lead it elsewhere.
fn way(setting: &'static str, path: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let path = std::path::absolute(path).map_err(|source| ConfigError::Lost { setting, source })?;
    let mut steps = vec![canonical(setting, &path)?];
    for name in path.ancestors() {
        // `..` is no name that anybody could replace
        let is_name = matches!(name.components().next_back(), Some(Component::Normal(_)));
        if let Some(folder) = name.parent().filter(|_| is_name) {
            steps.push(canonical(setting, folder)?);
        }
    }
    Ok(steps)
}

/// Where a folder is; `None` if it is nowhere, so that nothing lies in it.
fn resolved(folder: &Path) -> Option<PathBuf> {
    resolve(folder).ok()
}

fn resolve(path: &Path) -> std::io::Result<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "finds where a path of the operator leads; nothing is opened by it"
    )]
    path.canonicalize()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make files in their own temporary directories")]
mod tests;
