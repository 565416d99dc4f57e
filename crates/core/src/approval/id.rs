//! [`ApprovalId`]: names one approval, to people and in file names.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Names one approval: `apr_` and 26 of `a-z2-7`, at random (130 bits).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApprovalId(Box<str>);

const PREFIX: &str = "apr_";
/// RFC 4648 §6, in lower case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const LETTERS: usize = 26;

impl schemars::JsonSchema for ApprovalId {
    fn schema_name() -> Cow<'static, str> {
        "ApprovalId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let about = "Names one approval.";
        schemars::json_schema!({ "type": "string", "pattern": "^apr_[a-z2-7]{26}$", "description": about })
    }
}

impl ApprovalId {
    /// Draws an id.
    ///
    /// # Errors
    /// [`std::io::Error`] if the system has no randomness.
    pub(crate) fn mint() -> Result<Self, std::io::Error> {
        let mut random = [0_u8; LETTERS];
        getrandom::fill(&mut random).map_err(|error| std::io::Error::other(error.to_string()))?;
        // 32 letters take five bits of each byte, all equally likely.
        let letter =
            |byte: &u8| ALPHABET.get(usize::from(byte & 31)).map_or('a', |letter| char::from(*letter));
        Ok(Self(PREFIX.chars().chain(random.iter().map(letter)).collect()))
    }

    /// Accepts `text` if it has the shape of an id; anything else names no approval.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters = text.strip_prefix(PREFIX)?;
        let good = letters.len() == LETTERS && letters.bytes().all(|byte| ALPHABET.contains(&byte));
        good.then(|| Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApprovalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ApprovalId> for String {
    fn from(id: ApprovalId) -> Self {
        id.0.into()
    }
}

impl TryFrom<String> for ApprovalId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("no id of an approval")
    }
}
