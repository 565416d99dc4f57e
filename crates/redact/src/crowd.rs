//! Secrets so close to each other that only a text made to be slow holds them so: what is between them goes too. Such a text would be
//! searched twice, and each time in every encoding; without its crowds the second search has little left to read.

use std::ops::Range;

use memchr::memchr2_iter;

use crate::finding::Finding;
use crate::spans::{Match, Rank};

/// This many findings within so many bytes are a crowd. The bytes are fewer than a stream looks ahead and behind, so that it
/// tells a crowd wherever its text is cut.
const CROWD: usize = 128;
const CROWDED: usize = 6 * 1024;
/// The same where as many lines end or more: settings that stand one on each line keep their names, unless they have next to none.
const LINES: usize = CROWD / 4;
const CROWDED_LINES: usize = 3 * 1024;

/// Joins the matches (sorted and apart) of each crowd in `text` within its lines, whose ends stay. Nothing if there is no crowd.
pub(crate) fn join(text: &str, matches: &[Match]) -> Option<Vec<Match>> {
    let crowds = crowds(text, matches);
    if crowds.is_empty() {
        return None;
    }
    let mut joined = Vec::new();
    let mut next = 0;
    for Range { start, end } in crowds {
        joined.extend_from_slice(matches.get(next..start).unwrap_or_default());
        if let Some([first, .., last]) = matches.get(start..end) {
            let mut start = first.start;
            for line in text.get(start..last.end).unwrap_or_default().split(['\n', '\r']) {
                let end = start + line.len();
                if start < end {
                    joined.push(Match {
                        rule: Finding::UNSEARCHED,
                        rank: Rank::Known,
                        start,
                        end,
                        quote: None,
                    });
                }
                start = end + 1;
            }
        }
        next = end;
    }
    joined.extend_from_slice(matches.get(next..).unwrap_or_default());
    Some(joined)
}

/// The matches, by their places in the list, that stand in one crowd or in several that overlap.
fn crowds(text: &str, matches: &[Match]) -> Vec<Range<usize>> {
    let mut crowds: Vec<Range<usize>> = Vec::new();
    if matches.len() < CROWD {
        return crowds;
    }
    let mut counted = (0, 0);
    let ends_before = |start: usize| {
        let (from, count) = counted;
        let between = text.as_bytes().get(from..start).unwrap_or_default();
        counted = (start, count + memchr2_iter(b'\n', b'\r', between).count());
        counted.1
    };
    let ends: Vec<usize> = matches.iter().map(|found| found.start).map(ends_before).collect();
    for (start, (crowd, ends)) in matches.windows(CROWD).zip(ends.windows(CROWD)).enumerate() {
        let ([first, .., last], [first_end, .., last_end]) = (crowd, ends) else { break };
        let most = if last_end - first_end < LINES { CROWDED } else { CROWDED_LINES };
        if last.start - first.start >= most {
            continue;
        }
        match crowds.last_mut() {
            Some(before) if start < before.end => before.end = start + CROWD,
            _ => crowds.push(start..start + CROWD),
        }
    }
    crowds
}

#[cfg(test)]
mod tests;
