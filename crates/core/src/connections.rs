//! [`Connections`]: how many clients are connected, and how many had to give way, as a transport that knows them tells the metrics.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::gateway::Gateway;

/// The connections of a gateway's listeners, counted together. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    open: Gauge,
    gave_way: Counter,
}

impl Connections {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let connections = Self::default();
        registry.register("connections", "Clients that are connected", connections.open.clone());
        registry.register(
            "connections_gave_way",
            "Connections that were ended since every place was taken and their client had kept the server waiting longest",
            connections.gave_way.clone(),
        );
        connections
    }

    /// Counts one that begins; it ends when what is returned is dropped.
    #[must_use]
    pub fn begin(&self) -> Connected {
        self.open.inc();
        Connected(self.open.clone())
    }

    /// Counts one that has to give way to another.
    pub fn give_way(&self) {
        self.gave_way.inc();
    }
}

/// A connection that is counted.
#[derive(Debug)]
pub struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Gateway {
    /// Where a transport counts its connections.
    #[must_use]
    pub fn connections(&self) -> Connections {
        self.inner.metrics.connections.clone()
    }
}
