//! The codes of refusals, each with what it means to whoever must explain it. docs/mcp.md has them with what a client does.

use crate::answer::Category;

/// A code, its category, and what it says.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) code: &'static str,
    pub(crate) category: Category,
    pub(crate) meaning: &'static str,
}

const fn code(code: &'static str, category: Category, meaning: &'static str) -> Code {
    Code { code, category, meaning }
}

/// Every code that a call can be refused with, in alphabetical order.
pub(crate) const CODES: &[Code] = &[
    code(
        "approval_denied",
        Category::Forbidden,
        "A person was asked about this very call and said no; it cannot be asked again before the time that the refusal names.",
    ),
    code(
        "approval_required",
        Category::ApprovalRequired,
        "Policy has a person approve this very call first. An approver looks at it with `gitoma approvals show ID`, where ID stands in `approval`; then the same call, unchanged, goes through.",
    ),
    code(
        "audit_unavailable",
        Category::Unavailable,
        "The audit log could not be written, so nothing was run.",
    ),
    code(
        "bad_request",
        Category::Forbidden,
        "The call names something that cannot be judged, such as a malformed path or name.",
    ),
    code(
        "bad_restriction",
        Category::InvalidInput,
        "What the client wanted to give up, in `gitoma/restrict` or `Gitoma-Restrict`, cannot be read, so the request was refused whole.",
    ),
    code("busy", Category::RateLimited, "Too many calls run at once."),
    code("cancelled", Category::Cancelled, "The client gave the call up."),
    code(
        "capability_disabled",
        Category::Forbidden,
        "The policy switches off all tools of this kind for the repository.",
    ),
    code(
        "conflict",
        Category::InvalidInput,
        "The repository is not, or no longer, as the call took it to be; reading again shows how it is.",
    ),
    code(
        "denied",
        Category::Forbidden,
        "The policy says no: the named rule denies it, or, where none is named, no rule allows it.",
    ),
    code("expired_credential", Category::Unauthenticated, "The token's time is over."),
    code("halted", Category::Unavailable, "The operator has stopped all calls."),
    code("internal", Category::Internal, "An error of Gitoma itself; its log has it under the error id."),
    code(
        "invalid_arguments",
        Category::InvalidInput,
        "An argument is missing, unknown, of the wrong type or out of range.",
    ),
    code("invalid_credential", Category::Unauthenticated, "The token belongs to nobody."),
    code("malformed", Category::InvalidInput, "The request is not of the shape that the protocol asks for."),
    code(
        "narrowed",
        Category::Forbidden,
        "The client itself gave up what this call needs, in `gitoma/restrict` or `Gitoma-Restrict`.",
    ),
    code("no_room", Category::Unavailable, "A quota or the disk is full."),
    code("not_configured", Category::Unauthenticated, "No principal has a token, so nobody can call."),
    code(
        "not_found",
        Category::NotFound,
        "What the call names does not exist there: a path, a revision, a repository.",
    ),
    code(
        "out_of_scope",
        Category::Forbidden,
        "The token is good for some tools or repositories alone, and not for this call.",
    ),
    code(
        "outcome_unrecorded",
        Category::Internal,
        "The call ran, and what became of it could not be recorded; Gitoma refuses all calls until an operator has looked.",
    ),
    code(
        "path_denied",
        Category::Forbidden,
        "A built-in rule refuses the path, and no policy can lift it: it leaves the repository, is a link, is git's own, or is where secrets are kept.",
    ),
    code(
        "rate_limited",
        Category::RateLimited,
        "More calls were made than the limit allows; `retry_after` says when the next may come.",
    ),
    code(
        "repository_not_whitelisted",
        Category::Forbidden,
        "The repository is not on the policy's list of those that may be written to.",
    ),
    code(
        "sealed",
        Category::Unavailable,
        "Gitoma refuses all calls until an operator has looked at an outcome that could not be recorded.",
    ),
    code(
        "secret_found",
        Category::InvalidInput,
        "What would be written holds a secret or its placeholder ***, or what was read holds one that the policy keeps from any result.",
    ),
    code("shutting_down", Category::Unavailable, "Gitoma is ending."),
    code("timed_out", Category::Timeout, "The call took longer than it may."),
    code("too_large", Category::InvalidInput, "The message or the file is larger than a limit."),
    code(
        "too_many_approvals",
        Category::ApprovalRequired,
        "The call needs an approval, and too many others wait for one.",
    ),
    code("unauthenticated", Category::Unauthenticated, "No token was shown."),
    code(
        "unavailable",
        Category::Unavailable,
        "The repository or the state directory could not be read; the log has the cause under the error id.",
    ),
    code(
        "unknown_tool",
        Category::NotFound,
        "There is no such tool, or none that this principal may ever call; which of the two is not said.",
    ),
    code(
        "unsuitable",
        Category::InvalidInput,
        "The arguments do not fit the repository, such as a folder where a file is meant.",
    ),
    code(
        "unsupported",
        Category::Unavailable,
        "The tool cannot do this here, whatever the arguments; the message says what is missing.",
    ),
    code(
        "write_mode_off",
        Category::Forbidden,
        "Writing is switched off as a whole; an operator can switch it on.",
    ),
];

/// The code `name`, if there is one.
pub(crate) fn find(name: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.code == name)
}
