//! Outcomes do not repeat what their intent said, so the intents that are open are remembered: by them an outcome is shown, found and
//! counted as one of its tool.

use std::collections::HashMap;

use gitoma_audit::{Entry, Kind, limit};
use uuid::Uuid;

/// The most bytes of intents that are remembered. A thousand of the longest lines, and tens of thousands of ordinary ones: more than any
/// gateway has open, and as much as somebody else's log may take of this machine.
const BYTES: usize = 64 * 1024 * 1024;

/// The intents that await their outcome, chain by chain.
#[derive(Debug, Default)]
pub(super) struct Calls {
    open: HashMap<Uuid, HashMap<u64, Remembered>>,
    count: usize,
    bytes: usize,
}

/// An intent, and what it takes.
#[derive(Debug)]
struct Remembered {
    intent: Entry,
    bytes: usize,
}

impl Calls {
    /// Hands `entry` and, if it is an outcome, the intent that it ends to `take`; then remembers it if it is an intent.
    pub(super) fn with<T>(&mut self, entry: Entry, take: impl FnOnce(&Entry, Option<&Entry>) -> T) -> T {
        // a chain is held by one process at a time; what an earlier one left open stays without an outcome
        if matches!(entry.kind, Kind::ChainOpen | Kind::Start) {
            self.forget(entry.chain_id);
        }
        let intent = entry.ref_seq.and_then(|seq| self.remove(entry.chain_id, seq));
        let taken = take(&entry, intent.as_ref());
        if entry.kind == Kind::Intent {
            self.remember(entry);
        }
        taken
    }

    /// Remembers an intent, unless there are too many: a genuine chain never has more open.
    fn remember(&mut self, mut intent: Entry) {
        // what was read takes about as much as the line that it was read from, which is of no use any more
        let bytes = intent.raw.len().saturating_add(size_of::<Entry>());
        let all = self.bytes.saturating_add(bytes);
        if self.count >= limit::OPEN_ENTRIES || all > BYTES {
            return;
        }
        intent.raw = String::new();
        let (chain, seq) = (intent.chain_id, intent.seq);
        // two of one number are no chain, and yet each is counted once
        drop(self.remove(chain, seq));
        self.open.entry(chain).or_default().insert(seq, Remembered { intent, bytes });
        self.count = self.count.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn remove(&mut self, chain: Uuid, seq: u64) -> Option<Entry> {
        let open = self.open.get_mut(&chain)?;
        let Remembered { intent, bytes } = open.remove(&seq)?;
        if open.is_empty() {
            self.open.remove(&chain);
        }
        self.count = self.count.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        Some(intent)
    }

    /// Forgets what is open in a chain.
    fn forget(&mut self, chain: Uuid) {
        let Some(open) = self.open.remove(&chain) else { return };
        self.count = self.count.saturating_sub(open.len());
        self.bytes = open.values().fold(self.bytes, |left, intent| left.saturating_sub(intent.bytes));
    }
}

#[cfg(test)]
mod tests;
