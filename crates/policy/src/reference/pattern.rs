//! Patterns of `refs` that no reference could match, since rules know references by their short names or since git has
//! no such name (git-check-ref-format(1)). A deny rule with such a pattern would protect nothing, so the file is refused.

use super::{before_suffix, in_folder, is_head, without};

/// What is wrong with a pattern that is a glob, and what to write instead; `None` if some reference could match it.
pub(crate) fn fault(pattern: &str) -> Option<(&'static str, String)> {
    if is_head(pattern) {
        return Some((
            "pattern is `HEAD`, which names no reference: which branch it stands for, only the repository knows",
            "name the branches; deny and ask rules with `refs` apply to `HEAD` anyway, allow rules only without `refs`"
                .to_owned(),
        ));
    }
    let name = before_suffix(pattern);
    let short = without(name, "refs/").and_then(in_folder);
    if name != pattern {
        let message =
            "pattern has `~`, `^`, `:` or `@{`, which no reference has; rules know `main~2` as `main`";
        let short = short.unwrap_or(name);
        let fix = if short.is_empty() || is_head(short) {
            "write the short name of a branch or tag".to_owned()
        } else {
            write(short)
        };
        return Some((message, fix));
    }
    if let Some(short) = short {
        let message = "pattern matches no reference: rules know branches, tags and remote branches by their short names";
        return Some((message, write(short)));
    }
    let said = unnameable(pattern)?;
    Some((said, "write the short name of a branch or tag as git shows it".to_owned()))
}

fn write(short: &str) -> String {
    format!("write `{short}`")
}

/// What git has in no name of a reference, wildcards aside.
fn unnameable(pattern: &str) -> Option<&'static str> {
    if pattern.contains(' ') {
        return Some("pattern has a space, which no reference has");
    }
    if pattern.contains("..") {
        return Some("pattern has `..`, which no reference has; each side of a range is judged by itself");
    }
    if pattern.split('/').any(|segment| segment.starts_with('.')) {
        return Some("pattern has a segment that begins with `.`, as none of a reference does");
    }
    if pattern.ends_with('.') {
        return Some("pattern ends with `.`, as no reference does");
    }
    if pattern.split('/').any(|segment| segment.ends_with(".lock")) {
        return Some("pattern has a segment that ends with `.lock`, as none of a reference does");
    }
    None
}
