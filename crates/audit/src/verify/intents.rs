//! Which intents await their outcome, and which never got one.
//! The memory for it is bounded by the format, whatever the log holds.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{fault::FaultClass, progress::Wrong};
use crate::{limit, line::facts::Facts, vocabulary::Kind};

/// How many dangling intents are named.
const NAMED: usize = 100;

/// An intent and its call.
type Intent = (u64, Uuid);

/// The intents of a chain so far.
#[derive(Debug, Default)]
pub(super) struct Intents {
    dangling: u64,
    named: Vec<u64>,
    /// Intents of the present writer that await their outcome, and their calls.
    open: BTreeMap<u64, Uuid>,
    /// Those that went with the front of the chain, as long as the process writes that made them.
    pruned: Option<Pruned>,
}

/// Intents of which nobody knows more than that they stood before the first entry that is there.
#[derive(Debug)]
struct Pruned {
    /// That entry.
    first_seq: u64,
    /// Those that have their outcome.
    ended: BTreeSet<u64>,
}

impl Pruned {
    /// Takes an outcome of the intent `seq`; `false` if it cannot be one, or has one.
    fn end(&mut self, seq: u64) -> bool {
        seq < self.first_seq && self.ended.len() < limit::OPEN_INTENTS && self.ended.insert(seq)
    }
}

impl Intents {
    /// The intents of a chain whose first entry that is there is `first_seq`.
    pub(super) fn behind(first_seq: u64) -> Self {
        let pruned = (first_seq > 0).then(|| Pruned { first_seq, ended: BTreeSet::new() });
        Self { pruned, ..Self::default() }
    }

    /// Matches an outcome with its intent.
    ///
    /// # Errors
    /// What is wrong with the entry as the next one.
    pub(super) fn take(&mut self, entry: &Facts) -> Result<(), Wrong> {
        match entry.kind {
            Kind::Intent => {
                self.open.insert(entry.seq, entry.call_id.unwrap_or_default());
                if self.open.len() > limit::OPEN_INTENTS {
                    return Err((
                        FaultClass::TooManyOpen,
                        format!("at most {} open intents", limit::OPEN_INTENTS),
                    ));
                }
            }
            Kind::Outcome => {
                let opened = entry.ref_seq.and_then(|seq| self.open.remove(&seq));
                let known = opened.is_some() && opened == entry.call_id;
                let mut pruned =
                    || entry.ref_seq.zip(self.pruned.as_mut()).is_some_and(|(seq, gone)| gone.end(seq));
                if !known && (opened.is_some() || !pruned()) {
                    return Err((
                        FaultClass::BadReference,
                        "ref_seq of an open intent of this call".to_owned(),
                    ));
                }
            }
            Kind::Start => self.abandon(),
            _ => {}
        }
        Ok(())
    }

    /// The process that would have ended them is gone.
    fn abandon(&mut self) {
        self.pruned = None;
        self.dangling += self.open.len() as u64;
        let room = NAMED.saturating_sub(self.named.len());
        self.named.extend(std::mem::take(&mut self.open).keys().take(room));
    }

    /// Takes entries that were looked at by themselves; `false`, and nothing is taken, if they do not plainly fit.
    pub(super) fn join(&mut self, part: &PartIntents) -> bool {
        if self.open.len() + part.count > limit::OPEN_INTENTS {
            return false;
        }
        for (place, (seq, call)) in part.ended.iter().enumerate() {
            if self.open.get(seq) == Some(call) {
                self.open.remove(seq);
            } else if self.open.contains_key(seq) || !self.pruned.as_mut().is_some_and(|gone| gone.end(*seq))
            {
                self.give_back(part.ended.get(..place).unwrap_or_default());
                return false;
            }
        }
        if part.started {
            self.abandon();
            self.dangling += part.dangling;
            let room = NAMED.saturating_sub(self.named.len());
            self.named.extend(part.named.iter().take(room));
        }
        self.open.extend(part.open.iter().copied());
        true
    }

    /// Takes the outcomes of these intents back.
    fn give_back(&mut self, ended: &[Intent]) {
        for (seq, call) in ended {
            if !self.pruned.as_mut().is_some_and(|gone| gone.ended.remove(seq)) {
                self.open.insert(*seq, *call);
            }
        }
    }

    /// How many intents have no outcome, and which come first.
    pub(super) fn dangling(&self) -> (u64, Vec<u64>) {
        let named = self.named.iter().chain(self.open.keys()).copied().take(NAMED).collect();
        (self.dangling + self.open.len() as u64, named)
    }
}

/// The intents of entries that follow each other, as far as these alone show.
#[derive(Debug, Default)]
pub(super) struct PartIntents {
    /// How many there are.
    count: usize,
    /// Intents before these entries that they end.
    ended: Vec<Intent>,
    /// Whether a process begins among them; then the next two are about those that end there.
    started: bool,
    dangling: u64,
    named: Vec<u64>,
    /// Intents that are still open at the end, ascending.
    open: Vec<Intent>,
}

impl PartIntents {
    /// Takes the next entry; `false` if it can only be a fault.
    pub(super) fn take(&mut self, entry: &Facts) -> bool {
        match entry.kind {
            Kind::Intent => {
                self.count += 1;
                self.open.push((entry.seq, entry.call_id.unwrap_or_default()));
            }
            Kind::Outcome => {
                let (Some(seq), Some(call)) = (entry.ref_seq, entry.call_id) else { return false };
                let found = self.open.binary_search_by_key(&seq, |intent| intent.0);
                if let Ok(place) = found {
                    return self.open.remove(place).1 == call;
                }
                if self.started {
                    return false;
                }
                self.ended.push((seq, call));
            }
            Kind::Start => {
                self.started = true;
                self.dangling += self.open.len() as u64;
                let room = NAMED.saturating_sub(self.named.len());
                self.named.extend(self.open.drain(..).map(|intent| intent.0).take(room));
            }
            _ => {}
        }
        true
    }

    /// Bytes that it takes up.
    pub(super) fn size(&self) -> usize {
        (self.ended.capacity() + self.open.capacity()) * size_of::<Intent>()
            + self.named.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests;
