//! What people and callers are shown of approvals. Who may decide, or look after those who do, sees all; an agent sees of its own what
//! it needs to wait: id, state, target, expiry.

use std::sync::Arc;

use gitoma_policy::{Capability, Transport};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::ApprovalState;
use super::held::Held;
use super::id::ApprovalId;
use super::request::{ApprovalRule, ShownAccess};
use crate::effects::Effects;
use crate::verdict::PolicyStamp;

/// An approval in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct ApprovalLine {
    /// Its id.
    pub id: ApprovalId,
    /// How far it has come.
    pub state: ApprovalState,
    /// What would be changed, in words.
    pub target: String,
    /// When its time is over.
    pub expires: Timestamp,
    /// When it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Who asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Arc<str>>,
    /// The tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<Arc<str>>,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// How far it has come.
    pub state: ApprovalState,
    /// What would be changed, in words.
    pub target: String,
    /// When its time is over.
    pub expires: Timestamp,
    /// The rest; absent for the agent that asked.
    #[serde(flatten)]
    pub details: Option<Box<ApprovalDetails>>,
}

/// What somebody decides by. Every text is redacted.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct ApprovalDetails {
    /// When it was asked for.
    pub created: Timestamp,
    /// Who asked.
    pub principal: Arc<str>,
    /// Through which door.
    pub transport: Transport,
    /// The call that asked, as audit entries name it.
    pub call_id: uuid::Uuid,
    /// The tool.
    pub tool: Arc<str>,
    /// What the tool does to the world.
    pub capability: Capability,
    /// The arguments, cut where they are long.
    pub arguments: Value,
    /// What the call touches.
    pub accesses: Vec<ShownAccess>,
    /// The policy that asks.
    pub policy: PolicyStamp,
    /// The rules that ask.
    pub rules: Vec<ApprovalRule>,
    /// What the call would do.
    pub effects: Effects,
    /// The digest of that, as audit entries have it: of what it really is, not of what is shown.
    pub effect_digest: String,
    /// How many files are not listed in `effects`.
    pub files_more: u64,
    /// Whether something shown is cut.
    pub cut: bool,
    /// How many characters and sequences that nobody sees were taken out: a sign of an attempt to deceive.
    pub hidden: u64,
    /// What was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<ApprovalDecision>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<ApprovalEnd>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct ApprovalDecision {
    /// Yes or no.
    pub approved: bool,
    /// By whom.
    pub principal: Arc<str>,
    /// When.
    pub at: Timestamp,
    /// What they said to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How an approval ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct ApprovalEnd {
    /// Why.
    pub why: String,
    /// When.
    pub at: Timestamp,
    /// The call that used it or made it void.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<uuid::Uuid>,
}

impl Held {
    /// The approval in a list, for somebody who sees all of it or not.
    pub(super) fn line(&self, whole: bool, now: Timestamp) -> ApprovalLine {
        let request = &self.request;
        ApprovalLine {
            id: request.id.clone(),
            state: self.state(now),
            target: request.effects.target.clone(),
            expires: request.expires,
            created: whole.then_some(request.created),
            principal: whole.then(|| Arc::clone(&request.principal)),
            tool: whole.then(|| Arc::clone(&request.tool)),
        }
    }

    /// The approval, for somebody who sees all of it or not.
    pub(super) fn view(self, whole: bool, now: Timestamp) -> Approval {
        let state = self.state(now);
        let Self { request, decided, end, .. } = self;
        Approval {
            id: request.id.clone(),
            state,
            target: request.effects.target.clone(),
            expires: request.expires,
            details: whole.then(|| {
                Box::new(ApprovalDetails {
                    created: request.created,
                    principal: request.principal,
                    transport: request.transport,
                    call_id: request.call_id,
                    tool: request.tool,
                    capability: request.capability,
                    arguments: request.arguments,
                    accesses: request.accesses,
                    policy: PolicyStamp {
                        digest: request.policy_digest,
                        generation: request.policy_generation,
                    },
                    rules: request.rules,
                    effects: request.effects,
                    effect_digest: request.effect_digest.into(),
                    files_more: request.files_more,
                    cut: request.cut,
                    hidden: request.hidden,
                    decision: decided.map(|decided| ApprovalDecision {
                        approved: decided.approved,
                        principal: decided.principal,
                        at: decided.at,
                        note: decided.note,
                    }),
                    end: end.map(|end| ApprovalEnd { why: end.why, at: end.at, call_id: end.call_id }),
                })
            }),
        }
    }
}
