//! One rule of the document to one compiled rule: names, patterns and argument matchers are checked and parsed here.

use std::sync::Arc;

use super::shared::key;
use super::{Compiler, PLAIN_NAME, is_plain_name};
use crate::argument::{Argument, Test};
use crate::document::{self, List, Matcher, Placed};
use crate::error::Place;
use crate::fold;
use crate::glob::Glob;
use crate::model::{Capability, Effect, Transport};
use crate::rule::{Globs, HostPattern, Rule, ToolPattern, Tools};
use serde_json::Value;

/// The longest `reason`, in characters.
const LONGEST_REASON: usize = 500;

impl<'a> Compiler<'a> {
    pub(super) fn rule(&mut self, rule: &document::Rule, at: Place) -> Rule {
        let capability = rule.capability.or((rule.effect == Effect::Allow).then_some(Capability::Read));
        let folds = rule.effect != Effect::Allow;
        Rule {
            id: self.id(&rule.id, at),
            effect: rule.effect,
            capability,
            tools: self.tools(&rule.tools, capability),
            principals: rule.principals.as_ref().map(|list| self.names(list, "principals")),
            roles: rule.roles.as_ref().map(|list| self.names(list, "roles")),
            transports: rule.transports.as_ref().map(|list| self.transports(list)),
            paths: rule.paths.as_ref().map(|list| self.globs(list, "paths", folds)),
            refs: rule.refs.as_ref().map(|list| self.globs(list, "refs", folds)),
            hosts: rule.hosts.as_ref().map(|list| self.hosts(list)),
            arguments: self.arguments(rule, folds),
            text: rule.reason.as_ref().map(|reason| self.reason(reason)),
            line: at.line,
            column: at.column,
        }
    }

    fn id(&mut self, id: &Placed<String>, at: Place) -> Arc<str> {
        let text: Arc<str> = Arc::from(id.value.as_str());
        if !is_plain_name(&text) {
            self.faults.note(id.place, "rule id is not a plain name", Some(PLAIN_NAME));
        }
        if let Some(line) = self.ids.insert(Arc::clone(&text), at.line) {
            let message = format!("rule id is taken by the rule in line {line}");
            self.faults.note(id.place, message, Some("give each rule an id of its own"));
        }
        text
    }

    fn tools(&mut self, list: &List<String>, capability: Option<Capability>) -> Arc<Tools> {
        let about = capability.map_or("any", Capability::as_str);
        self.shared(
            |shared| &mut shared.tools,
            key(about, list),
            |compiler| {
                if list.value.is_empty() {
                    compiler.empty(list.place, "tools");
                }
                let mut patterns = Vec::with_capacity(list.value.len());
                for tool in &list.value {
                    let text = tool.value.as_str();
                    let pattern = match text.strip_suffix('*') {
                        Some(prefix) => ToolPattern::Prefix(prefix.into()),
                        None => ToolPattern::Exact(text.into()),
                    };
                    if let Some((message, fix)) = compiler.fault_of_tool(text, &pattern, capability) {
                        compiler.faults.note(tool.place, message, Some(&fix));
                    }
                    patterns.push(pattern);
                }
                Arc::new(Tools::new(patterns.into(), &compiler.tools))
            },
        )
    }

