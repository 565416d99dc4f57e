//! What a running tool may lean on: [`ExecContext`] judges what the tool finds, redacts before it slices, and tells it when to
//! stop. It holds the very policy snapshot that judged the call (invariant 10), so a reload never splits one call.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gitoma_policy::{Access, Capability, Decision, Effect, Narrowing, Reason, Request, Transport, WriteMode};
use gitoma_redact::{Redactor, Watch};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::approval::Standing;
use crate::call::CallId;
use crate::effects::Effects;
use crate::error::ToolError;
use crate::execute::Room;
use crate::gateway::Inner;
use crate::halt::Halt;
use crate::limits::Limits;
use crate::principal::Principal;
use crate::progress::{Progress, ProgressSink};
use crate::snapshot::Snapshot;

/// Everything a judgement needs besides the accesses; shared by the pipeline and by what runs under it.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) principal: Arc<Principal>,
    pub(crate) transport: Transport,
    pub(crate) tool: Arc<str>,
    pub(crate) capability: Capability,
    pub(crate) arguments: Arc<Map<String, Value>>,
    pub(crate) write_mode: WriteMode,
    pub(crate) narrowing: Narrowing,
}

impl Judge {
    /// The request this call makes for `accesses`.
    pub(crate) fn request<'a>(&'a self, accesses: &'a [Access]) -> Request<'a> {
        Request {
            principal: self.principal.name(),
            roles: self.principal.role_names(),
            transport: self.transport,
            tool: &self.tool,
            capability: self.capability,
            accesses,
            arguments: Some(&self.arguments),
            write_mode: self.write_mode,
            narrowing: &self.narrowing,
            scope: self.principal.scope(),
        }
    }

    pub(crate) fn decide(&self, accesses: &[Access]) -> Decision {
        self.snapshot.policy.decide(&self.request(accesses))
    }
}

/// What a tool sees of the pipeline while it runs. Cheap to clone; all clones speak of the same call.
#[derive(Debug, Clone)]
pub struct ExecContext {
    shared: Arc<Shared>,
}

/// The call may be stopped.
const RUNNING: u8 = 0;
/// The effect has begun: the call can no longer be stopped.
const COMMITTED: u8 = 1;
/// The call was stopped: its effect may no longer begin.
const STOPPED: u8 = 2;

#[derive(Debug)]
struct Shared {
    call_id: CallId,
    judge: Arc<Judge>,
    /// What stands behind the call besides the policy.
    standing: Standing,
    /// The redactor of a policy that blocks rules, and what it has seen in this call.
    watched: Option<(Redactor, Watch)>,
    blocking: Arc<Semaphore>,
    limits: Arc<Limits>,
    halt: Arc<Halt>,
    deadline: Instant,
    cancel: CancellationToken,
    interrupt: Arc<AtomicBool>,
    /// Where the call tells how far it has come, if its caller wants to know.
    progress: Option<ProgressSink>,
    phase: AtomicU8,
    taken_back: AtomicBool,
    /// The call's places. They are held as long as anything works for the call, so that work which goes on after its caller was
    /// answered still counts against its tool.
    _room: Arc<Room>,
    dropped: AtomicU64,
    shadowed: Shadowed,
    /// What a write found and may touch.
    found: Mutex<Vec<Access>>,
}

/// How much of what a write finds is kept, for a repetition to be judged by.
const MOST_FOUND: usize = 10_000;

/// How many judgements of a call's findings went against it and were not enforced, by effect.
#[derive(Debug, Default)]
pub(crate) struct Shadowed {
    ask: AtomicU64,
    deny: AtomicU64,
}

impl Shadowed {
    fn count(&self, effect: Effect) {
        match effect {
            Effect::Ask => self.ask.fetch_add(1, Ordering::Relaxed),
            Effect::Deny => self.deny.fetch_add(1, Ordering::Relaxed),
            Effect::Allow => 0,
        };
    }

    /// The counts of what was not enforced, `ask` before `deny`.
    pub(crate) fn counts(&self) -> [(Effect, u64); 2] {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [(Effect::Ask, read(&self.ask)), (Effect::Deny, read(&self.deny))]
    }
}

