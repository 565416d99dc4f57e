//! The text of a tree's state, for who goes on with a chain without reading it from its first entry: a writer that opens it again, and
//! a verifier of a chain whose front is pruned. It is kept beside a checkpoint and believed only if it gives the root that was signed.
//!
//! ```text
//! gitoma.audit/tree@v1
//! 3
//! baM4FMXn1aORh9xefgHDR9mIFbf7KS+4BIz6+cwjt44=
//! xL1nXcgi2gWgWNRtxrp+WJus3F0wXWiQqzCqY60T788=
//! ```
//!
//! This is the state over the hashes of `first`, `second` and `third`. The size stands on the second line; then the roots of the
//! perfect subtrees, greatest first, one for each bit of the size that is 1.

use super::{
    TreeHead,
    range::{Peak, Tree},
};
use crate::note::lines;

/// First line of the text.
const HEADER: &str = "gitoma.audit/tree@v1";

impl Tree {
    /// Writes the state.
    #[must_use]
    pub fn state(&self) -> String {
        let mut text = format!("{HEADER}\n{}\n", self.size());
        self.peaks().iter().for_each(|peak| lines::write_digest(&peak.hash, &mut text));
        text
    }

    /// Reads a state; `None` if it is not one, or not that of the tree with this head. The head must come from a verified
    /// checkpoint: then the state cannot be another, since somebody would have found two inputs with one SHA-256 hash.
    #[must_use]
    pub fn restore(state: &str, head: &TreeHead) -> Option<Self> {
        Self::claimed(state).filter(|tree| tree.head() == *head)
    }

    /// Reads a state that nothing vouches for yet: who grows it to a root that was signed knows that it was the right one.
    pub(crate) fn claimed(mut state: &str) -> Option<Self> {
        if lines::take(&mut state)? != HEADER {
            return None;
        }
        let size = lines::number(lines::take(&mut state)?)?;
        let mut tree = Self::new();
        for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
            tree.push(Peak { level, hash: lines::digest(lines::take(&mut state)?)? });
        }
        state.is_empty().then_some(tree)
    }
}

#[cfg(test)]
mod tests;
