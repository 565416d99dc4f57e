//! What a verifier remembers of the entries it has seen: the links and the open intents.
//! Entries come one by one, or as parts that were looked at by themselves.

use uuid::Uuid;

use super::{
    attested::{Attested, Halt},
    depth::Depth,
    evidence::Evidence,
    fault::FaultClass,
    intents::Intents,
    links::{Links, Place},
    part::{Content, Part},
};
use crate::{
    digest::Digest,
    line::{entry::Entry, facts::Facts, sealed::Glance},
};

/// A fault of one entry: its class, and what should have been.
pub(super) type Wrong = (FaultClass, String);

/// What is known of the chain so far.
#[derive(Debug)]
pub(super) struct Progress<'chain> {
    pub(super) depth: Depth,
    pub(super) links: Links,
    pub(super) intents: Intents,
    pub(super) attested: Attested,
    pub(super) evidence: &'chain Evidence<'chain>,
}

impl<'chain> Progress<'chain> {
    pub(super) fn new(chain: Option<Uuid>, depth: Depth, evidence: &'chain Evidence<'chain>) -> Self {
        let links = match &evidence.front {
            Some(front) => Links::removed(chain, front.first_seq, front.head),
            None => Links::new(chain),
        };
        Self {
            depth,
            links,
            intents: Intents::behind(evidence.front.as_ref().map_or(0, |front| front.first_seq)),
            attested: Attested::new(evidence),
            evidence,
        }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// What is wrong with it as the next one; the progress is then of no further use.
    pub(super) fn take(&mut self, entry: &Facts, place: Place) -> Result<(), Wrong> {
        self.links.take(entry, place)?;
        match self.depth {
            Depth::Entries => self.intents.take(entry)?,
            // an intent may stand where nobody looks
            Depth::Hashes => {}
        }
        if self.evidence.tracked {
            self.attested.take(&entry.entry_hash, Some(entry.moment), self.evidence);
        }
        Ok(())
    }

    /// Takes what the entry that was taken last says about keys or the front.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn hear(&mut self, entry: &Entry) -> Result<(), Wrong> {
        self.attested.hear(entry, self.evidence)
    }

    /// Compares what has been taken with the notes of its size.
    ///
    /// # Errors
    /// What does not agree, or cannot be read.
    pub(super) fn arrive(&mut self) -> Result<(), Halt> {
        self.attested.arrive(self.links.chain, Some(self.links.head), self.evidence)
    }

    /// Takes the next line, of which only the hash is known, that it says to follow `previous`, and what stands at fixed
    /// places, if somebody wants to know.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub(super) fn pass(
        &mut self,
        previous: Option<Digest>,
        hash: Digest,
        glance: Option<&Glance<'_>>,
    ) -> Result<(), Wrong> {
        if previous != Some(self.links.head) {
            return Err(self.links.broken());
        }
        if let Some(glance) = glance {
            if glance.seq != self.links.next_seq {
                return Err(self.links.gap());
            }
            self.attested.take(&hash, glance.moment(), self.evidence);
        }
        self.links.pass(1, hash);
        Ok(())
    }

    /// Takes the next lines, which were looked at by themselves; `false`, and nothing is taken, if they do not plainly fit.
    pub(super) fn join(&mut self, part: &Part, place: Place) -> bool {
        let mut links = self.links;
        let mut intents = None;
        let fits = match &part.content {
            Content::Doubtful | Content::Speaking => false,
            Content::Entries { first, after, intents: joined } => {
                intents = Some(joined);
                links.take(first, place).is_ok() && {
                    links.adopt(after);
                    true
                }
            }
            Content::Hashes { first, previous, before_last, last, last_entry } => {
                let begins = match first {
                    Some(first) => links.take(first, place).is_ok(),
                    None => *previous == Some(links.head),
                };
                let taken = u64::from(first.is_some()) + u64::from(last_entry.is_some());
                begins && {
                    links.pass(part.lines.saturating_sub(taken), last_entry.map_or(*last, |_| *before_last));
                    let behind = Place { opens_segment: false, ..place };
                    last_entry.as_ref().is_none_or(|entry| links.take(entry, behind).is_ok())
                }
            }
        };
        let mut attested = (self.evidence.tracked && fits).then(|| self.attested.clone());
        let fits = fits
            && attested.as_mut().is_none_or(|attested| attested.join(&part.runs, links.chain, self.evidence))
            && intents.is_none_or(|intents| self.intents.join(intents));
        if fits {
            self.links = links;
            if let Some(attested) = attested {
                self.attested = attested;
            }
        }
        fits
    }
}

#[cfg(test)]
mod tests;
