//! What one principal's request bodies may take of memory while they come and while their calls run. A transport reads them before the gateway
//! judges anything, so that only their number would bound them.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::gateway::Gateway;
use crate::principal::Principal;

/// Bytes of bodies of one principal that are held at once.
pub(super) const BYTES: usize = 64 * 1024 * 1024;
/// What counts for nothing: as many as there can be connections are little, and who steers the gateway with a few words always may.
const FREE: usize = 16 * 1024;

/// The room that the body of one request takes, given back when it is dropped.
#[derive(Debug)]
pub struct HeldBody {
    /// None of a principal that is no longer configured, whose call is refused.
    of: Option<Arc<Semaphore>>,
    bytes: usize,
    charged: usize,
    permit: Option<OwnedSemaphorePermit>,
}

impl HeldBody {
    fn new(of: Option<Arc<Semaphore>>) -> Self {
        Self { of, bytes: 0, charged: 0, permit: None }
    }

    /// Takes room for `bytes` more bytes; whether there was.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= FREE {
            return true;
        }
        let Some(of) = &self.of else { return false };
        let Ok(more) = u32::try_from(self.bytes.saturating_sub(self.charged)) else { return false };
        let Ok(permit) = Arc::clone(of).try_acquire_many_owned(more) else { return false };
        self.charged = self.bytes;
        match &mut self.permit {
            Some(held) => held.merge(permit),
            None => self.permit = Some(permit),
        }
        true
    }
}

impl Gateway {
    /// Room for the body of a request of `principal`, none of it taken yet: 64 MiB a principal over all requests that are under way, where a
    /// body of 16 KiB or less counts for nothing. Who finds no room hands the call on with [`RawArgs::NoRoom`](crate::RawArgs::NoRoom).
    #[must_use]
    pub fn hold_body(&self, principal: &Principal) -> HeldBody {
        HeldBody::new(self.inner.limits.bodies(principal.index()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_bounded_together_and_small_ones_count_for_nothing() {
        let room = Some(Arc::new(Semaphore::new(BYTES)));
        let (mut large, mut other) = (HeldBody::new(room.clone()), HeldBody::new(room.clone()));
        assert!((0..BYTES / FREE).all(|_| large.grow(FREE)));
        assert!(other.grow(FREE));
        assert!(!other.grow(1), "all of it counts once it is large");
        let mut small = HeldBody::new(room.clone());
        assert!(small.grow(FREE));
        drop(large);
        assert!(other.grow(1) && small.grow(BYTES / 2));
        drop((other, small));
        assert_eq!(room.map(|room| room.available_permits()), Some(BYTES));
        assert!(!HeldBody::new(None).grow(FREE + 1));
    }
}
