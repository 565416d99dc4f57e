//! Outcomes do not repeat what their intent said, so the intents that are open are remembered: by them an outcome is shown, found and
//! counted as one of its tool.

use std::collections::HashMap;

use gitoma_audit::{Entry, Kind, limit};
use uuid::Uuid;

/// The intents that await their outcome, chain by chain.
#[derive(Debug, Default)]
pub(super) struct Calls {
    open: HashMap<(Uuid, u64), Entry>,
}

impl Calls {
    /// Hands `entry` and, if it is an outcome, the intent that it ends to `take`; then remembers it if it is an intent.
    pub(super) fn with<T>(&mut self, mut entry: Entry, take: impl FnOnce(&Entry, Option<&Entry>) -> T) -> T {
        // a chain is held by one process at a time; what an earlier one left open stays without an outcome
        if matches!(entry.kind, Kind::ChainOpen | Kind::Start) {
            self.open.retain(|(chain, _), _| *chain != entry.chain_id);
        }
        let intent = entry.ref_seq.and_then(|seq| self.open.remove(&(entry.chain_id, seq)));
        let taken = take(&entry, intent.as_ref());
        // a genuine chain never has more open
        if entry.kind == Kind::Intent && self.open.len() < limit::OPEN_ENTRIES {
            entry.raw = String::new();
            self.open.insert((entry.chain_id, entry.seq), entry);
        }
        taken
    }
}
