//! What a rule that may concern a call still depends on, in words.

use std::fmt;

use serde::Serialize;

use crate::argument::{Argument, Test};
use crate::model::{Effect, Reason};
use crate::rule::{Dimension, HostPattern, Rule, Text};

/// A rule that bears on some call, and what it depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Bearing {
    /// The rule.
    pub rule: Reason,
    /// All of these must hold; empty when the rule concerns every such call.
    pub conditions: Vec<Condition>,
}

/// Something that a call must have for a rule to concern it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Condition {
    /// What is looked at.
    pub dimension: Dimension,
    /// Of which one must hold: patterns, or one sentence on an argument.
    pub any_of: Vec<String>,
}

impl fmt::Display for Bearing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule `{}` ({}:{})", self.rule.rule, self.rule.source, self.rule.line)?;
        for (at, Condition { dimension, any_of }) in self.conditions.iter().enumerate() {
            let word = match dimension {
                Dimension::Path => "for paths ",
                Dimension::Reference => "for refs ",
                Dimension::Host => "for hosts ",
                _ => "if ",
            };
            write!(f, "{}{word}{}", if at == 0 { " " } else { " and " }, any_of.join(", "))?;
        }
        Ok(())
    }
}

/// What `rule` depends on besides its subject; `None` if it concerns no call with this path and reference.
pub(super) fn open(
    rule: &Rule,
    path: Option<&Text<'_>>,
    reference: Option<&Text<'_>>,
) -> Option<Vec<Condition>> {
    let restricts = rule.effect != Effect::Allow;
    let mut conditions = Vec::new();
    for (dimension, globs, given) in
        [(Dimension::Path, &rule.paths, path), (Dimension::Reference, &rule.refs, reference)]
    {
        let Some(globs) = globs else { continue };
        match given {
            Some(text) if globs.matches(text, rule.effect) => {}
            Some(_) => return None,
            // Of a deny or ask rule, `**` speaks of calls without a path or reference too.
            None if globs.everything && restricts => {}
            None => {
                let any_of = globs.list.iter().map(|glob| glob.text().to_owned()).collect();
                conditions.push(Condition { dimension, any_of });
            }
        }
    }
    if let Some(hosts) = &rule.hosts {
        conditions.push(Condition { dimension: Dimension::Host, any_of: hosts.iter().map(host).collect() });
    }
    let arguments = rule
        .arguments
        .iter()
        .map(|argument| Condition { dimension: Dimension::Argument, any_of: vec![sentence(argument)] });
    conditions.extend(arguments);
    Some(conditions)
}

fn host(pattern: &HostPattern) -> String {
    match pattern {
        HostPattern::Any => "*".to_owned(),
        HostPattern::Exact(name) => name.to_string(),
        HostPattern::Beneath(domain) => format!("*{domain}"),
    }
}

fn sentence(argument: &Argument) -> String {
    let name = &argument.name;
    let bound = |word: &str, bound: &Option<f64>| bound.map(|bound| format!("{word} {bound}"));
    match &argument.test {
        Test::OneOf(options) => {
            let options: Vec<String> = options.iter().map(ToString::to_string).collect();
            format!("`{name}` is {}", options.join(" or "))
        }
        Test::Glob(glob, _) => format!("`{name}` matches `{}`", glob.text()),
        Test::Range(min, max) => {
            let bounds: Vec<String> =
                [bound("at least", min), bound("at most", max)].into_iter().flatten().collect();
            format!("`{name}` is {}", bounds.join(" and "))
        }
        Test::MaxLength(most) => format!("`{name}` is at most {most} long"),
        Test::Absent => format!("`{name}` is not given"),
    }
}
