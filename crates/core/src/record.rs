//! What the pipeline knows of a call so far, and how that becomes audit fields, a log line and a metric. A step fills in what it
//! learned; whatever ends the call then finds everything that may be recorded, redacted, in one place.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gitoma_audit as audit;
use gitoma_policy::{Access, Capability, Decision, Effect, Paths, Reason, WriteMode};
use gitoma_redact::Redactor;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::approval::ApprovalId;
use crate::call::{CallId, CorrelationId, Origin, RawCall, TraceId};
use crate::cap::{self, SMALL};
use crate::metrics::Observation;
use crate::principal::Principal;
use crate::refusal::{RefusalKind, denial_code};
use crate::restriction::Restriction;
use crate::snapshot::Snapshot;

/// The arguments of a call that some rule reads, as they were given: shared, since they may be long, and shown to nobody.
#[derive(Clone, Default)]
struct Arguments(Arc<[(Box<str>, Value)]>);

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} arguments", self.0.len())
    }
}

/// The growing record of one call.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) call_id: CallId,
    pub(crate) origin: Origin,
    correlation_id: Option<CorrelationId>,
    trace_id: Option<TraceId>,
    started: Instant,
    write_mode: WriteMode,
    /// What the caller gave up, as far as it could be read.
    restriction: Restriction,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) principal: Option<Arc<Principal>>,
    pub(crate) tool: Option<(Arc<str>, Capability)>,
    pub(crate) accesses: Vec<Access>,
    arguments: Arguments,
    pub(crate) decision: Option<Decision>,
    /// The approval that the call waits for, was denied, or runs under.
    pub(crate) approval_id: Option<ApprovalId>,
    /// How long the answer is held back once the record is made.
    pub(crate) delay: Duration,
    /// A built-in rule that refused the call before any policy did.
    pub(crate) built_in_rule: Option<Arc<str>>,
}

impl Record {
    pub(crate) fn new(
        call_id: CallId,
        call: &RawCall,
        write_mode: WriteMode,
        snapshot: Arc<Snapshot>,
    ) -> Self {
        Self {
            call_id,
            origin: call.origin,
            correlation_id: call.correlation_id.clone(),
            trace_id: call.trace_id.clone(),
            started: Instant::now(),
            write_mode,
            restriction: call.restriction.clone().unwrap_or_default(),
            snapshot,
            principal: None,
            tool: None,
            accesses: Vec::new(),
            arguments: Arguments::default(),
            decision: None,
            approval_id: None,
            delay: Duration::ZERO,
            built_in_rule: None,
        }
    }

    /// The audit fields of this call, with every text that came from the caller redacted.
    pub(crate) fn fields(&self, code: Option<&'static str>) -> audit::CallFields {
        let redactor = self.redactor();
        let (roles, principal): (Arc<[Arc<str>]>, _) = match &self.principal {
            Some(principal) => (Arc::clone(principal.role_names()), Some(principal.shared_name())),
            None => (Arc::from([]), None),
        };
        audit::CallFields {
            call_id: self.call_id.uuid(),
            correlation_id: self
                .correlation_id
                .as_ref()
                .map(|id| redactor.redact(id.as_str()).text.into_owned()),
            trace_id: self.trace_id.as_ref().map(|id| id.as_str().to_owned()),
            principal,
            roles,
            token: self.principal.as_ref().and_then(|principal| principal.token().cloned()),
            transport: self.origin.transport.as_str(),
            tool: self.tool.as_ref().map(|(name, _)| Arc::clone(name)),
            capability: self.tool.as_ref().map(|(_, capability)| recorded_capability(*capability)),
            accesses: recorded_accesses(&self.accesses, redactor),
            write_mode: Some(self.write_mode.as_str()),
            effect: self.effect().map(recorded_effect),
            enforced: self.decision.as_ref().map(|decision| decision.enforced),
            code,
            rules: self.rules(),
            policy_digest: Some(Arc::clone(&self.snapshot.digest)),
            policy_generation: Some(self.snapshot.generation),
            approval_id: self.approval_id.as_ref().map(ToString::to_string),
            arguments: self
                .arguments
                .0
                .iter()
                .map(|(name, value)| recorded_argument(name, value, redactor))
                .collect(),
            restriction: recorded_restriction(&self.restriction, redactor),
        }
    }

