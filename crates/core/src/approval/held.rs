//! [`Held`]: an approval as its files tell it at one moment.

use jiff::Timestamp;

use super::ApprovalState;
use super::request::{Decided, End, How, Request};

/// An approval.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Held {
    pub(crate) request: Request,
    pub(crate) decided: Option<Decided>,
    pub(crate) end: Option<End>,
    /// Whether a file is there that says nothing. Nobody knows what was decided, or whether it was used, so nothing runs under it.
    pub(crate) broken: bool,
}

impl Held {
    /// What it has come to by `now`.
    pub(crate) fn state(&self, now: Timestamp) -> ApprovalState {
        match (&self.end, &self.decided) {
            (Some(End { how: How::Used, .. }), _) => ApprovalState::Used,
            (Some(End { how: How::Void, .. }), _) => ApprovalState::Void,
            (Some(End { how: How::Expired, .. }), _) => ApprovalState::Expired,
            (None, _) if self.broken => ApprovalState::Void,
            (None, Some(Decided { approved: false, .. })) => ApprovalState::Denied,
            (None, _) if self.is_over(now) => ApprovalState::Expired,
            (None, Some(Decided { approved: true, .. })) => ApprovalState::Approved,
            (None, None) => ApprovalState::Pending,
        }
    }

    /// Whether its time is over.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        now >= self.request.expires
    }
}
