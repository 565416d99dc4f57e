//! The vocabulary of a judgement: who asks for what ([`Request`]) and what was decided ([`Decision`]). It holds
//! plain values only; how rules are written is in `document`, how they are matched in `decide`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::scope::Scope;

/// What a rule, or a whole judgement, says. Ordered so that the strictest of several is their `max()`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The call may run.
    Allow,
    /// The call may run once an approval exists that is bound to it.
    Ask,
    /// The call may not run.
    Deny,
}

impl Effect {
    /// The name as it stands in policy files, replies and audit entries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// What kind of power a tool needs. A tool has exactly one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Looks at a repository and changes nothing.
    Read,
    /// Changes a repository, or what belongs to it elsewhere.
    Write,
    /// Runs jobs, commands or other servers.
    Automation,
}

impl Capability {
    /// The name as it stands in policy files, replies and audit entries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Automation => "automation",
        }
    }
}

/// The process-wide switch without which nothing writes, whatever the policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteMode {
    /// No call of capability write is allowed.
    #[default]
    Off,
    /// Writes are judged by the whitelist and the rules.
    On,
}

impl WriteMode {
    /// The name as it stands in policy files, replies and audit entries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
        }
    }
}

/// Whether what the rules say of reads is carried out or only recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enforcement {
    /// Every verdict is carried out.
    #[default]
    Enforce,
    /// Reads that the rules deny, or ask about, run all the same; the verdict stays what it is and is marked. Gates,
    /// writes and automation are enforced as ever.
    Shadow,
}

impl Enforcement {
    /// The name as it stands in policy files, replies and audit entries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
        }
    }
}

/// The door through which a call came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// The HTTP interface.
    Http,
    /// The Model Context Protocol, over stdio or HTTP.
    Mcp,
    /// The command line.
    Cli,
    /// A Rust service that embeds the gateway.
    Embedded,
}

impl Transport {
    /// Every door.
    pub const ALL: [Self; 4] = [Self::Http, Self::Mcp, Self::Cli, Self::Embedded];

    /// The name as it stands in policy files, replies and audit entries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Mcp => "mcp",
            Self::Cli => "cli",
            Self::Embedded => "embedded",
        }
    }
}

/// What is known about the paths of an [`Access`] before the call runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Paths {
    /// The call looks at no path (or at none that it can name). A deny or ask rule with `paths` applies, an allow
    /// rule with `paths` does not.
    None,
    /// Exactly these repository-relative, `/`-separated paths; each is judged. An empty list counts as
    /// [`Paths::None`].
    Named(Vec<String>),
    /// The paths are found while the call runs, and each one found is judged by a decision of its own. An allow
    /// rule with `paths` applies; a deny or ask rule with `paths` does not, unless its pattern is `**`.
    Discovered,
}

/// One thing a call reaches for: a repository, a reference in it, paths, or a remote host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Access {
    /// The repository's alias, `name` or `owner/name`; `None` for a call that concerns no repository.
    pub repo: Option<Arc<str>>,
    /// The branch, tag or revision as the caller gave it; `None` means the work tree or what the tool defaults to.
    pub reference: Option<String>,
    /// The paths inside the repository.
    pub paths: Paths,
    /// The remote host the call would talk to, without port.
    pub host: Option<String>,
}

impl Access {
    /// An access to the repository `repo` with no reference, path or host.
    #[must_use]
    pub fn repository(repo: impl Into<Arc<str>>) -> Self {
        Self { repo: Some(repo.into()), reference: None, paths: Paths::None, host: None }
    }
}

/// What the caller itself gave up for this call. It can only tighten: the default narrows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrowing {
    /// Refuses every capability but read.
    pub read_only: bool,
    /// Refuses every repository whose name is not in the list (compared exactly); `None` leaves all. A call that
    /// touches no repository is not refused by it.
    pub repositories: Option<Vec<String>>,
}

/// A tool call as the policy sees it. Everything is borrowed, so that judging copies nothing.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The authenticated name of the caller.
    pub principal: &'a str,
    /// The roles of the caller.
    pub roles: &'a [Arc<str>],
    /// The door the call came through.
    pub transport: Transport,
    /// The tool's full name.
    pub tool: &'a str,
    /// The capability the tool declares.
    pub capability: Capability,
    /// What the call reaches for; empty means one judgement without a repository.
    pub accesses: &'a [Access],
    /// The call's arguments as an object, when there are any.
    pub arguments: Option<&'a serde_json::Map<String, serde_json::Value>>,
    /// The effective write mode of the process.
    pub write_mode: WriteMode,
    /// What the caller gave up for this call.
    pub narrowing: &'a Narrowing,
    /// What the caller's credential is good for.
    pub scope: &'a Scope,
}

