//! Steps 8 to 12: find the approval of a call that needs one, record the intent, execute with a permit, redact and cap, record the outcome,
//! reply. They are done to their end, so that a caller who hangs up cannot come between an effect and its record.

mod detached;
mod failure;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use gitoma_audit::{Intent, OpenEntry, Outcome, OutcomeStatus};
use gitoma_policy::{Access, Capability};
use serde_json::{Map, Value};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::admission::Places;
use crate::approval::{Asking, Standing};
use crate::call::Reply;
use crate::commitment::Committing;
use crate::context::{ExecContext, Judge};
use crate::error::ToolError;
use crate::gateway::{Gateway, Inner};
use crate::output::{Cleaned, Cleaning, RawOutput};
use crate::permit::Permit;
use crate::progress::ProgressSink;
use crate::record::Record;
use crate::refusal::{Refusal, RefusalKind};
use crate::registry::Registered;
use crate::repeat::{self, Answer, Found, Repetition};
use crate::tool::Prepared;

use detached::{Lost, detached};
pub(crate) use failure::refused;
use failure::{broken_rules, log_cause};

/// The places a call takes while it runs: one of the gateway's, one of its principal's and one of its tool's.
#[derive(Debug)]
pub(crate) struct Room {
    _places: (Places, OwnedSemaphorePermit),
}

/// How long a call may wait for its tool: long enough for a client that asks three things at once.
const QUEUE: Duration = Duration::from_secs(5);

/// Waits for a place among the tool's running calls. How many wait is bounded by the gateway's own places.
async fn queue(registered: &Registered, cancel: &CancellationToken) -> Option<OwnedSemaphorePermit> {
    let place = Arc::clone(&registered.running).acquire_owned();
    tokio::select! {
        biased;
        place = tokio::time::timeout(QUEUE, place) => place.ok()?.ok(),
        () = cancel.cancelled() => None,
    }
}

/// A call that is allowed, or asked about, ready to run.
pub(crate) struct Execution {
    pub(crate) inner: Arc<Inner>,
    pub(crate) record: Record,
    pub(crate) prepared: Box<dyn Prepared>,
    pub(crate) judge: Judge,
    /// The call's places among the gateway's and its principal's.
    pub(crate) places: Places,
    pub(crate) registered: Registered,
    /// A child of the transport's token; also cancelled when the caller drops the reply's future.
    pub(crate) cancel: CancellationToken,
    /// Where the call tells how far it has come.
    pub(crate) progress: Option<ProgressSink>,
    /// Whether a person may be asked about it.
    pub(crate) may_ask: bool,
}

/// How the tool ended.
enum Ended {
    Ok(Cleaned),
    Failed(ToolError),
    Panicked,
}

impl Ended {
    /// What is kept for a repetition, if there is a result, and what it was found for is known.
    fn answer(&self, context: &ExecContext) -> Option<Answer> {
        let Self::Ok(cleaned) = self else { return None };
        let found = context.found()?.iter().map(Found::from).collect();
        let Cleaned { output, redactions, hidden, elided, truncated, .. } = cleaned;
        let result = output.as_value().clone();
        Some(Answer {
            result,
            redactions: *redactions,
            hidden: *hidden,
            elided: *elided,
            truncated: *truncated,
            found,
        })
    }

    /// The same, or a failure if a rule that the policy blocks found something in the call.
    fn unless_blocked(self, context: &ExecContext) -> Self {
        match (self, context.blocked()) {
            (Self::Ok(_), Some(rule)) => Self::Failed(ToolError::SecretFound { rule }),
            (ended, _) => ended,
        }
    }
}

/// Whether the tool ran for this call, or for the first one of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Now,
    Before,
}

