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
    chains: HashMap<Uuid, Open>,
    bytes: usize,
}

/// The open intents of one chain.
#[derive(Debug, Default)]
struct Open {
    intents: HashMap<u64, Remembered>,
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

    /// Remembers an intent, unless its chain has too many: a genuine one never has more open. Where all chains together take too much,
    /// the one that takes most is forgotten, so that no chain hides what another says.
    fn remember(&mut self, mut intent: Entry) {
        // what was read takes about as much as the line that it was read from, which is of no use any more
        let bytes = intent.raw.len().saturating_add(size_of::<Entry>());
        let (chain, seq) = (intent.chain_id, intent.seq);
        // two of one number are no chain, and yet each is counted once
        drop(self.remove(chain, seq));
        let open = self.chains.entry(chain).or_default();
        if open.intents.len() >= limit::OPEN_ENTRIES {
            return;
        }
        intent.raw = String::new();
        open.intents.insert(seq, Remembered { intent, bytes });
        open.bytes = open.bytes.saturating_add(bytes);
        self.bytes = self.bytes.saturating_add(bytes);
        while self.bytes > BYTES {
            let most = self.chains.iter().max_by_key(|(_, open)| open.bytes).map(|(chain, _)| *chain);
            let Some(most) = most else { return };
            self.forget(most);
        }
    }

    fn remove(&mut self, chain: Uuid, seq: u64) -> Option<Entry> {
        let open = self.chains.get_mut(&chain)?;
        let Remembered { intent, bytes } = open.intents.remove(&seq)?;
        open.bytes = open.bytes.saturating_sub(bytes);
        self.bytes = self.bytes.saturating_sub(bytes);
        if open.intents.is_empty() {
            self.chains.remove(&chain);
        }
        Some(intent)
    }

    /// Forgets what is open in a chain.
    fn forget(&mut self, chain: Uuid) {
        let Some(open) = self.chains.remove(&chain) else { return };
        self.bytes = self.bytes.saturating_sub(open.bytes);
    }
}

#[cfg(test)]
mod tests;
