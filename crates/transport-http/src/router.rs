//! The routes of the server, each as `routes` describes it.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use gitoma_core::Gateway;

use crate::caller::Caller;
use crate::entrance::Entrance;
use crate::error::turned_away;
use crate::mounted::Mounted;
use crate::problem::Problem;
use crate::routes::Part;
use crate::server::Site;
use crate::shared::Shared;
use crate::{cockpit, routes};

/// The longest that an answer may take. Tools have shorter limits of their own; this one is for what they forget.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The whole service at its site, with what is mounted there besides.
pub(crate) fn router(shared: Shared, site: Site, mounted: &[Mounted]) -> Entrance {
    // The page is for whoever looks after the gateway.
    let page = if Part::Steering.is_served_by(site.serves) { cockpit::routes() } else { Router::new() };
    let gateway = shared.gateway.clone();
    let routes = routes::all()
        .filter(|route| route.part.is_served_by(site.serves))
        .fold(Router::new(), |router, route| router.route(route.path, (route.handler)(route.method.filter())))
        .merge(page);
    let routes = mounted
        .iter()
        .fold(routes, |router, mounted| router.route(mounted.path, mounted.route()))
        .fallback(async |gateway, caller| nobody(gateway, caller, Problem::unknown_route()).await)
        .method_not_allowed_fallback(async |gateway, caller| {
            nobody(gateway, caller, Problem::unknown_method()).await
        })
        .with_state(shared);
    Entrance::new(routes, gateway, site, mounted, TIME_LIMIT)
}

/// The answer where nobody is asked who they are.
async fn nobody(State(gateway): State<Gateway>, caller: Caller, problem: Problem) -> Response {
    turned_away(&gateway, None, caller.origin, problem).await
}