impl Execution {
    /// Runs the call to its end and waits for that. Dropping this future cancels the call; the outcome is on the record all the same.
    pub(crate) async fn run(self) -> Result<Reply, Refusal> {
        let call_id = self.record.call_id;
        let inner = Arc::clone(&self.inner);
        let _cancel_on_drop = self.cancel.clone().drop_guard();
        // Every unwind of a tool is caught within; otherwise it can only be lost with the runtime itself.
        detached(&inner.tasks, Box::pin(self.record_and_execute()))
            .await
            .unwrap_or_else(|Lost| Err(Refusal::new(call_id, RefusalKind::Panicked { executed: true })))
    }

    async fn record_and_execute(self) -> Result<Reply, Refusal> {
        let Self { inner, mut record, prepared, judge, places, registered, cancel, progress, may_ask } = self;
        let call_id = record.call_id;
        let Some(own) = queue(&registered, &cancel).await else {
            return Err(Gateway { inner }.refuse(&record, RefusalKind::Busy).await);
        };
        // It may have waited since it was judged. A write looks at the files once more before its effect.
        if inner.halt.was_set() {
            return Err(Gateway { inner }.refuse(&record, RefusalKind::Halted { executed: false }).await);
        }
        let room = Arc::new(Room { _places: (places, own) });
        let judge = Arc::new(judge);
        let spec = registered.tool.spec();
        let durable = spec.capability != Capability::Read;

        let gateway = Gateway { inner: Arc::clone(&inner) };
        let asking = Asking {
            call_id,
            inner: &inner,
            prepared: &*prepared,
            judge: &judge,
            registered: &registered,
            room: &room,
            cancel: &cancel,
            may_ask,
        };
        let repetition = match repeat::look(&inner, &record, &*prepared, &judge).await {
            Ok(repetition) => repetition,
            Err(kind) => return Err(gateway.refuse(&record, kind).await),
        };
        let standing = match &repetition {
            // Nothing will be carried out, so that nothing needs an approval.
            Repetition::Answered(_) => Standing::Policy,
            Repetition::None | Repetition::First(_) => match asking.settle(&mut record).await {
                Ok(standing) => standing,
                Err(kind) => return Err(gateway.refuse(&record, kind).await),
            },
        };
        let committing = inner.disclosures.committing();
        let Some(entry) = begin(&gateway, &record, &judge.arguments, committing, durable).await else {
            inner.metrics.observe(&record.observe("refused", "audit_unavailable", 0));
            return Err(Refusal::new(call_id, RefusalKind::AuditUnavailable));
        }; // 8
        let permit = Permit::issue(call_id, &entry);
        let started = Instant::now();
        let context =
            ExecContext::new(call_id, judge, &inner, started + spec.time_limit, cancel, room, standing)
                .reporting_to(progress);
        let first = match repetition {
            // What left before leaves again by the policy of now.
            Repetition::Answered(answer) => {
                let cleaned = clean_again(*answer, spec.output_limit, committing, &context, &inner).await;
                let ended = cleaned.unless_blocked(&context);
                return conclude(&inner, &record, entry, (ended, Run::Before), &context, started).await;
            }
            Repetition::First(claimed) => Some(claimed),
            Repetition::None => None,
        };
        let executed = execute(prepared, permit, &context, &inner).await; // 9
        let ended = match executed {
            Ok(Ok(raw)) => clean(raw, spec.output_limit, committing, &context, &inner).await, // 10
            Ok(Err(error)) => Ended::Failed(error),
            Err(Panicked) => Ended::Panicked,
        };
        let ended = ended.unless_blocked(&context);
        if let Some(first) = first {
            repeat::settle(
                *first,
                ended.answer(&context),
                matches!(ended, Ended::Panicked) || context.took_effect(),
            )
            .await;
        }
        conclude(&inner, &record, entry, (ended, Run::Now), &context, started).await // 11, 12
    }
}

