//! What a client is told: the result of a call, or the classified envelope of a refusal. Every word of it comes from the gateway
//! or from this file; nothing the caller sent is repeated. docs/mcp.md has both shapes as tables.

use gitoma_core::policy::Reason;
use gitoma_core::{ArgError, DryRun, Refusal, RefusalKind, Reply, Verdict, spelling};
use rmcp::model::{CallToolResult, ContentBlock, ErrorCode, ErrorData, MetaObject, PaginatedRequestParams};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What kind of no a refusal is, for clients that act on it. Closed: a new kind of refusal finds its place here or adds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Category {
    /// Policy, or a built-in rule, says no. Trying again changes nothing.
    Forbidden,
    /// A person must approve this very call first.
    ApprovalRequired,
    /// The gateway does not know the caller.
    Unauthenticated,
    /// The call must be changed: an argument, or how much is asked for.
    InvalidInput,
    /// What was asked for does not exist.
    NotFound,
    /// Too much at once or too often; `retry_after` says when to try again.
    RateLimited,
    /// The gateway or the repository cannot serve this now; an operator must look.
    Unavailable,
    /// The time limit passed.
    Timeout,
    /// The client cancelled the call.
    Cancelled,
    /// A defect, or a record that could not be completed.
    Internal,
}

impl Category {
    /// The category of a refusal.
    #[must_use]
    pub fn of(kind: &RefusalKind) -> Self {
        match kind {
            RefusalKind::Unauthenticated
            | RefusalKind::InvalidCredential
            | RefusalKind::ExpiredCredential
            | RefusalKind::NotConfigured => Self::Unauthenticated,
            RefusalKind::RateLimited { .. } | RefusalKind::Busy => Self::RateLimited,
            RefusalKind::UnknownTool => Self::NotFound,
            // A name that another spelling mends is a slip, and whoever made it is told how.
            RefusalKind::InvalidArguments(ArgError::Refused { rule, .. }) if spelling(rule).is_some() => {
                Self::InvalidInput
            }
            RefusalKind::InvalidArguments(ArgError::Refused { .. })
            | RefusalKind::Denied(_)
            | RefusalKind::ApprovalDenied(_)
            | RefusalKind::NoApprover(_)
            | RefusalKind::OutOfScope
            | RefusalKind::RoleRequired(_)
            | RefusalKind::Confined { .. } => Self::Forbidden,
            RefusalKind::Malformed
            | RefusalKind::BadRestriction(_)
            | RefusalKind::InvalidArguments(_)
            | RefusalKind::TooLarge { .. } => Self::InvalidInput,
            RefusalKind::ApprovalRequired(_) | RefusalKind::TooManyApprovals(_) => Self::ApprovalRequired,
            RefusalKind::ToolFailed { code, .. } => match *code {
                "path_denied" => Self::Forbidden,
                "not_found" => Self::NotFound,
                "secret_found" | "unsuitable" | "conflict" => Self::InvalidInput,
                "unavailable" | "unsupported" | "no_room" => Self::Unavailable,
                "timed_out" => Self::Timeout,
                "cancelled" => Self::Cancelled,
                _ => Self::Internal,
            },
            RefusalKind::Panicked { .. } | RefusalKind::OutcomeUnrecorded => Self::Internal,
            // A dry run has an answer of its own.
            RefusalKind::Cancelled | RefusalKind::DryRun(_) => Self::Cancelled,
            RefusalKind::TimedOut => Self::Timeout,
            RefusalKind::AuditUnavailable
            | RefusalKind::AuditUnreadable
            | RefusalKind::Halted { .. }
            | RefusalKind::Sealed
            | RefusalKind::ShuttingDown => Self::Unavailable,
        }
    }

    /// What a model should do next; `None` where the refusal's own text says it.
    fn advice(self) -> Option<&'static str> {
        match self {
            Self::Forbidden => {
                Some("Do not look for a way around it; if the task needs this, ask the person you work for")
            }
            Self::ApprovalRequired => {
                Some("Ask the person you work for to approve it, then call again unchanged")
            }
            Self::Unauthenticated | Self::Unavailable | Self::Internal => {
                Some("Trying again will not help; tell the person you work for")
            }
            Self::InvalidInput => Some("Change the arguments and call again"),
            Self::NotFound => {
                Some("Check the name; it may be spelt otherwise or not exist, so list what there is")
            }
            Self::Timeout => Some("Ask for less, for example a smaller range or fewer results"),
            Self::RateLimited | Self::Cancelled => None,
        }
    }
}

