//! Whether a directory, once every link is resolved, lies beneath another.
//!
//! Holds the check for what a git engine reports after opening (common directory, objects, alternates). Content of a
//! work tree is never opened this way: between the answer and its use the path may change, so only [`crate::RepoRoot`]
//! opens that.

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

/// Says why a directory was not accepted. No variant carries or prints a path.
#[derive(Debug, thiserror::Error)]
pub enum BeneathError {
    /// The directory lies elsewhere.
    #[error("directory lies outside of the repository root")]
    Outside,
    /// The root or the directory cannot be resolved.
    #[error("directory cannot be resolved")]
    Unavailable(#[source] io::Error),
}

impl BeneathError {
    /// Returns the stable code, for replies, logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Outside => "outside_root",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

/// Resolves `candidate` and returns its canonical path if that is `root` or lies beneath it, by whole components.
///
/// # Errors
/// [`BeneathError::Outside`] if it lies elsewhere, [`BeneathError::Unavailable`] if either path cannot be resolved.
pub fn beneath(root: &Path, candidate: &Path) -> Result<PathBuf, BeneathError> {
    let root = canonical(root).map_err(BeneathError::Unavailable)?;
    let candidate = canonical(candidate).map_err(BeneathError::Unavailable)?;
    if candidate.starts_with(&root) { Ok(candidate) } else { Err(BeneathError::Outside) }
}

#[expect(clippy::disallowed_methods, reason = "the one place where paths are resolved")]
pub(crate) fn canonical(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}
