//! Requests that a browser sends for a page of another origin are refused, unless the operator named that origin. Programs that are no
//! browsers send no `Origin` and pass.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::ORIGIN;

use crate::following::WEBSOCKET;
use crate::host::{Authority, named_host};

/// Why a configured origin is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// An entry is not the origin of a page on the web.
    #[error(
        "an origin must be http:// or https:// and a host name, with a port or without, as `https://board.example`; `*` and `null` are not"
    )]
    Malformed,
}

/// Origins other than the server's own whose pages may do something; by default there are none.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    /// They may read answers.
    pub(crate) cors: Vec<HeaderValue>,
    /// They may follow the audit log over WebSocket.
    websocket: Vec<HeaderValue>,
}

impl Origins {
    /// The origins whose pages may read answers (`cors`), and those whose pages may follow the audit log over WebSocket: each exactly as
    /// browsers send it.
    ///
    /// # Errors
    /// [`OriginError`] if an entry is no such origin.
    pub fn new(cors: &[String], websocket: &[String]) -> Result<Self, OriginError> {
        let parse = |list: &[String]| list.iter().map(|text| exact(text)).collect::<Result<_, _>>();
        Ok(Self { cors: parse(cors)?, websocket: parse(websocket)? })
    }
}

/// An origin as browsers spell it (RFC 6454 §6.2).
fn exact(text: &str) -> Result<HeaderValue, OriginError> {
    let text = text.to_ascii_lowercase();
    let (scheme, rest) = text.split_once("://").ok_or(OriginError::Malformed)?;
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return Err(OriginError::Malformed),
    };
    Authority::parse(rest).ok_or(OriginError::Malformed)?;
    // The usual port is left out.
    let rest = rest.strip_suffix(port).unwrap_or(rest);
    HeaderValue::try_from(format!("{scheme}://{rest}")).map_err(|_| OriginError::Malformed)
}

/// Whether the request comes from no page, from one that this very server (under the name the request uses) has served, or from one of an
/// origin that may.
pub(crate) fn may_ask(request: &Request, origins: &Origins) -> bool {
    let mut values = request.headers().get_all(ORIGIN).iter();
    match (values.next(), values.next()) {
        (None, _) => true,
        (Some(origin), None) => {
            let authority = origin.to_str().ok().and_then(|text| {
                // Behind a proxy that speaks TLS the page's scheme is https.
                text.strip_prefix("http://")
                    .or_else(|| text.strip_prefix("https://"))
                    .and_then(Authority::parse)
            });
            let further = if request.uri().path() == WEBSOCKET { &origins.websocket } else { &origins.cors };
            (authority.is_some() && authority == named_host(request)) || further.contains(origin)
        }
        (Some(_), Some(_)) => false,
    }
}

#[cfg(test)]
mod tests;
