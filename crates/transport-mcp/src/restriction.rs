//! What a client gives up for one request: the text in its `_meta`, and over HTTP the header `Gitoma-Restrict` besides. Both only tighten,
//! and both hold. What the text may say is core's.

use gitoma_core::{BadRestriction, Restriction};
use serde_json::{Map, Value};

/// The key in a request's `_meta`, with the prefix of all the keys that are ours.
pub(crate) const KEY: &str = "gitoma/restrict";
/// Where the key stands, for whoever wrote something else there.
pub(crate) const METADATA: &str = "_meta.gitoma/restrict";
/// The header, for whoever wrote something else there.
const HEADER: &str = "Gitoma-Restrict";

/// What a request gives up, or that nobody can tell, upon which it must be refused; and where that is to be mended.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) restriction: Result<Restriction, BadRestriction>,
    pub(crate) place: &'static str,
}

/// What a request with the metadata `meta` gives up, whose `headers` say so much. Without the key it is nothing more; any value but a good
/// text is an error, so that nothing a client wanted to give up is passed over.
pub(crate) fn of(headers: &Result<Restriction, BadRestriction>, meta: &Map<String, Value>) -> Given {
    of_value(headers, meta.get(KEY))
}

/// The same, where the key has the value `said`.
pub(crate) fn of_value(headers: &Result<Restriction, BadRestriction>, said: Option<&Value>) -> Given {
    let said = match said {
        None => Ok(Restriction::default()),
        Some(Value::String(text)) => Restriction::parse(text),
        Some(_) => Err(BadRestriction::NotText),
    };
    match (headers, said) {
        (Err(bad), _) => Given { restriction: Err(*bad), place: HEADER },
        (Ok(header), said) => {
            Given { restriction: said.map(|said| header.clone().and(said)), place: METADATA }
        }
    }
}

#[cfg(test)]
mod tests;