    /// What can be said of the call without looking at anything that its caller sent.
    pub(crate) fn bare_fields(&self, code: &'static str) -> audit::CallFields {
        let fields = audit::CallFields::new(self.call_id.uuid(), self.origin.transport.as_str());
        let principal = self.principal.as_ref().map(|principal| principal.shared_name());
        audit::CallFields { principal, code: Some(code), ..fields }
    }

    /// Keeps those of the call's arguments that some rule of its policy reads (AUD-11).
    pub(crate) fn keep_arguments(&mut self, arguments: &Map<String, Value>) {
        let Some((tool, _)) = &self.tool else { return };
        let read = self.snapshot.read_arguments(tool).iter();
        let given = |name: &str| arguments.get(name).cloned().unwrap_or_default();
        self.arguments = Arguments(read.map(|name| (name.clone(), given(name))).collect());
    }

    /// Whether a runtime worker may redact what [`Record::fields`] will hold.
    pub(crate) fn is_small(&self) -> bool {
        let listed = self.accesses.iter().take(audit::limit::ACCESSES).map(text_bytes);
        let left = SMALL.checked_sub(listed.fold(0, usize::saturating_add));
        let mut values = self.arguments.0.iter().map(|(_, value)| value);
        left.and_then(|left| values.try_fold(left, |left, value| cap::spend(value, left))).is_some()
    }

    fn rules(&self) -> Vec<audit::RuleRef> {
        let built_in = self.built_in_rule.iter().map(|id| audit::RuleRef { id: Arc::clone(id), line: 0 });
        let decided = self.decision.iter().flat_map(|decision| &decision.reasons);
        built_in.chain(decided.map(recorded_rule)).collect()
    }

    fn effect(&self) -> Option<Effect> {
        match (&self.decision, &self.built_in_rule) {
            (_, Some(_)) => Some(Effect::Deny),
            (Some(decision), None) => Some(decision.effect),
            (None, None) => None,
        }
    }

    /// The redactor of the call's own policy.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.snapshot.redactor
    }

    /// Whether the verdict, if there is one, is carried out.
    fn is_enforced(&self) -> bool {
        self.built_in_rule.is_some() || self.decision.as_ref().is_none_or(|decision| decision.enforced)
    }

    /// The stable code of the verdict on a call that runs: `allowed`, or what a shadow policy would have said.
    pub(crate) fn verdict_code(&self) -> &'static str {
        self.decision.as_ref().map_or("allowed", |decision| denial_code(decision.code))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// What the call counts as in metrics.
    pub(crate) fn observation(
        &self,
        outcome: &'static str,
        code: &'static str,
        redactions: u64,
    ) -> Observation {
        let named = self.tool.as_ref().map(|(name, _)| name);
        // Whoever reads metrics must not learn from them which of the tools that are unknown to them exist (MCP-2).
        let shown = named.filter(|_| code != RefusalKind::UnknownTool.code());
        Observation {
            tool: shown.map_or_else(|| Arc::from("unknown"), Arc::clone),
            transport: self.origin.transport.as_str(),
            decision: self.effect().map_or("none", Effect::as_str),
            enforced: self.is_enforced(),
            outcome,
            code,
            redactions,
            duration: self.elapsed(),
        }
    }

    /// The same, and the call's canonical log line.
    pub(crate) fn observe(&self, outcome: &'static str, code: &'static str, redactions: u64) -> Observation {
        let observation = self.observation(outcome, code, redactions);
        tracing::info!(
            target: "gitoma::call",
            call_id = %self.call_id,
            correlation_id = self.correlation_id.as_ref().map(CorrelationId::as_str),
            trace_id = self.trace_id.as_ref().map(TraceId::as_str),
            principal = self.principal.as_ref().map(|principal| principal.name()),
            tool = self.tool.as_ref().map_or("unknown", |(name, _)| &**name),
            transport = observation.transport,
            decision = observation.decision,
            enforced = observation.enforced,
            outcome,
            code,
            redactions,
            policy_generation = self.snapshot.generation,
            duration_us = u64::try_from(observation.duration.as_micros()).unwrap_or(u64::MAX),
            "call"
        );
        observation
    }
}