    fn fault_of_tool(
        &self,
        text: &str,
        pattern: &ToolPattern,
        capability: Option<Capability>,
    ) -> Option<(&'static str, String)> {
        // `*` is written by people who mean all tools there will ever be.
        if text == "*" {
            return None;
        }
        let stem = text.strip_suffix('*').unwrap_or(text);
        if stem.contains(['*', '?']) {
            let fix = "write an exact name, a prefix that ends in `*`, or `*`".to_owned();
            return Some(("tool pattern has a wildcard elsewhere than at its end", fix));
        }
        let mut named = self.catalogue.tools().filter(|(name, _)| pattern.matches(name)).peekable();
        if named.peek().is_none() {
            let fix = self.nearest(stem).map_or_else(
                || "check the spelling against the list of tools".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Some(("tool is not known", fix));
        }
        if let Some(capability) = capability
            && named.all(|(_, tool)| tool.capability != capability)
        {
            let capability =
                self.catalogue.tools().find(|(name, _)| pattern.matches(name)).map(|(_, t)| t.capability);
            let fix = capability.map_or_else(String::new, |own| {
                format!(
                    "write `capability: {}`, which an allow rule must say unless it is read",
                    own.as_str()
                )
            });
            return Some(("rule can never match this tool, which has another capability", fix));
        }
        None
    }

    /// The known tool that is spelt most like `text`.
    fn nearest(&self, text: &str) -> Option<&'a str> {
        let near = self.tools.iter().map(|tool| (distance(tool, text), *tool)).min()?;
        (near.0 <= 3).then_some(near.1)
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

    fn globs(&mut self, list: &List<String>, what: &str, fold: bool) -> Arc<Globs> {
        let about = if fold { "folded" } else { "exact" };
        self.shared(
            |shared| &mut shared.globs,
            key(about, list),
            |compiler| {
                if list.value.is_empty() {
                    compiler.empty(list.place, what);
                }
                let items = list.value.iter();
                let globs: Box<[Glob]> =
                    items.filter_map(|text| compiler.glob(&text.value, text.place, fold)).collect();
                let everything = globs.iter().any(Glob::is_everything);
                Arc::new(Globs { list: globs, everything })
            },
        )
    }

    fn glob(&mut self, text: &str, at: Place, fold: bool) -> Option<Glob> {
        match Glob::parse(text, fold) {
            Ok(glob) => Some(glob),
            Err(error) => {
                self.faults.note(at, error.to_string(), None);
                None
            }
        }
    }

    fn hosts(&mut self, list: &List<String>) -> Arc<[HostPattern]> {
        self.shared(
            |shared| &mut shared.hosts,
            key("", list),
            |compiler| {
                if list.value.is_empty() {
                    compiler.empty(list.place, "hosts");
                }
                list.value.iter().map(|host| compiler.host(host)).collect()
            },
        )
    }

    fn host(&mut self, host: &Placed<String>) -> HostPattern {
        let text = fold::case(&host.value);
        let (pattern, name) = match text.strip_prefix("*.") {
            _ if text == "*" => (HostPattern::Any, "any"),
            Some(domain) => (HostPattern::Beneath(format!(".{domain}").into()), domain),
            None => (HostPattern::Exact(text.as_ref().into()), text.as_ref()),
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b':');
        if name.is_empty() || name.starts_with('.') || name.ends_with('.') || !name.bytes().all(plain) {
            let fix = "write `git.example.com`, `*.example.com`, or `*`; no scheme, no path";
            self.faults.note(host.place, "not a host name", Some(fix));
        }
        pattern
    }

    fn arguments(&mut self, rule: &document::Rule, fold: bool) -> Box<[Argument]> {
        let Some(arguments) = &rule.arguments else { return Box::default() };
        if arguments.value.0.is_empty() {
            self.empty(arguments.place, "arguments");
        }
        let mut compiled = Vec::with_capacity(arguments.value.0.len());
        for (name, matcher) in &arguments.value.0 {
            if !self.is_argument(rule, &name.value) {
                let fix = Some("write the argument as the tool's own schema has it");
                self.faults.note(name.place, "none of the rule's tools has this argument", fix);
            }
            if let Some(test) = self.test(&matcher.value, matcher.place, fold) {
                compiled.push(Argument { name: name.value.as_str().into(), test });
            }
        }
        compiled.into()
    }

    /// Whether a tool of the rule has the argument, as far as the catalogue knows arguments.
    fn is_argument(&self, rule: &document::Rule, name: &str) -> bool {
        let mut named = self.catalogue.tools().filter(|(tool, _)| {
            rule.tools
                .value
                .iter()
                .any(|t| t.value.strip_suffix('*').map_or(t.value == *tool, |p| tool.starts_with(p)))
        });
        named.any(|(_, tool)| tool.arguments.as_ref().is_none_or(|arguments| arguments.contains(name)))
    }

    fn test(&mut self, matcher: &Matcher, at: Place, fold: bool) -> Option<Test> {
        match matcher {
            Matcher::Equals(value) => self.options(std::slice::from_ref(value), at),
            Matcher::OneOf(values) => self.options(values, at),
            Matcher::Glob(text) => self.glob(text, at, fold).map(|glob| Test::Glob(glob, fold)),
            Matcher::Range(document::Range { min, max }) => {
                let ordered = match (min, max) {
                    (None, None) => false,
                    (Some(min), Some(max)) => min <= max,
                    (Some(one), None) | (None, Some(one)) => !one.is_nan(),
                };
                if !ordered {
                    let fix = "give `min`, `max` or both, the smaller as `min`";
                    self.faults.note(at, "range holds no number", Some(fix));
                }
                Some(Test::Range(*min, *max))
            }
            Matcher::MaxLength(most) => Some(Test::MaxLength(*most)),
            Matcher::Absent => Some(Test::Absent),
        }
    }

    fn options(&mut self, values: &[Value], at: Place) -> Option<Test> {
        if values.is_empty() {
            self.empty(at, "one_of");
            return None;
        }
        if values.iter().any(|value| !matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))) {
            let fix = "compare with strings, numbers, true or false; use `absent` for what is not given";
            self.faults.note(at, "value is a list, a map or null", Some(fix));
            return None;
        }
        Some(Test::OneOf(values.into()))
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

/// The Levenshtein distance of two short texts, in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, x) in a.bytes().enumerate() {
        let mut diagonal = at;
        let mut left = at.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let above = *cell;
            let change = diagonal.saturating_add(usize::from(x != y));
            left = change.min(above.saturating_add(1)).min(left.saturating_add(1));
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}
