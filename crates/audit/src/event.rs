//! What the gateway reports beside calls: policies, switches, approvals, and what was only counted.
//! The start and the stop of a process are written by the log itself.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::digest::Digest;

/// Refusals of one time window, counted so that nobody fills the disk.
#[derive(Debug, Clone)]
pub struct Aggregate {
    /// How many.
    pub count: u64,
    /// Begin of the window, inclusive.
    pub window_start: Timestamp,
    /// End of the window, exclusive.
    pub window_end: Timestamp,
    /// What the limit applies to, such as `principal` or `peer`.
    pub scope: Option<&'static str>,
    /// Where the calls came from, such as a network prefix.
    pub origin: Option<String>,
    /// Through which door.
    pub transport: Option<&'static str>,
    /// Who, if known.
    pub principal: Option<Arc<str>>,
    /// Which tool, if the limit is one of a tool.
    pub tool: Option<Arc<str>>,
    /// Stable code of the refusals.
    pub code: Option<&'static str>,
}

/// Something that happened beside the calls.
#[derive(Debug, Clone)]
pub enum Event {
    /// A policy took effect.
    PolicyLoad {
        /// Its digest.
        policy_digest: Arc<str>,
        /// Its generation.
        policy_generation: u64,
        /// Where it came from, such as a file name.
        origin: Option<String>,
        /// A short text for people.
        detail: Option<String>,
    },
    /// A policy was rejected; the one before stays in force.
    PolicyReject {
        /// Digest of the policy that stays.
        policy_digest: Option<Arc<str>>,
        /// Its generation.
        policy_generation: Option<u64>,
        /// Why, as a stable code.
        code: &'static str,
        /// Where the rejected one came from.
        origin: Option<String>,
        /// A short text for people, free of what stood in the file.
        detail: Option<String>,
    },
    /// Failed authentications.
    AuthAggregate(Aggregate),
    /// Rate-limit refusals.
    LimitAggregate(Aggregate),
    /// An operator turned a switch.
    Switch {
        /// Who.
        principal: Option<Arc<str>>,
        /// Name of the switch.
        switch: &'static str,
        /// Its new position.
        state: &'static str,
        /// A short text for people.
        detail: Option<String>,
    },
    /// An approval changed its state.
    Approval {
        /// The call that asked, or used it.
        call_id: Option<Uuid>,
        /// Who changed it.
        principal: Option<Arc<str>>,
        /// Which tool it is for.
        tool: Option<Arc<str>>,
        /// Its id.
        approval_id: String,
        /// Its new state, such as `pending`, `approved`, `denied`, `used`, `expired`.
        state: &'static str,
        /// Hash of the effect that was previewed.
        effect_digest: Option<Digest>,
        /// When it stops being valid.
        expires_at: Option<Timestamp>,
        /// A short text for people.
        detail: Option<String>,
    },
}

impl Event {
    /// Whether `note` waits for the disk: for all but the counted refusals.
    #[must_use]
    pub const fn is_durable(&self) -> bool {
        !matches!(self, Self::AuthAggregate(_) | Self::LimitAggregate(_))
    }
}
