//! Lines out of a file, after the whole of it was searched for secrets, and no more of them than a result may hold.

use std::ops::Range;

use crate::budget::{Budget, fitting};
use crate::content::Content;
use crate::masked::is_binary;
use crate::view::View;

/// What of a file is shown.
#[derive(Debug)]
pub(crate) enum Excerpt {
    /// The file is no text; nothing of it is shown.
    Binary,
    /// Lines of text.
    Text {
        /// The lines, each with its line feed if it has one.
        text: String,
        /// Which they are, from 0.
        lines: Range<usize>,
        /// How many the file has.
        total: usize,
        /// Fewer than were wanted.
        truncated: bool,
    },
}

impl Excerpt {
    pub(crate) fn truncated(&self) -> bool {
        matches!(self, Self::Text { truncated: true, .. })
    }
}

/// Takes the lines that `wanted` picks (it is told how many there are) as far as `budget` goes.
pub(crate) fn excerpt(
    view: &View<'_>,
    content: &Content,
    wanted: impl FnOnce(usize) -> Range<usize>,
    budget: &mut Budget,
) -> Excerpt {
    if is_binary(&content.bytes) {
        return Excerpt::Binary;
    }
    let masked = view.mask(&content.bytes);
    let total = masked.line_count();
    let wanted = wanted(total);
    let mut text = String::new();
    let mut end = wanted.start;
    let mut truncated = false;
    for index in wanted.clone() {
        let Some(line) = masked.line(index) else {
            break;
        };
        let last = index + 1 == total && !masked.ends_in_line_feed();
        let feed = if last { "" } else { "\n" };
        if budget.take_text(&line.text) && budget.take_text(feed) {
            text.push_str(&line.text);
            text.push_str(feed);
            end = index + 1;
            continue;
        }
        truncated = true;
        // A single line that fills a result would otherwise stand in the way of all that follow.
        if text.is_empty() {
            text.push_str(fitting(&line.text, budget.left()));
            end = index + 1;
        }
        break;
    }
    let lines = wanted.start..end;
    view.count_redactions(masked.findings_in(lines.clone()));
    Excerpt::Text { text, lines, total, truncated }
}
