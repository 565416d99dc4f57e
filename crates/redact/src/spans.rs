//! Raw matches of one pass: how they are put in order, joined, and replaced in a text. It decides nothing about
//! what is secret.

use crate::finding::{Finding, PLACEHOLDER};
use crate::quote::Quote;

/// How much a rule says about what it found; of joined matches the one that says most gives its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Where it stands says that it is secret.
    Context,
    /// Its own shape says so.
    Shape,
    /// It is one of the values that Gitoma was told.
    Known,
}

/// A secret found by one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) rule: &'static str,
    pub(crate) rank: Rank,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Marks to put around the placeholder, where a bare number stood and the text must stay valid JSON.
    pub(crate) quote: Option<Quote>,
}

/// Sorts matches and joins those that overlap, so that no part of a secret is left beside the placeholder.
pub(crate) fn join(text: &str, mut matches: Vec<Match>) -> Vec<Match> {
    matches.retain(|found| found.start < found.end && found.end <= text.len());
    matches.sort_by_key(|found| (found.start, found.end));
    for found in &mut matches {
        found.start = text.floor_char_boundary(found.start);
        found.end = text.ceil_char_boundary(found.end);
    }
    matches.dedup_by(|next, last| {
        let joins = next.start < last.end;
        if joins {
            last.end = last.end.max(next.end);
            last.quote = last.quote.or(next.quote);
            if next.rank > last.rank {
                last.rank = next.rank;
                last.rule = next.rule;
            }
        }
        joins
    });
    matches
}

/// The lines that the matches stand on, whole; line ends stay.
pub(crate) fn lines_of(text: &str, matches: &[Match]) -> Vec<Match> {
    let bytes = text.as_bytes();
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let mut lines: Vec<Match> = Vec::new();
    for found in matches {
        let seen = lines.last().map_or(0, |line| line.end);
        let head = bytes.get(seen..found.start).unwrap_or_default();
        let mut start = head.iter().rposition(is_end).map_or(seen, |end| seen + end + 1);
        while start < found.end {
            let rest = bytes.get(start..).unwrap_or_default();
            let end = start + rest.iter().position(is_end).unwrap_or(rest.len());
            lines.push(Match { rule: Finding::UNSEARCHED, rank: Rank::Known, start, end, quote: None });
            start = end + 1;
        }
    }
    lines
}

/// Adds the whole of every line to the matches, for a text that no number of rounds makes clean.
pub(crate) fn whole_lines(text: &str, mut matches: Vec<Match>) -> Vec<Match> {
    for found in &mut matches {
        found.quote = None;
    }
    let mut start = 0;
    for line in text.split(['\n', '\r']) {
        let end = start + line.len();
        matches.push(Match { rule: Finding::UNSEARCHED, rank: Rank::Known, start, end, quote: None });
        start = end + 1;
    }
    join(text, matches)
}

/// Writes the text with a placeholder in the place of each match; the matches are sorted and apart.
pub(crate) fn replace(text: &str, matches: &[Match]) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut copied = 0;
    for found in matches {
        clean.push_str(text.get(copied..found.start).unwrap_or_default());
        let mark = found.quote.map(Quote::spelled).unwrap_or_default();
        clean.push_str(&mark);
        clean.push_str(PLACEHOLDER);
        clean.push_str(&mark);
        copied = found.end;
    }
    clean.push_str(text.get(copied..).unwrap_or_default());
    clean
}

/// Carries matches found in a replaced text back to the text it was made from. An edge inside a placeholder
/// becomes the edge of what the placeholder stands for.
pub(crate) fn carry_back(earlier: &[Match], later: Vec<Match>) -> Vec<Match> {
    let mut steps = earlier.iter().peekable();
    let (mut original, mut replaced) = (0_usize, 0_usize);
    let mut place = |index: usize, is_end: bool| {
        while let Some(step) = steps.peek() {
            let mark = step.quote.map_or(0, |quote| quote.escapes() + 1);
            let placeholder = replaced + (step.start - original);
            let after = placeholder + PLACEHOLDER.len() + 2 * mark;
            if index <= placeholder {
                break;
            }
            if index < after {
                return if is_end { step.end } else { step.start };
            }
            original = step.end;
            replaced = after;
            steps.next();
        }
        original + (index - replaced)
    };
    later
        .into_iter()
        .map(|found| {
            let start = place(found.start, false);
            Match { start, end: place(found.end, true), ..found }
        })
        .collect()
}

impl From<Match> for Finding {
    fn from(found: Match) -> Self {
        Self { rule: found.rule, span: found.start..found.end }
    }
}
