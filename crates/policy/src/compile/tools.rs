//! The tools a rule names: checked against the catalogue, with the likeliest correction of a name it does not have.

use std::sync::Arc;

use super::Compiler;
use super::shared::key;
use crate::document::List;
use crate::model::Capability;
use crate::rule::{ToolPattern, Tools};

/// The longest name of which a spelling mistake is looked for, in bytes.
const LONGEST_NAME: usize = 128;

impl<'a> Compiler<'a> {
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
        // A text of another length cannot be near, and the distance of a long one would take long to find.
        if text.len() > LONGEST_NAME {
            return None;
        }
        let near = self.tools.iter().map(|tool| (distance(tool, text), *tool)).min()?;
        (near.0 <= 3).then_some(near.1)
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
