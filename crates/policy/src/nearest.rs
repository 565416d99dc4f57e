//! The likeliest correction of a name that is not known.

/// The longest name of which a spelling mistake is looked for, in bytes.
const LONGEST_NAME: usize = 128;

/// The most changes of one byte that make a spelling mistake.
const MOST_CHANGES: usize = 3;

/// The one of `names` that is spelt most like `text`, if one is near.
pub(crate) fn nearest<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A text of another length cannot be near, and the distance of a long one would take long to find.
    if text.len() > LONGEST_NAME {
        return None;
    }
    let similar = names.into_iter().filter(|name| name.len().abs_diff(text.len()) <= MOST_CHANGES);
    let (changes, name) = similar.map(|name| (distance(name, text), name)).min()?;
    (changes <= MOST_CHANGES).then_some(name)
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
