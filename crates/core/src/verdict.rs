//! The answer of a dry run: what `decide` says of a call, why, and by which policy.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use gitoma_policy::{Code, Effect, Explanation, Reason, Request};
use gitoma_redact::Redactor;
use serde::Serialize;

use crate::call::CallId;
use crate::record::Record;
use crate::refusal::denial_code;

/// Which policy decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct PolicyStamp {
    /// The digest of the policy's meaning, in hexadecimal.
    pub digest: String,
    /// How many policies the gateway had loaded, this one included.
    pub generation: u64,
}

/// The verdict over a call that was not run.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Verdict {
    /// Names the dry run in the audit chain.
    pub call_id: CallId,
    /// `allow`, `ask` or `deny`; what the policy says, whether or not it is enforced.
    pub effect: Effect,
    /// The code that the call itself would answer with, or `allowed`.
    pub code: &'static str,
    /// Whether the verdict would be carried out: `false` where a shadow policy would only record it and the call would run.
    pub enforced: bool,
    /// The rules that decided, strictest first.
    pub reasons: Vec<Reason>,
    /// By which policy.
    pub policy: PolicyStamp,
    /// Every matched rule, the nearest misses, and the gates of a write. Absent where no rule was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

impl Verdict {
    pub(crate) fn new(record: &mut Record, request: &Request<'_>) -> Self {
        let explanation = record.snapshot.policy.explain(request);
        let decision = explanation.decision.clone();
        let verdict = Self {
            call_id: record.call_id,
            effect: decision.effect,
            code: denial_code(decision.code),
            enforced: decision.enforced,
            reasons: decision.reasons.clone(),
            policy: record.snapshot.stamp(),
            explanation: Some(explanation),
        };
        record.decision = Some(decision);
        verdict
    }

    /// A call that a rule of confinement refuses before any policy is asked.
    pub(crate) fn built_in(record: &Record, rule: &str) -> Self {
        let reason = Reason {
            rule: rule.into(),
            effect: Effect::Deny,
            source: "built-in".into(),
            line: 0,
            column: 0,
            text: None,
            path: None,
        };
        Self {
            call_id: record.call_id,
            effect: Effect::Deny,
            code: Code::PathDenied.as_str(),
            enforced: true,
            reasons: vec![reason],
            policy: record.snapshot.stamp(),
            explanation: None,
        }
    }

    /// The same without the secrets that the caller put into its paths, or the operator into a rule's reason: what is echoed is
    /// redacted too.
    pub(crate) fn clean(mut self, redactor: &Redactor) -> Self {
        // Many rules decide on one path, and each rule that decides stands here several times.
        let mut known: HashMap<String, String> = HashMap::new();
        let mut texts: HashMap<Arc<str>, Option<Arc<str>>> = HashMap::new();
        let mut clean = |reason: &mut Reason| {
            if let Some(path) = &mut reason.path {
                let redacted = || redactor.redact(path).text.into_owned();
                let shown = known.entry(path.clone()).or_insert_with(redacted);
                path.clone_from(shown);
            }
            if let Some(text) = reason.text.clone() {
                match texts.entry(text) {
                    Entry::Occupied(shown) => reason.text.clone_from(shown.get()),
                    Entry::Vacant(place) => {
                        clean_text(reason, redactor);
                        place.insert(reason.text.clone());
                    }
                }
            }
        };
        self.reasons.iter_mut().for_each(&mut clean);
        if let Some(Explanation { decision, matched, misses, .. }) = &mut self.explanation {
            decision.reasons.iter_mut().chain(matched).for_each(&mut clean);
            misses.iter_mut().for_each(|miss| clean(&mut miss.rule));
        }
        self
    }
}

/// Takes secrets out of what a rule gives as its reason.
pub(crate) fn clean_text(reason: &mut Reason, redactor: &Redactor) {
    if let Some(text) = &mut reason.text
        && let Cow::Owned(clean) = redactor.redact(text).text
    {
        *text = clean.into();
    }
}
