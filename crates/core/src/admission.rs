//! Steps 1 to 7: who calls, what is called, what it touches, and whether it may. Nothing here waits or does I/O; what it learns goes
//! into the call's record, so that a refusal finds everything that may be written down.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use gitoma_policy::{Capability, Effect, Subject};
use tokio::sync::OwnedSemaphorePermit;

use crate::call::{Origin, RawArgs, RawCall};
use crate::context::Judge;
use crate::failures::LOCK_OUT;
use crate::gateway::Gateway;
use crate::principal::{AuthFailure, Credential, Principal};
use crate::record::Record;
use crate::refusal::RefusalKind;
use crate::registry::Registered;
use crate::snapshot::{Reach, Snapshot, is_resolvable};
use crate::tool::Prepared;

/// For whom a tool is looked up by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// The caller, to whom a tool that they may never call is unknown.
    Caller,
    /// Whoever keeps the policy, and asks what it says of a caller.
    Keeper,
}

/// A call's places among those that run at once: of the gateway, and of its principal.
#[derive(Debug)]
pub(crate) struct Places {
    _whole: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
}

/// A call that has passed steps 1 to 7 and may run, if it is not asked about.
pub(crate) struct Admitted {
    pub(crate) prepared: Box<dyn Prepared>,
    pub(crate) judge: Judge,
    pub(crate) places: Places,
    pub(crate) registered: Registered,
}

impl Gateway {
    /// Steps 1 to 7, and the room the call needs to run.
    pub(crate) fn admit(&self, record: &mut Record, call: RawCall) -> Result<Admitted, RefusalKind> {
        let (prepared, judge, registered) = self.judge(record, call, Sight::Caller)?;
        let places = self.charge(record)?;
        let decision = judge.decide(prepared.accesses());
        record.decision = Some(decision.clone());
        // What is asked about goes on until it is known what a person would approve.
        if decision.may_run() || decision.effect == Effect::Ask {
            return Ok(Admitted { prepared, judge, places, registered });
        }
        Err(RefusalKind::Denied(Box::new(decision)))
    }

    /// Steps 1 to 6: everything up to the accesses that `decide` will judge.
    pub(crate) fn judge(
        &self,
        record: &mut Record,
        call: RawCall,
        sight: Sight,
    ) -> Result<(Box<dyn Prepared>, Judge, Registered), RefusalKind> {
        let principal = self.identify(record, &call.credential)?;
        if sight == Sight::Caller {
            self.inner.unless_halted()?;
        }
        if call.tool.is_empty() {
            // The transport could not read so far as the tool's name.
            readable(&call)?;
        }
        let registered = self.resolve(record, &principal, &call.tool, sight)?;
        let spec = registered.tool.spec();
        readable(&call)?;
        let restriction = call.restriction.map_err(RefusalKind::BadRestriction)?;
        let RawArgs::Object(arguments) = call.arguments else { return Err(RefusalKind::Malformed) };
        let prepared = catch_unwind(AssertUnwindSafe(|| registered.tool.prepare(&arguments)))
            .map_err(|_panic| RefusalKind::Panicked { executed: false })?
            .map_err(|error| {
                record.built_in_rule = error.rule().map(Arc::from);
                RefusalKind::InvalidArguments(error)
            })?;
        record.accesses = prepared.accesses().to_vec();
        record.keep_arguments(&arguments);
        let judge = Judge {
            snapshot: Arc::clone(&record.snapshot),
            principal,
            transport: record.origin.transport,
            tool: Arc::clone(&registered.name),
            capability: spec.capability,
            arguments: Arc::new(arguments),
            write_mode: self.inner.write_mode,
            narrowing: restriction.narrowing,
        };
        Ok((prepared, judge, registered))
    }

    /// Steps 1 to 3.
    pub(crate) fn identify(
        &self,
        record: &mut Record,
        credential: &Credential,
    ) -> Result<Arc<Principal>, RefusalKind> {
        let inner = &self.inner;
        if inner.sealed.load(Ordering::Acquire) {
            return Err(RefusalKind::Sealed);
        }
        if inner.closing.is_cancelled() {
            return Err(RefusalKind::ShuttingDown);
        }
        let peer = record.origin.peer;
        // All of this machine are one origin. Whoever wears that out refuses strangers, and nobody who has a token: else any process
        // here could keep the operator from halting.
        let worn_out = match inner.limits.origin(peer).map_err(limited) {
            Err(limited) if !peer.is_this_machine() => return Err(limited),
            charged => charged.err(),
        };
        // The runtime's clock, which tests move.
        let now = tokio::time::Instant::now().into_std();
        if let Some(retry_after) = inner.failures.locked(peer, now) {
            inner.metrics.locked_out();
            return Err(RefusalKind::RateLimited { scope: LOCK_OUT, retry_after });
        }
        let found = inner.authenticator.load().authenticate(credential, SystemTime::now());
        let principal = found.map_err(|failure| {
            if failure == AuthFailure::Wrong {
                record.delay = inner.failures.failed(peer, now);
            }
            worn_out.unwrap_or_else(|| unknown(failure))
        })?;
        record.principal = Some(Arc::clone(&principal));
        crate::limits::charged(&inner.limits, principal.index(), &record.snapshot);
        inner.limits.principal(principal.index()).map_err(limited)?;
        Ok(principal)
    }

