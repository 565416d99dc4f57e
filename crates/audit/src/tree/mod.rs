//! The Merkle tree over a chain: RFC 6962, section 2.1, with SHA-256. A leaf is the 32 bytes of an `entry_hash`, in the order of
//! `seq`, over the whole chain and not over a segment. Files, notes and keys are no concern of this module.
//!
//! A writer keeps a [`Tree`] and appends to it under its lock; what it signs, it takes as a copy and works out elsewhere:
//!
//! ```
//! use gitoma_audit::{Digest, InclusionBuilder, Tree};
//!
//! let entries = [Digest::of(b"first"), Digest::of(b"second"), Digest::of(b"third")];
//! let mut tree = Tree::new();
//! entries.iter().for_each(|entry| tree.append(entry));
//! let head = tree.clone().head(); // a few hundred bytes are copied, the hashing needs no lock
//!
//! let mut builder = InclusionBuilder::new(1, head.size)?;
//! entries.iter().for_each(|entry| builder.append(entry)); // one pass, no leaf is kept
//! let proof = builder.finish()?;
//! proof.verify(&entries[1], &head)?;
//! # Ok::<(), gitoma_audit::ProofError>(())
//! ```
//!
//! A verifier that reads segments in parallel gives each part a [`TreeRange`] and joins them in order with [`Tree::join`].

pub(crate) mod build;
mod many;
pub(crate) mod proof;
pub(crate) mod range;
pub(crate) mod state;
#[cfg(test)]
mod tests;

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;

/// A tree, as far as it can be signed: how many leaves, and the root over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// How many leaves the tree has; the `seq` of its last entry is one less.
    pub size: u64,
    /// Its root hash.
    pub root: Digest,
}

impl TreeHead {
    /// The head of the tree without leaves, whose root is the hash of nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self { size: 0, root: Digest::of(b"") }
    }
}

/// The hash of a leaf; its first byte keeps it apart from a node's.
pub(crate) fn leaf_hash(leaf: &[u8]) -> Digest {
    Digest::new(Sha256::new().chain_update([0x00]).chain_update(leaf).finalize().into())
}

/// The hash of a node over its two children.
pub(crate) fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let hash = Sha256::new().chain_update([0x01]).chain_update(left.bytes()).chain_update(right.bytes());
    Digest::new(hash.finalize().into())
}
