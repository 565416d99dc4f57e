//! Counters and durations in the Prometheus text format, with labels from closed sets: registered tools, transports, effects,
//! outcomes. Never a path, a token, an address or an id. The registry belongs to the gateway; there is no global state.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use gitoma_audit::{CheckpointStatus, Status};
use gitoma_policy::{Decision, Effect};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::connections::Connections;
use crate::context::Shadowed;
use crate::halt::{HaltSource, HaltStatus};
use crate::refusal::RefusalKind;
use crate::snapshot::Snapshot;

/// A label whose value comes from a closed set: the tool's registered name, or a constant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Label(std::sync::Arc<str>);

impl EncodeLabelValue for Label {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.0.as_ref().encode(encoder)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    tool: Label,
    transport: &'static str,
    decision: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ToolLabel {
    tool: Label,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabel {
    code: &'static str,
}

/// Of a verdict that was not enforced: what it said, and whether of a `call` or of something `found` while one ran.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ShadowLabels {
    effect: &'static str,
    subject: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabel {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabel {
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PolicyLabel {
    digest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabel {
    version: &'static str,
}

/// The codes of refusals that alerts wait for (`docs/operations/alerts.yaml`). They are counted from nothing on: of a counter that is first seen
/// at one, Prometheus knows no increase.
const AWAITED: [&str; 5] =
    ["audit_unavailable", "outcome_unrecorded", "sealed", "invalid_credential", "expired_credential"];

/// The metrics of one gateway.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<CallLabels, Counter>,
    durations: Family<ToolLabel, Histogram, fn() -> Histogram>,
    refusals: Family<CodeLabel, Counter>,
    locked_out: Counter,
    pub(crate) connections: Connections,
    redactions: Counter,
    shadow_verdicts: Family<ShadowLabels, Counter>,
    policy: Family<PolicyLabel, Gauge>,
    policy_shadow: Gauge,
    policy_stale: Gauge,
    principals_stale: Gauge,
    policy_reloads: Family<ReloadLabel, Counter>,
    halted: Family<SourceLabel, Gauge>,
    origins: Gauge<u64, AtomicU64>,
    audit_ok: Gauge<i64, AtomicI64>,
    audit_last_sequence: Gauge<u64, AtomicU64>,
    audit_undisclosed: Counter,
    /// Where checkpoints are made.
    audit_checkpoints: Option<CheckpointMetrics>,
}

/// What is said of the audit log's checkpoints.
#[derive(Debug, Default)]
struct CheckpointMetrics {
    ok: Gauge<i64, AtomicI64>,
    size: Gauge<u64, AtomicU64>,
    age: Gauge<f64, AtomicU64>,
}

impl CheckpointMetrics {
    fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "audit_checkpoint_ok",
            "Whether the newest checkpoint of the audit log was kept everywhere (1) or not (0)",
            metrics.ok.clone(),
        );
        registry.register(
            "audit_checkpoint_size",
            "How many audit entries the newest checkpoint covers",
            metrics.size.clone(),
        );
        registry.register(
            "audit_checkpoint_age_seconds",
            "How long ago the newest checkpoint was made; NaN until this process has made one",
            metrics.age.clone(),
        );
        metrics
    }

    fn set(&self, status: CheckpointStatus) {
        self.ok.set(i64::from(status.failing.is_none()));
        self.size.set(status.size);
        self.age.set(status.age.map_or(f64::NAN, |age| age.as_secs_f64()));
    }
}

/// What one call counts as.
#[derive(Debug, Clone)]
pub(crate) struct Observation {
    pub(crate) tool: std::sync::Arc<str>,
    pub(crate) transport: &'static str,
    pub(crate) decision: &'static str,
    /// For the log alone: whether the decision is carried out.
    pub(crate) enforced: bool,
    pub(crate) outcome: &'static str,
    pub(crate) code: &'static str,
    pub(crate) redactions: u64,
    pub(crate) duration: Duration,
}

fn seconds() -> Histogram {
    Histogram::new([
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
    ])
}

impl Metrics {
    pub(crate) fn new(write_mode: bool, checkpoints: bool, insecure_bind: bool) -> Self {
        let mut registry = Registry::with_prefix("gitoma");
        let calls = Family::<CallLabels, Counter>::default();
        registry.register("tool_calls", "Tool calls by tool, transport, decision and outcome", calls.clone());
        let durations = Family::<ToolLabel, Histogram, fn() -> Histogram>::new_with_constructor(seconds);
        registry.register_with_unit(
            "tool_duration",
            "Time from request to reply",
            Unit::Seconds,
            durations.clone(),
        );
        let refusals = Family::<CodeLabel, Counter>::default();
        registry.register("refusals", "Calls that were refused, by code", refusals.clone());
        for code in AWAITED {
            refusals.get_or_create(&CodeLabel { code }).inc_by(0);
        }
        let locked_out = Counter::default();
        registry.register(
            "locked_out_requests",
            "Requests of origins that are locked out after wrong tokens; they are among the refusals as rate_limited",
            locked_out.clone(),
        );
        let connections = Connections::register(&mut registry);
        let redactions = Counter::default();
        registry.register("redactions", "Secrets replaced in results", redactions.clone());
        let shadow_verdicts = Family::<ShadowLabels, Counter>::default();
        registry.register(
            "shadow_verdicts",
            "Verdicts against what ran all the same, since the policy is in shadow mode",
            shadow_verdicts.clone(),
        );
        let policy = Family::<PolicyLabel, Gauge>::default();
        registry.register(
            "policy_info",
            "The generation of the policy in force, labelled with its digest",
            policy.clone(),
        );
        let policy_shadow = Gauge::default();
        registry.register(
            "policy_shadow",
            "Whether the policy in force only observes reads (1) or is enforced (0)",
            policy_shadow.clone(),
        );
        let principals_stale = Gauge::default();
        registry.register(
            "principals_stale",
            "Whether the files say something of principals or tokens that does not load (1), so that older ones are in force, or not (0)",
            principals_stale.clone(),
        );
        let policy_stale = Gauge::default();
        registry.register(
            "policy_stale",
            "Whether the policy's file says something that does not load (1), so that an older policy is in force, or not (0)",
            policy_stale.clone(),
        );
        let policy_reloads = Family::<ReloadLabel, Counter>::default();
        registry.register(
            "policy_reloads",
            "Attempts to replace the policy: loaded, rejected, rolled_back",
            policy_reloads.clone(),
        );
        for result in ["loaded", "rejected", "rolled_back"] {
            policy_reloads.get_or_create(&ReloadLabel { result }).inc_by(0);
        }
        let halted = Family::<SourceLabel, Gauge>::default();
        registry.register(
            "halted",
            "Whether this part of the kill switch is set (1), so that every call is refused, or not (0)",
            halted.clone(),
        );
        let origins = Gauge::<u64, AtomicU64>::default();
        registry.register(
            "limiter_origins",
            "Origins that the rate limiter tells apart; what is beyond its table shares one budget",
            origins.clone(),
        );
        let audit_ok = Gauge::<i64, AtomicI64>::default();
        registry.register(
            "audit_ok",
            "Whether the audit log takes entries (1) or is poisoned (0)",
            audit_ok.clone(),
        );
        let audit_last_sequence = Gauge::<u64, AtomicU64>::default();
        registry.register(
            "audit_last_seq",
            "Sequence number of the newest audit entry",
            audit_last_sequence.clone(),
        );
        let audit_undisclosed = Counter::default();
        registry.register(
            "audit_undisclosed",
            "Commitments of the audit log of which what opens them could not be kept",
            audit_undisclosed.clone(),
        );
        let audit_checkpoints = checkpoints.then(|| CheckpointMetrics::register(&mut registry));
        let build = Family::<BuildLabel, Gauge>::default();
        registry.register("build_info", "The version of this program", build.clone());
        build.get_or_create(&BuildLabel { version: env!("CARGO_PKG_VERSION") }).set(1);
        let mode: Gauge = Gauge::default();
        registry.register("write_mode", "Whether write mode is on (1) or off (0)", mode.clone());
        mode.set(i64::from(write_mode));
        let bind: Gauge = Gauge::default();
        registry.register(
            "insecure_bind",
            "Whether other machines can reach an address where tokens are sent in clear text (1) or not (0)",
            bind.clone(),
        );
        bind.set(i64::from(insecure_bind));
        Self {
            registry,
            calls,
            durations,
            refusals,
            locked_out,
            connections,
            redactions,
            shadow_verdicts,
            policy,
            policy_shadow,
            policy_stale,
            principals_stale,
            policy_reloads,
            halted,
            origins,
            audit_ok,
            audit_last_sequence,
            audit_undisclosed,
            audit_checkpoints,
        }
    }

    pub(crate) fn observe(&self, observation: &Observation) {
        let tool = Label(std::sync::Arc::clone(&observation.tool));
        self.durations
            .get_or_create(&ToolLabel { tool: tool.clone() })
            .observe(observation.duration.as_secs_f64());
        let labels = CallLabels {
            tool,
            transport: observation.transport,
            decision: observation.decision,
            outcome: observation.outcome,
        };
        self.calls.get_or_create(&labels).inc();
        // A call whose outcome is not on the record ended in some way, and its caller was refused the result.
        if observation.outcome == "refused" || observation.code == RefusalKind::OutcomeUnrecorded.code() {
            self.refusals.get_or_create(&CodeLabel { code: observation.code }).inc();
        }
        self.redactions.inc_by(observation.redactions);
    }

    /// Counts what ran, or was shown, although the policy says no.
    pub(crate) fn shadowed(&self, call: Option<&Decision>, found: &Shadowed) {
        let count = |subject, effect: Effect, number| {
            let labels = ShadowLabels { effect: effect.as_str(), subject };
            self.shadow_verdicts.get_or_create(&labels).inc_by(number);
        };
        if let Some(decision) = call.filter(|decision| !decision.enforced) {
            count("call", decision.effect, 1);
        }
        for (effect, number) in found.counts() {
            if number > 0 {
                count("found", effect, number);
            }
        }
    }

    /// Counts a request of an origin that is locked out.
    pub(crate) fn locked_out(&self) {
        self.locked_out.inc();
    }

    /// Notes whether an older policy than the file's is in force.
    pub(crate) fn policy_stale(&self, stale: bool) {
        self.policy_stale.set(i64::from(stale));
    }

    /// Notes whether older principals, or tokens, than those of the files are in force.
    pub(crate) fn principals_stale(&self, stale: bool) {
        self.principals_stale.set(i64::from(stale));
    }

    /// Notes which parts of the kill switch are set.
    pub(crate) fn halted(&self, status: &HaltStatus) {
        for source in HaltSource::ALL {
            let label = SourceLabel { source: source.as_str() };
            self.halted.get_or_create(&label).set(i64::from(status.by.contains(&source)));
        }
    }

    /// Counts an attempt to replace the policy, by how it ended.
    pub(crate) fn reload(&self, result: &'static str) {
        self.policy_reloads.get_or_create(&ReloadLabel { result }).inc();
    }

    pub(crate) fn policy(&self, snapshot: &Snapshot) {
        self.policy.clear();
        let generation = i64::try_from(snapshot.generation()).unwrap_or(i64::MAX);
        self.policy.get_or_create(&PolicyLabel { digest: snapshot.digest().to_owned() }).set(generation);
        self.policy_shadow.set(i64::from(snapshot.is_shadow()));
    }

    /// The exposition text; what is said of the audit log is read from it when the text is made.
    pub(crate) fn render(&self, audit: &Status, origins: usize) -> String {
        self.origins.set(u64::try_from(origins).unwrap_or(u64::MAX));
        self.audit_ok.set(i64::from(audit.poisoned.is_none()));
        self.audit_last_sequence.set(audit.last_seq);
        // counted by the log
        self.audit_undisclosed.inner().store(audit.undisclosed, Ordering::Relaxed);
        if let (Some(metrics), Some(status)) = (&self.audit_checkpoints, audit.checkpoints) {
            metrics.set(status);
        }
        let mut out = String::new();
        // Writing to a `String` does not fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}
