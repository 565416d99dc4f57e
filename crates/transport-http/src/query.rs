//! The query of a request: known names, each at most once. Anything else refuses the request: what a caller meant with a name that is
//! misspelt must not be guessed.

/// The query is not of the documented shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadQuery;

/// What stands under `names`, in their order.
pub(crate) fn values<'a, const NAMES: usize>(
    query: Option<&'a str>,
    names: [&str; NAMES],
) -> Result<[Option<&'a str>; NAMES], BadQuery> {
    let mut found = [None; NAMES];
    for pair in query.filter(|query| !query.is_empty()).into_iter().flat_map(|query| query.split('&')) {
        let (name, value) = pair.split_once('=').ok_or(BadQuery)?;
        let place = names.iter().position(|known| *known == name).and_then(|place| found.get_mut(place));
        *place.filter(|place| place.is_none()).ok_or(BadQuery)? = Some(value);
    }
    Ok(found)
}

/// The whole numbers under `names`, in their order.
pub(crate) fn numbers<const NAMES: usize>(
    query: Option<&str>,
    names: [&str; NAMES],
) -> Result<[Option<u64>; NAMES], BadQuery> {
    let mut found = [None; NAMES];
    for (number_of, value) in found.iter_mut().zip(values(query, names)?) {
        *number_of = value.map(|value| number(value).ok_or(BadQuery)).transpose()?;
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
