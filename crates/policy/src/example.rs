//! The examples that rules carry: each is a call and the verdict its author expects of the whole policy. They are run
//! when the policy is loaded, through `decide` itself, and one that fails refuses the load.

use std::sync::Arc;

use serde_saphyr::Spanned;

use crate::catalogue::Catalogue;
use crate::document::{self, place};
use crate::error::Faults;
use crate::model::{Access, Narrowing, Paths, Request, Transport};
use crate::set::PolicySet;

/// An example with the rule and the repository entry it stands in, which supply what it leaves out.
pub(crate) struct Planned<'a> {
    pub(crate) example: &'a Spanned<document::Example>,
    pub(crate) rule: &'a document::Rule,
    pub(crate) repository: Option<&'a str>,
}

/// Runs the examples and notes those that fail.
pub(crate) fn run(set: &PolicySet, catalogue: &Catalogue, planned: &[Planned<'_>], faults: &mut Faults<'_>) {
    for plan in planned {
        let example = &plan.example.value;
        let Some(capability) = catalogue.capability(&example.tool.value) else {
            faults.note(place(&example.tool), "tool is not known", None);
            continue;
        };
        let roles = plan.roles();
        let access = plan.access();
        let narrowing = Narrowing::default();
        let decision = set.decide(&Request {
            principal: plan.principal(),
            roles: &roles,
            transport: plan.transport(),
            tool: &example.tool.value,
            capability,
            accesses: access.as_slice(),
            arguments: example.arguments.as_ref(),
            write_mode: example.write_mode.unwrap_or_default(),
            narrowing: &narrowing,
        });
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
        faults.note(place(plan.example), message, Some("correct the rules, or the example"));
    }
}

impl Planned<'_> {
    /// The rule's first principal, else `agent`, the one there is without configuration.
    fn principal(&self) -> &str {
        let own = self.example.value.principal.as_deref();
        let first = self.rule.principals.as_ref().and_then(|list| list.value.first());
        own.or(first.map(|name| name.value.as_str())).unwrap_or("agent")
    }

    fn roles(&self) -> Vec<Arc<str>> {
        if let Some(own) = &self.example.value.roles {
            return own.iter().map(|role| Arc::from(role.as_str())).collect();
        }
        let first = self.rule.roles.as_ref().and_then(|list| list.value.first());
        first.map(|role| Arc::from(role.value.as_str())).into_iter().collect()
    }

    fn transport(&self) -> Transport {
        let first = self.rule.transports.as_ref().and_then(|list| list.value.first());
        self.example.value.transport.or(first.map(|transport| transport.value)).unwrap_or(Transport::Mcp)
    }

    /// The access it describes; none when it names no repository, path, reference or host.
    fn access(&self) -> Option<Access> {
        let document::Example { repo, reference, path, host, .. } = &self.example.value;
        let within = self.repository.map(|key| match key.strip_suffix("/*") {
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
