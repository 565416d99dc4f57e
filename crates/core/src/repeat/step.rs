//! The pipeline's step before the intent, for a call under a key: it is the first, it was carried out, or it must not run.

use std::sync::Arc;

use super::{Answer, Claim, Claimed};
use crate::approval::call_hash;
use crate::context::Judge;
use crate::gateway::Inner;
use crate::record::Record;
use crate::refusal::RefusalKind;
use crate::tool::Prepared;

/// What a call is to those before it.
pub(crate) enum Repetition {
    /// Its caller gave no key.
    None,
    /// It is the first under its key.
    First(Box<Claimed>),
    /// It was carried out before.
    Answered(Box<Answer>),
}

/// Says what the call is to those before it, and takes its key if it is the first.
///
/// # Errors
/// [`RefusalKind`] if the key belongs to another call, or to one whose end is not known.
pub(crate) async fn look(
    inner: &Arc<Inner>,
    record: &Record,
    prepared: &dyn Prepared,
    judge: &Judge,
) -> Result<Repetition, RefusalKind> {
    let Some(key) = prepared.idempotency_key().cloned() else { return Ok(Repetition::None) };
    let Some(repeats) = inner.repeats.clone() else {
        return Err(refused("unsuitable", "this gateway keeps no answers; leave `idempotency_key` out"));
    };
    let (principal, tool) = (judge.principal.name().to_owned(), judge.tool.to_string());
    let call = call_hash(&tool, &judge.arguments, &principal);
    let call_id = record.call_id;
    let claimed =
        tokio::task::spawn_blocking(move || repeats.claim(&principal, &tool, &key, call, call_id)).await;
    let claimed = claimed.map_err(std::io::Error::other).and_then(|claimed| claimed);
    match claimed {
        Ok(Claim::First(claimed)) => Ok(Repetition::First(claimed)),
        Ok(Claim::Answered(answer)) => Ok(Repetition::Answered(answer)),
        Ok(Claim::CarriedOut) => Err(refused(
            "conflict",
            "the call under this `idempotency_key` was carried out, and its answer was too long to be kept: look at what it changed",
        )),
        Ok(Claim::Other) => {
            Err(refused("conflict", "the `idempotency_key` belongs to another call; choose another one"))
        }
        Ok(Claim::Unsettled) => Err(refused(
            "conflict",
            "a call under this `idempotency_key` is running, or was cut off: look whether it took effect before you call again under \
             another key",
        )),
        Err(error) => {
            tracing::error!(target: "gitoma::call", %call_id, %error, "the directory of replies cannot be used, so nothing runs");
            Err(refused("unavailable", "the state directory cannot be used; the operator must look"))
        }
    }
}

/// Keeps what became of the first call under its key. Without an answer, one that may have taken effect keeps the key taken.
pub(crate) async fn settle(first: Claimed, answer: Option<Answer>, took_effect: bool) {
    let kept = tokio::task::spawn_blocking(move || match (answer, took_effect) {
        (Some(answer), _) => first.answer(answer),
        (None, true) => {
            first.leave();
            Ok(())
        }
        (None, false) => {
            drop(first);
            Ok(())
        }
    });
    if let Ok(Err(error)) = kept.await {
        // A repetition will be told that this call's end is not known; it is not carried out twice.
        tracing::error!(target: "gitoma::call", %error, "an answer could not be kept");
    }
}

fn refused(code: &'static str, message: &'static str) -> RefusalKind {
    RefusalKind::ToolFailed { code, message: message.into(), executed: false }
}
