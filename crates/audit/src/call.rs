//! What a caller of the log hands in about one tool call: the call itself, its refusal, its outcome.
//! Nothing here is redacted or judged; the caller has done both.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    commitment::Commitment,
    vocabulary::{Capability, Effect, OutcomeStatus},
};

/// One thing that a call touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Alias of the repository.
    pub repo: Option<Arc<str>>,
    /// Ref or revision as it was judged; the key in the line is `ref`.
    pub reference: Option<String>,
    /// Paths relative to the repository; the writer lists at most 32.
    pub paths: Vec<String>,
    /// How many paths are not in `paths`; the writer adds those that it leaves out.
    pub paths_more: u64,
    /// Whether the paths are found while the call runs: `Some(true)`; `Some(false)` if it concerns none. Not said where
    /// `paths` names them.
    pub found: Option<bool>,
    /// Host on the network.
    pub host: Option<String>,
}

/// A rule that took part in a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRef {
    /// Id of the rule.
    pub id: Arc<str>,
    /// Line in the policy file, from 1; 0 for a rule that is built in.
    pub line: u32,
}

/// The value of an argument that some rule of the policy in force reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Name of the argument.
    pub name: String,
    /// The JSON text of its redacted value; `null` if it was not given.
    pub value: String,
}

/// What the caller gave up for one call. The default gives nothing up and is not written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restriction {
    /// Every capability but read.
    pub read_only: bool,
    /// Running the call at all.
    pub dry_run: bool,
    /// The only repositories that were left; none if the list is empty, all if there is no list. The writer lists at most 32.
    pub repositories: Option<Vec<String>>,
    /// How many are left that are not in `repositories`; the writer adds those that it leaves out.
    pub repositories_more: u64,
}

/// What is known of a call when it is decided. Everything that is not known is absent from the line.
#[derive(Debug, Clone)]
pub struct CallFields {
    /// Our id of the call, also the `error_id` of its answer.
    pub call_id: Uuid,
    /// The caller's id.
    pub correlation_id: Option<String>,
    /// W3C trace id.
    pub trace_id: Option<String>,
    /// Who calls; absent before authentication.
    pub principal: Option<Arc<str>>,
    /// In which roles.
    pub roles: Arc<[Arc<str>]>,
    /// Id of the token that the caller presented, if that has one.
    pub token: Option<Arc<str>>,
    /// Through which door: `http`, `mcp`, `cli` …
    pub transport: &'static str,
    /// Which tool.
    pub tool: Option<Arc<str>>,
    /// What the tool does to the world.
    pub capability: Option<Capability>,
    /// What it touches; the writer lists at most 16 and counts the rest.
    pub accesses: Vec<Access>,
    /// The write mode in force.
    pub write_mode: Option<&'static str>,
    /// What policy decided.
    pub effect: Option<Effect>,
    /// Whether that decision was enforced (`false`: only observed).
    pub enforced: Option<bool>,
    /// Stable code of the refusal.
    pub code: Option<&'static str>,
    /// The rules that decided.
    pub rules: Vec<RuleRef>,
    /// Digest of the policy in force.
    pub policy_digest: Option<Arc<str>>,
    /// Its generation.
    pub policy_generation: Option<u64>,
    /// The approval that was used or is pending.
    pub approval_id: Option<String>,
    /// The arguments that some rule reads; the writer lists at most 32 in 4 KiB and counts the rest as cut.
    pub arguments: Vec<Argument>,
    /// What the caller gave up.
    pub restriction: Restriction,
}

impl CallFields {
    /// A call of which only the id and the door are known.
    #[must_use]
    pub fn new(call_id: Uuid, transport: &'static str) -> Self {
        Self {
            call_id,
            correlation_id: None,
            trace_id: None,
            principal: None,
            roles: Arc::default(),
            token: None,
            transport,
            tool: None,
            capability: None,
            accesses: Vec::new(),
            write_mode: None,
            effect: None,
            enforced: None,
            code: None,
            rules: Vec::new(),
            policy_digest: None,
            policy_generation: None,
            approval_id: None,
            arguments: Vec::new(),
            restriction: Restriction::default(),
        }
    }
}

/// A call that is about to run.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The call.
    pub call: CallFields,
    /// Whether to wait for the disk even if the call only reads.
    pub durable: bool,
    /// Salted commitment to the arguments; what opens it is kept beside the chain.
    pub args_commit: Option<Commitment>,
}

impl Intent {
    /// Whether `begin` waits for the disk: always, unless the call is known to be a read.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.durable || self.call.capability != Some(Capability::Read)
    }
}

/// A call that was answered with a refusal.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The call.
    pub call: CallFields,
    /// Whether anything ran before the refusal.
    pub executed: bool,
}

/// How a call ended. Integers above 2^53 - 1 are written as 2^53 - 1.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How.
    pub status: OutcomeStatus,
    /// Stable code of a failure.
    pub code: Option<&'static str>,
    /// The rules that refused something without which the call could not go on.
    pub rules: Vec<RuleRef>,
    /// Bytes that left.
    pub bytes_out: u64,
    /// Secrets replaced.
    pub redactions: u64,
    /// Items left out because they were not allowed.
    pub dropped: u64,
    /// Time from intent to outcome in microseconds.
    pub duration_us: u64,
    /// Salted commitment to the result; what opens it is kept beside the chain.
    pub result_commit: Option<Commitment>,
}

impl Outcome {
    /// An outcome in which nothing was counted.
    #[must_use]
    pub const fn new(status: OutcomeStatus, duration_us: u64) -> Self {
        Self {
            status,
            code: None,
            rules: Vec::new(),
            bytes_out: 0,
            redactions: 0,
            dropped: 0,
            duration_us,
            result_commit: None,
        }
    }
}
