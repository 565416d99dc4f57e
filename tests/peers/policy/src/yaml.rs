//! The policy as the YAML that Gitoma reads, one rule on a line, so that a reported line names one rule.

use std::fmt::Write as _;

use crate::workload::{Effect, Policy, Rule};

/// The text of the policy.
pub fn write(policy: &Policy) -> String {
    let mut text = String::from("version: 1\nglobal:\n  rules:\n");
    for rule in &policy.global {
        write_rule(&mut text, "    ", rule);
    }
    text.push_str("repositories:\n");
    for repository in &policy.repositories {
        let _ = writeln!(text, "  {}:", repository.name);
        if repository.write {
            text.push_str("    write: allow\n");
        }
        text.push_str("    rules:\n");
        for rule in &repository.rules {
            write_rule(&mut text, "      ", rule);
        }
    }
    text
}

fn write_rule(text: &mut String, indent: &str, rule: &Rule) {
    let effect = match rule.effect {
        Effect::Allow => "allow",
        Effect::Deny => "deny",
    };
    let _ = write!(text, "{indent}- {{id: {}, effect: {effect}", rule.id);
    if rule.writes {
        text.push_str(", capability: write");
    }
    let tools = if rule.tools.is_empty() { "\"*\"".to_owned() } else { rule.tools.join(", ") };
    let _ = write!(text, ", tools: [{tools}]");
    if !rule.principals.is_empty() {
        let _ = write!(text, ", principals: [{}]", rule.principals.join(", "));
    }
    if !rule.paths.is_empty() {
        let paths: Vec<String> = rule.paths.iter().map(|path| format!("\"{}\"", path.glob())).collect();
        let _ = write!(text, ", paths: [{}]", paths.join(", "));
    }
    if let Some(reason) = &rule.reason {
        let _ = write!(text, ", reason: \"{reason}\"");
    }
    text.push_str("}\n");
}
