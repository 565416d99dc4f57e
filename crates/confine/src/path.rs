//! Repository-relative paths as a type that exists only if the path is good.
//!
//! Holds the lexical rules, which are the same on every platform and for every source of a path: arguments, trees,
//! the index and patches. It neither touches the disk nor knows which files are secret; that is the guard's table.

mod character;
mod component;
mod error;
#[cfg(test)]
mod tests;

use std::fmt;

pub(crate) use character::is_forbidden;
pub use error::PathError;

/// The longest path in bytes, before normalisation.
const MAX_BYTES: usize = 4096;
/// The longest component in bytes.
const MAX_COMPONENT_BYTES: usize = 255;
/// The most components in a path, after normalisation.
const MAX_DEPTH: usize = 128;

/// Names one file or directory beneath a repository root.
///
/// The text is normalised: components joined by single slashes, with no `.`, no empty component and none of the shapes
/// that [`PathError`] lists. The root itself has no `RelPath`; callers use `Option<RelPath>` for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(String);

impl RelPath {
    /// Parses a path written by a caller; `.` and empty components are dropped.
    ///
    /// # Errors
    /// The first broken rule, as [`PathError`].
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.len() > MAX_BYTES {
            return Err(PathError::TooLong);
        }
        character::check(text)?;
        if text.starts_with('/') {
            return Err(PathError::Absolute);
        }
        let mut normal = String::with_capacity(text.len());
        let mut depth = 0_usize;
        for part in text.split('/').filter(|part| !part.is_empty() && *part != ".") {
            component::check(part)?;
            depth += 1;
            if depth > MAX_DEPTH {
                return Err(PathError::TooDeep);
            }
            if depth == 1 {
                if part.starts_with('~') {
                    return Err(PathError::HomeDirectory);
                }
            } else {
                normal.push('/');
            }
            normal.push_str(part);
        }
        if normal.is_empty() { Err(PathError::Empty) } else { Ok(Self(normal)) }
    }

    /// Parses a path found in a tree, the index or a patch, under the same rules.
    ///
    /// Git never writes `.` or an empty component, so here such a path is refused rather than normalised: what is
    /// judged must be byte for byte what the repository calls it.
    ///
    /// # Errors
    /// The first broken rule, as [`PathError`].
    pub fn from_git_bytes(bytes: &[u8]) -> Result<Self, PathError> {
        if bytes.len() > MAX_BYTES {
            return Err(PathError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| PathError::NotUtf8)?;
        let path = Self::parse(text)?;
        if path.0 == text { Ok(path) } else { Err(PathError::NotNormal) }
    }

    /// Returns the normalised text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Iterates over the components from the root down; there is at least one.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// Returns the last component.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, name)| name)
    }

    /// Returns the directory that holds this path, or nothing if that is the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Tells whether this path is `dir` or lies beneath it, by whole components.
    #[must_use]
    pub fn starts_with(&self, dir: &Self) -> bool {
        self.0.strip_prefix(dir.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Appends one or more components, under the same rules as [`RelPath::parse`].
    ///
    /// # Errors
    /// The first broken rule of `rest` or of the whole, as [`PathError`]; an absolute `rest` never replaces the path.
    pub fn join(&self, rest: &str) -> Result<Self, PathError> {
        if rest.starts_with('/') {
            return Err(PathError::Absolute);
        }
        let joined = Self::parse(&format!("{}/{rest}", self.0))?;
        if joined.0.len() == self.0.len() { Err(PathError::Empty) } else { Ok(joined) }
    }
}

impl AsRef<str> for RelPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
