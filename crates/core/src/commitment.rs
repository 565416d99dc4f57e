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

/// How a call is committed to: with the salts for its arguments and its result, which are drawn together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Committing {
    arguments: Salt,
    result: Salt,
    keeps_text: bool,
}

impl Committing {
    /// Commits to the arguments of a call as they may be known.
    pub(crate) fn arguments(self, arguments: &Map<String, Value>, redactor: &Redactor) -> Option<Commitment> {
        let mut value = Value::Object(arguments.clone());
        redactor.redact_json(&mut value);
        self.commit(self.arguments, serde_json::to_vec(&value).ok()?)
    }

    /// Commits to the JSON of its result.
    pub(crate) fn result(self, json: Vec<u8>) -> Option<Commitment> {
        self.commit(self.result, json)
    }

    fn commit(self, salt: Salt, json: Vec<u8>) -> Option<Commitment> {
        if self.keeps_text {
            String::from_utf8(json).ok().map(|text| Commitment::keeping(salt, text))
        } else {
            Some(Commitment::new(salt, &json))
        }
    }
}

impl Disclosures {
    /// How a call is committed to. `None` if that is not wanted, or the system has no random bytes.
    pub(crate) fn committing(self) -> Option<Committing> {
        let keeps_text = match self {
            Self::None => return None,
            Self::Salts => false,
            Self::Texts => true,
        };
        let [arguments, result] = Salt::randoms()?;
        Some(Committing { arguments, result, keeps_text })
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
