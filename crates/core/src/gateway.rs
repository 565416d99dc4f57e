//! [`Gateway`]: the one door. [`Gateway::handle`] takes a call through the twelve steps in one order; everything else here is what
//! transports need around it (list the tools, dry-run a call, look at the gateway's health, shut it down).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use gitoma_audit::{Kind, Log};
use gitoma_policy::{Catalogue, WriteMode};
use gitoma_redact::Redactor;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admission::Sight;
use crate::aggregate::Aggregates;
use crate::approval::Store;
use crate::call::{CallId, Origin, Peer, RawArgs, RawCall, Reply};
use crate::commitment::Disclosures;
use crate::error::ArgError;
use crate::execute::Execution;
use crate::failures::Failures;
use crate::halt::Halt;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::policy_file::PolicyFile;
use crate::principal::{Authenticator, Credential, Places, Principal, Role};
use crate::record::Record;
use crate::redaction::RedactionPool;
use crate::refusal::{Refusal, RefusalKind};
use crate::registry::Registry;
use crate::repeat::Repeats;
use crate::restriction::DryRun;
use crate::setup::Setup;
use crate::snapshot::{Snapshot, is_reachable, is_resolvable};
use crate::tool::ToolSpec;
use crate::verdict::Verdict;
use crate::watching::Watchers;

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
    /// Where the policy comes from, if that is a file.
    pub(crate) policy_file: Option<PolicyFile>,
    /// What of the settings an operator should know to be unsafe, and the digest of all of them.
    pub(crate) setup: Setup,
    /// What the gateway calls the repositories that it serves.
    pub(crate) serves: Vec<String>,
    /// The policy before the present one. Whoever replaces the policy holds the lock.
    pub(crate) previous: tokio::sync::Mutex<Option<Arc<Snapshot>>>,
    pub(crate) authenticator: ArcSwap<Authenticator>,
    /// Wakes who keeps lists of tools, whenever what they depend on was replaced.
    pub(crate) lists: watch::Sender<()>,
    /// Whoever replaces the principals holds the lock.
    pub(crate) places: tokio::sync::Mutex<Places>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) failures: Failures,
    pub(crate) aggregates: Aggregates,
    pub(crate) log: Log,
    /// Where approvals are kept; without it nobody can approve anything.
    pub(crate) approvals: Option<Store>,
    /// Where the answers to calls under a key are kept; without it nobody can give one.
    pub(crate) repeats: Option<Arc<Repeats>>,
    /// What is redacted whatever the policy says; calls use their snapshot's, which has the policy's patterns besides.
    pub(crate) redactor: ArcSwap<Redactor>,
    /// What log lines are redacted by: the redactor of the policy in force.
    pub(crate) logged: Arc<ArcSwap<Redactor>>,
    /// What is kept of the arguments and results that the audit log commits to.
    pub(crate) disclosures: Disclosures,
    /// Whether large payloads stay in results.
    pub(crate) keep_payloads: bool,
    /// Whether it was said that some of it could not be kept.
    pub(crate) undisclosed_said: AtomicBool,
    pub(crate) metrics: Metrics,
    /// Who follows the audit log, and what was found when it was verified.
    pub(crate) watchers: Watchers,
    pub(crate) write_mode: WriteMode,
    pub(crate) running: Arc<Semaphore>,
    pub(crate) blocking: Arc<Semaphore>,
    pub(crate) redaction: RedactionPool,
    pub(crate) halt: Arc<Halt>,
    pub(crate) sealed: AtomicBool,
    pub(crate) closing: CancellationToken,
    pub(crate) abort: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Gateway {
    /// Handles one tool call, in this order:
    ///
    /// 1 limit the origin · 2 authenticate · 3 limit the principal, and see that nothing is halted · 4 resolve the tool · 5 parse the arguments ·
    /// 6 collect the accesses and charge the budgets · 7 decide · 8 record the intent · 9 execute with a permit ·
    /// 10 redact and cap · 11 record the outcome · 12 reply
    ///
    /// A call that policy asks about is previewed between 7 and 8, and goes on only if exactly that was approved (docs/approvals.md).
    /// This and steps 8 to 11, once begun, are done to their end: dropping the returned future cancels a read, and a write before its
    /// effect, but never comes between an effect and its outcome. Must be called within a Tokio runtime.
    ///
    /// A call that its caller restricted to a dry run is judged as by [`Gateway::decide`] and ends as [`RefusalKind::DryRun`].
    ///
    /// # Errors
    /// [`Refusal`] for every no. After authentication each refusal leaves one audit entry and each execution two.
    pub async fn handle(&self, mut call: RawCall) -> Result<Reply, Refusal> {
        let mut record = self.record(&call);
        if call.restriction.as_ref().is_ok_and(|restriction| restriction.dry_run) {
            // In a box: most calls need no room for it.
            let verdict = Box::pin(self.pronounce(record, call, Sight::Caller)).await?;
            return Err(Refusal::new(verdict.call_id, RefusalKind::DryRun(Box::new(DryRun::new(verdict)))));
        }
        let (cancel, progress, may_ask) = (call.cancel.clone(), call.progress.take(), call.may_ask);
        let admitted = match self.admit(&mut record, call) {
            Ok(admitted) => admitted, // 1 to 7
            Err(kind) => return Err(self.refuse(&record, kind).await),
        };
        let execution = Execution {
            inner: Arc::clone(&self.inner),
            record,
            prepared: admitted.prepared,
            judge: admitted.judge,
            places: admitted.places,
            registered: admitted.registered,
            cancel: cancel.child_token(),
            progress,
            may_ask,
        };
        execution.run().await // 8 to 12
    }

    /// Judges a call as [`Gateway::handle`] would, without running it: the same steps 1 to 7, the same `decide`, and one audit entry.
    ///
    /// # Errors
    /// [`Refusal`] if the call does not get as far as a decision.
    pub async fn decide(&self, call: RawCall) -> Result<Verdict, Refusal> {
        let record = self.record(&call);
        self.pronounce(record, call, Sight::Caller).await
    }

    /// Judges a call as [`Gateway::decide`] does, and also one of a tool that its caller may never call, whose verdict says why.
    /// For whoever keeps the policy and could read it: a door that offers this to callers tells them which tools there are.
    ///
    /// # Errors
    /// [`Refusal`] if the call does not get as far as a decision.
    pub async fn explain(&self, call: RawCall) -> Result<Verdict, Refusal> {
        let record = self.record(&call);
        self.pronounce(record, call, Sight::Keeper).await
    }

    async fn pronounce(&self, mut record: Record, call: RawCall, sight: Sight) -> Result<Verdict, Refusal> {
        let judged = self.judge(&mut record, call, sight);
        let verdict = match judged {
            Ok((prepared, judge, _)) => Verdict::new(&mut record, &judge.request(prepared.accesses())),
            Err(RefusalKind::InvalidArguments(ArgError::Refused { rule, .. })) => {
                record.built_in_rule = Some(rule.as_ref().into());
                Verdict::built_in(&record, &rule)
            }
            Err(kind) => return Err(self.refuse(&record, kind).await),
        };
        self.enter(&record, verdict.code, Kind::Judged).await?;
        self.inner.metrics.observe(&record.observe("judged", verdict.code, 0));
        self.shown(&record, verdict).await
    }

    /// The tools that `credential` could ever call, in alphabetical order. The list depends on the caller's policy, and on nothing
    /// the caller has done before.
    ///
    /// # Errors
    /// [`Refusal`] if the caller is not admitted.
    pub async fn tools(&self, credential: Credential, origin: Origin) -> Result<Vec<ToolSpec>, Refusal> {
        let principal = self.authenticate(credential, origin).await?;
        Ok(self.tools_of(&principal, origin))
    }

    /// What [`Gateway::tools`] lists to `principal`, for a transport that keeps the list and must find out whether it is another by now.
    /// Nothing is charged or recorded.
    #[must_use]
    pub fn tools_of(&self, principal: &Principal, origin: Origin) -> Vec<ToolSpec> {
        let snapshot = self.inner.snapshot.load_full();
        let reachable = |spec: &&ToolSpec| {
            principal.scope().has_tool(&spec.name, spec.capability)
                && self.reaches(is_reachable, &snapshot, principal, origin, (&spec.name, spec.capability))
        };
        self.inner.registry.offered().filter(reachable).cloned().collect()
    }

    /// Wakes whoever keeps a list of tools when it may be another: a policy took effect, or principals were replaced. It never fails to,
    /// and now and then does where the list is the same.
    #[must_use]
    pub fn lists(&self) -> watch::Receiver<()> {
        self.inner.lists.subscribe()
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
    /// recorded; the call itself still goes through [`Gateway::handle`]. To a peer that will be refused whatever it presents, it says no:
    /// that it reads on must not tell a right token.
    #[must_use]
    pub fn recognises(&self, credential: &Credential, peer: Peer) -> bool {
        self.recognise(credential, peer).is_some()
    }

    /// The principal of `credential`, where [`Gateway::recognises`] it.
    #[must_use]
    pub fn recognise(&self, credential: &Credential, peer: Peer) -> Option<Arc<Principal>> {
        let inner = &self.inner;
        let worn_out = !peer.is_this_machine() && inner.limits.is_over(peer);
        let now = tokio::time::Instant::now().into_std();
        if worn_out || inner.failures.locked(peer, now).is_some() {
            return None;
        }
        inner.authenticator.load().authenticate(credential, SystemTime::now()).ok()
    }

    /// The tool `name`, where `principal` could call it from `origin`: to anybody else it is unknown. For a transport that must look at a
    /// tool's schema before it hands on a call; nothing is charged or recorded.
    #[must_use]
    pub fn tool(&self, principal: &Principal, origin: Origin, name: &str) -> Option<ToolSpec> {
        let spec = self.inner.registry.get(name)?.tool.spec();
        let capability = spec.capability;
        let known = principal.scope().has_tool(name, capability)
            && self.reaches(
                is_resolvable,
                &self.inner.snapshot.load(),
                principal,
                origin,
                (name, capability),
            );
        known.then(|| spec.clone())
    }

    /// Steps 1 to 3 for what tells of all tools and repositories, such as metrics and the audit log: a credential that is good for some alone
    /// is not good for that, and neither is a principal without one of `roles`, if some are named.
    ///
    /// # Errors
    /// [`Refusal`] if the caller is not admitted, or its credential has a scope, or it has none of the roles. Each leaves an audit entry, as
    /// that of a call does.
    pub async fn authenticate_as(
        &self,
        credential: Credential,
        origin: Origin,
        roles: &'static [Role],
    ) -> Result<Arc<Principal>, Refusal> {
        let call = RawCall::new(String::new(), RawArgs::Malformed, credential, origin);
        let mut record = self.record(&call);
        let admitted = self.identify(&mut record, &call.credential).and_then(|principal| {
            if !principal.is_whole() {
                return Err(RefusalKind::OutOfScope);
            }
            if principal.has_one_of(roles) { Ok(principal) } else { Err(RefusalKind::RoleRequired(roles)) }
        });
        match admitted {
            Ok(principal) => Ok(principal),
            Err(kind) => Err(self.refuse(&record, kind).await),
        }
    }

    /// Charges the origin of a request for which nobody is asked who they are: one for a public page, or that is turned away before it comes so
    /// far. Whoever is on this machine is not charged.
    ///
    /// # Errors
    /// [`Refusal`] if the origin has asked for too much; it counts as those of strangers do.
    pub async fn admit_anybody(&self, origin: Origin) -> Result<(), Refusal> {
        let Err(kind) = self.charge_anybody(origin) else { return Ok(()) };
        let call = RawCall::new(String::new(), RawArgs::Malformed, Credential::Absent, origin);
        Err(self.refuse(&self.record(&call), kind).await)
    }

    /// Steps 1 to 3 for what steers calls, such as deciding approvals: while the kill switch is set there is none.
    ///
    /// # Errors
    /// [`Refusal`] if the caller is not admitted, or the kill switch is set.
    pub(crate) async fn authenticate_unhalted(
        &self,
        credential: Credential,
        origin: Origin,
    ) -> Result<Arc<Principal>, Refusal> {
        let call = RawCall::new(String::new(), RawArgs::Malformed, credential, origin);
        let mut record = self.record(&call);
        let admitted = self.identify(&mut record, &call.credential);
        match admitted.and_then(|principal| self.inner.unless_halted().map(|()| principal)) {
            Ok(principal) => Ok(principal),
            Err(kind) => Err(self.refuse(&record, kind).await),
        }
    }

    pub(crate) fn record(&self, call: &RawCall) -> Record {
        Record::new(CallId::mint(), call, self.inner.write_mode, self.inner.snapshot.load_full())
    }

    /// Ends a call that did not run: its entry (or its place in an aggregate), its metric, its log line.
    pub(crate) async fn refuse(&self, record: &Record, kind: RefusalKind) -> Refusal {
        let refusal = Refusal::new(record.call_id, kind.clean(record.redactor()));
        let code = refusal.code();
        if self.inner.gets_an_entry(record, &refusal, SystemTime::now()) {
            if let Err(failed) = self.enter(record, code, Kind::Refusal).await {
                return failed;
            }
            self.inner.metrics.observe(&record.observe("refused", code, 0));
        } else if matches!(refusal.kind, RefusalKind::Sealed | RefusalKind::ShuttingDown) {
            self.inner.metrics.observe(&record.observe("refused", code, 0));
        } else {
            // What is only counted has no line of the log either, where a flood of it would drown everybody else's.
            self.inner.metrics.observe(&record.observation("refused", code, 0));
        }
        // Only now, with the record made: whoever hangs up to skip the delay has been counted.
        tokio::time::sleep(record.delay).await;
        refusal
    }
}