/// Step 8. `None` if there is no whole intent on the record; then nothing may run.
async fn begin(
    gateway: &Gateway,
    record: &Record,
    arguments: &Arc<Map<String, Value>>,
    committing: Option<Committing>,
    durable: bool,
) -> Option<OpenEntry> {
    let call_id = record.call_id;
    let begun = match gateway.intent(record, arguments, committing).await {
        Ok((call, args_commit)) => gateway.inner.log.begin(Intent { call, durable, args_commit }).await,
        Err(lost) => {
            tracing::error!(target: "gitoma::audit", %call_id, error = %lost, "what the intent would say is lost, so nothing runs");
            return None;
        }
    };
    begun
        .inspect_err(|failure| {
            tracing::error!(target: "gitoma::audit", %call_id, error = %failure, "no intent, so nothing runs");
        })
        .ok()
}

/// The tool panicked.
pub(crate) struct Panicked;

/// Step 9: runs the tool until it ends, or until it must stop before its effect.
async fn execute(
    prepared: Box<dyn Prepared>,
    permit: Permit,
    context: &ExecContext,
    inner: &Inner,
) -> Result<Result<RawOutput, ToolError>, Panicked> {
    let run = std::panic::catch_unwind(AssertUnwindSafe(|| prepared.execute(permit, context.clone())));
    let Ok(run) = run else { return Err(Panicked) };
    until_stopped(run, context, inner).await
}

/// Step 10. What is not small is redacted off the runtime's workers ([`RedactionPool`](crate::redaction::RedactionPool)); the call's
/// deadline counts there too, and once it has passed nothing of the result leaves. A failure of the redactor gives a fixed error,
/// never the text.
async fn clean(
    raw: RawOutput,
    limit: usize,
    committing: Option<Committing>,
    context: &ExecContext,
    inner: &Inner,
) -> Ended {
    let cleaning = Cleaning { limit, keep_payloads: inner.keep_payloads, committing };
    let cleaned = if raw.is_small() {
        let clean = AssertUnwindSafe(|| raw.clean(context.redactor(), cleaning));
        std::panic::catch_unwind(clean).map(Ok).map_err(|_panic| Panicked)
    } else {
        // With the context, and so the call's places, until it ends: it cannot be stopped.
        let held = context.clone();
        let cleaned = inner.redaction.run(move || raw.clean(held.redactor(), cleaning));
        let cleaned = cleaned.map(|cleaned| {
            cleaned.map_err(|lost| match lost.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(lost) => ToolError::unavailable("redaction", lost),
            })
        });
        until_stopped(cleaned, context, inner).await
    };
    match cleaned {
        Ok(Ok(cleaned)) => Ended::Ok(cleaned),
        Ok(Err(error)) => Ended::Failed(error),
        Err(Panicked) => Ended::Panicked,
    }
}

/// Step 10 for an answer that was kept, once what it was found for is judged.
async fn clean_again(
    answer: Answer,
    limit: usize,
    committing: Option<Committing>,
    context: &ExecContext,
    inner: &Inner,
) -> Ended {
    let Answer { result, redactions, hidden, elided, truncated, found } = answer;
    let found: Vec<Access> = found.iter().map(Access::from).collect();
    if let Err(refused) = found.iter().try_for_each(|access| context.require(std::slice::from_ref(access))) {
        return Ended::Failed(refused);
    }
    let raw = RawOutput::new(result).truncated(truncated).with_redactions(redactions);
    match clean(raw, limit, committing, context, inner).await {
        Ended::Ok(cleaned) => Ended::Ok(Cleaned {
            hidden: cleaned.hidden.saturating_add(hidden),
            elided: cleaned.elided.saturating_add(elided),
            ..cleaned
        }),
        ended => ended,
    }
}

