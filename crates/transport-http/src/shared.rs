//! What the handlers share.

use axum::extract::FromRef;
use gitoma_core::Gateway;
use tokio::sync::watch;

/// What the handlers share: above all the gateway.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) gateway: Gateway,
    /// Turns true when the server is to stop: who follows something is told so and let go.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl FromRef<Shared> for Gateway {
    fn from_ref(shared: &Shared) -> Self {
        shared.gateway.clone()
    }
}
