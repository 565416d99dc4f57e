//! Proofs and how they are checked: that an entry is in a tree (RFC 9162, section 2.1.3.2) and that a tree goes on from an older one
//! (section 2.1.4.2). Both hold for RFC 6962, whose proofs are the same. A proof is hostile until it is verified.

use super::{TreeHead, leaf_hash, node_hash};
use crate::digest::Digest;

/// Why a proof is not made or not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The entry's number is not below the tree's size.
    #[error("the entry is not in a tree of that size")]
    OutOfTree,
    /// The older tree is greater than the newer one.
    #[error("the older tree has more entries than the newer one")]
    SizesReversed,
    /// The proof has more or fewer hashes than its sizes demand.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root of the tree")]
    Root,
    /// The hashes do not lead to the root of the older tree.
    #[error("the proof does not lead to the root of the older tree")]
    OldRoot,
    /// The builder did not get as many entries as the tree has.
    #[error("the proof was built from another number of entries than the tree has")]
    Incomplete,
}

/// The hashes that lead from one entry to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// The entry's number.
    pub index: u64,
    /// The siblings on the way, from the leaf's own up to the root's child.
    pub path: Vec<Digest>,
}

impl InclusionProof {
    /// Checks that the entry of this number and hash is in the tree of `head`.
    ///
    /// # Errors
    /// [`ProofError`] says what does not hold.
    pub fn verify(&self, entry_hash: &Digest, head: &TreeHead) -> Result<(), ProofError> {
        if self.leads_to(leaf_hash(entry_hash.bytes()), head.size)? == head.root {
            Ok(())
        } else {
            Err(ProofError::Root)
        }
    }

    /// The root that the path gives for a leaf.
    pub(super) fn leads_to(&self, leaf: Digest, size: u64) -> Result<Digest, ProofError> {
        let (mut node, mut last) = (self.index, size.checked_sub(1).ok_or(ProofError::OutOfTree)?);
        if node > last {
            return Err(ProofError::OutOfTree);
        }
        let mut hash = leaf;
        for sibling in &self.path {
            if last == 0 {
                return Err(ProofError::Length);
            }
            if node & 1 == 1 || node == last {
                hash = node_hash(sibling, &hash);
                // a node without a sibling is its own parent
                let skipped = node.trailing_zeros();
                (node, last) = (shifted(node, skipped), shifted(last, skipped));
            } else {
                hash = node_hash(&hash, sibling);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        if last == 0 { Ok(hash) } else { Err(ProofError::Length) }
    }
}

/// The hashes that show that a tree begins with all the leaves of an older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The hashes, in the order of RFC 6962, section 2.1.2.
    pub path: Vec<Digest>,
}

impl ConsistencyProof {
    /// Checks that the tree of `new` begins with the leaves of the tree of `old`. The empty tree begins every tree, without hashes.
    ///
    /// # Errors
    /// [`ProofError`] says what does not hold; two heads of one size and different roots are a fork and fail with
    /// [`ProofError::OldRoot`].
    pub fn verify(&self, old: &TreeHead, new: &TreeHead) -> Result<(), ProofError> {
        if old.size > new.size {
            return Err(ProofError::SizesReversed);
        }
        if old.size == new.size || old.size == 0 {
            if !self.path.is_empty() {
                return Err(ProofError::Length);
            }
            let expected = if old.size == 0 { TreeHead::empty().root } else { new.root };
            if old.root != expected {
                return Err(ProofError::OldRoot);
            }
            return if new.size > 0 || new.root == expected { Ok(()) } else { Err(ProofError::Root) };
        }
        let (old_hash, new_hash) = self.leads_to(old, new.size)?;
        if old_hash != old.root {
            return Err(ProofError::OldRoot);
        }
        if new_hash == new.root { Ok(()) } else { Err(ProofError::Root) }
    }

    /// The two roots that the path gives, for sizes `0 < old < new`.
    fn leads_to(&self, old: &TreeHead, new_size: u64) -> Result<(Digest, Digest), ProofError> {
        let mut path = self.path.iter();
        // a perfect tree is a node of the newer one, and its root is known to who checks
        let start =
            if old.size.is_power_of_two() { &old.root } else { path.next().ok_or(ProofError::Length)? };
        let (mut node, mut last) = (old.size.saturating_sub(1), new_size.saturating_sub(1));
        let skipped = node.trailing_ones();
        (node, last) = (shifted(node, skipped), shifted(last, skipped));
        let (mut old_hash, mut new_hash) = (*start, *start);
        for sibling in path {
            if last == 0 {
                return Err(ProofError::Length);
            }
            if node & 1 == 1 || node == last {
                old_hash = node_hash(sibling, &old_hash);
                new_hash = node_hash(sibling, &new_hash);
                let skipped = node.trailing_zeros();
                (node, last) = (shifted(node, skipped), shifted(last, skipped));
            } else {
                new_hash = node_hash(&new_hash, sibling);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        if last == 0 { Ok((old_hash, new_hash)) } else { Err(ProofError::Length) }
    }
}

/// Shifts right by up to 64 places, where all of the number is gone.
fn shifted(number: u64, places: u32) -> u64 {
    number.checked_shr(places).unwrap_or(0)
}

#[cfg(test)]
mod tests;
