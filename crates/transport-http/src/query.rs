//! The query of a request: known names, each at most once, with whole numbers. Anything else refuses the request: what a caller meant with
//! a name that is misspelt must not be guessed.

/// The query is not of the documented shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadQuery;

/// The numbers under `names`, in their order.
pub(crate) fn numbers<const NAMES: usize>(
    query: Option<&str>,
    names: [&str; NAMES],
) -> Result<[Option<u64>; NAMES], BadQuery> {
    let mut found = [None; NAMES];
    for pair in query.unwrap_or_default().split('&').filter(|_| query.is_some_and(|query| !query.is_empty()))
    {
        let (name, value) = pair.split_once('=').ok_or(BadQuery)?;
        let place = names.iter().position(|known| *known == name).and_then(|place| found.get_mut(place));
        let place = place.filter(|place| place.is_none()).ok_or(BadQuery)?;
        *place = Some(number(value).ok_or(BadQuery)?);
    }
    Ok(found)
}

/// A whole number in decimal digits.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
