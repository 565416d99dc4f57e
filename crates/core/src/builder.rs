//! [`GatewayBuilder`]: puts a gateway together. Everything it needs is handed in; nothing is read from the environment here.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arc_swap::ArcSwap;
use gitoma_audit::{CheckpointOptions, Event, Log, LogOptions, Rotation};
use gitoma_policy::{LoadError, Source, WriteMode};
use gitoma_redact::Redactor;
use governor::clock::MonotonicClock;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::aggregate::Aggregates;
use crate::approval::{ApprovalLimits, Store, StoreError};
use crate::catalogue::catalogue;
use crate::commitment::Disclosures;
use crate::failures::Failures;
use crate::gateway::{Gateway, Inner};
use crate::halt::{Halt, HaltMarks};
use crate::limits::{Limits, LimitsConfig};
use crate::load::{load_built_in_policy, load_policy};
use crate::metrics::Metrics;
use crate::policy_file::PolicyFile;
use crate::principal::{self, Authenticator, Places, PrincipalConfig, PrincipalsError, Secret};
use crate::redaction::RedactionPool;
use crate::registry::Registry;
use crate::repeat::Repeats;
use crate::setup::Setup;
use crate::snapshot::Snapshot;
use crate::tool::Tool;
use crate::watching::Watchers;

