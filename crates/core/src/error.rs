//! The errors a tool may give: [`ArgError`] while parsing, [`ToolError`] while running. Both carry a stable code and a text that
//! names the caller's own arguments, never their values, and never an inner error's words.

use std::borrow::Cow;

use gitoma_policy::Decision;
use gitoma_redact::Refused;

use crate::spelling::spelling;

/// Why arguments were refused. Argument names come from the tool's schema, never from the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgError {
    /// The caller sent an argument the tool does not have.
    #[error("an argument is unknown; this tool takes {known}")]
    Unknown {
        /// The names the tool does take, comma-separated.
        known: String,
    },
    /// A required argument is absent.
    #[error("argument `{name}` is missing")]
    Missing {
        /// The argument.
        name: Cow<'static, str>,
    },
    /// An argument has the wrong type or is outside its range.
    #[error("argument `{name}` is not valid: expected {expected}")]
    Invalid {
        /// The argument.
        name: Cow<'static, str>,
        /// What it should be, in words.
        expected: Cow<'static, str>,
    },
    /// A path or reference argument breaks a rule that holds for every repository.
    #[error("argument `{name}` is refused by rule {rule}{}", instead(rule))]
    Refused {
        /// The argument.
        name: Cow<'static, str>,
        /// The stable id of the rule, such as `path:parent-component`.
        rule: Cow<'static, str>,
    },
}

/// What to write instead, as the end of a sentence.
fn instead(rule: &str) -> String {
    spelling(rule).map(|advice| format!(": {advice}")).unwrap_or_default()
}

impl ArgError {
    /// A wrong argument: its name, and what it should be.
    #[must_use]
    pub fn invalid(name: &'static str, expected: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid { name: name.into(), expected: expected.into() }
    }

    /// An argument that breaks the rule `rule`.
    #[must_use]
    pub fn refused(name: &'static str, rule: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused { name: name.into(), rule: rule.into() }
    }

    /// The rule that was broken, where there is one with a name.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Refused { rule, .. } => Some(rule),
            Self::Unknown { .. } | Self::Missing { .. } | Self::Invalid { .. } => None,
        }
    }
}

/// Why a tool that was allowed to run did not give a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// What was asked for does not exist.
    #[error("{what} not found")]
    NotFound {
        /// What: `repository`, `path`, `revision`.
        what: &'static str,
    },
    /// The arguments are well-formed but do not fit the repository.
    #[error("{reason}")]
    Unsuitable {
        /// What does not fit, and what to do.
        reason: Cow<'static, str>,
    },
    /// What the tool found while running is not allowed, and it cannot go on without it.
    #[error("denied by policy")]
    Refused(Box<Decision>),
    /// A built-in rule of confinement refused a path.
    #[error("refused by rule {rule}")]
    Confined {
        /// The stable id of the rule.
        rule: Cow<'static, str>,
    },
    /// The call came upon a secret that the policy blocks.
    #[error(
        "a secret was found by rule {rule}, the findings of which the policy's redact.block keeps from any result"
    )]
    SecretFound {
        /// The redactor's rule.
        rule: &'static str,
    },
    /// What would be written holds secrets, or placeholders where secrets belong.
    #[error("{}", listed(.0))]
    SecretWritten(Vec<Refused>),
    /// A change is refused by a rule that holds for every repository.
    #[error("`{path}` is refused by rule {rule}")]
    ChangeRefused {
        /// The stable id of the rule, such as `change:symbolic-link`.
        rule: Cow<'static, str>,
        /// The path in the repository, without secrets and control characters.
        path: String,
    },
    /// The repository is not, or no longer, as the caller takes it to be.
    #[error("{reason}")]
    Conflict {
        /// What differs, and what to do.
        reason: Cow<'static, str>,
    },
    /// There is no room for what would be written.
    #[error("{reason}")]
    NoRoom {
        /// Which room is full, and what to do.
        reason: Cow<'static, str>,
    },
    /// Something is larger than a limit.
    #[error("{what} is larger than {limit} bytes")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The caller gave up.
    #[error("the call was cancelled")]
    Cancelled,
    /// The kill switch was set.
    #[error("the operator has halted the gateway")]
    Halted,
    /// The call's time limit passed.
    #[error("the call took longer than its time limit")]
    TimedOut,
    /// The tool cannot do this here, whatever the arguments.
    #[error("{reason}")]
    Unsupported {
        /// What is missing, and who can change it.
        reason: Cow<'static, str>,
    },
    /// The repository or the system failed. The cause stays in the log.
    #[error("{what} could not be read")]
    Unavailable {
        /// What failed: `repository`, `object`, `file`.
        what: &'static str,
        /// The cause, for the log alone.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ToolError {
    /// A failure of the system or the repository, whose cause stays in the log.
    #[must_use]
    pub fn unavailable(
        what: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Unavailable { what, source: source.into() }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::Unsuitable { .. } => "unsuitable",
            Self::Refused(_) => "denied",
            Self::Confined { .. } => "path_denied",
            Self::SecretFound { .. } | Self::SecretWritten(_) => "secret_found",
            Self::ChangeRefused { .. } => "path_denied",
            Self::Conflict { .. } => "conflict",
            Self::NoRoom { .. } => "no_room",
            Self::TooLarge { .. } => "too_large",
            Self::Cancelled => "cancelled",
            Self::Halted => "halted",
            Self::TimedOut => "timed_out",
            Self::Unsupported { .. } => "unsupported",
            Self::Unavailable { .. } => "unavailable",
        }
    }
}

/// The first lines that may not be written, and how many more there are.
fn listed(refused: &[Refused]) -> String {
    let mut text: String = "this may not be written: ".to_owned();
    for (place, refused) in refused.iter().take(SHOWN).enumerate() {
        let separator = if place == 0 { "" } else { "; " };
        text.push_str(&format!("{separator}{refused}"));
    }
    match refused.len().saturating_sub(SHOWN) {
        0 => text,
        more => format!("{text}; and {more} more"),
    }
}

/// How many lines an error names.
const SHOWN: usize = 8;
