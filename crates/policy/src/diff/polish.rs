//! Makes examples fit to be read: a character that stands for any other becomes a word, a directory gets a file. An
//! example is changed only if both policies still say the same of it, by the same rules.

use std::sync::Arc;

use super::report::ExampleCall;
use crate::model::{Code, Paths};
use crate::set::PolicySet;

/// The example with friendlier texts, as far as nothing else changes by them.
pub(super) fn polish(
    before: &PolicySet,
    after: &PolicySet,
    example: ExampleCall,
    [in_reference, in_path]: [Option<char>; 2],
) -> ExampleCall {
    let verdict = |call: &ExampleCall| [before, after].map(|set| said(set, call));
    let expected = verdict(&example);
    let mut best = example;
    if let (Some(fresh), Some(reference)) = (in_reference, best.access.reference.clone()) {
        for text in friendlier(&reference, fresh, false) {
            let mut call = best.clone();
            call.access.reference = Some(text);
            if verdict(&call) == expected {
                best = call;
                break;
            }
        }
    }
    let path = match &best.access.paths {
        Paths::Named(paths) => paths.first().cloned(),
        Paths::None | Paths::Discovered => None,
    };
    if let (Some(fresh), Some(path)) = (in_path, path) {
        for text in friendlier(&path, fresh, true) {
            let mut call = best.clone();
            call.access.paths = Paths::Named(vec![text]);
            if verdict(&call) == expected {
                best = call;
                break;
            }
        }
    }
    best
}

fn said(set: &PolicySet, call: &ExampleCall) -> (Code, Vec<Arc<str>>) {
    let decision = call.decide(set);
    (decision.code, decision.reasons.into_iter().map(|reason| reason.rule).collect())
}

/// Texts to try, the friendliest first.
fn friendlier(text: &str, fresh: char, is_path: bool) -> Vec<String> {
    let worded = if text.chars().filter(|c| *c == fresh).count() == 1 {
        text.replace(fresh, "example")
    } else {
        text.to_owned()
    };
    let mut texts = Vec::new();
    if is_path && !text.contains(fresh) {
        let (directory, name) =
            text.rsplit_once('/').map_or(("", text), |(_, name)| (text.trim_end_matches(name), name));
        if name.starts_with('.') {
            texts.push(format!("{directory}example{name}"));
        }
        texts.push(format!("{text}/example"));
    }
    texts.push(worded);
    texts
}
