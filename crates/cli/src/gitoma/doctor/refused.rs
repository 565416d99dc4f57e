//! What the code of a refusal says of the gateway that refuses: that its policy is at work, that it has much to do, or that it serves
//! nobody. docs/mcp.md lists the codes.

/// How a gateway is that refuses a call of nothing but the list of repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It works: its policy says no, or has somebody asked.
    Policy,
    /// It works, and has too much to do just now.
    Busy,
    /// It serves nobody, and this is what to do about it.
    Ill(&'static str),
}

impl Standing {
    /// What `code` says. A code that is not known is no sign of health.
    pub(super) fn of(code: &str) -> Self {
        match code {
            "denied"
            | "path_denied"
            | "write_mode_off"
            | "repository_not_whitelisted"
            | "capability_disabled"
            | "out_of_scope"
            | "narrowed"
            | "approval_required"
            | "approval_denied"
            | "too_many_approvals"
            | "unknown_tool" => Self::Policy,
            "rate_limited" | "busy" => Self::Busy,
            "halted" => Self::Ill(
                "find out who halted it and why; then gitoma resume, with the --state DIR of that gateway, lets calls through again",
            ),
            "sealed" | "outcome_unrecorded" => Self::Ill(
                "an outcome could not be recorded: look at its log, its disk and gitoma-audit verify STATE/audit, then start it anew",
            ),
            "audit_unavailable" => Self::Ill(
                "see whether its state directory can be written to and its disk has room; it runs nothing that it cannot record",
            ),
            "no_room" => Self::Ill("make room on the disk of its state directory"),
            "unavailable" => Self::Ill(
                "see whether its repositories and its state directory are there and can be read; its log has the cause",
            ),
            "shutting_down" => Self::Ill("it is ending: start it anew, then run gitoma doctor again"),
            "not_configured" | "unauthenticated" | "invalid_credential" | "expired_credential" => Self::Ill(
                "make a token with gitoma token new, and set the variable where the client is started",
            ),
            _ => Self::Ill("its log says under the error id what is wrong"),
        }
    }

    /// What to do about it.
    pub(super) const fn next(self) -> &'static str {
        match self {
            Self::Policy => "gitoma policy explain says which rule refuses",
            Self::Busy => "run gitoma doctor again when it has less to do",
            Self::Ill(next) => next,
        }
    }
}
