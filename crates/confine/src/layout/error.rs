//! The parts of a git directory that an engine reads, and why a layout was refused. Nothing here carries a path or content.

use std::fmt;
use std::io;

/// A part of a git directory, as named in refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The git directory itself.
    GitDirectory,
    /// `HEAD` and its like (`ORIG_HEAD`, `FETCH_HEAD` …).
    Head,
    /// `config` and `config.worktree`.
    Config,
    /// `index` and shared indices.
    Index,
    /// `refs`, `packed-refs` and `reftable`.
    References,
    /// `logs`.
    ReferenceLogs,
    /// `objects` and what is in it, `shallow` too.
    Objects,
    /// `objects/info/alternates`.
    Alternates,
    /// `info`: exclusions, attributes, grafts.
    Information,
    /// `worktrees`.
    Worktrees,
    /// The file `commondir`, which moves objects and references elsewhere.
    CommonDirectory,
    /// The file `gitdir`, which names the work tree of a linked worktree.
    WorkTreePointer,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::GitDirectory => "the git directory",
            Self::Head => "`HEAD`",
            Self::Config => "`config`",
            Self::Index => "`index`",
            Self::References => "`refs`",
            Self::ReferenceLogs => "`logs`",
            Self::Objects => "`objects`",
            Self::Alternates => "`objects/info/alternates`",
            Self::Information => "`info`",
            Self::Worktrees => "`worktrees`",
            Self::CommonDirectory => "`commondir`",
            Self::WorkTreePointer => "`gitdir`",
        })
    }
}

/// Says why a git directory must not be opened by an engine.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The git directory is a file that points elsewhere.
    #[error("git directory is a file that points elsewhere")]
    GitFile,
    /// A part that every repository has is not there.
    #[error("git directory lacks {part}")]
    Missing {
        /// The part.
        part: Part,
    },
    /// A part is, or holds, a symbolic link, wherever that leads.
    #[error("git directory has a symbolic link at or in {part}")]
    Link {
        /// The part.
        part: Part,
    },
    /// A part is, or holds, a pipe, a socket or a device, which could block or feed the engine.
    #[error("git directory has something other than files and directories at or in {part}")]
    Special {
        /// The part.
        part: Part,
    },
    /// A part lies, or points, outside of the repository root.
    #[error("git directory leads outside of the repository root through {part}")]
    Outside {
        /// The part.
        part: Part,
    },
    /// A part that points elsewhere stands where git itself puts none.
    #[error("git directory is redirected by {part}")]
    Redirected {
        /// The part.
        part: Part,
    },
    /// A part that points elsewhere cannot be understood, or is too large.
    #[error("git directory has a malformed {part}")]
    Malformed {
        /// The part.
        part: Part,
    },
    /// There are more than 2,000,000 entries, 64 levels or 16 alternates, or a file of rules is longer than is read.
    #[error("git directory is too large to check at {part}")]
    TooLarge {
        /// The part.
        part: Part,
    },
    /// The system refused.
    #[error("git directory cannot be read at {part}")]
    Unavailable {
        /// The part.
        part: Part,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl LayoutError {
    /// Returns the stable code, for replies, logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::GitFile => "git_file",
            Self::Missing { .. } => "git_dir_incomplete",
            Self::Link { .. } => "git_dir_link",
            Self::Special { .. } => "git_dir_special_file",
            Self::Outside { .. } => "git_dir_outside",
            Self::Redirected { .. } => "git_dir_redirected",
            Self::Malformed { .. } => "git_dir_malformed",
            Self::TooLarge { .. } => "git_dir_too_large",
            Self::Unavailable { .. } => "git_dir_unavailable",
        }
    }
}
