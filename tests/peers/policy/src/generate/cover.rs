//! Whether a rule allows only what another one denies, as far as the workload's patterns go. Gitoma refuses a policy that
//! has such a rule; this is a check of its own, so that the two are not wrong in the same way.

use crate::workload::{Effect, Pattern, Rule};

/// Whether the rule allows and one of `others` denies all of its calls.
pub fn is_covered(rule: &Rule, others: &[Rule]) -> bool {
    rule.effect == Effect::Allow
        && others.iter().any(|other| other.effect == Effect::Deny && denies_all(other, rule))
}

fn denies_all(deny: &Rule, allow: &Rule) -> bool {
    let tools = deny.tools.is_empty() || is_within(&allow.tools, &deny.tools);
    let principals = deny.principals.is_empty() || is_within(&allow.principals, &deny.principals);
    let holds = |path: &Pattern| deny.paths.iter().any(|denied| contains(denied, path));
    // Without patterns a rule allows every path, and no list of the workload's patterns holds them all.
    let paths = deny.paths.is_empty() || (!allow.paths.is_empty() && allow.paths.iter().all(holds));
    tools && principals && paths
}

/// Whether a list of names, of which an empty one means all, is within one that is not empty.
fn is_within(names: &[&str], others: &[&str]) -> bool {
    !names.is_empty() && names.iter().all(|name| others.contains(name))
}

/// Whether every path of `inner` is one of `outer`.
fn contains(outer: &Pattern, inner: &Pattern) -> bool {
    use Pattern::{Anywhere, Exact, Extension, Under, UnderWithExtension};
    let under = |path: &str, directory: &str| {
        path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let has =
        |path: &str, extension: &str| path.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.'));
    let holds = |path: &str, name: &str| path.split('/').any(|segment| segment == name);
    match (outer, inner) {
        (Under(outer), Under(inner) | UnderWithExtension(inner, _) | Exact(inner)) => under(inner, outer),
        (Extension(outer), Extension(inner) | UnderWithExtension(_, inner)) => outer == inner,
        (Extension(outer), Exact(inner)) => has(inner, outer),
        (UnderWithExtension(directory, extension), UnderWithExtension(inner, other)) => {
            under(inner, directory) && extension == other
        }
        (UnderWithExtension(directory, extension), Exact(inner)) => {
            under(inner, directory) && has(inner, extension)
        }
        (Anywhere(outer), Anywhere(inner)) => outer == inner,
        (Anywhere(outer), Under(inner) | UnderWithExtension(inner, _) | Exact(inner)) => holds(inner, outer),
        (Exact(outer), Exact(inner)) => outer == inner,
        _ => false,
    }
}
