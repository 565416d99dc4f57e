//! Many leaves at once, for who looks at a whole chain: their hashes are worked out two at a time, level by level, so that a core is
//! not idle between the steps of one ([`crate::digest::beside`]). What comes out is what appending them one by one gives.

use super::{
    leaf_hash, node_hash,
    range::{Peak, TreeRange},
};
use crate::digest::{
    Digest,
    beside::{self, BLOCK},
};

impl TreeRange {
    /// Appends the hashes of entries that follow each other; `room` is where it works.
    pub(crate) fn extend(&mut self, mut entries: &[Digest], room: &mut Vec<Digest>) {
        // perfect subtrees, each as great as its place and what is left allow
        while let Some(most) = entries.len().checked_ilog2() {
            let level = most.min(self.end().trailing_zeros());
            let Some((leaves, rest)) = entries.split_at_checked(1 << level) else { return };
            if let Some(hash) = perfect(leaves, room) {
                self.push(Peak { level, hash });
            }
            entries = rest;
        }
    }
}

/// The root over `leaves`, whose number is a power of two.
fn perfect(leaves: &[Digest], nodes: &mut Vec<Digest>) -> Option<Digest> {
    nodes.clear();
    let (pairs, rest) = leaves.as_chunks();
    for [one, other] in pairs {
        nodes.extend(beside::padded([&leaf_block(one), &leaf_block(other)]));
    }
    nodes.extend(rest.iter().map(|leaf| leaf_hash(leaf.bytes())));
    while nodes.len() > 1 {
        let mut level = 0;
        for from in (0..nodes.len()).step_by(4) {
            let Some(children) = nodes.get(from..) else { break };
            let (first, second) = match *children {
                [a, b, c, d, ..] => {
                    let [one, other] = beside::padded([&node_blocks(&a, &b), &node_blocks(&c, &d)]);
                    (one, Some(other))
                }
                [a, b] => (node_hash(&a, &b), None),
                _ => break,
            };
            for hash in [Some(first), second].into_iter().flatten() {
                if let Some(place) = nodes.get_mut(level) {
                    *place = hash;
                }
                level += 1;
            }
        }
        nodes.truncate(level);
    }
    nodes.first().copied()
}

/// The one block of [`leaf_hash`]: a zero, the leaf, and what FIPS 180-4, section 5.1.1, puts behind 264 bits.
fn leaf_block(leaf: &Digest) -> [[u8; BLOCK]; 1] {
    let mut block = [0; BLOCK];
    if let Some((_, rest)) = block.split_first_chunk_mut::<1>()
        && let Some((bytes, [end, .., high, low])) = rest.split_first_chunk_mut()
    {
        *bytes = *leaf.bytes();
        (*end, [*high, *low]) = (0x80, 264_u16.to_be_bytes());
    }
    [block]
}

/// The two blocks of [`node_hash`]: a one, the children, and what stands behind 520 bits.
fn node_blocks(left: &Digest, right: &Digest) -> [[u8; BLOCK]; 2] {
    let mut blocks = [[0; BLOCK]; 2];
    if let Some(([first], rest)) = blocks.as_flattened_mut().split_first_chunk_mut()
        && let Some((one, rest)) = rest.split_first_chunk_mut()
        && let Some((other, [end, .., high, low])) = rest.split_first_chunk_mut()
    {
        (*first, *one, *other) = (1, *left.bytes(), *right.bytes());
        (*end, [*high, *low]) = (0x80, 520_u16.to_be_bytes());
    }
    blocks
}

#[cfg(test)]
mod tests;
