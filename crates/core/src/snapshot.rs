//! The policy a call is judged by, with its generation. A reload swaps the whole [`Snapshot`]; a running call keeps its own.

use std::sync::Arc;

use gitoma_policy::PolicySet;

/// One loaded policy and its place in the sequence of loads.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) policy: PolicySet,
    pub(crate) digest: Arc<str>,
    pub(crate) generation: u64,
}

impl Snapshot {
    pub(crate) fn new(policy: PolicySet, generation: u64) -> Self {
        let digest = policy.digest().to_string().into();
        Self { policy, digest, generation }
    }

    /// The policy itself.
    #[must_use]
    pub fn policy(&self) -> &PolicySet {
        &self.policy
    }

    /// The digest of the policy's meaning, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How many policies this gateway has loaded, this one included.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }
}
