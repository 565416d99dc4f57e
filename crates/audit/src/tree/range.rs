//! Trees that grow by a leaf in memory that grows with the logarithm of their size: only the roots of the greatest perfect subtrees
//! are kept ("compact range"). What is below those is forgotten, so proofs are built elsewhere.

use super::{TreeHead, leaf_hash, node_hash};
use crate::digest::Digest;

/// The root of a perfect subtree of 2^`level` leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peak {
    pub(super) level: u32,
    pub(super) hash: Digest,
}

/// Leaves that follow each other, from anywhere in a chain; at most two peaks for each bit of their number.
///
/// INVARIANT: the peaks are the least number of perfect subtrees, in order, whose places in the whole tree are multiples of their
/// size and which together hold the leaves `begin..end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeRange {
    begin: u64,
    end: u64,
    peaks: Vec<Peak>,
}

impl TreeRange {
    /// An empty range; its first leaf will be entry `begin`.
    #[must_use]
    pub const fn new(begin: u64) -> Self {
        Self { begin, end: begin, peaks: Vec::new() }
    }

    /// The number of the first leaf.
    #[must_use]
    pub const fn begin(&self) -> u64 {
        self.begin
    }

    /// The number behind the last leaf.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// Appends an entry's hash.
    pub fn append(&mut self, entry_hash: &Digest) {
        self.push(Peak { level: 0, hash: leaf_hash(entry_hash.bytes()) });
    }

    /// Appends a perfect subtree and unites what now makes greater ones.
    pub(super) fn push(&mut self, peak: Peak) {
        // an entry's number has 53 bits, so that neither can overflow
        self.end = self.end.saturating_add(1_u64.checked_shl(peak.level).unwrap_or(0));
        let mut right = peak;
        // the two are children of one node if a subtree of twice their size ends here
        while self.end.trailing_zeros() > right.level
            && let Some(left) = self.peaks.pop_if(|left| left.level == right.level)
        {
            right = Peak { level: right.level.saturating_add(1), hash: node_hash(&left.hash, &right.hash) };
        }
        self.peaks.push(right);
    }
}

/// The tree over a chain from its first entry on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree(TreeRange);

impl Tree {
    /// The tree without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self(TreeRange::new(0))
    }

    /// How many leaves it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.0.end
    }

    /// Appends an entry's hash: one leaf hash and, on average, one node hash.
    pub fn append(&mut self, entry_hash: &Digest) {
        self.0.append(entry_hash);
    }

    /// Appends the leaves of `range`; tells whether it begins where the tree ends, and does nothing otherwise.
    #[must_use]
    pub fn join(&mut self, range: &TreeRange) -> bool {
        let follows = range.begin == self.0.end;
        if follows {
            range.peaks.iter().for_each(|peak| self.0.push(*peak));
        }
        follows
    }

    /// Works out the root: at most one node hash for each bit of the size.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        let mut peaks = self.0.peaks.iter().rev();
        let Some(last) = peaks.next() else { return TreeHead::empty() };
        let root = peaks.fold(last.hash, |right, left| node_hash(&left.hash, &right));
        TreeHead { size: self.size(), root }
    }

    /// Appends a perfect subtree that begins where the tree ends.
    pub(super) fn push(&mut self, peak: Peak) {
        self.0.push(peak);
    }

    pub(super) fn peaks(&self) -> &[Peak] {
        &self.0.peaks
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
