//! One rule of the document to one compiled rule. What it names is checked beside: tools in `compile::tools`, globs and
//! hosts in `compile::pattern`, arguments in `compile::argument`.

use std::sync::Arc;

use super::shared::key;
use super::{Compiler, PLAIN_NAME, is_plain_name};
use crate::document::{self, List, Placed};
use crate::error::Place;
use crate::model::{Capability, Effect, Transport};
use crate::rule::{Conditions, Id, Rule};

/// The longest `reason`, in characters.
const LONGEST_REASON: usize = 500;

impl Compiler<'_> {
    pub(super) fn rule(&mut self, rule: &document::Rule, at: Place, is_global: bool) -> Rule {
        let capability = rule.capability.or((rule.effect == Effect::Allow).then_some(Capability::Read));
        let folds = rule.effect != Effect::Allow;
        let conditions = Conditions {
            principals: rule.principals.as_ref().map(|list| self.names(list, "principals")),
            roles: rule.roles.as_ref().map(|list| self.names(list, "roles")),
            transports: rule.transports.as_ref().map(|list| self.transports(list)),
            refs: rule.refs.as_ref().map(|list| self.globs(list, "refs", folds)),
            hosts: rule.hosts.as_ref().map(|list| self.hosts(list)),
            arguments: self.arguments(rule, folds),
            text: rule.reason.as_ref().map(|reason| self.reason(reason)),
        };
        Rule {
            id: self.id(&rule.id, at, is_global),
            tools: self.tools(&rule.tools, capability),
            paths: rule.paths.as_ref().map(|list| self.globs(list, "paths", folds)),
            conditions: self.shared.conditions(conditions),
            line: at.line,
            column: at.column,
            effect: rule.effect,
            capability,
        }
    }

    fn id(&mut self, id: &Placed<String>, at: Place, is_global: bool) -> Id {
        // Calls find a global rule's id in the cache, and a repository's rule's only where the rule is.
        let text = if is_global { Id::shared(&id.value) } else { Id::from(id.value.as_str()) };
        if !is_plain_name(&text) {
            self.faults.note(id.place, "rule id is not a plain name", Some(PLAIN_NAME));
        }
        if let Some(line) = self.ids.insert(text.clone(), at.line) {
            let message = format!("rule id is taken by the rule in line {line}");
            self.faults.note(id.place, message, Some("give each rule an id of its own"));
        }
        text
    }

    fn names(&mut self, list: &List<String>, what: &str) -> Arc<[Box<str>]> {
        self.shared(
            |shared| &mut shared.names,
            key("", list),
            |compiler| {
                if list.value.is_empty() {
                    compiler.empty(list.place, what);
                }
                for name in &list.value {
                    let text = &name.value;
                    if text.is_empty() || text.chars().any(char::is_control) {
                        let fix = Some("write the name as the configuration has it");
                        compiler.faults.note(name.place, "name is empty or has control characters", fix);
                    } else if text.contains('*') {
                        let fix = format!("leave `{what}` out to mean everyone");
                        compiler.faults.note(name.place, "names are exact; there is no wildcard", Some(&fix));
                    }
                }
                list.value.iter().map(|name| Box::from(name.value.as_str())).collect()
            },
        )
    }

    fn transports(&mut self, list: &List<Transport>) -> Arc<[Transport]> {
        let written: String = list.value.iter().map(|transport| transport.value.as_str()).collect();
        self.shared(
            |shared| &mut shared.transports,
            written,
            |compiler| {
                if list.value.is_empty() {
                    compiler.empty(list.place, "transports");
                }
                list.value.iter().map(|transport| transport.value).collect()
            },
        )
    }

    fn reason(&mut self, reason: &Placed<String>) -> Arc<str> {
        let text = reason.value.trim();
        self.shared(
            |shared| &mut shared.texts,
            text.to_owned(),
            |compiler| {
                if text.is_empty() || text.chars().count() > LONGEST_REASON {
                    let fix = "write one or two sentences, at most 500 characters";
                    compiler.faults.note(reason.place, "reason is empty or too long", Some(fix));
                } else if text.chars().any(|c| c.is_control() && c != '\n') {
                    compiler.faults.note(
                        reason.place,
                        "reason has control characters",
                        Some("write plain text"),
                    );
                }
                Arc::from(text)
            },
        )
    }
}
