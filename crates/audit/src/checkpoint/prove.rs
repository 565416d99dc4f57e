//! Builds the proof file of an entry from the folder of its chain: the newest checkpoint that covers it, and the path to its root.

use std::{io, path::Path};

use super::{
    Checkpoint, CheckpointError,
    offline::{OfflineProof, OfflineProofError},
};
use crate::{
    digest::Digest,
    folder::ChainFolder,
    note::UnverifiedNote,
    reader::{ReadError, Reader},
    tree::{build::InclusionBuilder, proof::ProofError, range::Tree},
    verify::{self, VerifyError},
};

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// There is no chain, or its folder cannot be read.
    #[error(transparent)]
    Log(#[from] VerifyError),
    /// There is more than one chain.
    #[error("there are {count} chains here; name the folder of one")]
    ManyChains {
        /// How many.
        count: usize,
    },
    /// A line before the end of the checkpoint is no entry.
    #[error(transparent)]
    Entry(#[from] ReadError),
    /// No checkpoint covers the entry.
    #[error(
        "no checkpoint covers entry {seq}; checkpoints are made where `audit.checkpoints` in the configuration file names a key, \
         and cover an entry within seconds"
    )]
    NotCovered {
        /// The entry.
        seq: u64,
    },
    /// The entry was removed with the front of the chain.
    #[error("entry {seq} was pruned; the chain begins with entry {first_seq}")]
    Pruned {
        /// The entry.
        seq: u64,
        /// The first one that is there.
        first_seq: u64,
    },
    /// The state of the tree that stands for the pruned front is missing or is none.
    #[error(
        "the tree's state that stands for the pruned front cannot be used; `gitoma-audit verify` says more"
    )]
    State,
    /// The newest checkpoint is none of this chain.
    #[error("the newest checkpoint that covers the entry is not one")]
    Checkpoint(#[from] CheckpointError),
    /// The entries do not lead to the root that was signed.
    #[error("the entries are not those that the checkpoint has signed; `gitoma-audit verify` says more")]
    Mismatch(#[source] OfflineProofError),
}

impl From<io::Error> for ProveError {
    fn from(error: io::Error) -> Self {
        Self::Log(error.into())
    }
}

/// Proves that entry `seq` is in the chain at `path`: the folder of a chain, or an audit directory with only one. The file holds the
/// entry's line. Who made the signature of the checkpoint is for those to check who trust its key: [`OfflineProof::verify`].
///
/// # Errors
/// [`ProveError`] says why there is no proof.
pub fn prove(path: &Path, seq: u64) -> Result<OfflineProof, ProveError> {
    let chains = verify::chains(path)?.0;
    let [folder] = &chains[..] else { return Err(ProveError::ManyChains { count: chains.len() }) };
    let notes = folder.checkpoints();
    let size = notes.list()?.notes.last().copied().filter(|size| *size > seq);
    let note = size.map(|size| notes.note(size)).transpose()?.flatten();
    let (Some(size), Some(note)) = (size, note) else { return Err(ProveError::NotCovered { seq }) };
    let checkpoint = signed(&note)?;
    if checkpoint.head.size != size {
        return Err(CheckpointError::Size.into());
    }

    let (mut builder, mut next) = begin(folder, seq, size)?;
    let mut found: Option<(String, Digest)> = None;
    for entry in Reader::open(&folder.path)? {
        if next == size {
            break;
        }
        let entry = entry?;
        checkpoint.of_chain(entry.chain_id)?;
        if entry.seq != next {
            return Err(ProveError::Mismatch(ProofError::Incomplete.into()));
        }
        builder.append(&entry.entry_hash);
        next = next.saturating_add(1);
        if entry.seq == seq {
            found = Some((entry.raw, entry.entry_hash));
        }
    }
    let proof = builder.finish().map_err(|error| ProveError::Mismatch(error.into()))?;
    let (line, hash) = found.ok_or(ProveError::NotCovered { seq })?;
    proof.verify(&hash, &checkpoint.head).map_err(|error| ProveError::Mismatch(error.into()))?;
    let note = std::str::from_utf8(&note).map_err(|_| CheckpointError::Form)?;
    OfflineProof::new(proof, note, Some(line.as_bytes())).map_err(ProveError::Mismatch)
}

/// What a note says, whoever signed it.
fn signed(note: &[u8]) -> Result<Checkpoint, CheckpointError> {
    Checkpoint::parse(UnverifiedNote::parse(note)?.believed())
}

/// The proof before its first entry, and the number of that entry.
fn begin(folder: &ChainFolder, seq: u64, size: u64) -> Result<(InclusionBuilder, u64), ProveError> {
    let outside = |error: ProofError| ProveError::Mismatch(error.into());
    let first_seq = folder.content()?.segments.first().copied().unwrap_or(0);
    if first_seq == 0 {
        return Ok((InclusionBuilder::new(seq, size).map_err(outside)?, 0));
    }
    if seq < first_seq {
        return Err(ProveError::Pruned { seq, first_seq });
    }
    let state = folder.checkpoints().tree(first_seq)?.ok_or(ProveError::State)?;
    let state = std::str::from_utf8(&state).map_err(|_| ProveError::State)?;
    // a wrong state gives a wrong root, and that is compared
    let tree = Tree::claimed(state).filter(|tree| tree.size() == first_seq).ok_or(ProveError::State)?;
    Ok((InclusionBuilder::behind(&tree, seq, size).map_err(outside)?, first_seq))
}

#[cfg(test)]
mod tests;