/// Who might call a tool; used for tool lists, where there is no call yet.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The authenticated name of the caller.
    pub principal: &'a str,
    /// The roles of the caller.
    pub roles: &'a [Arc<str>],
    /// The door the caller uses.
    pub transport: Transport,
}

/// Why a judgement came out as it did. The set is closed and the names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Every part of the call is allowed by a rule and denied by none.
    Allowed,
    /// A rule asks for an approval and none denies.
    ApprovalRequired,
    /// A rule denies.
    Denied,
    /// No rule matched.
    DefaultDeny,
    /// The built-in denylist refuses a path, whatever the rules say.
    PathDenied,
    /// The call writes, and write mode is off.
    WriteModeOff,
    /// The call writes, and the repository is not on the whitelist (`write: allow`).
    RepositoryNotWhitelisted,
    /// The call needs a capability that the policy leaves off.
    CapabilityDisabled,
    /// The caller's credential is not good for this call.
    OutOfScope,
    /// The caller gave up what this call needs.
    Narrowed,
    /// The call cannot be judged: a path is not in normal form, or something exceeds a limit.
    BadRequest,
}

impl Code {
    /// Every code, in the order of their declaration.
    pub const ALL: [Self; 11] = [
        Self::Allowed,
        Self::ApprovalRequired,
        Self::Denied,
        Self::DefaultDeny,
        Self::PathDenied,
        Self::WriteModeOff,
        Self::RepositoryNotWhitelisted,
        Self::CapabilityDisabled,
        Self::OutOfScope,
        Self::Narrowed,
        Self::BadRequest,
    ];

    /// The stable name as it stands in replies and audit entries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ApprovalRequired => "approval_required",
            Self::Denied => "denied",
            Self::DefaultDeny => "default_deny",
            Self::PathDenied => "path_denied",
            Self::WriteModeOff => "write_mode_off",
            Self::RepositoryNotWhitelisted => "repository_not_whitelisted",
            Self::CapabilityDisabled => "capability_disabled",
            Self::OutOfScope => "out_of_scope",
            Self::Narrowed => "narrowed",
            Self::BadRequest => "bad_request",
        }
    }
}

/// One rule that decided, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Reason {
    /// The rule's id; built-in rules are named `builtin:…`.
    pub rule: Arc<str>,
    /// What the rule says.
    pub effect: Effect,
    /// The policy's name as it was given to the loader, or `built-in`.
    pub source: Arc<str>,
    /// Line of the rule in that source, from 1; 0 for built-in rules.
    pub line: u32,
    /// Column of the rule in that source, in characters from 1; 0 for built-in rules.
    pub column: u32,
    /// The rule's `reason`, when it has one.
    pub text: Option<Arc<str>>,
    /// The path on which the rule decided, when it was one.
    pub path: Option<String>,
}

/// What must be done with an allowed call's result besides returning it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Obligation {
    /// The result is redacted before it leaves. Always present on what is not denied; no policy lifts it.
    Redact,
    /// Each path found while running is judged by a decision of its own before it leaves or is changed. Present
    /// when an access has [`Paths::Discovered`].
    JudgeDiscovered,
}

impl Obligation {
    /// The stable name as it stands in replies and audit entries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redact => "redact",
            Self::JudgeDiscovered => "judge_discovered",
        }
    }
}

/// The verdict on a [`Request`], with all that is needed to say why.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Decision {
    /// What is decided.
    pub effect: Effect,
    /// Why, as a closed code.
    pub code: Code,
    /// The deciding rules, strictest first. Empty when no rule decided (no match, a closed gate, a bad request).
    pub reasons: Vec<Reason>,
    /// What must be done with the result; empty when denied.
    pub obligations: Vec<Obligation>,
    /// Whether the verdict is carried out. `false` only for a read that the rules deny or ask about while the policy
    /// says `enforcement: shadow`: it runs, and `effect` and `code` still tell the truth.
    pub enforced: bool,
    /// The policy set that decided.
    pub policy: Digest,
    /// Which load of the policy decided, as [`PolicySet::with_generation`](crate::PolicySet::with_generation) numbered
    /// it; 0 for a set that nobody numbered.
    pub generation: u64,
}

impl Decision {
    /// Whether the policy allows the call. What a shadow policy denies is not allowed, though it may run.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self.effect, Effect::Allow)
    }

    /// Whether the call may run at once: it is allowed, or the verdict against it is not enforced.
    #[must_use]
    pub const fn may_run(&self) -> bool {
        self.is_allowed() || !self.enforced
    }
}
