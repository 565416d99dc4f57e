//! The policy a call is judged by, with its generation and the redactor it makes. A reload swaps the whole [`Snapshot`]; a running call keeps its own.

use std::collections::HashMap;
use std::sync::Arc;

use gitoma_policy::{Capability, Catalogue, Enforcement, PolicySet, Subject, WriteMode};
use gitoma_redact::Redactor;
use jiff::Timestamp;

use crate::load::LoadedPolicy;
use crate::verdict::PolicyStamp;

/// One loaded policy and its place in the sequence of loads.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) policy: PolicySet,
    /// What the gateway itself redacts, and what the policy says of that.
    pub(crate) redactor: Arc<Redactor>,
    /// For each tool of which some rule reads arguments, their names.
    reads: HashMap<String, Box<[Box<str>]>>,
    pub(crate) digest: Arc<str>,
    pub(crate) generation: u64,
    /// When it was put in force.
    pub(crate) loaded_at: Timestamp,
}

impl Snapshot {
    /// Puts `loaded` in its place; `redactor` is what the gateway redacts whatever the policy says.
    pub(crate) fn new(
        loaded: LoadedPolicy,
        redactor: &Redactor,
        catalogue: &Catalogue,
        generation: u64,
    ) -> Self {
        let redactor = Arc::new(loaded.redactor(redactor));
        let policy = loaded.policy;
        let digest = policy.digest().to_string().into();
        let reads = catalogue.iter().filter_map(|(tool, _)| {
            let names: Box<[Box<str>]> = policy.read_arguments(tool).map(Box::from).collect();
            (!names.is_empty()).then(|| (tool.to_owned(), names))
        });
        let reads = reads.collect();
        let policy = policy.with_generation(generation);
        Self { policy, redactor, reads, digest, generation, loaded_at: Timestamp::now() }
    }

    /// The same policy as another generation.
    pub(crate) fn renumbered(&self, generation: u64) -> Self {
        Self {
            policy: self.policy.clone().with_generation(generation),
            redactor: Arc::clone(&self.redactor),
            reads: self.reads.clone(),
            digest: Arc::clone(&self.digest),
            generation,
            loaded_at: Timestamp::now(),
        }
    }

    /// The same policy, in force as it was, with another redactor.
    pub(crate) fn redacting(&self, redactor: Redactor) -> Self {
        Self { redactor: Arc::new(redactor), loaded_at: self.loaded_at, ..self.renumbered(self.generation) }
    }

    /// What names this policy in replies.
    #[must_use]
    pub fn stamp(&self) -> PolicyStamp {
        PolicyStamp { digest: self.digest().to_owned(), generation: self.generation }
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

    /// The arguments of `tool` that some rule reads, sorted.
    pub(crate) fn read_arguments(&self, tool: &str) -> &[Box<str>] {
        self.reads.get(tool).map(AsRef::as_ref).unwrap_or_default()
    }

    /// Whether what the rules say of reads is only observed (`enforcement: shadow`).
    #[must_use]
    pub fn is_shadow(&self) -> bool {
        self.policy.enforcement() == Enforcement::Shadow
    }

    /// What the entry of this policy's load says to people: `text`, and shadow mode if that is so.
    pub(crate) fn detail(&self, text: Option<String>) -> Option<String> {
        let shadow = self.is_shadow().then(|| "shadow mode".to_owned());
        let parts: Vec<String> = text.into_iter().chain(shadow).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Says in the log that refusals are not carried out, for as long as that is so at each start and reload.
    pub(crate) fn warn_of_shadow(&self) {
        if self.is_shadow() {
            tracing::warn!(
                target: "gitoma::policy",
                generation = self.generation,
                "the policy is in shadow mode: reads that its rules refuse run all the same and are only recorded; remove \
                 `enforcement: shadow` from the policy to enforce it"
            );
        }
    }
}

/// A question about a tool and a caller that is answered before anything is known of a call: [`is_reachable`] or [`is_resolvable`].
pub(crate) type Reach = fn(&PolicySet, &Subject<'_>, &str, Capability, WriteMode) -> bool;

/// Whether a call of `tool` by `subject` is judged at all. Besides what [`is_reachable`] says, a write that rules could let through is: it
/// is refused by the gate that is closed, since whoever may write must be told why nothing is written.
pub(crate) fn is_resolvable(
    policy: &PolicySet,
    subject: &Subject<'_>,
    tool: &str,
    capability: Capability,
    write_mode: WriteMode,
) -> bool {
    is_reachable(policy, subject, tool, capability, write_mode)
        || (capability == Capability::Write && policy.could_write(subject, tool))
}

/// Whether some call of `tool` by `subject` could run under `policy`. In shadow mode no rule keeps a read from running, so that
/// every reading tool is there, for lists and for calls alike; what is not enforced must not show as "no such tool" either.
pub(crate) fn is_reachable(
    policy: &PolicySet,
    subject: &Subject<'_>,
    tool: &str,
    capability: Capability,
    write_mode: WriteMode,
) -> bool {
    (policy.enforcement() == Enforcement::Shadow && capability == Capability::Read)
        || policy.may_ever(subject, tool, capability, write_mode)
}
