//! The pipeline's step between the decision and the intent, for a call that policy asks about: preview the effect, and look for an
//! approval of exactly this. One that was given is used up; otherwise the call is refused, with the one that it waits for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gitoma_policy::{Capability, Decision, Effect, Paths, Reason, Scope};
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::arbiter::{Fault, Sought, arbitrate};
use super::question::Question;
use super::{ApprovalNeeded, Grant, Standing};
use crate::call::CallId;
use crate::context::{ExecContext, Judge, PreviewContext};
use crate::effects::Effects;
use crate::error::ToolError;
use crate::execute::{Panicked, Room, refused, until_stopped};
use crate::gateway::Inner;
use crate::record::Record;
use crate::refusal::RefusalKind;
use crate::registry::Registered;
use crate::tool::Prepared;

/// A call on its way from the decision to the intent.
pub(crate) struct Asking<'call> {
    pub(crate) call_id: CallId,
    pub(crate) inner: &'call Arc<Inner>,
    pub(crate) prepared: &'call dyn Prepared,
    pub(crate) judge: &'call Arc<Judge>,
    pub(crate) registered: &'call Registered,
    pub(crate) room: &'call Arc<Room>,
    pub(crate) cancel: &'call CancellationToken,
    /// Whether a person may be asked, and an approval used up.
    pub(crate) may_ask: bool,
}

