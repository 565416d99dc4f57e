//! Secrets that are written in another encoding. After the plain search a text is decoded onto a [`Sheet`], which is
//! searched by the same rules, and so is the sheet made of that sheet. What is found is traced back to the
//! characters that spell it, and those are hidden: the carrier, never the decoded text, stands in the result.
//!
//! What is looked through: invisible characters, terminal sequences, continued lines, escapes of programming
//! languages, URLs, markup and mail, and runs of base64 and hexadecimal digits. What is not: compression, encryption,
//! base32, and anything more than [`DEPTH`] encodings deep.

mod carrier;
mod doubt;
mod entity;
mod escape;
mod quoted_printable;
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

/// Finds what `search` finds in the text once it is decoded. Much may be found in one carrier, which is one finding: `hear` is
/// told of all of it. All sheets together hold at most twice the length of the
/// text (or [`LEAST_BUDGET`]); what is nested so that it would take more is not looked at. The first encoding always is:
/// a sheet made of the text itself takes less. What is in doubt is read otherwise on sheets that stand aside, of which no
/// further ones are made; those of either reader hold at most as much as the text.
pub(crate) fn find(text: &str, search: impl Fn(&str) -> Vec<Match>, hear: impl Fn(&[Match])) -> Vec<Match> {
    let mut decoded =
        Decoded { text, search, hear, sheets: Vec::new(), found: Vec::new(), trace: Trace::default() };
    let least = text.len().max(LEAST_BUDGET);
    let mut budget = text.len().saturating_mul(2).max(LEAST_BUDGET);
    let mut budgets_aside = [least; doubt::READERS];
    for _ in 0..DEPTH {
        let source = decoded.last();
        let (escapes, doubtful) = escape::all(source);
        let others =
            if doubtful { doubt::read_otherwise(source.as_bytes(), &escapes) } else { Default::default() };
        let others = others.into_iter().zip(&mut budgets_aside);
        let asides: Vec<Sheet> =
            others.filter_map(|(escapes, budget)| Sheet::aside(source, escapes, budget)).collect();
        let sheet = Sheet::of(source, escapes, &mut budget);
        // A carrier is named by what the sheet says that goes on; those aside are made of the one before.
        let main = sheet.and_then(|sheet| decoded.search(sheet));
        for aside in asides {
            decoded.search(aside);
        }
        let Some(sheet) = main else { break };
        decoded.sheets.push(sheet);
    }
    decoded.found
}

/// A text and the sheets that are made one of the other.
struct Decoded<'t, Search, Hear> {
    text: &'t str,
    search: Search,
    hear: Hear,
    sheets: Vec<Sheet>,
    found: Vec<Match>,
    trace: Trace,
}

impl<Search: Fn(&str) -> Vec<Match>, Hear: Fn(&[Match])> Decoded<'_, Search, Hear> {
    /// What the next sheet is made of.
    fn last(&self) -> &str {
        self.sheets.last().map_or(self.text, |sheet| &sheet.text)
    }

    /// Adds what is found on a sheet that is made of the last, and answers the sheet.
    fn search(&mut self, sheet: Sheet) -> Option<Sheet> {
        let mut matches = spans::join(&sheet.text, (self.search)(&sheet.text));
        (self.hear)(&matches);
        // A carrier is named by what says most.
        matches.sort_by_key(|found| Reverse(found.rank));
        self.sheets.push(sheet);
        for Match { rule, rank, start, end, .. } in matches {
            // Marks are for a bare number of the text itself, which the plain search finds.
            let part =
                |range: Range<usize>| Match { rule, rank, start: range.start, end: range.end, quote: None };
            self.found.extend(self.trace.back(self.text, &mut self.sheets, start..end).map(part));
        }
        self.sheets.pop()
    }
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
