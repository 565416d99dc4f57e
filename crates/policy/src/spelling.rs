//! What somebody who misspelt a word most likely meant.

/// The longest text of which a spelling mistake is looked for, in bytes.
const LONGEST: usize = 128;

/// The most letters in which a text may differ from what was meant.
const FARTHEST: usize = 3;

/// The known word that is spelt most like `text`; none when all are too far.
pub(crate) fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A text of another length cannot be near, and the distance of a long one would take long to find.
    if text.len() > LONGEST {
        return None;
    }
    let similar = known.into_iter().filter(|word| word.len().abs_diff(text.len()) <= FARTHEST);
    let (far, near) = similar.map(|word| (distance(word, text), word)).min()?;
    // A short word has little left of it when so much is changed.
    (far <= FARTHEST && far.saturating_mul(2) < text.len().max(near.len())).then_some(near)
}

/// The Levenshtein distance of two short texts, in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, x) in a.bytes().enumerate() {
        let mut diagonal = at;
        let mut left = at.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let above = *cell;
            let change = diagonal.saturating_add(usize::from(x != y));
            left = change.min(above.saturating_add(1)).min(left.saturating_add(1));
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
