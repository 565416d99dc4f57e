//! Entries that follow each other, as parts of a tree: cut at the sizes at which the tree's root is to be compared with a note.

use jiff::Timestamp;

use crate::{digest::Digest, tree::range::TreeRange};

/// Entries that follow each other.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) begin: u64,
    pub(super) end: u64,
    /// When the first one was made.
    pub(super) moment: Option<Timestamp>,
    /// Their hashes; `None` behind the last size that is wanted.
    pub(super) tree: Option<TreeRange>,
}

impl Run {
    /// Bytes that it takes up, at most: two peaks for each bit of its length.
    pub(super) fn size(&self) -> usize {
        const PEAK: usize = 40;
        let bits = (self.end - self.begin).checked_ilog2().unwrap_or_default() + 1;
        size_of::<Self>() + self.tree.as_ref().map_or(0, |_| 2 * bits as usize * PEAK)
    }
}

/// Runs in the making.
#[derive(Debug)]
pub(super) struct Runs<'wanted> {
    /// The wanted sizes that are still to come.
    wanted: &'wanted [u64],
    runs: Vec<Run>,
    /// The run that is being made, without its tree, and the hashes for that.
    open: Option<Run>,
    hashes: Vec<Digest>,
}

impl<'wanted> Runs<'wanted> {
    pub(super) const fn new(wanted: &'wanted [u64]) -> Self {
        Self { wanted, runs: Vec::new(), open: None, hashes: Vec::new() }
    }

    /// Takes the next entry; `false` if its number does not follow the one before.
    pub(super) fn take(
        &mut self,
        seq: u64,
        hash: Digest,
        moment: impl FnOnce() -> Option<Timestamp>,
    ) -> bool {
        let open = match &mut self.open {
            Some(open) => open,
            None => {
                if self.runs.is_empty() {
                    let behind = self.wanted.partition_point(|wanted| *wanted <= seq);
                    self.wanted = self.wanted.get(behind..).unwrap_or_default();
                } else if self.runs.last().is_some_and(|last| last.end != seq) {
                    return false;
                }
                self.open.insert(Run { begin: seq, end: seq, moment: moment(), tree: None })
            }
        };
        if open.end != seq {
            return false;
        }
        open.end += 1;
        if let Some((next, rest)) = self.wanted.split_first() {
            self.hashes.push(hash);
            if open.end == *next {
                self.wanted = rest;
                self.close(true);
            }
        }
        true
    }

    fn close(&mut self, wanted: bool) {
        let Some(mut run) = self.open.take() else { return };
        if wanted {
            let mut tree = TreeRange::new(run.begin);
            tree.extend(&self.hashes, &mut Vec::new());
            run.tree = Some(tree);
        }
        self.hashes.clear();
        self.runs.push(run);
    }

    pub(super) fn finish(mut self) -> Vec<Run> {
        self.close(!self.wanted.is_empty());
        self.runs
    }
}
