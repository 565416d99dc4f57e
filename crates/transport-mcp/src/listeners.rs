//! [`Listeners`]: who on one connection over stdio waits to be told of changed lists. Clients of the revisions up to 2025-11-25 are told by
//! the connection once they have said that they are ready; those of 2026-07-28 for as long as a `subscriptions/listen` of theirs is open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rmcp::model::ErrorData;
use rmcp::service::{Peer, RoleServer, SubscriptionContext};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::changes::{Changes, offered};

/// How many may be open at once. Each keeps the place of a request, and some must be left for those that end them.
const MOST: usize = 16;

/// The listeners of a connection. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Listeners {
    places: Arc<Semaphore>,
    told: Arc<AtomicBool>,
    end: CancellationToken,
}

impl Listeners {
    pub(crate) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(MOST)), told: Arc::default(), end: CancellationToken::new() }
    }

    /// Ends them all, since the connection does.
    pub(crate) fn end(&self) {
        self.end.cancel();
    }

    /// Tells `peer`, whose session is ready, what changes; once, however often that is said.
    pub(crate) fn tell(&self, peer: Peer<RoleServer>, mut changes: Changes) {
        if self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let end = self.end.clone();
        tokio::spawn(async move {
            while let Some(changed) = until(&end, changes.next()).await {
                for notice in changed.told(&offered()) {
                    // Whoever is gone needs no news.
                    let _gone = until(&end, async { peer.send_notification(notice).await.ok() }).await;
                }
            }
        });
    }

    /// Tells the subscription in `context` what changes, until it or the connection ends.
    ///
    /// # Errors
    /// That as many are open as may be.
    pub(crate) async fn serve(
        &self,
        context: &SubscriptionContext,
        mut changes: Changes,
    ) -> Result<(), ErrorData> {
        let Ok(_place) = self.places.try_acquire() else {
            let what = format!("{MOST} subscriptions are open on this connection; end one of them first");
            return Err(ErrorData::internal_error(what, None));
        };
        let told = async {
            while let Some(changed) = until(&self.end, changes.next()).await {
                for notice in changed.told(context.accepted()) {
                    let _gone = until(&self.end, async { context.sink().send(notice).await.ok() }).await;
                }
            }
        };
        tokio::select! {
            () = context.cancelled() => {}
            () = told => {}
        }
        Ok(())
    }
}

/// What `work` comes to, unless the `end` comes first.
async fn until<T>(end: &CancellationToken, work: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::select! {
        biased;
        () = end.cancelled() => None,
        done = work => done,
    }
}
