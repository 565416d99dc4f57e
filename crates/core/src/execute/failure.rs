//! A tool's error: what the caller is told of it, what the record says, and what only the log may have.

use gitoma_audit::RuleRef;
use gitoma_policy::Code;
use gitoma_redact::{Redactor, Refused, RefusedFor};

use crate::error::ToolError;
use crate::record::{Record, recorded_rule};
use crate::refusal::RefusalKind;

/// What the caller is told of a tool's error: its code, and its text after redaction.
pub(crate) fn refused(redactor: &Redactor, error: ToolError, executed: bool) -> RefusalKind {
    match error {
        ToolError::Refused(mut decision) => {
            // Of what is found while a call runs nobody can be asked any more: there is no approval to wait for.
            if decision.code == Code::ApprovalRequired {
                decision.code = Code::Denied;
            }
            RefusalKind::Denied(decision).clean(redactor)
        }
        ToolError::Confined { rule } => RefusalKind::Confined { rule: rule.into() },
        ToolError::TooLarge { what, limit } => RefusalKind::TooLarge { what, limit, executed },
        ToolError::Cancelled => RefusalKind::Cancelled,
        ToolError::TimedOut => RefusalKind::TimedOut,
        ToolError::Halted => RefusalKind::Halted { executed },
        ToolError::NotFound { .. }
        | ToolError::SecretFound { .. }
        | ToolError::SecretWritten(_)
        | ToolError::ChangeRefused { .. }
        | ToolError::Conflict { .. }
        | ToolError::NoRoom { .. }
        | ToolError::Unsuitable { .. }
        | ToolError::Unsupported { .. }
        | ToolError::Unavailable { .. } => RefusalKind::ToolFailed {
            code: error.code(),
            message: redactor.redact_line(&error.to_string()).into(),
            executed,
        },
    }
}

/// The rules behind a refusal while running: the record names them as it does for a refusal before (POL-9).
pub(super) fn broken_rules(error: &ToolError) -> Vec<RuleRef> {
    match error {
        ToolError::Refused(decision) => decision.reasons.iter().map(recorded_rule).collect(),
        ToolError::Confined { rule } => vec![RuleRef { id: rule.as_ref().into(), line: 0 }],
        ToolError::SecretFound { rule } => vec![RuleRef { id: format!("redact:{rule}").into(), line: 0 }],
        ToolError::ChangeRefused { rule, .. } => vec![RuleRef { id: rule.as_ref().into(), line: 0 }],
        ToolError::SecretWritten(refused) => secret_rules(refused),
        _ => Vec::new(),
    }
}

/// The redactor's rules that found what may not be written, each once.
fn secret_rules(refused: &[Refused]) -> Vec<RuleRef> {
    let mut rules: Vec<&str> = refused
        .iter()
        .map(|refused| match refused.reason {
            RefusedFor::Secret(rule) => rule,
            _ => "placeholder",
        })
        .collect();
    rules.sort_unstable();
    rules.dedup();
    rules.into_iter().map(|rule| RuleRef { id: format!("redact:{rule}").into(), line: 0 }).collect()
}

/// The inner cause goes to the log, redacted, under the call's id; the caller never sees it.
pub(super) fn log_cause(record: &Record, error: &ToolError) {
    let mut cause = std::error::Error::source(error);
    if cause.is_none() {
        return;
    }
    let mut text = String::new();
    while let Some(error) = cause {
        text.push_str(if text.is_empty() { "" } else { ": " });
        text.push_str(&error.to_string());
        cause = error.source();
    }
    let text = record.redactor().redact_line(&text);
    tracing::warn!(target: "gitoma::call", call_id = %record.call_id, code = error.code(), cause = &*text, "the tool failed");
}
