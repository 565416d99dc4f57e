//! A refusal at the terminal: a sentence with its code, error id and rules for people, or one JSON object of the shape that the
//! HTTP door sends as a problem (RFC 9457).

use gitoma_core::config::OPERATOR;
use gitoma_core::{ArgError, Refusal, RefusalKind};
use serde::Serialize;

use crate::console::Console;
use crate::failure::Failure;

/// A rule that refused.
#[derive(Debug, Serialize)]
struct Rule<'a> {
    id: &'a str,
    /// The policy's name, or `built-in`.
    source: &'a str,
    /// Line in the policy, from 1; 0 for built-in rules.
    line: u32,
}

/// The approval that the call waits for, or was denied.
#[derive(Debug, Serialize)]
struct Waiting<'a> {
    id: &'a str,
    /// RFC 3339.
    expires: String,
}

/// The JSON form.
#[derive(Debug, Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    detail: String,
    code: &'a str,
    error_id: String,
    executed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<Rule<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Waiting<'a>>,
}

/// The rules behind `refusal`, strictest first.
fn rules(refusal: &Refusal) -> Vec<Rule<'_>> {
    if let Some(decision) = refusal.decision() {
        let reasons = decision.reasons.iter();
        return reasons
            .map(|reason| Rule { id: &reason.rule, source: &reason.source, line: reason.line })
            .collect();
    }
    match &refusal.kind {
        RefusalKind::Confined { rule } => vec![Rule { id: rule, source: "built-in", line: 0 }],
        RefusalKind::InvalidArguments(ArgError::Refused { rule, .. }) => {
            vec![Rule { id: rule, source: "built-in", line: 0 }]
        }
        _ => Vec::new(),
    }
}

/// Shows the `refusal` of a call by `principal`: as JSON on standard output, or in words on standard error.
pub(super) fn render(
    refusal: &Refusal,
    principal: &str,
    json: bool,
    console: &Console,
) -> Result<(), Failure> {
    let (code, rules) = (refusal.code(), rules(refusal));
    if json {
        return console.json(&Problem {
            kind: format!("urn:gitoma:error:{code}"),
            title: code.replace('_', " "),
            detail: refusal.to_string(),
            code,
            error_id: refusal.error_id.to_string(),
            executed: refusal.executed(),
            rules,
            retry_after: refusal.retry_after(),
            approval: refusal
                .approval()
                .map(|needed| Waiting { id: needed.id.as_str(), expires: needed.expires.to_string() }),
        });
    }
    let mut text = format!("refused: {refusal}\n  code: {code}\n  error id: {}", refusal.error_id);
    if refusal.executed() {
        text = text.replacen("refused:", "failed:", 1);
    }
    for Rule { id, source, line } in rules {
        text.push_str(&match line {
            0 => format!("\n  rule: {id} ({source})"),
            line => format!("\n  rule: {id} ({source}:{line})"),
        });
    }
    // Only the operator presents a token here; of everybody else it is the name that is not known.
    if matches!(refusal.kind, RefusalKind::InvalidCredential) && principal != OPERATOR {
        text.push_str("\n  no principal of that name is configured");
    }
    console.tell(&text);
    Ok(())
}