/// Waits for `work` of the call, or until the call must stop and still can.
pub(crate) async fn until_stopped<T>(
    work: impl Future<Output = Result<T, ToolError>>,
    context: &ExecContext,
    inner: &Inner,
) -> Result<Result<T, ToolError>, Panicked> {
    let halted = inner.halt.stop();
    let mut work = std::pin::pin!(AssertUnwindSafe(work).catch_unwind());
    let stopped = tokio::select! {
        biased;
        ended = &mut work => return ended.map_err(|_panic| Panicked),
        () = context.cancel_token().cancelled() => ToolError::Cancelled,
        () = inner.abort.cancelled() => ToolError::Cancelled,
        () = halted.cancelled() => ToolError::Halted,
        () = tokio::time::sleep_until(context.deadline()) => ToolError::TimedOut,
    };
    if context.stop() {
        return Ok(Err(stopped));
    }
    // The effect has begun: what happened must be known before anything is said about it.
    work.await.map_err(|_panic| Panicked)
}

/// Steps 11 and 12: the outcome goes on the record before anything is said to the caller.
async fn conclude(
    inner: &Inner,
    record: &Record,
    entry: OpenEntry,
    (ended, run): (Ended, Run),
    context: &ExecContext,
    started: Instant,
) -> Result<Reply, Refusal> {
    let repeated = run == Run::Before;
    let call_id = record.call_id;
    let dropped = context.dropped();
    inner.metrics.shadowed(record.decision.as_ref(), context.shadowed());
    let outcome = |status, code, rules, bytes_out: usize, redactions| Outcome {
        status,
        code,
        rules,
        bytes_out: u64::try_from(bytes_out).unwrap_or(u64::MAX),
        redactions,
        dropped,
        duration_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        result_commit: None,
    };
    let (status, outcome, result) = match ended {
        Ended::Ok(cleaned) => {
            let Cleaned { output, redactions, hidden, elided, truncated, bytes, commitment } = cleaned;
            let code = repeated.then_some("repeated");
            let outcome = outcome(OutcomeStatus::Ok, code, Vec::new(), bytes, redactions);
            let outcome = Outcome { result_commit: commitment, ..outcome };
            let policy = record.snapshot.stamp();
            let reply =
                Reply { call_id, policy, result: output, repeated, redactions, hidden, elided, truncated };
            ("ok", outcome, Ok(reply))
        }
        Ended::Failed(error) => {
            let (status, label) = match error {
                ToolError::Cancelled | ToolError::Halted => (OutcomeStatus::Cancelled, "cancelled"),
                ToolError::TimedOut => (OutcomeStatus::TimedOut, "timed_out"),
                _ => (OutcomeStatus::Failed, "failed"),
            };
            log_cause(record, &error);
            // A write says when its effect begins; of a read nobody wonders.
            let write = record.tool.as_ref().is_some_and(|(_, capability)| *capability != Capability::Read);
            let executed = !write || repeated || context.took_effect();
            let rules = broken_rules(&error);
            let kind = refused(record.redactor(), error, executed);
            (label, outcome(status, Some(kind.code()), rules, 0, 0), Err(kind))
        }
        Ended::Panicked => {
            tracing::error!(target: "gitoma::call", %call_id, "the tool panicked");
            let kind = RefusalKind::Panicked { executed: true };
            ("panicked", outcome(OutcomeStatus::Panicked, Some(kind.code()), Vec::new(), 0, 0), Err(kind))
        }
    };
    if let Err(failure) = entry.finish(outcome).await {
        inner.sealed.store(true, Ordering::Release);
        tracing::error!(target: "gitoma::audit", %call_id, error = %failure, "an outcome is not on the record; the gateway seals itself");
        inner.metrics.observe(&record.observe(status, "outcome_unrecorded", 0));
        return Err(Refusal::new(call_id, RefusalKind::OutcomeUnrecorded));
    }
    let (code, redactions) = match &result {
        Ok(reply) => ("ok", reply.redactions),
        Err(kind) => (kind.code(), 0),
    };
    inner.metrics.observe(&record.observe(status, code, redactions));
    result.map_err(|kind| Refusal::new(call_id, kind))
}
