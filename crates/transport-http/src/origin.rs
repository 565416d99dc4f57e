//! Requests that a browser sends for a page of another origin are refused: no cross-origin resource sharing, for any page. Programs
//! that are no browsers send no `Origin` and pass.

use axum::extract::Request;
use axum::http::header::ORIGIN;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::host::{Authority, named_host};
use crate::problem::Problem;

/// Whether the request comes from no page, or from a page that this very server (under the name the request uses) has served.
fn same_origin(request: &Request) -> bool {
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
            authority.is_some() && authority == named_host(request)
        }
        (Some(_), Some(_)) => false,
    }
}

/// Refuses a cross-origin request.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    if same_origin(&request) { next.run(request).await } else { Problem::cross_origin().into_response() }
}

#[cfg(test)]
mod tests;
