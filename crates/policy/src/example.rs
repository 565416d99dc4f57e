//! The examples that rules carry: each is a call and the verdict its author expects of the whole policy. They are run
//! when the policy is loaded, through `decide` itself, and one that fails refuses the load.

use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::document::{self, Placed};
use crate::error::Faults;
use crate::model::{Access, Capability, Narrowing, Paths, Request, Transport};
use crate::set::PolicySet;

/// An example, and what supplies what it leaves out: the first of each list of its rule, and the entry it stands in.
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
        let Some(capability) = catalogue.capability(&example.tool.value) else {
            faults.note(example.tool.place, "tool is not known", None);
            continue;
        };
        let decision = plan.with_request(capability, |request| set.decide(request));
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
    /// Calls `judge` with the call that the example describes, by a tool of that capability.
    pub(crate) fn with_request<R>(&self, capability: Capability, judge: impl FnOnce(&Request<'_>) -> R) -> R {
        let example = &self.example.value;
        let roles = self.roles();
        let access = self.access();
        let narrowing = Narrowing::default();
        judge(&Request {
            principal: self.principal(),
            roles: &roles,
            transport: self.transport(),
            tool: &example.tool.value,
            capability,
            accesses: access.as_slice(),
            arguments: example.arguments.as_ref(),
            write_mode: example.write_mode.unwrap_or_default(),
            narrowing: &narrowing,
        })
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
