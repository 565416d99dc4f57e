//! [`Caller`]: who sends a request and with which identifiers, as its headers and its socket say. Nothing is verified here; the
//! gateway does that.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName};
use gitoma_core::{
    BadRestriction, CorrelationId, Credential, Origin, RawArgs, RawCall, Restriction, Secret, TraceId,
    Transport,
};

use crate::connection::Client;
use crate::forwarded::CallerAddress;
use crate::problem::Problem;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const RESTRICT: HeaderName = HeaderName::from_static("gitoma-restrict");

/// The sender of a request.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) credential: Credential,
    pub(crate) origin: Origin,
    /// What the caller gives up, or why nobody can tell what.
    pub(crate) restriction: Result<Restriction, BadRestriction>,
    correlation_id: Option<CorrelationId>,
    trace_id: Option<TraceId>,
}

impl Caller {
    /// Whether a credential was presented at all.
    pub(crate) fn has_credential(&self) -> bool {
        !matches!(self.credential, Credential::Absent)
    }

    /// The call of `tool` with `arguments` by this caller.
    pub(crate) fn call(self, tool: String, arguments: RawArgs) -> RawCall {
        let mut call = RawCall::new(tool, arguments, self.credential, self.origin);
        call.restriction = self.restriction;
        call.correlation_id = self.correlation_id;
        call.trace_id = self.trace_id;
        call
    }
}

impl<State: Sync> FromRequestParts<State> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &State) -> Result<Self, Problem> {
        // Without an address nobody could be limited, so nobody is served.
        let Some(CallerAddress(peer)) = parts.extensions.get().copied() else {
            return Err(Problem::internal());
        };
        Ok(Self {
            credential: credential(&parts.headers, &parts.extensions),
            origin: Origin { transport: Transport::Http, peer },
            restriction: restriction(&parts.headers),
            correlation_id: single(&parts.headers, &REQUEST_ID).and_then(CorrelationId::parse),
            trace_id: single(&parts.headers, &TRACEPARENT).and_then(TraceId::from_traceparent),
        })
    }
}

/// The bearer token of exactly one `Authorization` header (RFC 6750 §2.1), or, without any, the user at the other end of a socket's file;
/// anything else is no credential.
fn credential(headers: &HeaderMap, extensions: &Extensions) -> Credential {
    let user = extensions.get().and_then(|ConnectInfo(client): &ConnectInfo<Client>| client.user());
    if let (Some(user), false) = (user, headers.contains_key(AUTHORIZATION)) {
        return Credential::User(user);
    }
    let token = single(headers, &AUTHORIZATION).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        let token = token.trim_matches(' ');
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    });
    token.map_or(Credential::Absent, |token| Credential::Bearer(Secret::new(token.to_owned())))
}

/// What the caller gives up, in any number of headers.
fn restriction(headers: &HeaderMap) -> Result<Restriction, BadRestriction> {
    Restriction::parse_all(headers.get_all(&RESTRICT).iter().map(|value| value.to_str().ok()))
}

/// The header's value, if there is exactly one and it is visible ASCII. Two values mean that somebody between us and the caller may
/// have chosen the other one.
fn single<'headers>(headers: &'headers HeaderMap, name: &HeaderName) -> Option<&'headers str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
