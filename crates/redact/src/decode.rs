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
/// told of all of it. All sheets together hold at most twice the length of the text (or [`LEAST_BUDGET`]); what is nested so that it would take more is not looked at. The first encoding always is:
/// a sheet made of the text itself takes less. What is in doubt is read otherwise on sheets that stand aside, of which no
/// further ones are made; those of either reader hold at most as much as the text.
pub(crate) fn find(text: &str, search: impl Fn(&str) -> Vec<Match>, hear: impl Fn(&[Match])) -> Vec<Match> {
    let mut found = Vec::new();
    let mut sheets: Vec<Sheet> = Vec::new();
    let mut trace = Trace::default();
    let mut budget = text.len().saturating_mul(2).max(LEAST_BUDGET);
    let mut budgets_aside = [text.len().max(LEAST_BUDGET); doubt::READERS];
    for _ in 0..DEPTH {
        let source = top(text, &sheets);
        let (escapes, doubtful) = escape::all(source);
        let others =
            if doubtful { doubt::read_otherwise(source.as_bytes(), &escapes) } else { Default::default() };
        let others = others.into_iter().zip(&mut budgets_aside);
        let mut asides: Vec<Sheet> =
            others.filter_map(|(escapes, budget)| Sheet::aside(source, escapes, budget)).collect();
        let mut sheet = Sheet::of(source, escapes, &mut budget);
        // A carrier is named by the sheet that goes on, which is searched first, and on it by what says most.
        for sheet in sheet.iter_mut().chain(&mut asides) {
            let mut matches = spans::join(&sheet.text, search(&sheet.text));
            hear(&matches);
            matches.sort_by_key(|found| Reverse(found.rank));
            for Match { rule, rank, start, end, .. } in matches {
                // Marks are for a bare number of the text itself, which the plain search finds.
                let part = |range: Range<usize>| Match {
                    rule,
                    rank,
                    start: range.start,
                    end: range.end,
                    quote: None,
                };
                found.extend(trace.back(text, &mut sheets, sheet, start..end).map(part));
            }
        }
        let Some(sheet) = sheet else { break };
        sheets.push(sheet);
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
    /// The parts of the text that spell `range` of a sheet that is made of the last of `sheets`.
    fn back(
        &mut self,
        text: &str,
        sheets: &mut [Sheet],
        sheet: &mut Sheet,
        range: Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> {
        self.here.clear();
        self.here.push(range);
        self.step(sheet, top(text, sheets));
        let mut sheets = sheets;
        while let Some((sheet, rest)) = sheets.split_last_mut() {
            self.step(sheet, top(text, rest));
            sheets = rest;
        }
        self.here.drain(..)
    }

    /// From a sheet to what it is made of.
    fn step(&mut self, sheet: &mut Sheet, source: &str) {
        self.above.clear();
        for range in self.here.drain(..) {
            sheet.origins(source, range, &mut self.above);
        }
        std::mem::swap(&mut self.here, &mut self.above);
    }
}

/// What the next sheet is made of.
fn top<'t>(text: &'t str, sheets: &'t [Sheet]) -> &'t str {
    sheets.last().map_or(text, |sheet| &sheet.text)
}
