//! What an approval is bound to. [`Subject`] is the call as its caller made it: tool, judged arguments, principal. [`Binding`] is that
//! under one policy and with one effect. Call id, correlation id and time are in neither, so that the call can be made again.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

#[cfg(test)]
mod tests;

/// A SHA-256 value, in files as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Hash([u8; 32]);

/// Names the calls that could use one approval.
pub(crate) type Subject = Hash;
/// Names the one call, policy and effect that an approval is for.
pub(crate) type Binding = Hash;

impl Hash {
    pub(crate) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(self) -> [u8; 32] {
        self.0
    }

    /// The first 16 of its hexadecimal digits, for file names.
    pub(crate) fn short(self) -> String {
        let mut digits = hex::encode(self.0);
        digits.truncate(16);
        digits
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hex::encode(hash.0)
    }
}

impl TryFrom<String> for Hash {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// The call as `caller` made it.
pub(crate) fn subject(tool: &str, arguments: &Map<String, Value>, caller: &str) -> Subject {
    let mut hash = Sha256::new_with_prefix(b"gitoma approval subject v1\0");
    text(&mut hash, tool);
    object(&mut hash, arguments);
    text(&mut hash, caller);
    Hash(hash.finalize().into())
}

/// The call under the policy of `policy_digest` and with the effect of `effects`.
pub(crate) fn binding(subject: Subject, policy_digest: &str, effects: [u8; 32]) -> Binding {
    let mut hash = Sha256::new_with_prefix(b"gitoma approval v1\0");
    hash.update(subject.0);
    text(&mut hash, policy_digest);
    hash.update(effects);
    Hash(hash.finalize().into())
}

/// Each value begins with what it is, so that no two values have one form.
fn value(hash: &mut Sha256, value: &Value) {
    match value {
        Value::Null => hash.update(b"z"),
        Value::Bool(false) => hash.update(b"f"),
        Value::Bool(true) => hash.update(b"t"),
        Value::Number(number) => {
            hash.update(b"n");
            text(hash, &number.to_string());
        }
        Value::String(string) => {
            hash.update(b"s");
            text(hash, string);
        }
        Value::Array(items) => {
            hash.update(b"a");
            count(hash, items.len());
            items.iter().for_each(|item| self::value(hash, item));
        }
        Value::Object(members) => {
            hash.update(b"o");
            object(hash, members);
        }
    }
}

/// The order in which a caller writes members says nothing.
fn object(hash: &mut Sha256, members: &Map<String, Value>) {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    count(hash, members.len());
    for (name, member) in members {
        text(hash, name);
        value(hash, member);
    }
}

fn text(hash: &mut Sha256, text: &str) {
    count(hash, text.len());
    hash.update(text.as_bytes());
}

fn count(hash: &mut Sha256, count: usize) {
    hash.update(u64::try_from(count).unwrap_or(u64::MAX).to_be_bytes());
}
