//! [`Permit`]: the proof that a call was allowed and that its intent is on the record. Only the pipeline issues one, so a tool
//! that asks for a permit cannot be run around the gateway.

use crate::call::CallId;

/// Proof that the pipeline allowed this call and wrote its intent.
///
/// It cannot be made outside this crate:
/// ```compile_fail,E0451
/// let forged = gitoma_core::Permit { call_id: gitoma_core::CallId::mint() };
/// ```
/// nor copied, so that one permit runs one call:
/// ```compile_fail,E0599
/// fn twice(permit: gitoma_core::Permit) -> (gitoma_core::Permit, gitoma_core::Permit) {
///     (permit.clone(), permit)
/// }
/// ```
#[derive(Debug)]
#[must_use = "a permit that is not used means a call that was recorded and did not run"]
pub struct Permit {
    call_id: CallId,
}

impl Permit {
    /// The witness is the intent's entry: without one there is no permit (invariant 1).
    pub(crate) fn issue(call_id: CallId, _intent: &gitoma_audit::OpenEntry) -> Self {
        Self { call_id }
    }

    /// The call this permit is for.
    #[must_use]
    pub fn call_id(&self) -> CallId {
        self.call_id
    }
}
