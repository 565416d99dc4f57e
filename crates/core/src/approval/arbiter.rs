//! What is done with the approvals in one turn: looking for one, deciding one, and noticing those whose time is over, each with its
//! entry in the audit log. It blocks.
//!
//! What somebody decides is on the record before it counts. A use counts before it is on the record, so that nothing can use it twice;
//! and nothing runs until it is.

use std::sync::Arc;

use gitoma_audit::{AuditError, Digest, Event};
use jiff::Timestamp;
use uuid::Uuid;

use super::held::Held;
use super::id::ApprovalId;
use super::request::{Decided, End, How, Request};
use super::store::{StoreError, Turn};
use super::{ApprovalState, Grant, Store};
use crate::gateway::Inner;
use crate::principal::Principal;

/// What the audit log calls an attempt to decide by somebody who may not.
const REFUSED: &str = "refused";

/// What stopped a step.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("the approvals cannot be read or written")]
    Store(#[from] StoreError),
    #[error("the audit log does not take what became of an approval")]
    Audit(#[from] AuditError),
}

/// What came of looking for an approval.
#[derive(Debug)]
pub(super) enum Sought {
    /// There was one, and now it is used.
    Granted { id: ApprovalId, grant: Grant },
    /// There is one that nobody has decided.
    Pending { id: ApprovalId, expires: Timestamp },
    /// Somebody said no.
    Denied { id: ApprovalId, expires: Timestamp },
    /// There is no room for another.
    Full,
}

/// Looks for an approval of exactly `request`, uses it up if it was given, and makes one pending if there is none.
pub(super) fn arbitrate(inner: &Inner, request: &Request, now: Timestamp) -> Result<Sought, Fault> {
    let Some(store) = &inner.approvals else { return Ok(Sought::Full) };
    let turn = store.turn()?;
    let mut same = None;
    for held in turn.of(request.subject)? {
        match held.state(now) {
            ApprovalState::Expired => expire(inner, &turn, &held, now),
            state @ (ApprovalState::Pending | ApprovalState::Approved) => {
                if held.request.binding != request.binding {
                    let why = "the effect of the call, or the policy, is no longer what it was asked for";
                    void(inner, &turn, &held, why, request, now)?;
                } else if state == ApprovalState::Approved && !still_stands(inner, &held) {
                    void(inner, &turn, &held, "who approved it may no longer approve", request, now)?;
                } else {
                    same = Some((held, state));
                }
            }
            ApprovalState::Denied if held.request.binding == request.binding && !held.is_over(now) => {
                same = Some((held, ApprovalState::Denied));
            }
            ApprovalState::Denied | ApprovalState::Used | ApprovalState::Void => {}
        }
    }
    match same {
        Some((held, ApprovalState::Approved)) => take(inner, &turn, &held, request, now),
        Some((Held { request, .. }, ApprovalState::Denied)) => {
            Ok(Sought::Denied { id: request.id, expires: request.expires })
        }
        Some((Held { request, .. }, _)) => Ok(Sought::Pending { id: request.id, expires: request.expires }),
        None => add(inner, &turn, request, now),
    }
}

fn add(inner: &Inner, turn: &Turn<'_>, request: &Request, now: Timestamp) -> Result<Sought, Fault> {
    if !turn.has_room(&request.principal, now)? {
        return Ok(Sought::Full);
    }
    let rules: Vec<&str> = request.rules.iter().map(|rule| &*rule.id).collect();
    let detail = format!("asked by {}", rules.join(", "));
    let who = Some(Arc::clone(&request.principal));
    record(inner, request, ApprovalState::Pending, Some(request.call_id), who, Some(detail))?;
    turn.add(request)?;
    if let Err(failed) = turn.sweep(now) {
        tracing::warn!(target: "gitoma::approval", error = %failed, "approvals that are long over could not be taken away");
    }
    Ok(Sought::Pending { id: request.id.clone(), expires: request.expires })
}

/// Uses an approval up. If this process ends before the use is on the record, nothing has run, and nothing will.
fn take(inner: &Inner, turn: &Turn<'_>, held: &Held, by: &Request, now: Timestamp) -> Result<Sought, Fault> {
    let id = held.request.id.clone();
    let why = "the call was made again".to_owned();
    let end = End { id: id.clone(), how: How::Used, why, at: now, call_id: Some(by.call_id) };
    if !turn.end(&end)? {
        // Somebody who waits for no turn was quicker.
        return add(inner, turn, by, now);
    }
    let who = Some(Arc::clone(&by.principal));
    record(inner, &held.request, ApprovalState::Used, Some(by.call_id), who, None)?;
    Ok(Sought::Granted { id, grant: Grant::of(&held.request) })
}

/// Whether who approved is still somebody who may, with what it was approved with, and not the caller.
fn still_stands(inner: &Inner, held: &Held) -> bool {
    held.decided.as_ref().is_some_and(|decided| {
        *decided.principal != *held.request.principal
            && inner.authenticator.load().has_approver(|approver| {
                approver.name() == &*decided.principal
                    && decided.token.as_ref().is_none_or(|token| approver.token() == Some(token))
                    && held.request.is_within(approver.scope())
            })
    })
}

fn void(
    inner: &Inner,
    turn: &Turn<'_>,
    held: &Held,
    why: &str,
    by: &Request,
    now: Timestamp,
) -> Result<(), Fault> {
    let id = held.request.id.clone();
    let end = End { id, how: How::Void, why: why.to_owned(), at: now, call_id: Some(by.call_id) };
    if turn.end(&end)? {
        let who = Some(Arc::clone(&by.principal));
        record(inner, &held.request, ApprovalState::Void, Some(by.call_id), who, Some(why.to_owned()))?;
    }
    Ok(())
}

/// Notices that an approval's time is over: once, as far as that can be done. It is over even where it cannot be noted.
fn expire(inner: &Inner, turn: &Turn<'_>, held: &Held, now: Timestamp) {
    let id = held.request.id.clone();
    let why = "its time was over".to_owned();
    let end = End { id, how: How::Expired, why, at: now, call_id: None };
    let noted = match turn.end(&end) {
        Ok(true) => {
            record(inner, &held.request, ApprovalState::Expired, None, None, None).map_err(Fault::from)
        }
        Ok(false) => Ok(()),
        Err(failed) => Err(Fault::from(failed)),
    };
    if let Err(fault) = noted {
        tracing::warn!(target: "gitoma::approval", approval_id = %held.request.id, error = %fault, "that an approval's time is over could not be noted");
    }
}

/// Notices all whose time is over, and takes away what is long over.
pub(super) fn tidy(inner: &Inner, store: &Store, now: Timestamp) -> Result<(), Fault> {
    let turn = store.turn()?;
    for held in store.unended()? {
        if held.end.is_none() && held.state(now) == ApprovalState::Expired {
            expire(inner, &turn, &held, now);
        }
    }
    Ok(turn.sweep(now)?)
}

/// What came of deciding.
#[derive(Debug)]
pub(super) enum Settled {
    Done(Box<Held>),
    /// It is not pending.
    Not(ApprovalState),
    /// It is not there.
    Unknown,
    /// It is the decider's own.
    Own,
}

/// Decides an approval, if `decided.principal` may and nobody has.
pub(super) fn decide(
    inner: &Inner,
    store: &Store,
    decided: Decided,
    now: Timestamp,
) -> Result<Settled, Fault> {
    let turn = store.turn()?;
    let Some(held) = store.find(&decided.id)? else { return Ok(Settled::Unknown) };
    if held.request.principal == decided.principal {
        let (who, why) = (Arc::clone(&decided.principal), "own_approval".to_owned());
        enter(inner, &held.request, REFUSED, None, Some(who), Some(why))?;
        return Ok(Settled::Own);
    }
    match held.state(now) {
        ApprovalState::Pending => {}
        ApprovalState::Expired => {
            if held.end.is_none() {
                expire(inner, &turn, &held, now);
            }
            return Ok(Settled::Not(ApprovalState::Expired));
        }
        state => return Ok(Settled::Not(state)),
    }
    let state = if decided.approved { ApprovalState::Approved } else { ApprovalState::Denied };
    let who = Some(Arc::clone(&decided.principal));
    record(inner, &held.request, state, None, who, decided.note.clone())?;
    if !turn.decide(&decided)? {
        // Somebody who waits for no turn was quicker; what they said counts.
        let now_is = store.find(&decided.id)?.map_or(ApprovalState::Void, |held| held.state(now));
        return Ok(Settled::Not(now_is));
    }
    Ok(Settled::Done(Box::new(Held { decided: Some(decided), ..held })))
}

fn record(
    inner: &Inner,
    request: &Request,
    state: ApprovalState,
    call_id: Option<Uuid>,
    principal: Option<Arc<str>>,
    detail: Option<String>,
) -> Result<(), AuditError> {
    enter(inner, request, state.as_str(), call_id, principal, detail)
}

fn enter(
    inner: &Inner,
    request: &Request,
    state: &'static str,
    call_id: Option<Uuid>,
    principal: Option<Arc<str>>,
    detail: Option<String>,
) -> Result<(), AuditError> {
    let event = Event::Approval {
        call_id,
        principal,
        tool: Some(Arc::clone(&request.tool)),
        approval_id: request.id.to_string(),
        state,
        effect_digest: Some(Digest::new(request.effect_digest.bytes())),
        expires_at: Some(request.expires),
        detail,
    };
    inner.log.note_blocking(event).map(drop)
}

/// Puts on the record that somebody without the role tried to decide an approval.
pub(super) fn rebuff(
    inner: &Inner,
    store: &Store,
    id: &ApprovalId,
    principal: &Principal,
) -> Result<(), Fault> {
    if let Some(held) = store.find(id)? {
        enter(
            inner,
            &held.request,
            REFUSED,
            None,
            Some(principal.shared_name()),
            Some("role_required".to_owned()),
        )?;
    }
    Ok(())
}
