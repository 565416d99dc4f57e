//! [`RawOutput`] is what a tool made; [`CleanOutput`] is what may leave. The only way from one to the other is the pipeline's
//! redaction, which is why the first has no `Serialize`, no `Display` and a `Debug` that shows lengths alone.

use std::fmt;

use gitoma_audit::Commitment;
use gitoma_redact::{Redactor, elide_json, reveal_json};
use serde::Serialize;
use serde_json::Value;

use crate::cap;
use crate::commitment::Committing;
use crate::gateway::Gateway;

/// What a tool produced, before redaction. It cannot be serialised:
/// ```compile_fail,E0277
/// let raw = gitoma_core::RawOutput::new(serde_json::json!({"content": "secret"}));
/// serde_json::to_string(&raw).unwrap();
/// ```
/// nor printed:
/// ```compile_fail,E0277
/// let raw = gitoma_core::RawOutput::new(serde_json::json!({"content": "secret"}));
/// println!("{raw}");
/// ```
pub struct RawOutput {
    value: Value,
    truncated: bool,
    redactions: u64,
}

impl RawOutput {
    /// A complete result.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self { value, truncated: false, redactions: 0 }
    }

    /// Marks the result as cut for size, with the way to the rest inside it.
    #[must_use]
    pub fn truncated(mut self, truncated: bool) -> Self {
        self.truncated |= truncated;
        self
    }

    /// Adds secrets that the tool itself had redacted before it sliced the content.
    #[must_use]
    pub fn with_redactions(mut self, count: u64) -> Self {
        self.redactions += count;
        self
    }

    /// Whether a runtime worker may redact it, whatever stands in it.
    pub(crate) fn is_small(&self) -> bool {
        cap::spend(&self.value, cap::SMALL).is_some()
    }

    /// Redacts every leaf, takes out what nobody sees and large payloads, then cuts to a size: never the other way round, so that no
    /// secret is cut into an unrecognisable half (RED-1, RED-7, RED-9).
    pub(crate) fn clean(
        mut self,
        redactor: &Redactor,
        Cleaning { limit, keep_payloads, committing }: Cleaning,
    ) -> Cleaned {
        let mut tally = redactor.redact_json(&mut self.value);
        let hidden = reveal_json(&mut self.value);
        if hidden > 0 {
            // what was hidden may have stood within a secret
            tally.findings += redactor.redact_json(&mut self.value).findings;
        }
        let elided = if keep_payloads { 0 } else { elide_json(&mut self.value) };
        let (bytes, cut, commitment) = match committing {
            None => {
                let (bytes, cut) = cap::cut_result(&mut self.value, limit);
                (bytes, cut, None)
            }
            Some(committing) => {
                // what is counted is what is hashed
                let (json, cut) = cap::cut_and_spell(&mut self.value, limit);
                (json.len(), cut, committing.result(json))
            }
        };
        Cleaned {
            output: CleanOutput(self.value),
            redactions: self.redactions + tally.findings,
            hidden,
            elided,
            truncated: self.truncated || cut,
            bytes,
            commitment,
        }
    }
}

impl fmt::Debug for RawOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawOutput").field("bytes", &cap::size(&self.value)).finish_non_exhaustive()
    }
}

/// How a result is made ready to leave.
#[derive(Debug)]
pub(crate) struct Cleaning {
    /// The most bytes of its JSON.
    pub(crate) limit: usize,
    /// Whether large payloads stay, for whoever looks for a fault.
    pub(crate) keep_payloads: bool,
    pub(crate) committing: Option<Committing>,
}

/// The pipeline's step 10 in one value.
pub(crate) struct Cleaned {
    pub(crate) output: CleanOutput,
    pub(crate) redactions: u64,
    pub(crate) hidden: u64,
    pub(crate) elided: u64,
    pub(crate) truncated: bool,
    pub(crate) bytes: usize,
    /// To the output as it leaves.
    pub(crate) commitment: Option<Commitment>,
}

/// A result that has been redacted and capped: the only kind a transport can serialise.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct CleanOutput(Value);

impl CleanOutput {
    /// The JSON value.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The JSON value, owned.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.0
    }
}

impl Gateway {
    /// Makes ready to leave a short text that is no tool's result: without secrets, by the policy in force, and without what a reader
    /// does not see.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        self.inner.snapshot.load().redactor.redact_shown(text).text.into_owned()
    }
}
