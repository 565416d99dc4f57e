//! Counters and durations in the Prometheus text format, with labels from closed sets: registered tools, transports, effects,
//! outcomes. Never a path, a token, an address or an id. The registry belongs to the gateway; there is no global state.

use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

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

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PolicyLabel {
    digest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabel {
    version: &'static str,
}

/// The metrics of one gateway.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<CallLabels, Counter>,
    durations: Family<ToolLabel, Histogram, fn() -> Histogram>,
    refusals: Family<CodeLabel, Counter>,
    redactions: Counter,
    policy: Family<PolicyLabel, Gauge>,
    audit_ok: Gauge<i64, AtomicI64>,
    audit_last_sequence: Gauge<u64, AtomicU64>,
}

/// What one call counts as.
#[derive(Debug, Clone)]
pub(crate) struct Observation {
    pub(crate) tool: std::sync::Arc<str>,
    pub(crate) transport: &'static str,
    pub(crate) decision: &'static str,
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
    pub(crate) fn new(write_mode: bool) -> Self {
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
        let redactions = Counter::default();
        registry.register("redactions", "Secrets replaced in results", redactions.clone());
        let policy = Family::<PolicyLabel, Gauge>::default();
        registry.register(
            "policy_info",
            "The generation of the policy in force, labelled with its digest",
            policy.clone(),
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
        let build = Family::<BuildLabel, Gauge>::default();
        registry.register("build_info", "The version of this program", build.clone());
        build.get_or_create(&BuildLabel { version: env!("CARGO_PKG_VERSION") }).set(1);
        let mode: Gauge = Gauge::default();
        registry.register("write_mode", "Whether write mode is on (1) or off (0)", mode.clone());
        mode.set(i64::from(write_mode));
        Self { registry, calls, durations, refusals, redactions, policy, audit_ok, audit_last_sequence }
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
        if observation.outcome == "refused" {
            self.refusals.get_or_create(&CodeLabel { code: observation.code }).inc();
        }
        self.redactions.inc_by(observation.redactions);
    }

    pub(crate) fn policy(&self, digest: &str, generation: u64) {
        self.policy.clear();
        let generation = i64::try_from(generation).unwrap_or(i64::MAX);
        self.policy.get_or_create(&PolicyLabel { digest: digest.to_owned() }).set(generation);
    }

    /// The exposition text; `audit_ok` and `last_seq` are read from the log when the text is made.
    pub(crate) fn render(&self, audit_ok: bool, last_seq: u64) -> String {
        self.audit_ok.set(i64::from(audit_ok));
        self.audit_last_sequence.set(last_seq);
        let mut out = String::new();
        // Writing to a `String` does not fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}
