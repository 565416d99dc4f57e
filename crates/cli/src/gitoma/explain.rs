//! `gitoma policy explain`: the verdict over a call, with the rules and gates behind it.

use std::fmt::Write as _;

use gitoma_core::Verdict;
use gitoma_core::policy::{Code, Effect, Explanation, Gate, Miss, Reason};

use super::opened::Opened;
use super::status::Status;
use super::{CallArguments, call, refusal};
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;
use crate::terminal;

pub(super) fn run(arguments: &CallArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let (opened, call) = call::prepare(arguments, tools)?;
    let policy = policy(&opened);
    let answer = opened.explain(call);
    opened.close();
    match answer {
        Ok(verdict) if arguments.json => {
            console.json(&verdict)?;
            Ok(Status::from(verdict.effect))
        }
        Ok(verdict) => {
            console.show(&text(&arguments.request.tool, &policy, &verdict))?;
            Ok(Status::from(verdict.effect))
        }
        Err(refused) => {
            refusal::render(&refused, &arguments.caller.principal, arguments.json, console)?;
            Ok(Status::from(&refused.kind))
        }
    }
}

/// What the policy in force is called.
pub(super) fn policy(opened: &Opened) -> String {
    let named = opened.settings().policy();
    named.map_or_else(|| "the built-in policy".to_owned(), |(name, _)| format!("policy {name}"))
}

/// The verdict for people.
pub(super) fn text(tool: &str, policy: &str, verdict: &Verdict) -> String {
    let digest = verdict.policy.digest.get(..12).unwrap_or_default();
    let by = format!("by {}, digest {digest}…; recorded as call {}", terminal::line(policy), verdict.call_id);
    let Verdict { effect, code, reasons, explanation, .. } = verdict;
    // Callers are told `denied` where no rule matched, so that they learn nothing; whoever explains may know.
    let code = explanation.as_ref().map_or(*code, |explanation| explanation.decision.code.as_str());
    explanation_text(tool, &by, (*effect, code), reasons, explanation.as_ref())
}

/// A verdict for people: what is said of the call, by whom, because of which rules and gates.
pub(super) fn explanation_text(
    tool: &str,
    by: &str,
    (effect, code): (Effect, &str),
    reasons: &[Reason],
    explanation: Option<&Explanation>,
) -> String {
    let said = match effect {
        Effect::Allow => "allowed",
        Effect::Ask => "an approval is required",
        Effect::Deny => "denied",
    };
    let mut text = format!("{}: {said} ({code})\n", terminal::line(tool));
    if explanation.is_some_and(|explanation| !explanation.decision.enforced) {
        line(&mut text, "only observed: the policy is in shadow mode, and the call runs all the same");
    }
    line(&mut text, by);
    if reasons.is_empty() {
        let why = match explanation {
            Some(explanation) => {
                explanation.gates.iter().find(|gate| !gate.open).map_or("no rule allows it", closed)
            }
            None => "no rule was asked",
        };
        section(&mut text, "decided because", [why.to_owned()]);
    } else {
        section(&mut text, "decided by", reasons.iter().map(rule));
    }
    if let Some(explanation) = explanation {
        explained(&mut text, explanation);
    }
    text.truncate(text.trim_end().len());
    text
}

fn explained(text: &mut String, explanation: &Explanation) {
    section(text, "every rule that matches", explanation.matched.iter().map(rule));
    section(text, "rules that nearly match", explanation.misses.iter().map(miss));
    section(text, "gates before the rules", explanation.gates.iter().map(gate));
}

fn section(text: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_none() {
        return;
    }
    line(text, "");
    line(text, title);
    for entry in lines {
        line(text, &format!("  {entry}"));
    }
}

fn line(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

/// `deny   no-key-files (default.yaml:31) on a.pem: key material is never shown`
fn rule(reason: &Reason) -> String {
    let Reason { rule, effect, source, line, text, path, .. } = reason;
    let mut said = format!("{:5}  {}", effect.as_str(), terminal::line(rule));
    let _ = match line {
        0 => write!(said, " ({source}, no policy can lift it)"),
        line => write!(said, " ({}:{line})", terminal::line(source)),
    };
    if let Some(path) = path {
        let _ = write!(said, " on {}", terminal::line(path));
    }
    if let Some(text) = text {
        let _ = write!(said, ": {}", terminal::line(text));
    }
    said
}

fn miss(miss: &Miss) -> String {
    let mut without_text = miss.rule.clone();
    without_text.text = None;
    // The names of the dimensions are part of the JSON form; words that come with later versions are shown as well.
    let dimension = serde_json::to_value(miss.dimension).ok();
    let dimension = dimension.as_ref().and_then(serde_json::Value::as_str).unwrap_or("something");
    format!("{}; differs in {dimension}", rule(&without_text))
}

fn gate(gate: &Gate) -> String {
    let name = match gate.code {
        Code::BadRequest => "paths and names can be judged",
        Code::OutOfScope => "the credential is good for it",
        Code::Narrowed => "the caller has not given it up",
        Code::CapabilityDisabled => "the capability is switched on",
        Code::WriteModeOff => "write mode, if it writes",
        Code::RepositoryNotWhitelisted => "write whitelist, if it writes",
        Code::PathDenied => "built-in denylist",
        Code::Allowed | Code::ApprovalRequired | Code::Denied | Code::DefaultDeny => gate.code.as_str(),
    };
    format!("{:6}  {name}", if gate.open { "open" } else { "CLOSED" })
}

/// Why nothing passes a closed gate.
fn closed(gate: &Gate) -> &'static str {
    match gate.code {
        Code::BadRequest => "a path or a name in the call cannot be judged",
        Code::OutOfScope => "the credential is not good for the call",
        Code::Narrowed => "the caller gave up what the call needs",
        Code::CapabilityDisabled => "the policy leaves the tool's capability off",
        Code::WriteModeOff => "the call writes, and write mode is off",
        Code::RepositoryNotWhitelisted => {
            "the call writes, and the repository is not on the whitelist (`write: allow`)"
        }
        Code::PathDenied => "the built-in denylist refuses a path",
        Code::Allowed | Code::ApprovalRequired | Code::Denied | Code::DefaultDeny => "no rule allows it",
    }
}
