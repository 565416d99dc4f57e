//! Verifies chains from their files alone, in constant memory and on as many cores as there are.
//! A chain of hashes has no key and no memory: what it cannot notice is listed in docs/audit-format.md.
//!
//! A segment is cut into stretches. What is looked at in a stretch without knowing what stands before it becomes parts,
//! which are joined in the order of the chain. Where a part is not plainly good, its lines are gone through once more,
//! one by one: what is wrong, and with which line, is found in one place, however the work was divided.

mod chain;
mod crew;
pub(crate) mod depth;
pub(crate) mod fault;
mod intents;
mod join;
mod links;
mod part;
mod progress;
pub(crate) mod report;
mod scan;
mod source;
mod walk;

use std::{io, num::NonZero, path::Path, thread};

use self::{
    depth::Depth,
    report::{Report, Verdict, Warning},
};
use crate::folder::{self, ChainFolder};

/// Why nothing can be said about a log. Programs exit with 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The system refused something.
    #[error("cannot read the audit log")]
    Io(#[from] io::Error),
    /// A segment cannot be read; what stands before it says nothing about the chain as a whole.
    #[error("cannot read {file} of the audit log")]
    Segment {
        /// File name of the segment.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// A segment was changed while it was looked at, so that nothing can be said about it.
    #[error("{file} of the audit log was changed while it was read")]
    Changed {
        /// File name of the segment.
        file: String,
    },
    /// There is no chain; an empty log is not an intact one.
    #[error("there is no audit chain here")]
    NoChain,
}

/// How a log is looked at.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct VerifyOptions {
    /// Threads to use at most; without a number, as many as there are cores.
    pub threads: Option<NonZero<usize>>,
    /// How much is looked at; without a word, everything.
    pub depth: Depth,
}

/// Verifies all chains of an audit directory (`STATE/audit`), or one chain if `path` is its folder.
/// Reads only, and takes a chain's lock for no longer than it takes to see whether it is free.
///
/// # Errors
/// [`VerifyError`] if nothing can be said; faults of the log are in the report.
pub fn verify(path: &Path) -> Result<Report, VerifyError> {
    verify_with(path, &VerifyOptions::default())
}

/// As [`verify()`], in the way that `options` say.
///
/// # Errors
/// As [`verify()`].
pub fn verify_with(path: &Path, options: &VerifyOptions) -> Result<Report, VerifyError> {
    let cores = || thread::available_parallelism().map_or(1, NonZero::get);
    let threads = options.threads.map_or_else(cores, NonZero::get);
    verify_by(path, &Plan { threads, depth: options.depth, ..Plan::default() })
}

/// How the work is divided. It changes nothing about what is found.
#[derive(Debug, Clone, Copy)]
struct Plan {
    threads: usize,
    depth: Depth,
    /// Bytes that are read and looked at at once: they stay in the cache of a core.
    block: usize,
    /// Bytes of a stretch where the hash of the file is not wanted.
    stretch: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { threads: 1, depth: Depth::default(), block: 128 * 1024, stretch: 4 * 1024 * 1024 }
    }
}

fn verify_by(path: &Path, plan: &Plan) -> Result<Report, VerifyError> {
    let (folders, unexpected) = chains(path)?;
    let chains = folders.iter().map(|folder| chain::verify(folder, plan)).collect::<Result<Vec<_>, _>>()?;
    let verdict = chains.iter().fold(Verdict::Intact, |verdict, chain| verdict.graver(chain.verdict));
    let warnings =
        (unexpected > 0).then_some(Warning::UnexpectedFiles { count: unexpected }).into_iter().collect();
    Ok(Report { verdict, depth: plan.depth, chains, warnings })
}

/// The chains at `path`, at least one.
pub(crate) fn chains(path: &Path) -> Result<(Vec<ChainFolder>, u64), VerifyError> {
    let one = ChainFolder::new(path.to_owned());
    let found = if one.chain_id.is_some() || folder::is_chain(path)? {
        // also makes a missing folder an error
        path.symlink_metadata()?;
        (vec![one], 0)
    } else {
        folder::chains(path)?
    };
    if found.0.is_empty() { Err(VerifyError::NoChain) } else { Ok(found) }
}

#[cfg(test)]
mod tests;
