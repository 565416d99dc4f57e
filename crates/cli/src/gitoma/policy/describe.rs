//! `gitoma policy explain --describe`: the verdict over a call that is only described, for any principal, role and door, and for
//! tools that this build lacks or the caller may never call. Nothing is opened and nothing recorded.

use std::sync::Arc;

use gitoma_core::RawArgs;
use gitoma_policy::{Access, Narrowing, Paths, Request, WriteMode};

use super::text::{Text, catalogue};
use super::{ExplainArguments, PolicyChoice};
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::status::Status;
use crate::gitoma::{arguments, explain};

pub(super) fn run(arguments: ExplainArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
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
    let RawArgs::Object(given) =
        arguments::arguments(&call.request.single, call.request.object.as_deref(), None, None)?
    else {
        return Err(Failure::Usage("--args must be a JSON object".to_owned()));
    };
    let paths = if paths.is_empty() { Paths::None } else { Paths::Named(paths) };
    let nothing = on.is_none() && reference.is_none() && host.is_none() && paths == Paths::None;
    let access = Access { repo: on.map(Arc::from), reference, paths, host };
    let accesses = catalogue.describe(&tool, (!nothing).then_some(&access));
    let Some(capability) = catalogue.capability(&tool) else {
        return Err(Failure::Usage("there is no tool of that name".to_owned()));
    };
    let write_mode = match flags.write_mode.as_deref() {
        Some("off") => WriteMode::Off,
        None | Some("on") => WriteMode::On,
        Some(_) => return Err(Failure::Usage("--write-mode must be on or off".to_owned())),
    };
    let narrowing = Narrowing::default();
    let explanation = loaded.policy().explain(&Request {
        principal: &principal,
        roles: &roles,
        transport,
        tool: &tool,
        capability,
        accesses: &accesses,
        arguments: Some(&given),
        write_mode,
        narrowing: &narrowing,
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
