//! Exact-match edits of a text. What an edit looks for never matches where a secret stands: a caller sees secrets as `***`, and an
//! edit that matches or not would tell whether a guess is right.

#[cfg(test)]
mod tests;

use std::ops::Range;

/// The most places that all edits of one call replace: each is followed through every edit after it.
pub(crate) const MAX_PLACES: usize = 100_000;

/// One edit: the text to find and the text to put there.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    pub(crate) old: String,
    pub(crate) new: String,
    /// Whether every occurrence is replaced; otherwise there must be exactly one.
    pub(crate) everywhere: bool,
}

/// Why an edit does not fit; `edit` counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The text to find is not there.
    Absent { edit: usize },
    /// The text to find is there more than once.
    Ambiguous { edit: usize, count: usize },
    /// The edits together would replace more than [`MAX_PLACES`].
    Everywhere,
    /// The result would be larger than a file may be.
    TooLarge,
}

/// A text under edit: where its secrets are, and what was put in.
#[derive(Debug, Default)]
pub(crate) struct Edited {
    pub(crate) text: String,
    /// Byte ranges that came from the edits, in order.
    pub(crate) inserted: Vec<Range<usize>>,
    /// Where the secrets of the text before are now.
    pub(crate) secrets: Vec<Range<usize>>,
}

/// Applies `edits` to `text` one after the other; each sees what those before it made. `secrets` are the byte ranges that no edit may
/// match.
pub(crate) fn apply(
    text: &str,
    secrets: Vec<Range<usize>>,
    edits: &[Edit],
    limit: usize,
) -> Result<Edited, Unfit> {
    let mut edited = Edited { text: text.to_owned(), inserted: Vec::new(), secrets };
    let windows = uses_crlf(text);
    let mut places = 0_usize;
    for (index, edit) in edits.iter().enumerate() {
        let number = index + 1;
        let mut found = edited.occurrences(&edit.old);
        let (mut old, mut new) = (edit.old.clone(), edit.new.clone());
        if found.is_empty() && windows && !edit.old.contains('\r') {
            // The caller sees lines, not how they end.
            old = edit.old.replace('\n', "\r\n");
            new = edit.new.replace("\r\n", "\n").replace('\n', "\r\n");
            found = edited.occurrences(&old);
        }
        match found.len() {
            0 => return Err(Unfit::Absent { edit: number }),
            1 => {}
            count if !edit.everywhere => return Err(Unfit::Ambiguous { edit: number, count }),
            _ => {}
        }
        places = places.saturating_add(found.len());
        if places > MAX_PLACES {
            return Err(Unfit::Everywhere);
        }
        let shrunk = edited.text.len().saturating_sub(found.len().saturating_mul(old.len()));
        if found.len().saturating_mul(new.len()).saturating_add(shrunk) > limit {
            return Err(Unfit::TooLarge);
        }
        edited.splice(&found, old.len(), &new);
    }
    Ok(edited)
}

/// Whether every line ends in CR LF, and there is one.
fn uses_crlf(text: &str) -> bool {
    let feeds = text.matches('\n').count();
    feeds > 0 && text.matches("\r\n").count() == feeds
}

impl Edited {
    /// Where `needle` stands, without overlaps, and not where a secret is: only what lies between secrets is searched.
    fn occurrences(&self, needle: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let mut from = 0;
        let ends = std::iter::once(self.text.len()..self.text.len());
        for secret in self.secrets.iter().cloned().chain(ends) {
            if let Some(gap) = self.text.get(from..secret.start) {
                found.extend(gap.match_indices(needle).map(|(at, _)| from + at));
            }
            from = from.max(secret.end);
        }
        found
    }

    /// Puts `new` in place of the `length` bytes at each of `places`, which are in order.
    fn splice(&mut self, places: &[usize], length: usize, new: &str) {
        let mut text = String::with_capacity(self.text.len());
        let mut made = Vec::with_capacity(places.len());
        let mut from = 0;
        for at in places {
            text.push_str(self.text.get(from..*at).unwrap_or_default());
            made.push(text.len()..text.len() + new.len());
            text.push_str(new);
            from = at + length;
        }
        text.push_str(self.text.get(from..).unwrap_or_default());
        let moved = |position: usize, ends: bool| {
            let before =
                places.partition_point(|place| if ends { *place < position } else { *place <= position });
            let Some(last) = before.checked_sub(1).and_then(|last| places.get(last)) else { return position };
            let shift = |count: usize| position + count * new.len() - count * length;
            // Inside of what was replaced: what is left begins behind the new text, or ends before it.
            match (position < last + length, ends) {
                (true, false) => made.get(before - 1).map_or(position, |made| made.end),
                (true, true) => made.get(before - 1).map_or(position, |made| made.start),
                (false, _) => shift(before),
            }
        };
        let move_all = |ranges: &[Range<usize>]| -> Vec<Range<usize>> {
            let moved = ranges.iter().map(|range| moved(range.start, false)..moved(range.end, true));
            moved.filter(|range| range.start < range.end).collect()
        };
        let secrets = move_all(&self.secrets);
        let mut inserted = move_all(&self.inserted);
        inserted.extend(made);
        inserted.sort_by_key(|range| range.start);
        *self = Self { text, inserted, secrets };
    }
}
