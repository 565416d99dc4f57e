//! Which arguments of a tool the rules look at. Whoever records calls records these values, so that a verdict can be understood, and
//! another policy's verdict computed, afterwards.

use std::collections::BTreeSet;

use crate::set::PolicySet;

impl PolicySet {
    /// The arguments that some rule for `tool` reads, global or of any repository: sorted, each once. It walks over all rules; ask
    /// once for each tool and keep the answer.
    pub fn read_arguments(&self, tool: &str) -> impl Iterator<Item = &str> {
        let local = self.repositories.values().chain(self.owners.values());
        let rules = self.global.rules().iter().chain(local.flat_map(|entry| entry.rules.rules()));
        let reading = rules.filter(|rule| !rule.arguments.is_empty() && rule.names_tool(tool));
        let names = reading.flat_map(|rule| &rule.arguments).map(|argument| &*argument.name);
        names.collect::<BTreeSet<_>>().into_iter()
    }
}

#[cfg(test)]
mod tests;
