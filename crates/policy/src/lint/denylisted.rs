//! Whether a pattern names only paths that the built-in denylist refuses. A yes is certain: it is read off names that
//! every path of the pattern contains.

use crate::denylist;
use crate::glob::Glob;
use crate::model::{Capability, Effect};
use crate::rule::Rule;

/// Whether no path that the rule names passes the denylist, for any capability of the rule.
pub(super) fn refuses_all(rule: &Rule) -> bool {
    let write = rule.capability.is_some_and(|capability| capability != Capability::Read);
    rule.paths.as_ref().is_some_and(|paths| {
        let refused = |glob| refuses(glob, write, rule.effect != Effect::Allow);
        !paths.list.is_empty() && paths.list.iter().all(refused)
    })
}

/// What listed names begin with, in either case.
const LISTED: [char; 6] = ['.', '_', 'i', 'c', 'I', 'C'];

/// `folded` says that the pattern is compared with folded paths. The denylist folds in its own way, and the two are
/// sure to agree on ASCII only.
fn refuses(glob: &Glob, write: bool, folded: bool) -> bool {
    let text = glob.text();
    if folded && !text.is_ascii() {
        return false;
    }
    // Most patterns hold nothing that could be listed; this is asked of every rule at every load.
    let plain = |segment: &str| segment.is_ascii() && !segment.contains('~') && !segment.starts_with(LISTED);
    if text.split('/').all(plain) {
        return false;
    }
    if begins_like_environment_file(text) {
        return true;
    }
    let mut run = String::new();
    for segment in text.split('/') {
        if segment.contains(['*', '?']) {
            // What holds a listed name (`.github`) is refused as a path of its own only, so something stands behind.
            run.push('x');
            if denylist::denied(&run, write).is_some() {
                return true;
            }
            run.clear();
        } else {
            run.push_str(segment);
            run.push('/');
        }
    }
    denylist::denied(run.trim_end_matches('/'), write).is_some()
}

/// Whether a segment is `.env.*` or the like: every name that begins so is an environment file.
fn begins_like_environment_file(text: &str) -> bool {
    let begins = |segment: &str| {
        let rest = segment.get(..4).filter(|head| head.eq_ignore_ascii_case(".env"));
        rest.and_then(|_| segment.get(4..)?.chars().next())
            .is_some_and(|c| matches!(c, '.' | '-' | '_' | '~'))
    };
    text.split('/').any(begins)
}

#[cfg(test)]
mod tests;