impl ExecContext {
    pub(crate) fn new(
        call_id: CallId,
        judge: Arc<Judge>,
        inner: &Inner,
        deadline: Instant,
        cancel: CancellationToken,
        room: Arc<Room>,
        standing: Standing,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                call_id,
                watched: judge.snapshot.redactor.watched(),
                judge,
                standing,
                blocking: Arc::clone(&inner.blocking),
                limits: Arc::clone(&inner.limits),
                halt: Arc::clone(&inner.halt),
                deadline,
                cancel,
                interrupt: Arc::new(AtomicBool::new(false)),
                progress: None,
                phase: AtomicU8::new(RUNNING),
                taken_back: AtomicBool::new(false),
                _room: room,
                dropped: AtomicU64::new(0),
                shadowed: Shadowed::default(),
                found: Mutex::default(),
            }),
        }
    }

    /// The same call, before it runs, telling `progress` how far it has come.
    pub(crate) fn reporting_to(mut self, progress: Option<ProgressSink>) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.progress = progress;
        }
        self
    }

    /// Tells the caller, if it wants to know, that `done` is done, of `total` if that is known. What is counted must be what the caller
    /// may see: that there is more is told by the number. Cheap, and may be called for each item: few reports leave.
    pub fn report(&self, done: u64, total: Option<u64>, counted: &'static str) {
        if let Some(progress) = &self.shared.progress
            && self.shared.phase.load(Ordering::Acquire) != STOPPED
        {
            progress.report(Progress { done, total, counted });
        }
    }

    /// The running call.
    #[must_use]
    pub fn call_id(&self) -> CallId {
        self.shared.call_id
    }

    /// Judges what was found while running: the same `decide`, policy snapshot and principal as the call itself (POL-3).
    /// Ask the answer [`Decision::may_run`], not for its effect: a shadow policy's no is counted here and not enforced. What a rule asks
    /// about is allowed if that rule was shown to the person who approved the call.
    pub fn judge(&self, accesses: &[Access]) -> Decision {
        let decision = self.shared.standing.lift(self.shared.judge.decide(accesses));
        if !decision.enforced {
            self.shared.shadowed.count(decision.effect);
        }
        if self.shared.judge.capability != Capability::Read && decision.may_run() {
            let mut found = self.shared.found.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MOST_FOUND.saturating_add(1).saturating_sub(found.len());
            found.extend(accesses.iter().take(room).cloned());
        }
        decision
    }

    /// Whether a read may show `access`. What may not be shown is left out and counted in the outcome.
    #[must_use]
    pub fn admits(&self, access: &Access) -> bool {
        let admitted = self.judge(std::slice::from_ref(access)).may_run();
        if !admitted {
            self.count_dropped(1);
        }
        admitted
    }

    /// Requires that every one of `accesses` may go on, as a write must before its effect.
    ///
    /// # Errors
    /// [`ToolError::Refused`] with the decision if any of them may not.
    pub fn require(&self, accesses: &[Access]) -> Result<(), ToolError> {
        let decision = self.judge(accesses);
        if decision.may_run() { Ok(()) } else { Err(ToolError::Refused(Box::new(decision))) }
    }

    /// What policy would say if the caller read `accesses` with the reading tool `tool`.
    pub fn readable(&self, tool: &str, accesses: &[Access]) -> Decision {
        let judge = &self.shared.judge;
        let request =
            Request { tool, capability: Capability::Read, arguments: None, ..judge.request(accesses) };
        judge.snapshot.policy.decide(&request)
    }

    /// Requires that the caller could read `accesses` with the reading tool `tool`: a write that copies must not show what no read would.
    ///
    /// # Errors
    /// [`ToolError::Refused`] with the decision if they could not.
    pub fn require_readable(&self, tool: &str, accesses: &[Access]) -> Result<(), ToolError> {
        let decision = self.readable(tool, accesses);
        if decision.may_run() { Ok(()) } else { Err(ToolError::Refused(Box::new(decision))) }
    }

    /// Counts items that were left out because they are not allowed or not presentable.
    pub fn count_dropped(&self, items: u64) {
        self.shared.dropped.fetch_add(items, Ordering::Relaxed);
    }

    /// What a write found and may touch; nothing if that is too much to be kept.
    pub(crate) fn found(&self) -> Option<Vec<Access>> {
        let found = std::mem::take(&mut *self.shared.found.lock().unwrap_or_else(PoisonError::into_inner));
        (found.len() <= MOST_FOUND).then_some(found)
    }

    pub(crate) fn shadowed(&self) -> &Shadowed {
        &self.shared.shadowed
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// The redactor, with the patterns of the policy that judged the call. Content is redacted whole, then sliced (RED-1).
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        match &self.shared.watched {
            Some((redactor, _)) => redactor,
            None => &self.shared.judge.snapshot.redactor,
        }
    }

    /// The rule that the policy blocks and that found something in this call.
    pub(crate) fn blocked(&self) -> Option<&'static str> {
        self.shared.watched.as_ref().and_then(|(_, watch)| watch.seen())
    }

    /// A flag that is set when the work should stop, for libraries that poll one.
    #[must_use]
    pub fn interrupt(&self) -> &Arc<AtomicBool> {
        &self.shared.interrupt
    }

    /// Returns an error once the caller has given up or the time is over; long loops ask now and then.
    ///
    /// # Errors
    /// [`ToolError::Cancelled`] or [`ToolError::TimedOut`].
    pub fn checkpoint(&self) -> Result<(), ToolError> {
        match self.shared.phase.load(Ordering::Acquire) {
            COMMITTED => return Ok(()),
            STOPPED => return Err(ToolError::Cancelled),
            _ => {}
        }
        if Instant::now() >= self.shared.deadline {
            return Err(ToolError::TimedOut);
        }
        if self.shared.cancel.is_cancelled() || self.shared.interrupt.load(Ordering::Relaxed) {
            return Err(ToolError::Cancelled);
        }
        Ok(())
    }

    /// Declares that the effect of a write begins now, and what it is: from here on the call can no longer be cancelled.
    ///
    /// # Errors
    /// As [`ExecContext::checkpoint`], if the call had to stop before; [`ToolError::Halted`] if the kill switch is set; [`ToolError::Conflict`] if the call was approved, and not with these
    /// effects.
    pub fn commit(&self, effects: &Effects) -> Result<(), ToolError> {
        self.checkpoint()?;
        self.shared.standing.admit(effects)?;
        if self.shared.phase.load(Ordering::Acquire) == RUNNING && self.shared.halt.is_set() {
            return Err(ToolError::Halted);
        }
        match self.enter(COMMITTED) {
            Ok(_) | Err(COMMITTED) => Ok(()),
            Err(_) => Err(ToolError::Cancelled),
        }
    }

    /// The rules that asked while a preview was made.
    pub(crate) fn asked(&self) -> Vec<Reason> {
        self.shared.standing.asked()
    }

    /// Declares that of the effect that had begun nothing is left, as if it had not.
    pub fn take_back(&self) {
        self.shared.taken_back.store(true, Ordering::Release);
    }

    /// Charges `bytes` that the call is about to bring to the disk, before it does.
    ///
    /// # Errors
    /// [`ToolError::NoRoom`] if the principal has written as much as one may in an hour.
    pub fn charge(&self, bytes: u64) -> Result<(), ToolError> {
        let charged = self.shared.limits.written(self.shared.judge.principal.index(), bytes);
        charged.map_err(|retry| {
            let reason = match retry {
                Some(seconds) => {
                    format!("as much was written within an hour as may be; try again in {seconds} s")
                }
                None => "this is more than may be written within an hour; write less at once".to_owned(),
            };
            ToolError::NoRoom { reason: reason.into() }
        })
    }

    /// Whether the effect has begun, and was not taken back.
    #[must_use]
    pub fn took_effect(&self) -> bool {
        self.shared.phase.load(Ordering::Acquire) == COMMITTED
            && !self.shared.taken_back.load(Ordering::Acquire)
    }

    /// The name of the principal that calls.
    #[must_use]
    pub fn principal(&self) -> &str {
        self.shared.judge.principal.name()
    }

    /// Leaves the phase in which the call may be stopped. Exactly one of `commit` and `stop` wins.
    fn enter(&self, phase: u8) -> Result<u8, u8> {
        self.shared.phase.compare_exchange(RUNNING, phase, Ordering::AcqRel, Ordering::Acquire)
    }

    pub(crate) fn cancel_token(&self) -> &CancellationToken {
        &self.shared.cancel
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.shared.deadline
    }

    /// Stops the work if its effect has not begun; `false` if it has, and must be waited for.
    pub(crate) fn stop(&self) -> bool {
        let stopped = self.enter(STOPPED).is_ok();
        if stopped {
            self.shared.interrupt.store(true, Ordering::Relaxed);
        }
        stopped
    }

    /// Runs blocking work (git, files) on the gateway's bounded blocking pool, never on a runtime worker.
    ///
    /// # Errors
    /// What `work` returns; [`ToolError::Unavailable`] if the pool is gone or the work panicked.
    pub async fn blocking<T, F>(&self, work: F) -> Result<T, ToolError>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T, ToolError> + Send + 'static,
    {
        let room = Arc::clone(&self.shared.blocking)
            .acquire_owned()
            .await
            .map_err(|closed| ToolError::unavailable("worker pool", closed))?;
        let context = self.clone();
        let job = tokio::task::spawn_blocking(move || {
            let _room = room;
            work(&context)
        });
        match job.await {
            Ok(result) => result,
            Err(failure) => match failure.try_into_panic() {
                // The pipeline turns a panic into an outcome; it must not pass for an ordinary error here.
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(cancelled) => Err(ToolError::unavailable("worker pool", cancelled)),
            },
        }
    }
}

