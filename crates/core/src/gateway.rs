//! [`Gateway`]: the one door. [`Gateway::handle`] takes a call through the twelve steps in one order; everything else here is what
//! transports need around it (list the tools, dry-run a call, look at the gateway's health, shut it down).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use gitoma_audit::{Log, Refused};
use gitoma_policy::{Capability, Catalogue, Effect, Subject, WriteMode};
use gitoma_redact::Redactor;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::aggregate::Aggregates;
use crate::call::{CallId, Origin, RawArgs, RawCall, Reply};
use crate::context::Judge;
use crate::error::ArgError;
use crate::execute::{Execution, Room};
use crate::failures::Failures;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::principal::{AuthFailure, Authenticator, Credential, Principal};
use crate::record::Record;
use crate::refusal::{Refusal, RefusalKind};
use crate::registry::{Registered, Registry};
use crate::snapshot::Snapshot;
use crate::tool::{Prepared, ToolSpec};
use crate::verdict::Verdict;

/// How long `shutdown` waits for calls that cannot be stopped, once its patience is over.
const LAST_WAIT: Duration = Duration::from_secs(30);

/// The policy gateway: judges, records, runs, redacts and records every tool call. Cheap to clone; all clones are one gateway.
#[derive(Debug, Clone)]
pub struct Gateway {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) snapshot: ArcSwap<Snapshot>,
    pub(crate) registry: Registry,
    /// The tools that a policy may name.
    pub(crate) catalogue: Catalogue,
    pub(crate) reloading: tokio::sync::Mutex<()>,
    pub(crate) authenticator: Authenticator,
    pub(crate) limits: Limits,
    pub(crate) failures: Failures,
    pub(crate) aggregates: Aggregates,
    pub(crate) log: Log,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) metrics: Metrics,
    pub(crate) write_mode: WriteMode,
    pub(crate) running: Arc<Semaphore>,
    pub(crate) blocking: Arc<Semaphore>,
    pub(crate) sealed: AtomicBool,
    pub(crate) closing: CancellationToken,
    pub(crate) abort: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

/// A call that has passed steps 1 to 7 and may run.
struct Admitted {
    prepared: Box<dyn Prepared>,
    judge: Judge,
    room: Room,
    registered: Registered,
}

impl Gateway {
    /// Handles one tool call, in this order:
    ///
    /// 1 limit the origin · 2 authenticate · 3 limit the principal · 4 resolve the tool · 5 parse the arguments ·
    /// 6 collect the accesses and charge the budgets · 7 decide · 8 record the intent · 9 execute with a permit ·
    /// 10 redact and cap · 11 record the outcome · 12 reply
    ///
    /// Steps 8 to 11 run in a task of their own: dropping the returned future cancels a read, and a write before its effect, but
    /// never comes between an effect and its outcome. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`Refusal`] for every no. After authentication each refusal leaves one audit entry and each execution two.
    pub async fn handle(&self, call: RawCall) -> Result<Reply, Refusal> {
        let mut record = self.record(&call);
        let cancel = call.cancel.clone();
        let admitted = match self.admit(&mut record, call) {
            Ok(admitted) => admitted, // 1 to 7
            Err(kind) => return Err(self.refuse(&record, kind).await),
        };
        let execution = Execution {
            inner: Arc::clone(&self.inner),
            record,
            prepared: admitted.prepared,
            judge: admitted.judge,
            room: admitted.room,
            registered: admitted.registered,
            cancel: cancel.child_token(),
        };
        execution.run().await // 8 to 12
    }

    /// Judges a call as [`Gateway::handle`] would, without running it: the same steps 1 to 7, the same `decide`, and one audit entry.
    ///
    /// # Errors
    /// [`Refusal`] if the call does not get as far as a decision.
    pub async fn decide(&self, call: RawCall) -> Result<Verdict, Refusal> {
        let mut record = self.record(&call);
        let judged = self.judge(&mut record, call);
        let verdict = match judged {
            Ok((prepared, judge, _)) => Verdict::new(&mut record, &judge.request(prepared.accesses())),
            Err(RefusalKind::InvalidArguments(ArgError::Refused { rule, .. })) => {
                record.built_in_rule = Some(rule.as_ref().into());
                Verdict::built_in(&record, &rule)
            }
            Err(kind) => return Err(self.refuse(&record, kind).await),
        };
        let fields = record.fields(&self.inner.redactor, Some(verdict.code));
        if let Err(failure) = self.inner.log.judged(fields).await {
            return Err(self.audit_failed(&record, &failure));
        }
        self.inner.metrics.observe(&record.observe("judged", verdict.code, 0));
        Ok(verdict)
    }

