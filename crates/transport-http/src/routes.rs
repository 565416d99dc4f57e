//! The endpoints, described once: the router and the API's documents (`openapi`) are both made from [`all`], so that neither has what
//! the other lacks. Each area lists its own beside its handlers.

use axum::http::StatusCode;
use axum::routing::{MethodFilter, MethodRouter};
use gitoma_core::Role;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::server::Serving;
use crate::shared::Shared;
use crate::{approvals, audit, calls, following, me, openapi, probes, steering};

/// One endpoint: a method on a path.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    /// As axum and OpenAPI both write it: `/api/v1/tools/{name}`.
    pub(crate) path: &'static str,
    /// Puts the handler behind the method.
    pub(crate) handler: fn(MethodFilter) -> MethodRouter<Shared>,
    /// The operation's name in generated clients, in snake case.
    pub(crate) id: &'static str,
    /// One line.
    pub(crate) summary: &'static str,
    /// What else is to be said, in Markdown.
    pub(crate) about: &'static str,
    pub(crate) who: Who,
    pub(crate) part: Part,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) body: Option<Body>,
    pub(crate) answers: &'static [Answer],
    /// Codes of problems besides those of `who` and those that any endpoint may answer.
    pub(crate) codes: &'static [&'static str],
}

/// The methods there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
}

impl Method {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }

    pub(crate) const fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
        }
    }
}

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Anybody, also without a token; the token is not looked at.
    Anybody,
    /// Anybody; a good token learns more.
    Probe,
    /// Whoever has a good token.
    Principal,
    /// Whoever has a good token without a scope.
    Whole,
    /// Whoever has a good token without a scope, and one of these roles.
    Roles(&'static [Role]),
}

impl Who {
    /// The codes of those who are not admitted.
    pub(crate) const fn codes(self) -> &'static [&'static str] {
        match self {
            Self::Anybody => &[],
            Self::Probe => &["unauthenticated", "invalid_credential", "expired_credential", "rate_limited"],
            Self::Principal => &[
                "unauthenticated",
                "invalid_credential",
                "expired_credential",
                "rate_limited",
                "not_configured",
                "sealed",
                "shutting_down",
                "audit_unavailable",
            ],
            Self::Whole => &[
                "unauthenticated",
                "invalid_credential",
                "expired_credential",
                "out_of_scope",
                "rate_limited",
                "not_configured",
                "sealed",
                "shutting_down",
                "audit_unavailable",
            ],
            Self::Roles(_) => &[
                "unauthenticated",
                "invalid_credential",
                "expired_credential",
                "out_of_scope",
                "role_required",
                "rate_limited",
                "not_configured",
                "sealed",
                "shutting_down",
                "audit_unavailable",
            ],
        }
    }
}

/// Which listeners serve an endpoint where calls and steering have one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Both.
    Everywhere,
    /// The one for calls.
    Calls,
    /// The one for whoever looks after the gateway.
    Steering,
}

impl Part {
    /// Whether a listener that serves so much serves it.
    pub(crate) const fn is_served_by(self, serving: Serving) -> bool {
        match (self, serving) {
            (Self::Everywhere, _) | (_, Serving::Everything) => true,
            (Self::Calls, _) => matches!(serving, Serving::Calls),
            (Self::Steering, _) => matches!(serving, Serving::Steering),
        }
    }
}

/// Codes that any endpoint may answer with: they come before or around the handlers.
pub(crate) const AROUND: &[&str] = &["host_denied", "origin_denied", "timed_out", "internal"];

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
}

impl Place {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
        }
    }
}

/// A parameter. Those in a path are required, others are not.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) about: &'static str,
    /// A JSON Schema.
    pub(crate) schema: fn() -> Value,
}

/// Makes the schema of a type.
pub(crate) type Describe = fn(&mut SchemaGenerator) -> Schema;

/// The schema of `T`, or a reference to it.
pub(crate) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// What a request carries: JSON.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) about: &'static str,
    pub(crate) required: bool,
    pub(crate) schema: Describe,
}

/// An answer that is no problem.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) about: &'static str,
    pub(crate) content: Content,
}

/// What an answer carries.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    /// JSON of this schema.
    Json(Describe),
    /// Text of this media type.
    Text(&'static str),
    /// Nothing.
    Nothing,
}

/// Headers that calls take besides.
pub(crate) const GIVE_UP: Parameter = Parameter {
    name: "Gitoma-Restrict",
    place: Place::Header,
    about: "What the caller gives up for this request: `read-only`, `dry-run`, `repos=ALIAS ALIAS …`, separated by commas.",
    schema: || serde_json::json!({ "type": "string", "maxLength": 4096 }),
};
pub(crate) const REQUEST_ID: Parameter = Parameter {
    name: "X-Request-Id",
    place: Place::Header,
    about: "The caller's own name of the request, kept in the log and the audit entries. A malformed one is left out.",
    schema: || serde_json::json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" }),
};
pub(crate) const TRACE: Parameter = Parameter {
    name: "traceparent",
    place: Place::Header,
    about: "W3C Trace Context; the trace id is kept as `X-Request-Id` is.",
    schema: || serde_json::json!({ "type": "string" }),
};

/// Every endpoint.
pub(crate) fn all() -> impl Iterator<Item = &'static Route> {
    [
        probes::ROUTES,
        openapi::ROUTES,
        me::ROUTES,
        calls::ROUTES,
        approvals::ROUTES,
        audit::ROUTES,
        following::ROUTES,
        steering::ROUTES,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests;
