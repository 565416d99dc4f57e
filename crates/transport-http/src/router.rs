//! The routes of the server, each as `routes` describes it.

use std::time::Duration;

use axum::Router;

use crate::entrance::Entrance;
use crate::problem::Problem;
use crate::routes::Part;
use crate::server::Site;
use crate::shared::Shared;
use crate::{cockpit, routes};

/// The longest that an answer may take. Tools have shorter limits of their own; this one is for what they forget.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The whole service at its site.
pub(crate) fn router(shared: Shared, site: Site) -> Entrance {
    // The page is for whoever looks after the gateway.
    let page = if Part::Steering.is_served_by(site.serves) { cockpit::routes() } else { Router::new() };
    let routes = routes::all()
        .filter(|route| route.part.is_served_by(site.serves))
        .fold(Router::new(), |router, route| router.route(route.path, (route.handler)(route.method.filter())))
        .merge(page)
        .fallback(async || Problem::unknown_route())
        .method_not_allowed_fallback(async || Problem::unknown_method())
        .with_state(shared);
    Entrance::new(routes, site, TIME_LIMIT)
}
