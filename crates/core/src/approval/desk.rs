//! Where people list, look at and decide approvals. Everybody authenticates as for calls; who may do what depends on their roles, and
//! nobody decides what they asked for themselves. An approval that somebody may not see is as unknown as one that is not there.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::arbiter::{Fault, Settled, decide, rebuff, tidy};
use super::held::Held;
use super::id::ApprovalId;
use super::request::Decided;
use super::shown::Showing;
use super::view::{Approval, ApprovalLine};
use super::{ApprovalState, Store};
use crate::call::{CallId, Origin};
use crate::gateway::{Gateway, Inner};
use crate::principal::{Credential, Principal, Role};
use crate::refusal::{Refusal, RefusalKind};

/// The longest note that goes with a decision, in bytes.
const LONGEST_NOTE: usize = 1000;

/// What somebody says to an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decide {
    /// Yes.
    Approve,
    /// No.
    Deny,
}

/// Approvals in the order in which they were asked for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct ApprovalsListed {
    /// The approvals.
    pub approvals: Vec<ApprovalLine>,
}

/// Why somebody is not shown an approval, or cannot decide it.
#[derive(Debug)]
pub struct ApprovalRefusal {
    /// Names the refusal in the log.
    pub error_id: CallId,
    /// What kind of no.
    pub kind: ApprovalRefusalKind,
}

/// The closed set of reasons for which an approval is not shown or decided.
#[derive(Debug)]
pub enum ApprovalRefusalKind {
    /// The caller is not admitted at all.
    Refused(RefusalKind),
    /// There is none of that id, or none that this caller may see.
    NotFound,
    /// It is not pending, or no longer.
    Settled(ApprovalState),
    /// It is the caller's own.
    Own,
    /// The caller has not the role for it.
    RoleRequired,
    /// The note is too long.
    LongNote,
    /// The decision could not be recorded, and so was not made.
    Unrecorded,
    /// The approvals cannot be read or written.
    Unavailable,
}

impl ApprovalRefusalKind {
    /// The stable code, in snake case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(kind) => kind.code(),
            Self::NotFound => "approval_not_found",
            Self::Settled(_) => "approval_settled",
            Self::Own => "own_approval",
            Self::RoleRequired => "role_required",
            Self::LongNote => "invalid_arguments",
            Self::Unrecorded => "audit_unavailable",
            Self::Unavailable => "unavailable",
        }
    }
}

impl fmt::Display for ApprovalRefusalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(kind) => kind.fmt(f),
            Self::NotFound => f.write_str("there is no such approval; list them to see which there are"),
            Self::Settled(state) => {
                write!(f, "the approval is {} and can no longer be decided", state.as_str())
            }
            Self::Own => f.write_str("nobody decides what they asked for themselves; another approver must"),
            Self::RoleRequired => f.write_str("deciding approvals needs the role approver"),
            Self::LongNote => write!(f, "the note must not be longer than {LONGEST_NOTE} bytes"),
            Self::Unrecorded => f.write_str(
                "the audit log cannot be written, so nothing was decided; the operator must look at the state directory",
            ),
            Self::Unavailable => {
                f.write_str("the approvals cannot be read or written; the operator must look at the state directory")
            }
        }
    }
}

impl fmt::Display for ApprovalRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for ApprovalRefusal {}

impl From<Refusal> for ApprovalRefusal {
    fn from(Refusal { error_id, kind }: Refusal) -> Self {
        Self { error_id, kind: ApprovalRefusalKind::Refused(kind) }
    }
}

impl From<ApprovalRefusalKind> for ApprovalRefusal {
    fn from(kind: ApprovalRefusalKind) -> Self {
        let error_id = CallId::mint();
        Self { error_id, kind }
    }
}

impl From<Fault> for ApprovalRefusal {
    fn from(fault: Fault) -> Self {
        let kind = match fault {
            Fault::Store(_) => ApprovalRefusalKind::Unavailable,
            Fault::Audit(_) => ApprovalRefusalKind::Unrecorded,
        };
        let refusal = Self { error_id: CallId::mint(), kind };
        let cause = std::error::Error::source(&fault).map(ToString::to_string);
        tracing::error!(target: "gitoma::approval", error_id = %refusal.error_id, error = %fault, cause, "an approval was not shown or decided");
        refusal
    }
}

/// Whether the principal sees what others ask for.
fn sees_all(principal: &Principal) -> bool {
    principal.roles().iter().any(|role| matches!(role, Role::Approver | Role::Auditor | Role::Admin))
}

/// Whether the principal sees the approval: it is its own or it sees all, and its credential is good for such a call.
fn sees(principal: &Principal, held: &Held) -> bool {
    (sees_all(principal) || &*held.request.principal == principal.name())
        && held.request.is_within(principal.scope())
}

impl Gateway {
    /// The approvals that `credential` may see: those of which something may still become, or `all` that are kept.
    ///
    /// # Errors
    /// [`ApprovalRefusal`] if the caller is not admitted, or the approvals cannot be read.
    pub async fn approvals(
        &self,
        credential: Credential,
        origin: Origin,
        all: bool,
    ) -> Result<ApprovalsListed, ApprovalRefusal> {
        let principal = self.authenticate(credential, origin).await?;
        let caller = Arc::clone(&principal);
        let listed = self.with_store(move |inner, store| {
            let now = Timestamp::now();
            inner.tidy_approvals();
            let whole = sees_all(&caller);
            let held = if all { store.all() } else { store.unended() }.map_err(Fault::from)?;
            let shown = held
                .iter()
                .filter(|held| all || held.state(now).is_open())
                .filter(|held| sees(&caller, held));
            Ok(ApprovalsListed { approvals: shown.map(|held| held.line(whole, now)).collect() })
        });
        let listed = listed.await.unwrap_or_else(|| Ok(ApprovalsListed { approvals: Vec::new() }));
        self.on_record(principal, origin, listed).await
    }

