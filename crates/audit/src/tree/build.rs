//! Proofs built in one pass over the entry hashes of a chain, in order, in memory that grows with the logarithm of their number.
//! What must be known before is the entry's number and the size of the tree, so read the checkpoint first.

use super::{
    proof::{ConsistencyProof, InclusionProof, ProofError},
    range::Tree,
};
use crate::digest::Digest;

/// One hash of the proof in the making: the root over the leaves `begin..end`.
#[derive(Clone, Copy, Debug)]
struct Part {
    begin: u64,
    end: u64,
    /// Where it stands in the proof.
    position: usize,
}

/// Works out the parts of a proof while the entries pass by.
#[derive(Debug)]
struct Pass {
    size: u64,
    /// The parts to come; the next one last.
    parts: Vec<Part>,
    path: Vec<Digest>,
    /// The leaves of the part that is being read.
    part: Tree,
    /// How many entries have been read.
    read: u64,
}

impl Pass {
    /// Begins with the ranges of the proof's hashes, in the order of the proof.
    fn new(size: u64, ranges: impl DoubleEndedIterator<Item = (u64, u64)>) -> Self {
        let number = |(position, (begin, end))| Part { begin, end, position };
        let mut parts: Vec<_> = ranges.enumerate().map(number).collect();
        parts.sort_unstable_by_key(|part| std::cmp::Reverse(part.begin));
        let path = vec![Digest::ZERO; parts.len()];
        Self { size, parts, path, part: Tree::new(), read: 0 }
    }

    /// Goes on behind the entries of `tree`, of which nothing else is known; `false` if the proof needs more of them.
    fn skip(&mut self, tree: &Tree) -> bool {
        let mut begin = 0_u64;
        let mut peaks = Vec::new();
        for peak in tree.peaks() {
            let end = begin.saturating_add(1_u64.checked_shl(peak.level).unwrap_or(0));
            peaks.push((begin, end, *peak));
            begin = end;
        }
        self.read = tree.size();
        while let Some(part) = self.parts.last().copied().filter(|part| part.begin < self.read) {
            // what lies before the border is a peak of its own, or ends in peaks that the rest of the part follows
            let mut inside = peaks.iter().filter(|(begin, end, _)| *begin >= part.begin && *end <= part.end);
            let Some((begin, ..)) = inside.clone().next() else { return false };
            if *begin != part.begin {
                return false;
            }
            let mut known = Tree::new();
            inside.by_ref().for_each(|(.., peak)| known.push(*peak));
            if part.end > self.read {
                self.part = known;
                return true;
            }
            if part.begin.checked_add(known.size()) != Some(part.end) {
                return false;
            }
            if let Some(place) = self.path.get_mut(part.position) {
                *place = known.head().root;
            }
            self.parts.pop();
        }
        true
    }

    fn append(&mut self, entry_hash: &Digest) {
        let seq = self.read;
        self.read = seq.saturating_add(1);
        let Some(part) = self.parts.last().copied() else { return };
        if seq < part.begin {
            return;
        }
        self.part.append(entry_hash);
        if self.read == part.end {
            if let Some(place) = self.path.get_mut(part.position) {
                *place = self.part.head().root;
            }
            self.part = Tree::new();
            self.parts.pop();
        }
    }

    fn finish(self) -> Result<Vec<Digest>, ProofError> {
        if self.read == self.size { Ok(self.path) } else { Err(ProofError::Incomplete) }
    }
}

/// Builds the proof that an entry is in a tree.
#[derive(Debug)]
pub struct InclusionBuilder {
    index: u64,
    pass: Pass,
}

impl InclusionBuilder {
    /// Begins the proof that entry `index` is in the tree of `size` entries.
    ///
    /// # Errors
    /// [`ProofError::OutOfTree`] if it is not.
    pub fn new(index: u64, size: u64) -> Result<Self, ProofError> {
        if index >= size {
            return Err(ProofError::OutOfTree);
        }
        let mut ranges = Vec::new();
        let (mut begin, mut end) = (0, size);
        while let Some(middle) = split(begin, end) {
            if index < middle {
                ranges.push((middle, end));
                end = middle;
            } else {
                ranges.push((begin, middle));
                begin = middle;
            }
        }
        // found from the root down, written from the leaf up
        Ok(Self { index, pass: Pass::new(size, ranges.into_iter().rev()) })
    }

    /// Begins the proof that entry `index` is in the tree of `size` entries, of which the first ones are gone but for `tree`.
    ///
    /// # Errors
    /// [`ProofError::OutOfTree`] if the entry is not in the tree, or is one of those that are gone.
    pub fn behind(tree: &Tree, index: u64, size: u64) -> Result<Self, ProofError> {
        let mut builder = Self::new(index, size)?;
        let known = index >= tree.size() && builder.pass.skip(tree);
        if known { Ok(builder) } else { Err(ProofError::OutOfTree) }
    }

    /// Takes the next entry's hash, from that of entry 0 on, or of the first that is not gone.
    pub fn append(&mut self, entry_hash: &Digest) {
        self.pass.append(entry_hash);
    }

    /// Ends the proof.
    ///
    /// # Errors
    /// [`ProofError::Incomplete`] if there were fewer or more entries than the tree has.
    pub fn finish(self) -> Result<InclusionProof, ProofError> {
        Ok(InclusionProof { index: self.index, path: self.pass.finish()? })
    }
}

/// Builds the proof that a tree goes on from an older one.
#[derive(Debug)]
pub struct ConsistencyBuilder(Pass);

impl ConsistencyBuilder {
    /// Begins the proof that the tree of `size` entries begins with that of `old_size`.
    ///
    /// # Errors
    /// [`ProofError::SizesReversed`] if the older one is greater.
    pub fn new(old_size: u64, size: u64) -> Result<Self, ProofError> {
        if old_size > size {
            return Err(ProofError::SizesReversed);
        }
        let mut ranges = Vec::new();
        // the empty tree needs no proof
        let (mut begin, mut end) = if old_size == 0 { (0, 0) } else { (0, size) };
        while end > old_size
            && let Some(middle) = split(begin, end)
        {
            if old_size <= middle {
                ranges.push((middle, end));
                end = middle;
            } else {
                ranges.push((begin, middle));
                begin = middle;
            }
        }
        // who checks knows the root of the older tree, but of no part of it
        if begin > 0 {
            ranges.push((begin, end));
        }
        Ok(Self(Pass::new(size, ranges.into_iter().rev())))
    }

    /// Takes the next entry's hash, from that of entry 0 on.
    pub fn append(&mut self, entry_hash: &Digest) {
        self.0.append(entry_hash);
    }

    /// Ends the proof.
    ///
    /// # Errors
    /// [`ProofError::Incomplete`] if there were fewer or more entries than the tree has.
    pub fn finish(self) -> Result<ConsistencyProof, ProofError> {
        Ok(ConsistencyProof { path: self.0.finish()? })
    }
}

/// Where a node over `begin..end` parts its leaves: behind the greatest power of two below their number (RFC 6962, section 2.1).
fn split(begin: u64, end: u64) -> Option<u64> {
    let below = end.checked_sub(begin)?.checked_sub(1)?;
    begin.checked_add(1_u64.checked_shl(below.checked_ilog2()?)?)
}
