//! Names of branches, tags and other references.
//!
//! Holds the type that every name of a reference passes through, on its way in and out. It resolves nothing: what the
//! name points at is the git layer's to find.

#[cfg(test)]
mod tests;

use std::fmt;

use gix_validate::reference::name::Error;

use crate::path::is_forbidden;

/// The longest name in bytes.
const MAX_BYTES: usize = 255;

/// Names a branch, a tag or a full reference (`main`, `v1.0`, `refs/heads/main`).
///
/// Valid by git's own rules (git-check-ref-format), at most 255 bytes, and no component looks like an option.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefName(String);

impl RefName {
    /// Parses a name written by a caller.
    ///
    /// # Errors
    /// The broken rule, as [`RefNameError`].
    pub fn parse(text: &str) -> Result<Self, RefNameError> {
        if text.len() > MAX_BYTES {
            return Err(RefNameError::TooLong);
        }
        if text.chars().any(is_forbidden) {
            return Err(RefNameError::ControlCharacter);
        }
        if text.chars().any(char::is_whitespace) {
            return Err(RefNameError::Blank);
        }
        if text.split('/').any(|part| part.starts_with('-')) {
            return Err(RefNameError::OptionLike);
        }
        gix_validate::reference::name_partial(text.as_bytes().into()).map_err(classify)?;
        Ok(Self(text.to_owned()))
    }

    /// Parses a name found in a repository, under the same rules.
    ///
    /// # Errors
    /// The broken rule, as [`RefNameError`].
    pub fn from_git_bytes(bytes: &[u8]) -> Result<Self, RefNameError> {
        if bytes.len() > MAX_BYTES {
            return Err(RefNameError::TooLong);
        }
        std::str::from_utf8(bytes).map_err(|_| RefNameError::NotUtf8).and_then(Self::parse)
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for RefName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as the function of map_err")]
fn classify(error: Error) -> RefNameError {
    match error {
        Error::Empty => RefNameError::Empty,
        Error::RepeatedDot => RefNameError::Range,
        Error::ReflogPortion => RefNameError::Reflog,
        Error::Reserved { .. } => RefNameError::Reserved,
        _ => RefNameError::Malformed,
    }
}

/// Says which rule a reference name broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RefNameError {
    /// The name is empty.
    #[error("reference name is empty")]
    Empty,
    /// The name has more than 255 bytes.
    #[error("reference name is longer than 255 bytes")]
    TooLong,
    /// The bytes are not UTF-8.
    #[error("reference name is not UTF-8")]
    NotUtf8,
    /// The name holds a control, format or invisible character.
    #[error("reference name has a control or invisible character")]
    ControlCharacter,
    /// The name holds white space.
    #[error("reference name has a blank")]
    Blank,
    /// The name or one of its components begins with `-`.
    #[error("reference name looks like an option")]
    OptionLike,
    /// The name holds `..`, which makes it a range.
    #[error("reference name has `..`")]
    Range,
    /// The name holds `@{`, which reaches into the reflog.
    #[error("reference name has `@{{`")]
    Reflog,
    /// The name has a meaning of its own to git, like `@`.
    #[error("reference name is reserved")]
    Reserved,
    /// The name breaks another rule of git-check-ref-format: `^ ~ : ? * [ \`, misplaced `/` or `.`, `.lock`.
    #[error("reference name is malformed")]
    Malformed,
}

impl RefNameError {
    /// Returns the stable identifier of the broken rule, for replies, logs and metrics.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Empty => "ref:empty",
            Self::TooLong => "ref:too-long",
            Self::NotUtf8 => "ref:not-utf8",
            Self::ControlCharacter => "ref:control-character",
            Self::Blank => "ref:blank",
            Self::OptionLike => "ref:option-like",
            Self::Range => "ref:range",
            Self::Reflog => "ref:reflog",
            Self::Reserved => "ref:reserved",
            Self::Malformed => "ref:malformed",
        }
    }
}