    /// The approval of that id, if `credential` may see it.
    ///
    /// # Errors
    /// [`ApprovalRefusal`] if the caller is not admitted, or there is none that they may see.
    pub async fn approval(
        &self,
        credential: Credential,
        origin: Origin,
        id: &str,
    ) -> Result<Approval, ApprovalRefusal> {
        let principal = self.authenticate(credential, origin).await?;
        let (caller, id) = (Arc::clone(&principal), ApprovalId::parse(id));
        let found = self.with_store(move |_inner, store| {
            let id = id.ok_or(ApprovalRefusalKind::NotFound)?;
            let held = store.find(&id).map_err(Fault::from)?;
            let held = held.filter(|held| sees(&caller, held)).ok_or(ApprovalRefusalKind::NotFound)?;
            Ok(held.view(sees_all(&caller), Timestamp::now()))
        });
        let found = found.await.unwrap_or_else(|| Err(ApprovalRefusalKind::NotFound.into()));
        self.on_record(principal, origin, found).await
    }

    /// Decides the approval of that id: once, by somebody else than who asked, who has the role approver, and before its time is over.
    ///
    /// # Errors
    /// [`ApprovalRefusal`] if the caller may not, or it cannot be decided, or the decision cannot be recorded. Then nothing is decided.
    pub async fn decide_approval(
        &self,
        credential: Credential,
        origin: Origin,
        id: &str,
        say: Decide,
        note: Option<&str>,
    ) -> Result<Approval, ApprovalRefusal> {
        let principal = self.authenticate_unhalted(credential, origin).await?;
        let decided = self.decide_as(Arc::clone(&principal), id, say, note).await;
        self.on_record(principal, origin, decided).await
    }

    async fn decide_as(
        &self,
        principal: Arc<Principal>,
        id: &str,
        say: Decide,
        note: Option<&str>,
    ) -> Result<Approval, ApprovalRefusal> {
        if note.is_some_and(|note| note.len() > LONGEST_NOTE) {
            return Err(ApprovalRefusalKind::LongNote.into());
        }
        let redactor = Arc::clone(&self.inner.snapshot.load().redactor);
        let note = note.map(|note| Showing::new(&redactor).text(note.trim())).filter(|note| !note.is_empty());
        let id = ApprovalId::parse(id);
        self.with_store(move |inner, store| {
            if !principal.roles().contains(&Role::Approver) {
                if let Some(id) = &id {
                    rebuff(inner, store, id, &principal)?;
                }
                return Err(ApprovalRefusalKind::RoleRequired.into());
            }
            let id = id.ok_or(ApprovalRefusalKind::NotFound)?;
            // What an approval is for does not change, so that this need not be asked within the turn.
            let held = store.find(&id).map_err(Fault::from)?;
            held.filter(|held| sees(&principal, held)).ok_or(ApprovalRefusalKind::NotFound)?;
            let now = Timestamp::now();
            let approved = say == Decide::Approve;
            let (who, token) = (principal.shared_name(), principal.token().cloned());
            let decided = Decided { id, approved, principal: who, token, at: now, note };
            Err(match decide(inner, store, decided, now)? {
                Settled::Done(held) => return Ok(held.view(true, now)),
                Settled::Not(state) => ApprovalRefusalKind::Settled(state),
                Settled::Unknown => ApprovalRefusalKind::NotFound,
                Settled::Own => ApprovalRefusalKind::Own,
            }
            .into())
        })
        .await
        .unwrap_or_else(|| Err(ApprovalRefusalKind::NotFound.into()))
    }

    /// `done`, once it is on the record if it is a no; one to a caller who was not admitted is already.
    async fn on_record<T>(
        &self,
        principal: Arc<Principal>,
        origin: Origin,
        done: Result<T, ApprovalRefusal>,
    ) -> Result<T, ApprovalRefusal> {
        if let Err(ApprovalRefusal { error_id, kind }) = &done
            && !matches!(kind, ApprovalRefusalKind::Refused(_))
        {
            self.record_refusal(*error_id, Some(principal), origin, kind.code()).await;
        }
        done
    }

    /// Does `work` on the approvals, off the runtime's workers and to its end, whoever hangs up. None if there are none.
    async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &Store) -> Result<T, ApprovalRefusal> + Send + 'static,
    ) -> Option<Result<T, ApprovalRefusal>> {
        self.inner.approvals.as_ref()?;
        let inner = Arc::clone(&self.inner);
        let job = self.inner.tasks.spawn_blocking(move || {
            let store = inner.approvals.as_ref()?;
            Some(work(&inner, store))
        });
        job.await.unwrap_or_else(|_lost| Some(Err(ApprovalRefusalKind::Unavailable.into())))
    }
}

impl Inner {
    /// Notices what is over, and takes away what is long over. What fails here fails again, and is said, when it matters.
    pub(crate) fn tidy_approvals(&self) {
        let Some(store) = &self.approvals else { return };
        if let Err(fault) = tidy(self, store, Timestamp::now()) {
            tracing::warn!(target: "gitoma::approval", error = %fault, "the approvals could not be tidied");
        }
    }
}