    /// Step 1 for a request for which nobody is asked who they are. Whoever is on this machine is not charged: a flood of theirs would keep the
    /// operator from looking.
    pub(crate) fn charge_anybody(&self, origin: Origin) -> Result<(), RefusalKind> {
        if origin.peer.is_this_machine() {
            Ok(())
        } else {
            self.inner.limits.origin(origin.peer).map_err(limited)
        }
    }

    /// Step 4. A tool that this principal may never call is as unknown as one that does not exist (MCP-2): to the caller. The record
    /// has the registered name, and never the text of the caller.
    fn resolve(
        &self,
        record: &mut Record,
        principal: &Principal,
        name: &str,
        sight: Sight,
    ) -> Result<Registered, RefusalKind> {
        let registered = self.inner.registry.get(name).ok_or(RefusalKind::UnknownTool)?;
        let capability = registered.tool.spec().capability;
        record.tool = Some((Arc::clone(&registered.name), capability));
        if sight == Sight::Keeper
            || (principal.scope().has_tool(name, capability)
                && self.reaches(
                    is_resolvable,
                    &record.snapshot,
                    principal,
                    record.origin,
                    (name, capability),
                ))
        {
            Ok(registered.clone())
        } else {
            Err(RefusalKind::UnknownTool)
        }
    }

    /// What `reach` ([`is_reachable`](crate::snapshot::is_reachable) or [`is_resolvable`]) says of a tool and a caller under the policy of `snapshot`.
    pub(crate) fn reaches(
        &self,
        reach: Reach,
        snapshot: &Snapshot,
        principal: &Principal,
        origin: Origin,
        (tool, capability): (&str, Capability),
    ) -> bool {
        let subject = Subject {
            principal: principal.name(),
            roles: principal.role_names(),
            transport: origin.transport,
        };
        reach(&snapshot.policy, &subject, tool, capability, self.inner.write_mode)
    }

    /// The second half of step 6: the tool's own limit, the write budget, and a place among the running calls of the gateway and of the
    /// principal.
    fn charge(&self, record: &Record) -> Result<Places, RefusalKind> {
        if let (Some(principal), Some((tool, _))) = (&record.principal, &record.tool) {
            self.inner.limits.tool(principal.index(), tool).map_err(limited)?;
        }
        if let (Some(principal), Some((_, Capability::Write))) = (&record.principal, &record.tool) {
            self.inner.limits.write(principal.index()).map_err(limited)?;
        }
        let whole = Arc::clone(&self.inner.running).try_acquire_owned().map_err(|_full| RefusalKind::Busy)?;
        let index = record.principal.as_ref().map(|principal| principal.index());
        let own = index.and_then(|index| self.inner.limits.place(index)).ok_or(RefusalKind::Busy)?;
        Ok(Places { _whole: whole, _own: own })
    }
}

/// Refuses what the transport could not read: a restriction, or arguments that are no object.
fn readable(call: &RawCall) -> Result<(), RefusalKind> {
    if let Err(bad) = call.restriction {
        return Err(RefusalKind::BadRestriction(bad));
    }
    match &call.arguments {
        RawArgs::Object(_) => Ok(()),
        RawArgs::Malformed => Err(RefusalKind::Malformed),
        RawArgs::NoRoom => Err(RefusalKind::Busy),
        RawArgs::TooLarge { limit } => {
            Err(RefusalKind::TooLarge { what: "the message", limit: *limit, executed: false })
        }
    }
}

fn unknown(failure: AuthFailure) -> RefusalKind {
    match failure {
        AuthFailure::NotConfigured => RefusalKind::NotConfigured,
        AuthFailure::Absent => RefusalKind::Unauthenticated,
        AuthFailure::Expired => RefusalKind::ExpiredCredential,
        AuthFailure::Wrong => RefusalKind::InvalidCredential,
    }
}

fn limited(exceeded: crate::limits::Exceeded) -> RefusalKind {
    RefusalKind::RateLimited { scope: exceeded.scope, retry_after: exceeded.retry_after }
}