/// A call that ran: the tool's result is `structuredContent` and, as compact JSON, the one text block. The call's id and what was
/// done to the result are in `_meta`, so that the structured content is exactly what the tool's `outputSchema` promises.
pub(crate) fn reply(reply: Reply) -> CallToolResult {
    let meta = metadata(&reply);
    let value = match reply.result.into_value() {
        object @ Value::Object(_) => object,
        other => json!({ "result": other }),
    };
    let mut result = CallToolResult::structured(value);
    result.meta = Some(MetaObject(meta));
    result
}

/// What the gateway has to say of a result, for its `_meta`.
pub(crate) fn metadata(reply: &Reply) -> Map<String, Value> {
    let mut meta = Map::new();
    meta.insert("gitoma/call_id".to_owned(), reply.call_id.to_string().into());
    if reply.repeated {
        meta.insert("gitoma/repeated".to_owned(), true.into());
    }
    meta.insert("gitoma/redactions".to_owned(), reply.redactions.into());
    meta.insert("gitoma/hidden".to_owned(), reply.hidden.into());
    meta.insert("gitoma/elided".to_owned(), reply.elided.into());
    meta.insert("gitoma/truncated".to_owned(), reply.truncated.into());
    meta
}

/// A call that its client restricted to a dry run: the verdict, marked as not executed. It is a result with `isError`, because the
/// tool's own result is not there, and one without that mark must be what the tool's `outputSchema` promises.
fn dry_run(answer: &DryRun) -> Result<CallToolResult, ErrorData> {
    let mut result = CallToolResult::error(vec![ContentBlock::text(judgement(answer.verdict()))]);
    let unwritten = |_error| ErrorData::internal_error("the verdict cannot be written", None);
    result.structured_content = Some(serde_json::to_value(answer).map_err(unwritten)?);
    let call_id = answer.verdict().call_id.to_string();
    result.meta = Some(MetaObject(Map::from_iter([("gitoma/call_id".to_owned(), call_id.into())])));
    Ok(result)
}

/// The same where the protocol has no place for a result.
pub(crate) fn dry_run_error(answer: &DryRun) -> ErrorData {
    ErrorData::internal_error(judgement(answer.verdict()), serde_json::to_value(answer).ok())
}

/// The text of a dry run: that nothing ran, what would be decided, and by which rules.
fn judgement(verdict: &Verdict) -> String {
    let Verdict { call_id, effect, code, enforced, reasons, .. } = verdict;
    let rules: Vec<_> = reasons.iter().map(|reason| &*reason.rule).collect();
    let by = if rules.is_empty() { String::new() } else { format!(" by {}", rules.join(", ")) };
    let shadow = if *enforced { "" } else { ", which is only recorded: the call would run" };
    format!(
        "dry run: nothing was executed; the verdict is {} ({code}){by}{shadow} (call id {call_id})",
        effect.as_str()
    )
}

/// A call that was refused. An unknown tool is an error of the protocol, and so is a restriction that nobody can read, since a
/// client's host wrote it; everything else is a result with `isError`, which is what a model gets to read.
///
/// `place` is where the client says what it gives up, if anything about that is wrong.
pub(crate) fn refusal(refusal: &Refusal, place: &str) -> Result<CallToolResult, ErrorData> {
    match &refusal.kind {
        RefusalKind::UnknownTool | RefusalKind::BadRestriction(_) => {
            return Err(protocol_error(refusal, place));
        }
        RefusalKind::DryRun(answer) => return dry_run(answer),
        _ => {}
    }
    let mut result = CallToolResult::error(vec![ContentBlock::text(sentence(refusal))]);
    result.structured_content = Some(envelope(refusal, place));
    Ok(result)
}

/// A refusal where the protocol has no place for a tool's result: a request that could not be read, or one that is no tool call.
pub(crate) fn protocol_error(refusal: &Refusal, place: &str) -> ErrorData {
    let data = Some(envelope(refusal, place));
    match Category::of(&refusal.kind) {
        Category::NotFound if matches!(refusal.kind, RefusalKind::UnknownTool) => {
            ErrorData::invalid_params("unknown tool", data)
        }
        Category::InvalidInput | Category::NotFound => {
            ErrorData::invalid_params(message(refusal, place), data)
        }
        Category::Forbidden
        | Category::ApprovalRequired
        | Category::Unauthenticated
        | Category::RateLimited
        | Category::Unavailable
        | Category::Timeout
        | Category::Cancelled
        | Category::Internal => ErrorData::new(ErrorCode::INTERNAL_ERROR, refusal.to_string(), data),
    }
}

/// That more is asked for at once than there is room for, which is `what`: the shape of what the gateway itself would say.
pub(crate) fn busy(what: &str) -> ErrorData {
    let said = json!({
        "code": "busy", "category": Category::RateLimited, "message": what, "executed": false, "retry_after": 1
    });
    ErrorData::internal_error(what.to_owned(), Some(json!({ "error": said })))
}

