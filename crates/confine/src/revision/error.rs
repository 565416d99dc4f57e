//! Why a revision was refused: one variant a rule, never with the input.

use crate::reference::RefNameError;

/// Says which rule a revision broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RevisionError {
    /// The text is empty.
    #[error("revision is empty")]
    Empty,
    /// The text has more than 320 bytes.
    #[error("revision is longer than 320 bytes")]
    TooLong,
    /// The text begins with `-`.
    #[error("revision looks like an option")]
    OptionLike,
    /// The text is a range (`a..b`, `a...b`) or an exclusion (`^a`).
    #[error("revision is a range")]
    Range,
    /// The text is `rev:path`, which names no commit.
    #[error("revision names a path")]
    ObjectPath,
    /// The text is a search (`:/text`, `^{/text}`).
    #[error("revision is a search")]
    Search,
    /// The text holds `@{`, which reaches into the reflog.
    #[error("revision reaches into the reflog")]
    Reflog,
    /// Something other than `~N` and `^N` follows the base, `^{commit}` for instance.
    #[error("revision has a suffix other than `~N` and `^N`")]
    UnknownSuffix,
    /// A step is larger than 100,000.
    #[error("revision has a step of more than 100000")]
    StepTooFar,
    /// More than eight steps follow the base.
    #[error("revision has more than 8 steps")]
    TooManySteps,
    /// The base is neither `HEAD` nor an object id, and no reference name either.
    #[error("revision does not start with a valid name")]
    Name(#[from] RefNameError),
}

impl RevisionError {
    /// Returns the stable identifier of the broken rule, for replies, logs and metrics.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Empty => "revision:empty",
            Self::TooLong => "revision:too-long",
            Self::OptionLike => "revision:option-like",
            Self::Range => "revision:range",
            Self::ObjectPath => "revision:object-path",
            Self::Search => "revision:search",
            Self::Reflog => "revision:reflog",
            Self::UnknownSuffix => "revision:unknown-suffix",
            Self::StepTooFar => "revision:step-too-far",
            Self::TooManySteps => "revision:too-many-steps",
            Self::Name(error) => error.rule(),
        }
    }
}
