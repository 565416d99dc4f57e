//! The name of a branch that a call makes or changes.

use std::fmt;

use gitoma_confine::RefName;
use gitoma_core::ArgError;

/// A branch by its short name, `agent/fix`, and by nothing that reads as something else: no full reference, no object id, no `HEAD`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BranchName(String);

impl BranchName {
    /// Parses the argument `name`.
    pub(crate) fn parse(name: &'static str, text: &str) -> Result<Self, ArgError> {
        let branch = RefName::parse(text).map_err(|error| ArgError::refused(name, error.rule()))?;
        let text = branch.as_str();
        let is_id = text.len() >= 7 && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let special = ["HEAD", "FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD"]
            .iter()
            .any(|head| text.eq_ignore_ascii_case(head));
        // Git looks for a short name in several places; these would be found where a person means another.
        let reserved = ["refs", "heads", "tags", "remotes", "HEAD"];
        let first = text.split('/').next().unwrap_or_default();
        let full = reserved.iter().any(|reserved| first.eq_ignore_ascii_case(reserved));
        let head = text.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case("HEAD"));
        if is_id || special || full || head {
            return Err(ArgError::refused(name, "ref:not-a-branch"));
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The full name of the reference.
    pub(crate) fn full(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
