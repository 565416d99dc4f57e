//! What a client gives up for one request: the text in its `_meta`. What the text may say is core's.

use gitoma_core::{BadRestriction, Restriction};
use serde_json::{Map, Value};

/// The key in a request's `_meta`, with the prefix of all the keys that are ours.
pub(crate) const RESTRICT: &str = "gitoma/restrict";

/// What a request with the metadata `meta` gives up. Without the key it is nothing; any value but a good text is an error, so that
/// nothing a client wanted to give up is passed over.
///
/// # Errors
/// [`BadRestriction`], upon which the request must be refused.
pub(crate) fn of(meta: &Map<String, Value>) -> Result<Restriction, BadRestriction> {
    match meta.get(RESTRICT) {
        None => Ok(Restriction::default()),
        Some(Value::String(text)) => Restriction::parse(text),
        Some(_) => Err(BadRestriction::NotText),
    }
}

#[cfg(test)]
mod tests;
