//! What one policy says differently from another, as far as an operator must hear of it at a reload. The comparison itself is
//! policy's; this is the one place that asks for it.

use gitoma_policy::diff::{Bounds, ExampleCall};
use gitoma_policy::{Catalogue, Paths};
use gitoma_redact::PLACEHOLDER;
use serde::Serialize;

use crate::snapshot::Snapshot;

/// What a new policy changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct PolicyChanges {
    /// Whether some call is treated less strictly than before, or could not be excluded to be.
    pub widens: bool,
    /// The changes in a line or two: ids and names of the files, and nothing of what they match.
    pub summary: String,
}

/// A quarter of what `gitoma policy diff` may take: a running gateway has other work.
const BOUNDS: Bounds = Bounds { steps: 500_000 };

/// The longest summary, in characters; the entry that carries it has room for little more.
const LONGEST: usize = 600;

/// Compares two policies, in bounded time. What could not be determined within the bound counts as wider.
pub(super) fn between(before: &Snapshot, after: &Snapshot, catalogue: &Catalogue) -> PolicyChanges {
    let mut difference = gitoma_policy::diff(&before.policy, &after.policy, catalogue, BOUNDS);
    let widens = difference.is_widening() || difference.redacts_less();
    if difference.is_empty() {
        return PolicyChanges { widens, summary: "nothing changed".to_owned() };
    }
    for change in difference.widened.iter_mut().chain(&mut difference.tightened) {
        withhold(&mut change.example);
    }
    // A pattern that only one of the two has may be what hides a name of the other. Redacted whole, and then cut.
    let text = [after, before]
        .iter()
        .fold(difference.to_string(), |text, snapshot| snapshot.redactor.redact(&text).text.into_owned());
    PolicyChanges { widens, summary: short(&text) }
}

/// Takes what the rules match out of an example. It comes folded to lower case, so that no redactor could tell it for what it is.
fn withhold(example: &mut ExampleCall) {
    let hidden = || PLACEHOLDER.to_owned();
    if let Paths::Named(paths) = &mut example.access.paths {
        *paths = vec![hidden()];
    }
    for text in [&mut example.access.reference, &mut example.access.host] {
        *text = text.take().map(|_text| hidden());
    }
    for value in example.arguments.iter_mut().flat_map(|arguments| arguments.values_mut()) {
        *value = hidden().into();
    }
}

/// The first lines that fit, and how many more there are. What is wider comes first.
fn short(text: &str) -> String {
    let mut summary = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let length = summary.chars().count().saturating_add(line.chars().count());
        if !summary.is_empty() && length > LONGEST {
            let more = lines.count().saturating_add(1);
            summary.push_str(&format!("\nand {more} more"));
            break;
        }
        if !summary.is_empty() {
            summary.push('\n');
        }
        summary.extend(line.chars().take(LONGEST));
    }
    summary
}