    /// The tools that `credential` could ever call, in alphabetical order. The list depends on the caller's policy, and on nothing
    /// the caller has done before.
    ///
    /// # Errors
    /// [`Refusal`] if the caller is not admitted.
    pub async fn tools(&self, credential: Credential, origin: Origin) -> Result<Vec<ToolSpec>, Refusal> {
        let principal = self.authenticate(credential, origin).await?;
        let snapshot = self.inner.snapshot.load_full();
        let reachable =
            |spec: &&ToolSpec| self.reachable(&snapshot, &principal, origin, &spec.name, spec.capability);
        Ok(self.inner.registry.specs().filter(reachable).cloned().collect())
    }

    /// Steps 1 to 3 alone, for what is not a tool call: metrics, health details.
    ///
    /// # Errors
    /// [`Refusal`] if the caller is not admitted.
    pub async fn authenticate(
        &self,
        credential: Credential,
        origin: Origin,
    ) -> Result<Arc<Principal>, Refusal> {
        let call = RawCall::new(String::new(), RawArgs::Malformed, credential, origin);
        let mut record = self.record(&call);
        match self.identify(&mut record, &call.credential) {
            Ok(principal) => Ok(principal),
            Err(kind) => Err(self.refuse(&record, kind).await),
        }
    }

    /// Whether `credential` belongs to a principal, for a transport that must decide whether to read on. Nothing is charged or
    /// recorded, and nothing but the credential is looked at; the call itself still goes through [`Gateway::handle`].
    #[must_use]
    pub fn recognises(&self, credential: &Credential) -> bool {
        self.inner.authenticator.authenticate(credential).is_ok()
    }

    fn record(&self, call: &RawCall) -> Record {
        Record::new(CallId::mint(), call, self.inner.write_mode, self.inner.snapshot.load_full())
    }

    /// Steps 1 to 7, and the room the call needs to run.
    fn admit(&self, record: &mut Record, call: RawCall) -> Result<Admitted, RefusalKind> {
        let (prepared, judge, registered) = self.judge(record, call)?;
        let room = self.charge(record, &registered)?;
        let decision = judge.decide(prepared.accesses());
        let effect = decision.effect;
        record.decision = Some(decision.clone());
        match effect {
            Effect::Allow => Ok(Admitted { prepared, judge, room, registered }),
            Effect::Ask => Err(RefusalKind::ApprovalRequired(Box::new(decision))),
            Effect::Deny => Err(RefusalKind::Denied(Box::new(decision))),
        }
    }

    /// Steps 1 to 6: everything up to the accesses that `decide` will judge.
    fn judge(
        &self,
        record: &mut Record,
        call: RawCall,
    ) -> Result<(Box<dyn Prepared>, Judge, Registered), RefusalKind> {
        let principal = self.identify(record, &call.credential)?;
        if call.tool.is_empty() {
            // The transport could not read so far as the tool's name.
            readable(&call.arguments)?;
        }
        let registered = self.resolve(record, &principal, &call.tool)?;
        let spec = registered.tool.spec();
        record.tool = Some((Arc::clone(&registered.name), spec.capability));
        readable(&call.arguments)?;
        let RawArgs::Object(arguments) = call.arguments else { return Err(RefusalKind::Malformed) };
        let prepared = catch_unwind(AssertUnwindSafe(|| registered.tool.prepare(&arguments)))
            .map_err(|_panic| RefusalKind::Panicked { executed: false })?
            .map_err(|error| {
                record.built_in_rule = error.rule().map(Arc::from);
                RefusalKind::InvalidArguments(error)
            })?;
        record.accesses = prepared.accesses().to_vec();
        let judge = Judge {
            snapshot: Arc::clone(&record.snapshot),
            principal,
            transport: record.origin.transport,
            tool: Arc::clone(&registered.name),
            capability: spec.capability,
            arguments,
            write_mode: self.inner.write_mode,
            narrowing: call.narrowing,
        };
        Ok((prepared, judge, registered))
    }

    /// Steps 1 to 3.
    fn identify(&self, record: &mut Record, credential: &Credential) -> Result<Arc<Principal>, RefusalKind> {
        let inner = &self.inner;
        if inner.sealed.load(Ordering::Acquire) {
            return Err(RefusalKind::Sealed);
        }
        if inner.closing.is_cancelled() {
            return Err(RefusalKind::ShuttingDown);
        }
        let peer = record.origin.peer;
        inner.limits.origin(peer).map_err(limited)?;
        let now = std::time::Instant::now();
        if let Some(retry_after) = inner.failures.locked(peer, now) {
            return Err(RefusalKind::RateLimited { scope: "authentication", retry_after });
        }
        let principal = match inner.authenticator.authenticate(credential) {
            Ok(principal) => principal,
            Err(AuthFailure::NotConfigured) => return Err(RefusalKind::NotConfigured),
            Err(AuthFailure::Absent) => return Err(RefusalKind::Unauthenticated),
            Err(AuthFailure::Wrong) => {
                record.delay = inner.failures.failed(peer, now);
                return Err(RefusalKind::InvalidCredential);
            }
        };
        record.principal = Some(Arc::clone(&principal));
        inner.limits.principal(principal.index()).map_err(limited)?;
        Ok(principal)
    }

