//! Verifies chains from their files alone, streaming, in constant memory.
//! A chain of hashes has no key and no memory: what it cannot notice is listed in docs/audit-format.md.

mod chain;
pub(crate) mod fault;
mod progress;
pub(crate) mod report;

use std::{io, path::Path};

use self::report::{Report, Verdict, Warning};
use crate::folder::{self, ChainFolder};

/// Why nothing can be said about a log. Programs exit with 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The system refused something.
    #[error("cannot read the audit log")]
    Io(#[from] io::Error),
    /// There is no chain; an empty log is not an intact one.
    #[error("there is no audit chain here")]
    NoChain,
}

/// Verifies all chains of an audit directory (`STATE/audit`), or one chain if `path` is its folder.
/// Reads only, and takes a chain's lock for no longer than it takes to see whether it is free.
///
/// # Errors
/// [`VerifyError`] if nothing can be said; faults of the log are in the report.
pub fn verify(path: &Path) -> Result<Report, VerifyError> {
    let (folders, unexpected) = chains(path)?;
    let chains = folders.iter().map(chain::verify).collect::<io::Result<Vec<_>>>()?;
    let verdict = chains.iter().fold(Verdict::Intact, |verdict, chain| verdict.graver(chain.verdict));
    let warnings =
        (unexpected > 0).then_some(Warning::UnexpectedFiles { count: unexpected }).into_iter().collect();
    Ok(Report { verdict, chains, warnings })
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
