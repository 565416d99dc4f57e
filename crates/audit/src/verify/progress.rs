//! What a verifier remembers of the entries it has seen: the links and the open intents.
//! Entries come one by one, or as parts that were looked at by themselves.

use uuid::Uuid;

use super::{
    depth::Depth,
    fault::FaultClass,
    intents::Intents,
    links::{Links, Place},
    part::{Content, Part},
};
use crate::{digest::Digest, line::facts::Facts};

/// A fault of one entry: its class, and what should have been.
pub(super) type Wrong = (FaultClass, String);

/// What is known of the chain so far.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) depth: Depth,
    pub(super) links: Links,
    pub(super) intents: Intents,
}

impl Progress {
    pub(super) fn new(chain: Option<Uuid>, depth: Depth) -> Self {
        Self { depth, links: Links::new(chain), intents: Intents::default() }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// What is wrong with it as the next one; the progress is then of no further use.
    pub(super) fn take(&mut self, entry: &Facts, place: Place) -> Result<(), Wrong> {
        self.links.take(entry, place)?;
        match self.depth {
            Depth::Entries => self.intents.take(entry),
            // an intent may stand where nobody looks
            Depth::Hashes => Ok(()),
        }
    }

    /// Takes the next line, of which only the hash is known and that it says to follow `previous`.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub(super) fn pass(&mut self, previous: Option<Digest>, hash: Digest) -> Result<(), Wrong> {
        if previous != Some(self.links.head) {
            return Err(self.links.broken());
        }
        self.links.pass(1, hash);
        Ok(())
    }

    /// Takes the next lines, which were looked at by themselves; `false`, and nothing is taken, if they do not plainly fit.
    pub(super) fn join(&mut self, part: &Part, place: Place) -> bool {
        let mut links = self.links;
        let fits = match &part.content {
            Content::Doubtful => false,
            Content::Entries { first, after, intents } => {
                links.take(first, place).is_ok() && {
                    links.adopt(after);
                    self.intents.join(intents)
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
        if fits {
            self.links = links;
        }
        fits
    }
}

#[cfg(test)]
mod tests;
