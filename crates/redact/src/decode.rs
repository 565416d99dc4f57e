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
    let mut trace = Trace::default();
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
            found.extend(trace.back(text, &mut sheets, start..end).map(part));
        }
    }
    found
}

/// Ranges on their way back to the text. There may be as many as words in a text, so that their memory is kept.
#[derive(Debug, Default)]
struct Trace {
    here: Vec<Range<usize>>,
    above: Vec<Range<usize>>,
}

impl Trace {
    /// The parts of the text that spell `range` of the last sheet.
    fn back(
        &mut self,
        text: &str,
        sheets: &mut [Sheet],
        range: Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> {
        self.here.clear();
        self.here.push(range);
        let mut sheets = sheets;
        while let Some((sheet, rest)) = sheets.split_last_mut() {
            let source = rest.last().map_or(text, |sheet| &sheet.text);
            self.above.clear();
            for range in self.here.drain(..) {
                sheet.origins(source, range, &mut self.above);
            }
            std::mem::swap(&mut self.here, &mut self.above);
            sheets = rest;
        }
        self.here.drain(..)
    }
}