impl Asking<'_> {
    /// What stands behind the call; it may run under that.
    ///
    /// # Errors
    /// [`RefusalKind`] if an approval is needed and is not there.
    pub(crate) async fn settle(&self, record: &mut Record) -> Result<Standing, RefusalKind> {
        let decided =
            record.decision.clone().filter(|decision| decision.effect == Effect::Ask && decision.enforced);
        let (decision, effects) = match decided {
            Some(decision) => {
                if !self.can_be_answered() {
                    return Err(RefusalKind::NoApprover(Box::new(decision)));
                }
                let (effects, found) = self.effects().await.map_err(|failed| self.failed(failed))?;
                (with(decision, found), effects)
            }
            None => match self.asked_when_found(record).await {
                Some((decision, _)) if !self.can_be_answered() => {
                    return Err(RefusalKind::NoApprover(Box::new(decision)));
                }
                Some(asked) => asked,
                None => return Ok(Standing::Policy),
            },
        };
        if self.cancel.is_cancelled() {
            // Nobody is there any more for whom an approval should be used up.
            return Err(self.failed(Failed::Tool(ToolError::Cancelled)));
        }
        let question = Question {
            call_id: self.call_id,
            transport: record.origin.transport,
            snapshot: Arc::clone(&record.snapshot),
            judge: Arc::clone(self.judge),
            accesses: record.accesses.clone(),
            rules: decision.reasons.clone(),
            effects,
        };
        let (id, ended) = match self.sought(question).await? {
            Sought::Granted { id, grant } => (id, Ok(Standing::Approved(grant))),
            Sought::Pending { id, expires } => {
                let needed = ApprovalNeeded { decision, id: id.clone(), expires };
                (id, Err(RefusalKind::ApprovalRequired(Box::new(needed))))
            }
            Sought::Denied { id, expires } => {
                let needed = ApprovalNeeded { decision, id: id.clone(), expires };
                (id, Err(RefusalKind::ApprovalDenied(Box::new(needed))))
            }
            Sought::Full => return Err(RefusalKind::TooManyApprovals(Box::new(decision))),
        };
        record.approval_id = Some(id);
        ended
    }

    /// Whether somebody could approve the call.
    fn can_be_answered(&self) -> bool {
        let caller = self.judge.principal.name();
        let (tool, capability) = (&self.judge.tool, self.judge.capability);
        let fits = |scope: &Scope| {
            let accesses = self.prepared.accesses().iter();
            let mut repos = accesses.filter_map(|access| access.repo.as_deref());
            scope.has_tool(tool, capability) && repos.all(|repo| scope.has_repository(repo))
        };
        self.may_ask
            && self.inner.approvals.is_some()
            && self
                .inner
                .authenticator
                .load()
                .has_approver(|other| other.name() != caller && fits(other.scope()))
    }

    /// A write may be allowed by what is known of it, and touch paths that a rule asks about. Then its effect tells. If there is none to
    /// be had, the tool judges what it finds, as always, and cannot go on.
    async fn asked_when_found(&self, record: &Record) -> Option<(Decision, Effects)> {
        let finds = record.accesses.iter().any(|access| access.paths == Paths::Discovered);
        let request = self.judge.request(&record.accesses);
        if self.judge.capability == Capability::Read || !finds || !record.snapshot.policy.could_ask(&request)
        {
            return None;
        }
        let allowed = record.decision.clone()?;
        let (effects, found) = self.effects().await.ok()?;
        (!found.is_empty()).then(|| {
            let code = gitoma_policy::Code::ApprovalRequired;
            (Decision { effect: Effect::Ask, code, reasons: found, ..allowed }, effects)
        })
    }

    /// What the call would do, and which rules asked about what it would touch.
    async fn effects(&self) -> Result<(Effects, Vec<Reason>), Failed> {
        if self.judge.capability == Capability::Read {
            // The answer to a read is bound to the call alone: what it shows is judged, and redacted, when it is read.
            return Ok((
                Effects { target: "a read; nothing is changed".to_owned(), ..Effects::default() },
                Vec::new(),
            ));
        }
        let context = ExecContext::new(
            self.call_id,
            Arc::clone(self.judge),
            self.inner,
            Instant::now() + self.registered.tool.spec().time_limit,
            self.cancel.clone(),
            Arc::clone(self.room),
            Standing::Preview(Mutex::default()),
        );
        let preview = PreviewContext::new(context.clone());
        let begun = catch_unwind(AssertUnwindSafe(|| self.prepared.preview(&preview)));
        let Ok(begun) = begun else { return Err(Failed::Panicked) };
        let previewed = until_stopped(begun, &context, self.inner).await;
        match (previewed, context.blocked()) {
            (Err(Panicked), _) => Err(Failed::Panicked),
            (Ok(Err(error)), _) => Err(Failed::Tool(error)),
            (Ok(Ok(_)), Some(rule)) => Err(Failed::Tool(ToolError::SecretFound { rule })),
            (Ok(Ok(effects)), None) => Ok((effects, context.asked())),
        }
    }

    fn failed(&self, failed: Failed) -> RefusalKind {
        match failed {
            Failed::Panicked => RefusalKind::Panicked { executed: false },
            // Nothing ran, so it is no doubt that is left.
            Failed::Tool(error @ (ToolError::Cancelled | ToolError::TimedOut)) => RefusalKind::ToolFailed {
                code: error.code(),
                message: error.to_string().into(),
                executed: false,
            },
            Failed::Tool(error) => refused(&self.judge.snapshot.redactor, error, false),
        }
    }

    /// Redacts what an approver is to see, off the runtime's workers, and looks among the approvals. It goes on if the caller hangs up.
    async fn sought(&self, question: Question) -> Result<Sought, RefusalKind> {
        let inner = Arc::clone(self.inner);
        let lifetime = inner.approvals.as_ref().map_or(Duration::ZERO, |store| store.limits().lifetime);
        let request = self.inner.redaction.run(move || question.request(Timestamp::now(), lifetime)).await;
        let request = request.map_err(|_lost| RefusalKind::Panicked { executed: false })?;
        let request = request.map_err(|_no_randomness| unavailable())?;
        let call_id = request.call_id;
        let job = self.inner.tasks.spawn_blocking(move || arbitrate(&inner, &request, Timestamp::now()));
        let sought = job.await.map_err(|_lost| RefusalKind::Panicked { executed: false })?;
        sought.map_err(|fault| {
            tracing::error!(target: "gitoma::approval", %call_id, error = %fault, cause = ?std::error::Error::source(&fault), "the approvals cannot be used");
            match fault {
                Fault::Store(_) => unavailable(),
                Fault::Audit(_) => RefusalKind::AuditUnavailable,
            }
        })
    }
}

/// Why there is no effect to show.
enum Failed {
    Panicked,
    Tool(ToolError),
}

/// The decision with the rules besides that asked about what was found.
fn with(mut decision: Decision, found: Vec<Reason>) -> Decision {
    let further =
        found.into_iter().filter(|reason| !decision.reasons.iter().any(|known| known.rule == reason.rule));
    let further: Vec<_> = further.collect();
    decision.reasons.extend(further);
    decision
}

fn unavailable() -> RefusalKind {
    RefusalKind::ToolFailed {
        code: "unavailable",
        message: "the approvals cannot be read or written; the operator must look at the state directory"
            .into(),
        executed: false,
    }
}

impl Grant {
    /// What the approved request permits.
    pub(super) fn of(request: &super::request::Request) -> Self {
        Self {
            effects: request.effect_digest.bytes(),
            rules: request.rules.iter().map(|rule| Arc::clone(&rule.id)).collect(),
        }
    }
}
