//! `gitoma policy explain --describe`: the verdict over a call that is only described, for any principal, role and door, and for
//! tools that this build lacks or the caller may never call. Nothing is opened and nothing recorded.

use std::sync::Arc;

use gitoma_core::config::{Environment, PolicySettings, WriteSettings};
use gitoma_core::{RawArgs, Restriction};
use gitoma_policy::{Access, Paths, Request, Transport, WriteMode};
use serde_json::{Map, Value};

use super::text::{Text, catalogue};
use super::{ExplainArguments, PolicyChoice};
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::status::Status;
use crate::gitoma::{arguments, explain};

pub(super) fn run(arguments: ExplainArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let write_mode = match arguments.call.caller.flags.write_mode.as_deref() {
        Some("off") => WriteMode::Off,
        None | Some("on") => WriteMode::On,
        Some(_) => return Err(Failure::Usage("--write-mode must be on or off".to_owned())),
    };
    described(arguments, write_mode, tools, console)
}

/// Whether the tool is one of the product's that this build lacks, so that nothing can prepare a call of it.
pub(super) fn is_left_out(arguments: &ExplainArguments, tools: Toolset) -> Result<bool, Failure> {
    let tool = &arguments.call.request.tool;
    let built = tools(&[], &WriteSettings::default()).map_err(Failure::Tools)?;
    Ok(catalogue(tools)?.capability(tool).is_some() && !built.iter().any(|built| built.spec().name == *tool))
}

/// Describes a call of a tool that this build lacks by the arguments that the tools have in common, under the settings by which
/// it would be made.
pub(super) fn run_left_out(
    mut arguments: ExplainArguments,
    tools: Toolset,
    console: &Console,
) -> Result<Status, Failure> {
    let settings = PolicySettings::load(&arguments.call.caller.flags, &Environment::read())?;
    let given = given(&arguments)?;
    let texts = |key: &str| match given.get(key) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let only = match settings.repositories() {
        [only] => Some(only.clone()),
        _ => None,
    };
    arguments.on = texts("repo").pop().or(only);
    arguments.paths = texts("path").into_iter().chain(texts("paths")).collect();
    arguments.reference = texts("ref").pop();
    arguments.transport = Transport::Cli;
    described(arguments, settings.write_mode(), tools, console)
}

fn given(arguments: &ExplainArguments) -> Result<Map<String, Value>, Failure> {
    let request = &arguments.call.request;
    match arguments::arguments(&request.single, request.object.as_deref(), None, None)? {
        RawArgs::Object(given) => Ok(given),
        _ => Err(Failure::Usage("--args must be a JSON object".to_owned())),
    }
}

fn described(
    arguments: ExplainArguments,
    write_mode: WriteMode,
    tools: Toolset,
    console: &Console,
) -> Result<Status, Failure> {
    let given = given(&arguments)?;
    let restriction = match &arguments.call.restrict {
        Some(text) => {
            Restriction::parse(text).map_err(|error| Failure::Usage(format!("--restrict: {error}")))?
        }
        None => Restriction::default(),
    };
    let ExplainArguments { call, on, paths, reference, host, roles, transport, .. } = arguments;
    let tool = call.request.tool;
    let catalogue = catalogue(tools)?;
    let flags = call.caller.flags;
    let choice = PolicyChoice { policy: flags.policy, config: flags.config };
    let (text, settings) = Text::chosen(choice)?;
    let loaded = gitoma_core::load_policy(text.source(), &catalogue).map_err(Failure::policy)?;
    let principal = call.caller.principal;
    let roles: Vec<Arc<str>> = if roles.is_empty() {
        let subjects = settings.map(|settings| settings.subjects()).unwrap_or_default();
        let known = subjects.into_iter().find(|subject| subject.principal.as_deref() == Some(&principal));
        known.map(|subject| subject.roles).unwrap_or_default()
    } else {
        roles.iter().map(|role| role.as_str().into()).collect()
    };
    let paths = if paths.is_empty() { Paths::None } else { Paths::Named(paths) };
    let nothing = on.is_none() && reference.is_none() && host.is_none() && paths == Paths::None;
    let access = Access { repo: on.map(Arc::from), reference, paths, host };
    let accesses = catalogue.describe(&tool, (!nothing).then_some(&access));
    let Some(capability) = catalogue.capability(&tool) else {
        return Err(Failure::Usage("there is no tool of that name".to_owned()));
    };
    let explanation = loaded.policy().explain(&Request {
        principal: &principal,
        roles: &roles,
        transport,
        tool: &tool,
        capability,
        accesses: &accesses,
        arguments: Some(&given),
        write_mode,
        narrowing: &restriction.narrowing,
        scope: gitoma_core::policy::Scope::everything(),
    });
    let decision = &explanation.decision;
    let status = Status::from(decision.effect);
    if call.json {
        console.json(&explanation)?;
        return Ok(status);
    }
    let digest = decision.policy.to_string();
    let by = format!(
        "by {}, digest {}…; only described, with write mode {}",
        text.name,
        digest.get(..12).unwrap_or_default(),
        write_mode.as_str()
    );
    let verdict = (decision.effect, decision.code.as_str());
    console.show(&explain::explanation_text(&tool, &by, verdict, &decision.reasons, Some(&explanation)))?;
    Ok(status)
}
