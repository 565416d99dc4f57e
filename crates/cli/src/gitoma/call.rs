//! `gitoma call`: one call through the gateway.

use gitoma_core::{RawArgs, RawCall, Refusal, RefusalKind, Restriction};

use super::opened::{ORIGIN, Opened, settings};
use super::status::Status;
use super::{CallArguments, arguments, explain, refusal};
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;
use gitoma_core::config::ConfigError;

pub(super) fn run(arguments: &CallArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let (opened, call) = prepare(arguments, tools)?;
    let policy = explain::policy(&opened);
    let stranger = names_a_stranger(&opened, &call);
    let runs = call.restriction.as_ref().is_ok_and(|restriction| !restriction.dry_run);
    if runs && opened.is_shadowed() {
        console.tell("note: the policy is in shadow mode; what its rules refuse to reads runs all the same");
    }
    let answer = opened.handle(call);
    let aliases =
        opened.settings().repositories.iter().map(|repository| repository.alias.clone()).collect::<Vec<_>>();
    opened.close();
    match answer {
        Ok(reply) if arguments.json => console.json(&reply)?,
        Ok(reply) => {
            console.pretty_json(reply.result.as_value())?;
            if reply.truncated {
                console.tell(
                    "note: this is not all; `next_cursor` or `next_start_line` continues, otherwise narrow the call",
                );
            }
        }
        Err(Refusal { kind: RefusalKind::DryRun(judged), .. }) => {
            if arguments.json {
                console.json(&judged)?;
            } else {
                console.show(&explain::text(&arguments.request.tool, &policy, judged.verdict()))?;
            }
            return Ok(Status::from(judged.verdict().effect));
        }
        Err(refused) => {
            refusal::render(&refused, &arguments.caller.principal, arguments.json, console)?;
            if stranger && ran_into_nothing(&refused) {
                console.tell(&format!("  repositories: {}", aliases.join(", ")));
                return Ok(Status::Usage);
            }
            return Ok(Status::from(&refused.kind));
        }
    }
    Ok(Status::Done)
}

/// The gateway and the call that the command line asks for; the same for `call` and `explain`.
pub(super) fn prepare(asked: &CallArguments, tools: Toolset) -> Result<(Opened, RawCall), Failure> {
    let settings = settings(&asked.caller.flags)?;
    if settings.repositories.is_empty() {
        return Err(ConfigError::NoRepository.into());
    }
    let opened = Opened::new(settings, tools)?;
    let request = &asked.request;
    let only = match opened.settings().repositories.as_slice() {
        [repository] => Some(repository.alias.as_str()),
        _ => None,
    };
    let schema = opened.tool(&request.tool).map(|tool| &*tool.spec().input_schema);
    let arguments = arguments::arguments(&request.single, request.object.as_deref(), schema, only)?;
    let credential = opened.credential(&asked.caller.principal)?;
    let call = RawCall::new(request.tool.as_str(), arguments, credential, ORIGIN);
    let restriction =
        asked.restrict.as_deref().map_or_else(|| Ok(Restriction::default()), Restriction::parse);
    Ok((opened, RawCall { restriction, ..call }))
}

/// Whether the call names a repository that is not configured. The gateway answers that only after the decision, and so does
/// this command; but at a terminal it is a slip of the pen, and has the exit code of one.
fn names_a_stranger(opened: &Opened, call: &RawCall) -> bool {
    let RawArgs::Object(arguments) = &call.arguments else { return false };
    let named = arguments.get("repo").and_then(serde_json::Value::as_str);
    named.is_some_and(|alias| {
        !opened.settings().repositories.iter().any(|repository| repository.alias == alias)
    })
}

fn ran_into_nothing(refused: &Refusal) -> bool {
    matches!(refused.kind, RefusalKind::ToolFailed { .. }) && refused.code() == "not_found"
}