/// What a preview may lean on: the same judgement and redaction, and no permit.
#[derive(Debug, Clone)]
pub struct PreviewContext {
    context: ExecContext,
}

impl PreviewContext {
    pub(crate) fn new(context: ExecContext) -> Self {
        Self { context }
    }

    /// Judges what the preview finds, as [`ExecContext::judge`] does. What a rule asks about is shown to the approver with that rule, and
    /// so is no reason to stop.
    pub fn judge(&self, accesses: &[Access]) -> Decision {
        self.context.judge(accesses)
    }

    /// Requires that every one of `accesses` may go on, as [`ExecContext::require`] does.
    ///
    /// # Errors
    /// As [`ExecContext::require`].
    pub fn require(&self, accesses: &[Access]) -> Result<(), ToolError> {
        self.context.require(accesses)
    }

    /// The redactor, as [`ExecContext::redactor`].
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        self.context.redactor()
    }

    /// Runs blocking work, as [`ExecContext::blocking`] does.
    ///
    /// # Errors
    /// As [`ExecContext::blocking`].
    pub async fn blocking<T, F>(&self, work: F) -> Result<T, ToolError>
    where
        T: Send + 'static,
        F: FnOnce(&ExecContext) -> Result<T, ToolError> + Send + 'static,
    {
        self.context.blocking(work).await
    }
}