/// Whether `error` is the gateway's own: it has the envelope of a refusal, or the verdict of a dry run, and with it an entry.
pub(crate) fn has_envelope(error: &ErrorData) -> bool {
    let names = |place| error.data.as_ref().is_some_and(|data| data.pointer(place).is_some());
    names("/error/error_id") || names("/call_id")
}

/// `error`, with the envelope that `refused` has besides what data it has itself.
pub(crate) fn with_envelope_of(mut error: ErrorData, refused: ErrorData) -> ErrorData {
    match (&mut error.data, refused.data) {
        (Some(Value::Object(own)), Some(Value::Object(envelope))) => own.extend(envelope),
        (own, envelope) => *own = envelope,
    }
    error
}

/// The envelope of a refusal, for an error of the protocol; `message` takes the place of its own where the request was no tool call.
pub(crate) fn data(refusal: &Refusal, place: &str, message: Option<&'static str>) -> Option<Value> {
    let mut data = envelope(refusal, place);
    if let (Some(message), Some(said)) = (message, data.pointer_mut("/error/message")) {
        *said = message.into();
    }
    Some(data)
}

/// What is said of a repository that the caller is not to know of, whether there is one or not: the shape of what a tool says of none.
pub(crate) fn no_repository(refusal: &Refusal) -> Value {
    json!({ "error": {
        "code": "not_found",
        "category": Category::NotFound,
        "message": "repository not found",
        "error_id": refusal.error_id.to_string(),
        "executed": false,
    } })
}

/// Requires that a list which has one page is asked for that.
pub(crate) fn require_no_cursor(request: Option<&PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor.as_ref()) {
        Some(_) => Err(ErrorData::invalid_params("the list has one page, so no cursor is valid", None)),
        None => Ok(()),
    }
}

/// What happened, and where to mend it if that is not in the arguments.
fn message(refusal: &Refusal, place: &str) -> String {
    match &refusal.kind {
        RefusalKind::BadRestriction(bad) => format!("{place}: {bad}"),
        _ => refusal.to_string(),
    }
}

/// The text of a refusal: what happened, why, and what to do next.
fn sentence(refusal: &Refusal) -> String {
    let advice = match refusal.kind {
        // Other arguments of the same intent, a secret in another spelling or in smaller parts, are no better.
        RefusalKind::ToolFailed { code: "secret_found", .. } => Some(
            "Leave out the secret or its placeholder ***, or ask for something that holds none; in another form it is refused as well",
        ),
        _ => Category::of(&refusal.kind).advice(),
    };
    let advice = advice.map(|advice| format!(". {advice}")).unwrap_or_default();
    format!("{}: {refusal}{advice} (error id {})", refusal.code(), refusal.error_id)
}

/// `{"error": {code, category, message, error_id, executed, retry_after?, rules?, approval?}}`.
fn envelope(refusal: &Refusal, place: &str) -> Value {
    let mut error = Map::new();
    error.insert("code".to_owned(), refusal.code().into());
    error.insert("category".to_owned(), json!(Category::of(&refusal.kind)));
    error.insert("message".to_owned(), message(refusal, place).into());
    error.insert("error_id".to_owned(), refusal.error_id.to_string().into());
    error.insert("executed".to_owned(), refusal.executed().into());
    if let Some(seconds) = refusal.retry_after() {
        error.insert("retry_after".to_owned(), seconds.into());
    }
    let rules = rules(refusal);
    if !rules.is_empty() {
        error.insert("rules".to_owned(), rules.into());
    }
    if let Some(needed) = refusal.approval() {
        let approval = json!({ "id": needed.id.as_str(), "expires": needed.expires.to_string() });
        error.insert("approval".to_owned(), approval);
    }
    json!({ "error": error })
}

/// The rules behind a refusal, strictest first; a built-in rule stands in line 0.
fn rules(refusal: &Refusal) -> Vec<Value> {
    let decided = refusal.decision().map(|decision| decision.reasons.as_slice()).unwrap_or_default();
    let rule = |reason: &Reason| json!({ "id": reason.rule, "source": reason.source, "line": reason.line });
    match &refusal.kind {
        RefusalKind::InvalidArguments(ArgError::Refused { rule, .. }) => vec![built_in(rule)],
        RefusalKind::Confined { rule } => vec![built_in(rule)],
        _ => decided.iter().map(rule).collect(),
    }
}

fn built_in(rule: &str) -> Value {
    json!({ "id": rule, "source": "built-in", "line": 0 })
}

#[cfg(test)]
mod tests;