/// A rule that decided, as the audit chain names it.
pub(crate) fn recorded_rule(reason: &Reason) -> audit::RuleRef {
    audit::RuleRef { id: Arc::clone(&reason.rule), line: reason.line }
}

fn recorded_capability(capability: Capability) -> audit::Capability {
    match capability {
        Capability::Read => audit::Capability::Read,
        Capability::Write => audit::Capability::Write,
        Capability::Automation => audit::Capability::Automation,
    }
}

fn recorded_effect(effect: Effect) -> audit::Effect {
    match effect {
        Effect::Allow => audit::Effect::Allow,
        Effect::Ask => audit::Effect::Ask,
        Effect::Deny => audit::Effect::Deny,
    }
}

/// An argument as the audit chain has it: the JSON text of its redacted value, `null` if it was not given.
fn recorded_argument(name: &str, value: &Value, redactor: &Redactor) -> audit::Argument {
    // Under its name, since a name may say that its value is secret.
    let mut member = json!({ name: value });
    redactor.redact_json(&mut member);
    let value = member.as_object().and_then(|member| member.values().next()).map(Value::to_string);
    audit::Argument { name: name.to_owned(), value: value.unwrap_or_else(|| "null".to_owned()) }
}

fn recorded_restriction(restriction: &Restriction, redactor: &Redactor) -> audit::Restriction {
    let Restriction { narrowing, dry_run } = restriction;
    let clean = |alias: &String| redactor.redact(alias).text.into_owned();
    audit::Restriction {
        read_only: narrowing.read_only,
        dry_run: *dry_run,
        repositories: narrowing.repositories.as_ref().map(|left| left.iter().map(clean).collect()),
        repositories_more: 0,
    }
}

/// How long the texts are that an entry may list of an access.
fn text_bytes(access: &Access) -> usize {
    let paths: &[String] = match &access.paths {
        Paths::Named(paths) => paths,
        Paths::None | Paths::Discovered => &[],
    };
    let names = [access.repo.as_deref(), access.reference.as_deref(), access.host.as_deref()];
    let paths = paths.iter().take(audit::limit::PATHS).map(String::as_str);
    names.into_iter().flatten().chain(paths).map(str::len).fold(0, usize::saturating_add)
}

/// The accesses; what an entry has no room for is only counted there, and so is not redacted.
fn recorded_accesses(accesses: &[Access], redactor: &Redactor) -> Vec<audit::Access> {
    let listed = accesses.iter().take(audit::limit::ACCESSES).map(|access| recorded(access, redactor));
    let counted = accesses.iter().skip(audit::limit::ACCESSES).map(|_access| audit::Access::default());
    listed.chain(counted).collect()
}

fn recorded(access: &Access, redactor: &Redactor) -> audit::Access {
    let clean = |text: &str| redactor.redact(text).text.into_owned();
    let mut paths_more = 0;
    let (paths, found) = match &access.paths {
        Paths::Named(paths) if !paths.is_empty() => {
            let more = paths.len().saturating_sub(audit::limit::PATHS);
            paths_more = u64::try_from(more).unwrap_or(u64::MAX);
            (paths.iter().take(audit::limit::PATHS).map(|path| clean(path)).collect(), None)
        }
        Paths::Named(_) | Paths::None => (Vec::new(), Some(false)),
        Paths::Discovered => (Vec::new(), Some(true)),
    };
    audit::Access {
        repo: access.repo.as_deref().map(|repo| clean(repo).into()),
        reference: access.reference.as_deref().map(clean),
        paths,
        paths_more,
        found,
        host: access.host.as_deref().map(clean),
    }
}