/// Why a gateway could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No directory for the audit chains was given.
    #[error("a gateway needs an audit directory")]
    NoAuditDirectory,
    /// Two tools have one name, or a name is not 1 to 64 of `a-z0-9_`.
    #[error("the tool name `{name}` is taken or is not a name")]
    ToolName {
        /// The name.
        name: String,
    },
    /// A limit is for a tool that there is not.
    #[error("`limits.tools` names `{name}`, and there is no such tool; gitoma tools lists them")]
    LimitedTool {
        /// The name.
        name: String,
    },
    /// The principals cannot be those of a gateway.
    #[error(transparent)]
    Principals(#[from] PrincipalsError),
    /// The policy does not load; the text says where and how to mend it.
    #[error("the policy does not load\n{0}")]
    Policy(LoadError),
    /// The audit log does not open.
    #[error("the audit log does not open")]
    Audit(#[source] gitoma_audit::OpenError),
    /// The audit log does not take the first entry.
    #[error("the audit log does not take an entry")]
    FirstEntry(#[source] gitoma_audit::AuditError),
    /// The directory of replies cannot be used.
    #[error("the directory of replies cannot be used")]
    Replies(#[source] std::io::Error),
    /// The directory of approvals cannot be used.
    #[error("the approvals do not open")]
    Approvals(#[source] StoreError),
    /// There is no Tokio runtime to run calls on.
    #[error("a gateway must be built within a Tokio runtime")]
    NoRuntime(#[source] tokio::runtime::TryCurrentError),
}

/// What policy a gateway starts with.
#[derive(Debug, Clone)]
enum PolicyText {
    BuiltIn,
    Named { name: String, text: String },
}

/// Puts a gateway together.
#[must_use]
pub struct GatewayBuilder {
    audit_directory: Option<PathBuf>,
    audit_rotation: Rotation,
    audit_checkpoints: Option<CheckpointOptions>,
    approvals_directory: Option<PathBuf>,
    replies_directory: Option<PathBuf>,
    approvals: ApprovalLimits,
    disclosures: Disclosures,
    keep_payloads: bool,
    policy: PolicyText,
    policy_file: Option<PathBuf>,
    halt: Option<HaltMarks>,
    serves: Vec<String>,
    setup: Setup,
    principals: Vec<PrincipalConfig>,
    tools: Vec<Arc<dyn Tool>>,
    limits: LimitsConfig,
    write_mode: WriteMode,
    known_values: Vec<Secret>,
    program: String,
}

impl std::fmt::Debug for GatewayBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GatewayBuilder").field("principals", &self.principals.len()).finish_non_exhaustive()
    }
}

impl Gateway {
    /// Begins a gateway with the built-in policy, write mode off, no principals and no tools.
    pub fn builder() -> GatewayBuilder {
        GatewayBuilder {
            audit_directory: None,
            audit_rotation: Rotation::default(),
            audit_checkpoints: None,
            approvals_directory: None,
            replies_directory: None,
            approvals: ApprovalLimits::default(),
            disclosures: Disclosures::default(),
            keep_payloads: false,
            policy: PolicyText::BuiltIn,
            policy_file: None,
            halt: None,
            serves: Vec::new(),
            setup: Setup::default(),
            principals: Vec::new(),
            tools: Vec::new(),
            limits: LimitsConfig::default(),
            write_mode: WriteMode::Off,
            known_values: Vec::new(),
            program: concat!("gitoma-core ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl GatewayBuilder {
    /// Where the audit chains live. Created if absent, with access for the owner alone.
    pub fn audit_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.audit_directory = Some(directory.into());
        self
    }

    /// Lets large payloads in base64 stay in results, which otherwise give way to their size and digest: for whoever looks for a fault.
    pub fn keep_payloads(mut self, keep: bool) -> Self {
        self.keep_payloads = keep;
        self
    }

    /// When the audit log goes on in a new segment: after 64 MiB or a day unless said otherwise.
    pub fn audit_rotation(mut self, rotation: Rotation) -> Self {
        self.audit_rotation = rotation;
        self
    }

    /// Signs checkpoints of the audit log. None are made unless this is said.
    pub fn audit_checkpoints(mut self, checkpoints: CheckpointOptions) -> Self {
        self.audit_checkpoints = Some(checkpoints);
        self
    }

    /// Where approvals are kept; gateways that share the directory share them. Created if absent, with access for the owner alone. Without
    /// it every call that policy asks about is denied.
    pub fn approvals_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.approvals_directory = Some(directory.into());
        self
    }

    /// Where the answers to calls under an idempotency key are kept for a day; gateways that share the directory share them. Created if
    /// absent, with access for the owner alone. Without one, a call that gives a key is refused.
    pub fn replies_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.replies_directory = Some(directory.into());
        self
    }

    /// How long approvals live and how many there may be.
    pub fn approvals(mut self, limits: ApprovalLimits) -> Self {
        self.approvals = limits;
        self
    }

    /// What is kept, beside the audit log, of the arguments and results that it commits to. The salts unless said otherwise.
    pub fn disclosures(mut self, disclosures: Disclosures) -> Self {
        self.disclosures = disclosures;
        self
    }

    /// The policy, as YAML; `name` is what reasons and errors call the file.
    pub fn policy(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.policy = PolicyText::Named { name: name.into(), text: text.into() };
        self
    }

    /// The file that the policy's text was read from, to be read again by [`Gateway::reload_policy`].
    pub fn policy_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.policy_file = Some(path.into());
        self
    }

    /// The files that set the kill switch by being there. Gateways that share them halt together. Without them, an administrator's word ends
    /// with the process.
    pub fn halt_marks(mut self, marks: HaltMarks) -> Self {
        self.halt = Some(marks);
        self
    }

    /// What the gateway calls the repositories that its tools serve, for whoever looks at its state, and for
    /// [`Gateway::repositories`].
    pub fn serves(mut self, aliases: impl IntoIterator<Item = String>) -> Self {
        self.serves.extend(aliases);
        self
    }

    /// What an operator should know of how the gateway was put together.
    pub fn setup(mut self, setup: Setup) -> Self {
        self.setup = setup;
        self
    }

    /// Adds a principal.
    pub fn principal(mut self, principal: PrincipalConfig) -> Self {
        self.principals.push(principal);
        self
    }

    /// Adds a tool.
    pub fn tool(mut self, tool: impl Tool) -> Self {
        self.tools.push(Arc::new(tool));
        self
    }

    /// Adds tools.
    pub fn tools(mut self, tools: impl IntoIterator<Item = Arc<dyn Tool>>) -> Self {
        self.tools.extend(tools);
        self
    }

    /// Replaces the limits.
    pub fn limits(mut self, limits: LimitsConfig) -> Self {
        self.limits = limits;
        self
    }

    /// Switches write mode. Off unless said otherwise.
    pub fn write_mode(mut self, write_mode: WriteMode) -> Self {
        self.write_mode = write_mode;
        self
    }

    /// Adds values that must never leave, whatever they look like: tokens, passwords from the environment.
    pub fn known_value(mut self, value: Secret) -> Self {
        self.known_values.push(value);
        self
    }

    /// What the audit chain calls this program, for example `gitoma-http 0.1.0`.
    pub fn program(mut self, program: impl Into<String>) -> Self {
        self.program = program.into();
        self
    }

    /// Loads the policy, opens the audit chain and starts the gateway's housekeeping.
    ///
    /// # Errors
    /// [`BuildError`] if anything is missing, doubled or does not load: a gateway starts whole or not at all.
    pub fn build(self) -> Result<Gateway, BuildError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(BuildError::NoRuntime)?;
        let mut registry = Registry::default();
        let catalogue = catalogue(&self.tools);
        for tool in self.tools {
            let name = tool.spec().name.clone();
            let most = self.limits.tools.get(name.as_ref()).and_then(|limits| limits.concurrent);
            if !registry.insert(tool, most) {
                return Err(BuildError::ToolName { name: name.into_owned() });
            }
        }
        if let Some(name) = self.limits.tools.keys().find(|name| registry.get(name).is_none()) {
            return Err(BuildError::LimitedTool { name: name.clone() });
        }
        principal::check(&self.principals)?;
        let policy = match &self.policy {
            PolicyText::BuiltIn => load_built_in_policy(&catalogue),
            PolicyText::Named { name, text } => load_policy(Source { name, text }, &catalogue),
        };
        let redactor = Redactor::new().with_known_values(self.known_values.iter().map(Secret::expose));
        let snapshot = Snapshot::new(policy.map_err(BuildError::Policy)?, &redactor, &catalogue, 1);
        let directory = self.audit_directory.ok_or(BuildError::NoAuditDirectory)?;
        let approvals = self.approvals_directory.map(|directory| Store::open(&directory, self.approvals));
        let approvals = approvals.transpose().map_err(BuildError::Approvals)?;
        let repeats = self.replies_directory.map(|directory| Repeats::open(&directory).map(Arc::new));
        let repeats = repeats.transpose().map_err(BuildError::Replies)?;
        let watchers = Watchers::new(self.audit_checkpoints.as_ref().map(|made| made.key.verifier().clone()));
        let log = Log::open(LogOptions {
            program: self.program,
            policy_digest: Some(snapshot.digest().to_owned()),
            directory,
            rotation: self.audit_rotation,
            checkpoints: self.audit_checkpoints,
            chain: None,
        })
        .map_err(BuildError::Audit)?;
        let loaded = Event::PolicyLoad {
            policy_digest: Arc::clone(&snapshot.digest),
            policy_generation: snapshot.generation(),
            origin: Some(snapshot.policy.name().to_owned()),
            detail: snapshot.detail(Some(format!("write mode {}", self.write_mode.as_str()))),
        };
        log.note_blocking(loaded).map_err(BuildError::FirstEntry)?;

        let checkpoints = log.status().checkpoints.is_some();
        let insecure_bind = self.setup.unsafe_settings.contains(&Setup::INSECURE_BIND);
        let metrics = Metrics::new(self.write_mode == WriteMode::On, checkpoints, insecure_bind);
        metrics.policy(&snapshot);
        snapshot.warn_of_shadow();
        let mut places = Places::default();
        let authenticator = Authenticator::new(&self.principals, &mut places);
        let logged = Arc::new(ArcSwap::new(Arc::clone(&snapshot.redactor)));
        #[cfg(feature = "binary")]
        crate::logging::redact_by(&logged);
        let policy_file = match (&self.policy, self.policy_file) {
            (PolicyText::Named { text, .. }, Some(path)) => Some(PolicyFile::new(path, text)),
            _ => None,
        };
        let inner = Arc::new(Inner {
            policy_file,
            serves: self.serves,
            setup: self.setup,
            snapshot: ArcSwap::from_pointee(snapshot),
            registry,
            catalogue,
            previous: tokio::sync::Mutex::new(None),
            limits: Arc::new(Limits::new(&self.limits, places.count(), MonotonicClock)),
            authenticator: ArcSwap::from_pointee(authenticator),
            lists: watch::Sender::new(()),
            places: tokio::sync::Mutex::new(places),
            failures: Failures::default(),
            aggregates: Aggregates::default(),
            log,
            approvals,
            repeats,
            redactor: ArcSwap::from_pointee(redactor),
            logged,
            disclosures: self.disclosures,
            keep_payloads: self.keep_payloads,
            undisclosed_said: AtomicBool::new(false),
            metrics,
            watchers,
            write_mode: self.write_mode,
            running: Arc::new(Semaphore::new(self.limits.concurrent_calls.max(1))),
            blocking: Arc::new(Semaphore::new(self.limits.blocking_threads.max(1))),
            redaction: RedactionPool::new(),
            halt: Arc::new(Halt::new(self.halt)),
            sealed: AtomicBool::new(false),
            closing: CancellationToken::new(),
            abort: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        inner.tidy_approvals();
        runtime.spawn(Inner::keep_flushing(Arc::downgrade(&inner)));
        runtime.spawn(Inner::keep_halting(Arc::downgrade(&inner)));
        Ok(Gateway { inner })
    }
}
