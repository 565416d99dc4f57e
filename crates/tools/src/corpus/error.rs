//! Why there are no texts to be had.

use gitoma_confine::{OpenError, RevisionError, RootError};

use crate::repositories::OpenFault;

/// Says why a search could not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// Nothing is there.
    #[error("path does not exist")]
    NoPath,
    /// The path cannot be used.
    #[error("path cannot be read")]
    Path(#[source] std::io::Error),
    /// The path led elsewhere a moment later.
    #[error("path was replaced while it was opened")]
    Replaced,
    /// The path is neither a file nor a directory that can be read.
    #[error("path cannot be read")]
    Unreadable(#[source] OpenError),
    /// There is no repository at the path or above it.
    #[error("path is in no git repository")]
    NoRepository,
    /// There is one, and it is not opened.
    #[error("git repository is refused; --all searches every file without it")]
    Repository(#[source] OpenFault),
    /// The revision is no name of a commit.
    #[error("revision is not valid")]
    Revision(#[source] RevisionError),
    /// No commit is called so.
    #[error("revision names no commit here")]
    UnknownRevision,
    /// The two have no common ancestor.
    #[error("revisions have no merge base")]
    NoMergeBase,
    /// What git recorded cannot be read.
    #[error("git repository cannot be read")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A tree unfolds to more than is looked at.
    #[error("tree has more than {limit} entries, or paths of more than {bytes} bytes")]
    TooLarge {
        /// The most entries.
        limit: usize,
        /// The most bytes of paths.
        bytes: usize,
    },
}

impl From<RootError> for CorpusError {
    fn from(error: RootError) -> Self {
        match error {
            RootError::NotFound => Self::NoPath,
            RootError::NotADirectory => Self::Path(std::io::ErrorKind::NotADirectory.into()),
            RootError::Unavailable(source) => Self::Path(source),
            RootError::Replaced | RootError::FileSystemRoot => Self::Replaced,
        }
    }
}

impl CorpusError {
    pub(super) fn engine(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Engine(source.into())
    }
}
