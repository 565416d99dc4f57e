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
        /// Less than was wanted.
        truncated: bool,
        /// The first line that was wanted and is not shown, from 0.
        next: Option<usize>,
        /// The one line that is shown is longer than a result; its rest is not shown.
        line_cut: bool,
        /// There is a secret in the file, be it in these lines or elsewhere.
        secret: bool,
    },
}

impl Excerpt {
    pub(crate) fn truncated(&self) -> bool {
        matches!(self, Self::Text { truncated: true, .. })
    }

    /// Whether the file holds more than may be shown of it.
    pub(crate) fn hides_a_secret(&self) -> bool {
        matches!(self, Self::Text { secret: true, .. })
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
    let mut line_cut = false;
    let room = budget.left();
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
        // A line longer than a whole result would otherwise stand in the way of all that follow.
        if index == wanted.start && room == Budget::new().left() {
            text.push_str(fitting(&line.text, room));
            end = index + 1;
            line_cut = true;
        }
        break;
    }
    let lines = wanted.start..end;
    view.count_redactions(masked.findings_in(lines.clone()));
    let next = (lines.end < wanted.end).then_some(lines.end);
    let truncated = line_cut || next.is_some();
    Excerpt::Text { text, lines, total, truncated, next, line_cut, secret: masked.findings_in(0..total) > 0 }
}
