//! The tools a rule names: checked against the catalogue, with the likeliest correction of a name it does not have.

use std::sync::Arc;

use super::Compiler;
use super::shared::key;
use crate::document::List;
use crate::model::Capability;
use crate::rule::{ToolPattern, Tools};
use crate::spelling::nearest;

impl Compiler<'_> {
    pub(super) fn tools(&mut self, list: &List<String>, capability: Option<Capability>) -> Arc<Tools> {
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
                    // A correction is searched for each; more than are shown need none.
                    if compiler.faults.is_full() {
                        break;
                    }
                    let text = tool.value.as_str();
                    let pattern = match text.strip_suffix('*') {
                        Some(prefix) => ToolPattern::Prefix(prefix.into()),
                        None => ToolPattern::Exact(text.into()),
                    };
                    if let Some((message, fix)) = compiler.fault_of_tool(text, &pattern, capability, list) {
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
        list: &List<String>,
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
            let fix = self.ending_in(text).or_else(|| nearest(stem, self.tools.iter().copied())).map_or_else(
                || "check the spelling against the list of tools".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Some(("tool is not known", fix));
        }
        if let Some(capability) = capability
            && named.all(|(_, tool)| tool.capability != capability)
        {
            let own =
                self.catalogue.tools().find(|(name, _)| pattern.matches(name)).map(|(_, t)| t.capability);
            let fix = own.map_or_else(String::new, |own| {
                let own = own.as_str();
                // To change the capability of this rule would take it from the others.
                if list.value.iter().any(|tool| self.catalogue.capability(&tool.value) == Some(capability)) {
                    format!("move it to a rule of its own, with `capability: {own}`")
                } else {
                    format!("write `capability: {own}`, which an allow rule must say unless it is read")
                }
            });
            return Some(("rule can never match this tool, which has another capability", fix));
        }
        None
    }

    /// The one tool whose name is `text` behind the name of its family.
    fn ending_in(&self, text: &str) -> Option<&str> {
        let ends = |name: &&str| name.strip_suffix(text).is_some_and(|family| family.ends_with('_'));
        let mut names = self.tools.iter().copied().filter(ends);
        names.next().filter(|_| !text.is_empty() && names.next().is_none())
    }
}
