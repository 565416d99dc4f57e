//! What a rule can look at, by name, for those who explain why one did not match.

use serde::Serialize;

/// What a rule can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Dimension {
    /// `tools`
    Tool,
    /// `capability`
    Capability,
    /// `principals`
    Principal,
    /// `roles`
    Role,
    /// `transports`
    Transport,
    /// `arguments`
    Argument,
    /// `hosts`
    Host,
    /// `refs`
    Reference,
    /// `paths`
    Path,
}

impl Dimension {
    /// In the order in which they are asked: the cheap and telling ones first.
    pub(crate) const ALL: [Self; 9] = [
        Self::Tool,
        Self::Capability,
        Self::Principal,
        Self::Role,
        Self::Transport,
        Self::Argument,
        Self::Host,
        Self::Reference,
        Self::Path,
    ];
}
