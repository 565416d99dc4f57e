//! The closed list of what can stand in `code` of a problem: with which status, and what to do. The API's documents are made from it.

use axum::http::StatusCode;

/// The codes of one status that ask the same of a caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Codes {
    pub(crate) status: StatusCode,
    pub(crate) codes: &'static [&'static str],
    /// What to do, in Markdown.
    pub(crate) advice: &'static str,
}

const fn row(status: StatusCode, codes: &'static [&'static str], advice: &'static str) -> Codes {
    Codes { status, codes, advice }
}

/// Every code, by status. Codes are added, never changed.
pub(crate) const ALL: &[Codes] = &[
    row(StatusCode::BAD_REQUEST, &["malformed"], "send a request of the documented shape"),
    row(StatusCode::BAD_REQUEST, &["bad_restriction"], "`detail` says what `Gitoma-Restrict` may hold"),
    row(StatusCode::UNAUTHORIZED, &["unauthenticated"], "send one bearer token"),
    row(StatusCode::FORBIDDEN, &["invalid_credential"], "use another token"),
    row(StatusCode::FORBIDDEN, &["expired_credential"], "ask the operator for another token"),
    row(
        StatusCode::FORBIDDEN,
        &[
            "denied",
            "path_denied",
            "write_mode_off",
            "repository_not_whitelisted",
            "capability_disabled",
            "out_of_scope",
            "narrowed",
            "bad_request",
        ],
        "`rules` and `detail` say which gate; `/api/v1/decide` explains",
    ),
    row(
        StatusCode::FORBIDDEN,
        &["approval_required"],
        "a person must approve this very call: `approval` has its `id` and when it `expires`; then call again unchanged",
    ),
    row(
        StatusCode::FORBIDDEN,
        &["approval_denied"],
        "a person said no to this very call; `approval` says which approval, and until when",
    ),
    row(StatusCode::FORBIDDEN, &["own_approval"], "another principal, with the role `approver`, must decide"),
    row(StatusCode::FORBIDDEN, &["role_required"], "`detail` names the role; another principal must ask"),
    row(StatusCode::FORBIDDEN, &["origin_denied"], "not for pages of other origins"),
    row(StatusCode::NOT_FOUND, &["unknown_tool"], "list the tools"),
    row(StatusCode::NOT_FOUND, &["approval_not_found"], "list the approvals"),
    row(StatusCode::NOT_FOUND, &["unknown_route"], "see the table of endpoints"),
    row(
        StatusCode::METHOD_NOT_ALLOWED,
        &["unknown_method"],
        "see the table of endpoints; `Allow` names the methods",
    ),
    row(
        StatusCode::CONFLICT,
        &["conflict"],
        "the repository is not as the call takes it to be: read again, then call again",
    ),
    row(
        StatusCode::CONFLICT,
        &["approval_settled"],
        "the approval is decided, used, void or expired: look at it",
    ),
    row(StatusCode::CONFLICT, &["nothing_before"], "the gateway has had no other policy since its start"),
    row(StatusCode::CONFLICT, &["no_policy_file"], "the policy is built in: start the gateway with a file"),
    row(
        StatusCode::UNPROCESSABLE_ENTITY,
        &["policy_rejected"],
        "mend the policy's file where `detail` says; the policy before is in force",
    ),
    row(
        StatusCode::PAYLOAD_TOO_LARGE,
        &["too_large"],
        "a body of at most 4194304 bytes; for a file, ask for a part",
    ),
    row(
        StatusCode::MISDIRECTED_REQUEST,
        &["host_denied"],
        "name this server in `Host`, or have the operator allow the name",
    ),
    row(
        StatusCode::UNPROCESSABLE_ENTITY,
        &["invalid_arguments"],
        "`detail` names the argument and what it should be",
    ),
    row(
        StatusCode::UNPROCESSABLE_ENTITY,
        &["secret_found"],
        "what would be written holds a secret or its placeholder: `detail` names the lines; or a result holds what the policy's \
         `redact.block` names, and does not leave",
    ),
    row(
        StatusCode::UNPROCESSABLE_ENTITY,
        &["not_found", "unsuitable"],
        "the tool ran and has no result for these arguments",
    ),
    row(
        StatusCode::UNPROCESSABLE_ENTITY,
        &["unsupported"],
        "no arguments will do: `detail` says what is missing, which the operator can change",
    ),
    row(StatusCode::TOO_MANY_REQUESTS, &["rate_limited", "busy"], "wait for `Retry-After`"),
    row(StatusCode::TOO_MANY_REQUESTS, &["too_many_approvals"], "have some of the pending approvals decided"),
    row(
        StatusCode::INTERNAL_SERVER_ERROR,
        &["unavailable"],
        "the repository or the state directory could not be read; the log has the cause under the error id",
    ),
    row(
        StatusCode::INTERNAL_SERVER_ERROR,
        &["internal"],
        "an error of the gateway; the log has it under the error id",
    ),
    row(
        StatusCode::INTERNAL_SERVER_ERROR,
        &["outcome_unrecorded"],
        "the call ran (`executed` is true), its outcome is not on the record, and the gateway has sealed itself: tell the operator",
    ),
    row(StatusCode::SERVICE_UNAVAILABLE, &["not_configured"], "the operator must give a principal a token"),
    row(
        StatusCode::SERVICE_UNAVAILABLE,
        &["audit_unavailable"],
        "nothing ran (`executed` is false): the operator must look at the state directory",
    ),
    row(
        StatusCode::SERVICE_UNAVAILABLE,
        &["halted"],
        "the operator has stopped all calls: wait until they are taken again",
    ),
    row(StatusCode::SERVICE_UNAVAILABLE, &["sealed"], "an operator must look and restart the gateway"),
    row(StatusCode::SERVICE_UNAVAILABLE, &["shutting_down", "cancelled"], "try again after the restart"),
    row(
        StatusCode::GATEWAY_TIMEOUT,
        &["timed_out"],
        "ask for less; the audit log says what became of the call",
    ),
    row(StatusCode::INSUFFICIENT_STORAGE, &["no_room"], "a quota or the disk is full; `detail` says which"),
];

/// The status that goes with `code`, if there is such a code.
pub(crate) fn status(code: &str) -> Option<StatusCode> {
    ALL.iter().find(|row| row.codes.contains(&code)).map(|row| row.status)
}

/// What to do about `code`, in Markdown.
pub(crate) fn advice(code: &str) -> &'static str {
    ALL.iter().find(|row| row.codes.contains(&code)).map_or("", |row| row.advice)
}

#[cfg(test)]
mod tests;
