//! What the handlers share.

use axum::extract::FromRef;
use gitoma_core::Gateway;

/// What the handlers share: above all the gateway.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) gateway: Gateway,
}

impl FromRef<Shared> for Gateway {
    fn from_ref(shared: &Shared) -> Self {
        shared.gateway.clone()
    }
}
