//! Approvals: what becomes of a call that policy asks about. A call waits for nobody; it is refused with the id of a pending
//! [`Approval`], a person decides that, and the same call, made again, uses the answer up. An approval is bound to the tool, the judged
//! arguments, the caller, the policy and the effect; whatever differs makes it void.
//!
//! `store` keeps them as files that all gateways on one state directory share, `binding` says what they are bound to, `seek` is the
//! pipeline's step, `desk` is where people list and decide them.

mod arbiter;
mod binding;
mod desk;
mod files;
mod held;
mod id;
mod question;
mod request;
mod seek;
mod shown;
mod standing;
mod store;
mod view;

use std::time::Duration;

use gitoma_policy::Decision;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use desk::{ApprovalRefusal, ApprovalRefusalKind, ApprovalsListed, Decide};
pub use id::ApprovalId;
pub use request::{ApprovalRule, ShownAccess};
pub use store::StoreError;
pub use view::{Approval, ApprovalDecision, ApprovalDetails, ApprovalEnd, ApprovalLine};

/// What the call of a caller is known by, under whatever id it was made.
pub(crate) use binding::{Hash as CallHash, subject as call_hash};
pub(crate) use seek::Asking;
pub(crate) use shown::shown_text;
pub(crate) use standing::{Grant, Standing};
pub(crate) use store::Store;

/// How far an approval has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Nobody has decided it yet.
    Pending,
    /// It waits for the call to be made again.
    Approved,
    /// Somebody said no.
    Denied,
    /// The call ran under it.
    Used,
    /// What it was for is no longer so.
    Void,
    /// Its time was over before it was used.
    Expired,
}

impl ApprovalState {
    /// The state's name in replies and audit entries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Used => "used",
            Self::Void => "void",
            Self::Expired => "expired",
        }
    }

    /// Whether something can still become of it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Approved)
    }
}

/// How long approvals live and how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovalLimits {
    /// How long an approval is valid from the call that asked, decided or not.
    pub lifetime: Duration,
    /// How many may be pending.
    pub pending: usize,
    /// How many may be pending of one principal.
    pub pending_per_principal: usize,
    /// How long one is kept after its time, for people to look at; the audit log keeps what became of it.
    pub kept: Duration,
}

impl Default for ApprovalLimits {
    /// An hour; 64, of one principal 16; a week.
    fn default() -> Self {
        Self {
            lifetime: Duration::from_mins(60),
            pending: 64,
            pending_per_principal: 16,
            kept: Duration::from_hours(7 * 24),
        }
    }
}

/// A call that policy asks about, and the approval that it waits for or was denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalNeeded {
    /// The decision that asks.
    pub decision: Decision,
    /// The approval.
    pub id: ApprovalId,
    /// When the approval's time is over.
    pub expires: Timestamp,
}
