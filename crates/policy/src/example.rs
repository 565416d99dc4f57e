//! The examples that rules carry: each is a call and the verdict its author expects of the whole policy. They are run
//! when the policy is loaded, through `decide` itself, and one that fails refuses the load.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::catalogue::Catalogue;
use crate::compile::is_plain_name;
use crate::document::{self, Placed};
use crate::error::Faults;
use crate::model::{Access, Narrowing, Paths, Request, Transport};
use crate::set::PolicySet;

/// An example, and what supplies what it leaves out: the first of each list of its rule, and the entry it stands in.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) example: Placed<document::Example>,
    pub(crate) principal: Option<Box<str>>,
    pub(crate) role: Option<Box<str>>,
    pub(crate) transport: Option<Transport>,
    pub(crate) repository: Option<Arc<str>>,
}

/// Runs the examples and notes those that fail.
pub(crate) fn run(set: &PolicySet, catalogue: &Catalogue, planned: &[Planned], faults: &mut Faults<'_>) {
    for plan in planned {
        let example = &plan.example.value;
        if catalogue.capability(&example.tool.value).is_none() {
            faults.note(
                example.tool.place,
                "tool is not known",
                Some("write the name of a tool as policies do"),
            );
            continue;
        }
        if let Some(name) = unknown_argument(catalogue, &example.tool.value, example.arguments.as_deref()) {
            // What is no name is shown in the line alone.
            let name = if is_plain_name(name) { format!(": `{name}`") } else { String::new() };
            let message = format!("example gives an argument that the tool does not have{name}");
            let fix = "write the argument as the tool's own schema has it";
            faults.note(plan.example.place, message, Some(fix));
            continue;
        }
        let Some(decision) = plan.with_request(catalogue, |request| set.decide(request)) else { continue };
        if decision.effect == example.expect && example.code.is_none_or(|code| code == decision.code) {
            continue;
        }
        let by =
            decision.reasons.first().map_or_else(String::new, |reason| format!(", by rule {}", reason.rule));
        let message = format!(
            "example fails: expected {}{}, the policy says {} ({}{by})",
            example.expect.as_str(),
            example.code.map_or_else(String::new, |code| format!(" ({})", code.as_str())),
            decision.effect.as_str(),
            decision.code.as_str(),
        );
        faults.note(plan.example.place, message, Some("correct the rules, or the example"));
    }
}

impl Planned {
    /// Calls `judge` with the call that the example describes; not for a tool that is not known.
    pub(crate) fn with_request<R>(
        &self,
        catalogue: &Catalogue,
        judge: impl FnOnce(&Request<'_>) -> R,
    ) -> Option<R> {
        let example = &self.example.value;
        let tool = &*example.tool.value;
        let roles = self.roles();
        let accesses = catalogue.describe(tool, self.access().as_ref());
        let narrowing = Narrowing::default();
        Some(judge(&Request {
            principal: self.principal(),
            roles: &roles,
            transport: self.transport(),
            tool,
            capability: catalogue.capability(tool)?,
            accesses: &accesses,
            arguments: example.arguments.as_deref(),
            write_mode: example.write_mode.unwrap_or_default(),
            narrowing: &narrowing,
            scope: crate::Scope::everything(),
        }))
    }

    /// The rule's first principal, else `agent`, the one there is without configuration.
    fn principal(&self) -> &str {
        self.example.value.principal.as_deref().or(self.principal.as_deref()).unwrap_or("agent")
    }

    fn roles(&self) -> Vec<Arc<str>> {
        match &self.example.value.roles {
            Some(own) => own.iter().map(|role| Arc::from(role.as_str())).collect(),
            None => self.role.iter().map(|role| Arc::from(&**role)).collect(),
        }
    }

    fn transport(&self) -> Transport {
        self.example.value.transport.or(self.transport).unwrap_or(Transport::Mcp)
    }

    /// The access it describes; none when it names no repository, path, reference or host.
    fn access(&self) -> Option<Access> {
        let document::Example { repo, reference, path, host, .. } = &self.example.value;
        let within = self.repository.as_deref().map(|key| match key.strip_suffix("/*") {
            Some(owner) => format!("{owner}/example"),
            None => key.to_owned(),
        });
        let repo = repo.clone().or(within);
        if repo.is_none() && reference.is_none() && path.is_none() && host.is_none() {
            return None;
        }
        Some(Access {
            repo: repo.map(Arc::from),
            reference: reference.clone(),
            paths: path.clone().map_or(Paths::None, |path| Paths::Named(vec![path])),
            host: host.clone(),
        })
    }
}

/// The first of `arguments` that the tool is known not to have.
pub(crate) fn unknown_argument<'a>(
    catalogue: &Catalogue,
    tool: &str,
    arguments: Option<&'a Map<String, Value>>,
) -> Option<&'a str> {
    let mut names = arguments?.keys().map(String::as_str);
    names.find(|name| !catalogue.may_have_argument(tool, name))
}
