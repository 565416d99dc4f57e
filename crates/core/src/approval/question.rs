//! [`Question`]: a call that waits for an approval, and how that becomes a request: bound to what is true, and showing what may be shown.

use std::sync::Arc;
use std::time::Duration;

use gitoma_policy::{Access, Reason, Transport};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::binding::{self, Hash};
use super::id::ApprovalId;
use super::request::{ApprovalRule, Request};
use super::shown::Showing;
use super::store::{StoreError, expiry};
use crate::call::CallId;
use crate::context::Judge;
use crate::effects::Effects;
use crate::snapshot::Snapshot;

/// A call that waits for an approval, with all that is true of it.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) call_id: CallId,
    pub(super) transport: Transport,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) judge: Arc<Judge>,
    pub(super) accesses: Vec<Access>,
    pub(super) rules: Vec<Reason>,
    pub(super) effects: Effects,
}

impl Question {
    /// The request as its file has it.
    ///
    /// # Errors
    /// [`StoreError`] if no id can be drawn.
    pub(super) fn request(&self, now: Timestamp, lifetime: Duration) -> Result<Request, StoreError> {
        let Judge { principal, tool, arguments, capability, .. } = &*self.judge;
        let subject = binding::subject(tool, arguments, principal.name());
        let effect_digest = self.effects.digest();
        let mut showing = Showing::new(&self.snapshot.redactor);
        let (effects, files_more) = showing.effects(&self.effects);
        Ok(Request {
            id: ApprovalId::mint()?,
            subject,
            binding: binding::binding(subject, self.snapshot.digest(), effect_digest),
            effect_digest: Hash::new(effect_digest),
            created: now,
            expires: expiry(now, lifetime),
            call_id: self.call_id.uuid(),
            principal: principal.shared_name(),
            transport: self.transport,
            tool: Arc::clone(tool),
            capability: *capability,
            arguments: showing.arguments(Value::Object(Map::clone(arguments))),
            accesses: showing.accesses(&self.accesses),
            policy_digest: self.snapshot.digest().to_owned(),
            policy_generation: self.snapshot.generation(),
            rules: self.rules.iter().map(rule).collect(),
            effects,
            files_more,
            cut: showing.is_cut(),
            hidden: showing.hidden(),
        })
    }
}

/// A rule in the policy's own words, which are the operator's.
fn rule(reason: &Reason) -> ApprovalRule {
    ApprovalRule {
        id: Arc::clone(&reason.rule),
        source: reason.source.to_string(),
        line: reason.line,
        reason: reason.text.as_deref().map(str::to_owned),
    }
}
