//! Secrets that are written in another encoding. After the plain search a text is decoded onto a [`Sheet`], which is
//! searched by the same rules, and so is the sheet made of that sheet. What is found is traced back to the
//! characters that spell it, and those are hidden: the carrier, never the decoded text, stands in the result.
//!
//! What is looked through: invisible characters, terminal sequences, continued lines, escapes of programming
//! languages, URLs, markup and mail, and runs of base64 and hexadecimal digits. What is not: compression, encryption,
//! base32, and anything more than [`DEPTH`] encodings deep.

mod carrier;
mod entity;
mod escape;
mod sheet;
mod window;

use crate::spans::{self, Match};
use sheet::Sheet;
use std::cmp::Reverse;
use std::ops::Range;

/// How many encodings may lie on top of each other.
const DEPTH: usize = 3;
/// Short texts may be decoded as often as they are nested.
const LEAST_BUDGET: usize = 4096;

/// Finds what `search` finds in the text once it is decoded. All sheets together hold at most twice the length of the
/// text (or [`LEAST_BUDGET`]); what is nested so that it would take more is not looked at. The first encoding always is:
/// a sheet made of the text itself takes less.
pub(crate) fn find(text: &str, search: impl Fn(&str) -> Vec<Match>) -> Vec<Match> {
    let mut found = Vec::new();
    let mut sheets: Vec<Sheet> = Vec::new();
    let mut budget = text.len().saturating_mul(2).max(LEAST_BUDGET);
    for _ in 0..DEPTH {
        let source = sheets.last().map_or(text, |sheet| &sheet.text);
        let Some(sheet) = Sheet::of(source, &mut budget) else { break };
        let mut matches = spans::join(&sheet.text, search(&sheet.text));
        // A carrier is named by what says most.
        matches.sort_by_key(|found| Reverse(found.rank));
        sheets.push(sheet);
        for Match { rule, rank, start, end, .. } in matches {
            // Marks are for a bare number of the text itself, which the plain search finds.
            let part =
                |range: Range<usize>| Match { rule, rank, start: range.start, end: range.end, quote: None };
            found.extend(trace(text, &mut sheets, start..end).into_iter().map(part));
        }
    }
    found
}

/// The parts of the text that spell `range` of the last sheet.
fn trace(text: &str, sheets: &mut [Sheet], range: Range<usize>) -> Vec<Range<usize>> {
    let Some((sheet, above)) = sheets.split_last_mut() else { return std::iter::once(range).collect() };
    let source = above.last().map_or(text, |sheet| &sheet.text);
    let origins = sheet.origins(source, range);
    origins.into_iter().flat_map(|range| trace(text, above, range)).collect()
}
