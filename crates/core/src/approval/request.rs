//! What the files of an approval hold: who asked for what, what was decided, how it ended. Nothing here is raw: every text passed the
//! redactor of the policy that asked, and the arguments stand here only redacted and cut.

use std::sync::Arc;

use gitoma_policy::{Capability, Scope, Transport};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::binding::{Binding, Hash, Subject};
use super::id::ApprovalId;
use super::shown::ACCESSES;
use crate::effects::Effects;

/// One thing that the call touches, as an approver sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownAccess {
    /// Alias of the repository.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repo: Option<String>,
    /// Branch, tag or revision.
    #[serde(skip_serializing_if = "Option::is_none", default, rename = "ref")]
    pub reference: Option<String>,
    /// Paths in the repository.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub paths: Vec<String>,
    /// Whether further paths are found while the call runs.
    pub found: bool,
    /// Host on the network.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub host: Option<String>,
}

/// A rule that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// The rule's id.
    pub id: Arc<str>,
    /// The policy's name.
    pub source: String,
    /// Line in the policy, from 1.
    pub line: u32,
    /// The rule's own reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// The request: what an approver decides about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) id: ApprovalId,
    pub(crate) subject: Subject,
    pub(crate) binding: Binding,
    /// Of the effect as it is, while `effects` is what is left to show of it.
    pub(crate) effect_digest: Hash,
    pub(crate) created: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) call_id: Uuid,
    pub(crate) principal: Arc<str>,
    pub(crate) transport: Transport,
    pub(crate) tool: Arc<str>,
    pub(crate) capability: Capability,
    pub(crate) arguments: Value,
    pub(crate) accesses: Vec<ShownAccess>,
    pub(crate) policy_digest: String,
    pub(crate) policy_generation: u64,
    pub(crate) rules: Vec<ApprovalRule>,
    pub(crate) effects: Effects,
    /// How many files are left out of `effects`.
    pub(crate) files_more: u64,
    /// Whether the diff or the message is cut.
    pub(crate) cut: bool,
    /// How many characters and sequences that nobody sees were taken out.
    pub(crate) hidden: u64,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decided {
    pub(crate) id: ApprovalId,
    pub(crate) approved: bool,
    pub(crate) principal: Arc<str>,
    /// Id of the token that it was decided with, if that has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) token: Option<Arc<str>>,
    pub(crate) at: Timestamp,
    pub(crate) note: Option<String>,
}

impl Request {
    /// Whether a credential of this scope is good for such a call.
    pub(crate) fn is_within(&self, scope: &Scope) -> bool {
        let mut repos = self.accesses.iter().filter_map(|access| access.repo.as_deref());
        // Of a longer list the rest is not kept.
        let whole = self.accesses.len() < ACCESSES || scope == Scope::everything();
        whole && scope.has_tool(&self.tool, self.capability) && repos.all(|repo| scope.has_repository(repo))
    }
}

/// How an approval can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum How {
    Used,
    Void,
    Expired,
}

/// How an approval ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct End {
    pub(crate) id: ApprovalId,
    pub(crate) how: How,
    /// Why, in the words of this program.
    pub(crate) why: String,
    pub(crate) at: Timestamp,
    /// The call that used it, or that made it void.
    pub(crate) call_id: Option<Uuid>,
}