    /// Step 4. A tool that this principal may never call is as unknown as one that does not exist (MCP-2).
    fn resolve(&self, record: &Record, principal: &Principal, name: &str) -> Result<Registered, RefusalKind> {
        let registered = self.inner.registry.get(name).ok_or(RefusalKind::UnknownTool)?;
        let capability = registered.tool.spec().capability;
        if self.reachable(&record.snapshot, principal, record.origin, name, capability) {
            Ok(registered.clone())
        } else {
            Err(RefusalKind::UnknownTool)
        }
    }

    fn reachable(
        &self,
        snapshot: &Snapshot,
        principal: &Principal,
        origin: Origin,
        tool: &str,
        capability: Capability,
    ) -> bool {
        let subject = Subject {
            principal: principal.name(),
            roles: principal.role_names(),
            transport: origin.transport,
        };
        snapshot.policy.may_ever(&subject, tool, capability, self.inner.write_mode)
    }

    /// The second half of step 6: the write budget, the tool's and the gateway's room for calls at once.
    fn charge(&self, record: &Record, registered: &Registered) -> Result<Room, RefusalKind> {
        if let (Some(principal), Some((_, Capability::Write))) = (&record.principal, &record.tool) {
            self.inner.limits.write(principal.index()).map_err(limited)?;
        }
        let all = Arc::clone(&self.inner.running).try_acquire_owned();
        let own = Arc::clone(&registered.running).try_acquire_owned();
        match (all, own) {
            (Ok(all), Ok(own)) => Ok(Room::new(all, own)),
            _ => Err(RefusalKind::Busy),
        }
    }

    /// Ends a call that did not run: its entry (or its place in an aggregate), its metric, its log line.
    async fn refuse(&self, record: &Record, kind: RefusalKind) -> Refusal {
        let refusal = Refusal::new(record.call_id, kind);
        let code = refusal.code();
        if self.inner.gets_an_entry(record, &refusal, SystemTime::now()) {
            let call = record.fields(&self.inner.redactor, Some(code));
            if let Err(failure) = self.inner.log.refused(Refused { call, executed: false }).await {
                return self.audit_failed(record, &failure);
            }
        }
        self.inner.metrics.observe(&record.observe("refused", code, 0));
        // Only now, with the record made: whoever hangs up to skip the delay has been counted.
        tokio::time::sleep(record.delay).await;
        refusal
    }

    fn audit_failed(&self, record: &Record, failure: &gitoma_audit::AuditError) -> Refusal {
        tracing::error!(target: "gitoma::audit", call_id = %record.call_id, error = %failure, "the audit log refused an entry");
        let refusal = Refusal::new(record.call_id, RefusalKind::AuditUnavailable);
        self.inner.metrics.observe(&record.observe("refused", refusal.code(), 0));
        refusal
    }

    /// Stops taking calls, waits up to `patience` for the running ones, and closes the audit chain.
    ///
    /// Reads that are still running then are cancelled; a write is waited for until its outcome is on the record.
    pub async fn shutdown(&self, patience: Duration) {
        let inner = &self.inner;
        inner.closing.cancel();
        inner.tasks.close();
        let deadline = Instant::now() + patience;
        if tokio::time::timeout_at(deadline, inner.tasks.wait()).await.is_err() {
            tracing::warn!(target: "gitoma::gateway", "calls are still running at shutdown; what can be stopped is stopped");
            inner.abort.cancel();
            // A write that had begun is waited for; a disk that no longer answers is not waited for for ever.
            if tokio::time::timeout(LAST_WAIT, inner.tasks.wait()).await.is_err() {
                tracing::error!(target: "gitoma::gateway", "calls did not end; their outcomes are missing from the record");
            }
        }
        inner.flush_aggregates(None).await;
        if let Err(failure) = inner.log.close().await {
            tracing::error!(target: "gitoma::audit", error = %failure, "the audit chain was not closed cleanly");
        }
    }
}

/// Refuses arguments that the transport could not read as an object.
fn readable(arguments: &RawArgs) -> Result<(), RefusalKind> {
    match arguments {
        RawArgs::Object(_) => Ok(()),
        RawArgs::Malformed => Err(RefusalKind::Malformed),
        RawArgs::TooLarge { limit } => {
            Err(RefusalKind::TooLarge { what: "the message", limit: *limit, executed: false })
        }
    }
}

fn limited(exceeded: crate::limits::Exceeded) -> RefusalKind {
    RefusalKind::RateLimited { scope: exceeded.scope, retry_after: exceeded.retry_after }
}
