//! What one policy says differently from another, as far as an operator must hear of it at a reload. The comparison itself is
//! policy's; this is the one place that asks for it.

use gitoma_policy::{Bounds, Catalogue, PolicySet};
use serde::Serialize;

/// What a new policy changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PolicyChanges {
    /// Whether some call is treated less strictly than before, or could not be excluded to be.
    pub widens: bool,
    /// The changes in a line or two, without anything that stood in the file but ids and names.
    pub summary: String,
}

/// A quarter of what `gitoma policy diff` may take: a running gateway has other work.
const BOUNDS: Bounds = Bounds { steps: 500_000 };

/// The longest summary, in characters; the entry that carries it has room for little more.
const LONGEST: usize = 600;

/// Compares two policies, in bounded time. What could not be determined within the bound counts as wider.
pub(super) fn between(before: &PolicySet, after: &PolicySet, catalogue: &Catalogue) -> PolicyChanges {
    let difference = gitoma_policy::diff(before, after, catalogue, BOUNDS);
    let widens = difference.is_widening() || difference.redacts_less();
    let summary =
        if difference.is_empty() { "nothing changed".to_owned() } else { short(&difference.to_string()) };
    PolicyChanges { widens, summary }
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
