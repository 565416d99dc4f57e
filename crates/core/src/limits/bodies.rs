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

    /// Gives back what is taken beyond `bytes`, which is how long the body was.
    pub fn shrink_to(&mut self, bytes: usize) {
        let left = if bytes <= FREE { 0 } else { bytes };
        let back = self.charged.saturating_sub(left);
        if back > 0 {
            drop(self.permit.as_mut().and_then(|permit| permit.split(back)));
            self.charged = left;
        }
        self.bytes = self.bytes.min(bytes);
    }
}

/// How many values a body may hold, which take far more memory than their text: no tool takes nearly as many.
const VALUES: usize = 100_000;

/// Whether the JSON text `json` holds more than 100,000 values. A transport that is about to parse what somebody sent refuses it as malformed.
#[must_use]
pub fn is_crowded(json: &[u8]) -> bool {
    if json.len() <= VALUES {
        return false;
    }
    let (mut values, mut within, mut escaped) = (1_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if within => escaped = true,
            b'"' => within = !within,
            b'[' | b'{' | b',' if !within => values = values.saturating_add(1),
            _ => {}
        }
    }
    values > VALUES
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

    #[test]
    fn values_are_counted_and_what_stands_in_texts_is_not() {
        let many = format!("[{}0]", "0,".repeat(VALUES));
        assert!(is_crowded(many.as_bytes()));
        assert!(is_crowded("[".repeat(VALUES + 1).as_bytes()));
        let text = serde_json::to_string(&format!("\\\",[{{{many}\\\\")).unwrap_or_default();
        assert!(text.len() > VALUES && !is_crowded(text.as_bytes()));
        assert!(is_crowded(format!("[{text},{many}]").as_bytes()));
        assert!(!is_crowded(format!("[{}0]", "0,".repeat(VALUES / 2 - 2)).as_bytes()));
    }
}
