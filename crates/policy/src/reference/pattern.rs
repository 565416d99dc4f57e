//! Patterns of `refs` that no reference could match, since rules know references by their short names or since git has
//! no such name (git-check-ref-format(1)). A deny rule with such a pattern would protect nothing, so the file is refused.

use super::{before_suffix, in_folder, is_head, is_symbolic, without};
use crate::glob::Glob;

/// What is wrong with a pattern that is a glob, and what to write instead; `None` if it is one of names by which rules know
/// references.
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
        return Some((message, write(short.or_else(|| in_folder(name)).unwrap_or(name))));
    }
    if let Some(short) = short {
        let message = "pattern matches no reference: rules know branches, tags and remote branches by their short names";
        return Some((message, write(short)));
    }
    if let Some(rest) = in_full(pattern) {
        let message = "pattern is for branches, tags or remote branches spelt with their folder, and leaves open whoever \
                       names them without; rules know no reference of these but by its short name";
        let own = if rest == "**" { String::new() } else { format!("{}; or ", write(rest)) };
        return Some((message, format!("{own}write `**` for every reference")));
    }
    let said = unnameable(pattern)?;
    Some((said, "write the short name of a branch or tag as git shows it".to_owned()))
}

/// Says to write what is a short name, if it is one.
fn write(short: &str) -> String {
    if short.is_empty() || is_symbolic(short) || in_full(short).is_some() {
        return "write the short name of a branch or tag".to_owned();
    }
    format!("write `{short}`")
}

/// What stands behind the folder in a pattern that could match a branch, a tag or a remote branch only where a call spells
/// it with its folder, as in `refs/**`, `*/heads/main`, `**/tags/v1` and `heads/main`.
fn in_full(pattern: &str) -> Option<&str> {
    let mut pattern = pattern;
    let mut begins_anywhere = false;
    while let Some(rest) = pattern.strip_prefix("**/") {
        (pattern, begins_anywhere) = (rest, true);
    }
    if let Some(rest) = in_folder(pattern) {
        return Some(rest);
    }
    let (first, rest) = pattern.split_once('/')?;
    let (folder, behind) = rest.split_once('/').unwrap_or((rest, ""));
    if without(first, "refs") == Some("") {
        return matches_one(folder, &["heads", "tags", "remotes"]).then_some(behind);
    }
    // A branch of another name may have such a folder too, but whoever writes this means the folder of all branches.
    (!begins_anywhere && matches_one(first, &["refs"])).then(|| in_folder(rest)).flatten()
}

/// Whether the segment of a pattern matches one of the names.
fn matches_one(segment: &str, names: &[&str]) -> bool {
    Glob::parse(segment, true).is_ok_and(|glob| names.iter().any(|name| glob.matches(name)))
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
