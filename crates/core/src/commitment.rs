//! Commitments to what a call was given and what it gave (AUD-11): salted hashes over the very bytes that may be known, after redaction,
//! as compact JSON. The audit log keeps what opens them beside its chain, where it can be erased.

use gitoma_audit::{Commitment, Salt};
use gitoma_redact::Redactor;
use serde_json::{Map, Value};

use crate::cap;

/// What is kept of the arguments and the result of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Disclosures {
    /// Nothing: the log commits to neither.
    None,
    /// The salts alone. Who has the bytes from elsewhere can show that they were the call's.
    #[default]
    Salts,
    /// The salts, and the redacted text up to 16 KiB.
    Texts,
}

impl Disclosures {
    /// Commits to `json`. `None` if that is not wanted, or the system has no random bytes.
    pub(crate) fn commit(self, json: Vec<u8>) -> Option<Commitment> {
        match self {
            Self::None => None,
            Self::Salts => Salt::random().map(|salt| Commitment::new(salt, &json)),
            Self::Texts => {
                let text = String::from_utf8(json).ok()?;
                Salt::random().map(|salt| Commitment::keeping(salt, text))
            }
        }
    }

    /// Commits to the arguments of a call as they may be known.
    pub(crate) fn commit_arguments(
        self,
        arguments: &Map<String, Value>,
        redactor: &Redactor,
    ) -> Option<Commitment> {
        if self == Self::None {
            return None;
        }
        let mut value = Value::Object(arguments.clone());
        redactor.redact_json(&mut value);
        self.commit(serde_json::to_vec(&value).ok()?)
    }

    /// Whether a runtime worker may redact and commit to `arguments` itself.
    pub(crate) fn is_small(self, arguments: &Map<String, Value>) -> bool {
        self == Self::None
            || arguments
                .iter()
                .try_fold(cap::SMALL, |left, (name, value)| cap::spend(value, left.checked_sub(name.len())?))
                .is_some()
    }
}
