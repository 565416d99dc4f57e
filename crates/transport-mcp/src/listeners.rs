//! [`Listeners`]: who on one connection over stdio waits to be told of changed lists. Clients of the revisions up to 2025-11-25 are told by
//! the connection once they have said that they are ready; those of 2026-07-28 for as long as a `subscriptions/listen` of theirs is open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rmcp::model::{ErrorData, RequestId, SubscriptionFilter};
use rmcp::service::{Peer, RequestContext, RoleServer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::answer;
use crate::changes::{Changes, offered};
use crate::subscription;

/// How many may be open at once. Each keeps the place of a request, and some must be left for those that end them.
const MOST: usize = 16;

/// The listeners of a connection. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Listeners {
    places: Arc<Semaphore>,
    told: Arc<AtomicBool>,
    end: CancellationToken,
}

/// An open subscription, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Subscription {
    _place: OwnedSemaphorePermit,
    changes: Changes,
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

    /// Tells `peer`, whose session is ready, what changes; once, however often that is said. Only then is `changes` asked for.
    pub(crate) fn tell(&self, peer: Peer<RoleServer>, changes: impl FnOnce() -> Changes) {
        if self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let (end, mut changes) = (self.end.clone(), changes());
        tokio::spawn(async move {
            loop {
                let changed = tokio::select! {
                    biased;
                    () = end.cancelled() => return,
                    changed = changes.next() => changed,
                };
                // The session outlives that its principal is nobody for a while, and has no answer that could say so.
                let Some(changed) = changed else { continue };
                for notice in changed.told(&offered()) {
                    // Whoever is gone needs no news.
                    let _gone = until(&end, async { peer.send_notification(notice).await.ok() }).await;
                }
            }
        });
    }

    /// A subscription to `changes`, if there is a place for one.
    ///
    /// # Errors
    /// That as many are open as may be.
    pub(crate) fn open(&self, changes: Changes) -> Result<Subscription, ErrorData> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_full| {
            let what =
                format!("{MOST} subscriptions are open on this connection; end one, and try again in 1 s");
            answer::busy(&what)
        })?;
        Ok(Subscription { _place: place, changes, end: self.end.clone() })
    }
}

impl Subscription {
    /// Grants what of `wanted` there is, and tells it, until the request in `context` is cancelled, its sender is no longer let in, or the
    /// connection ends.
    pub(crate) async fn serve(mut self, wanted: &SubscriptionFilter, context: &RequestContext<RoleServer>) {
        let filter = wanted.intersection(&offered());
        tokio::select! {
            () = context.ct.cancelled() => {}
            () = self.tell(&filter, &context.id, &context.peer) => {}
        }
    }

    async fn tell(&mut self, filter: &SubscriptionFilter, id: &RequestId, peer: &Peer<RoleServer>) {
        let end = self.end.clone();
        // Whoever is gone needs no news.
        let say = async |notice| until(&end, async { peer.send_notification(notice).await.ok() }).await;
        let _gone = say(subscription::acknowledgement(id, filter.clone())).await;
        while let Some(changed) = until(&end, self.changes.next()).await {
            for notice in changed.told(filter) {
                let _gone = say(subscription::tagged(notice, id)).await;
            }
        }
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

#[cfg(test)]
mod tests;
