//! What an operator does to a chain that no process writes: mending one that a start refuses, and removing its front on purpose. Both
//! leave a chain that says what was done to it; neither touches what a checkpoint has signed, but for a `prune` that accounts for it.

pub(crate) mod prune;
pub(crate) mod repair;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::{
    files,
    folder::ChainFolder,
    lock::Locked,
    log::error::OpenError,
    verify::{self, VerifyError, fault::FaultClass},
};

/// Why a chain is left as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpkeepError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] VerifyError),
    /// There is more than one chain, or the folder has not the name of its chain.
    #[error("name the folder of one chain, STATE/audit/CHAIN")]
    OneChain,
    /// A process writes the chain.
    #[error("a process holds the chain; stop the gateway first")]
    Held,
    /// What is wrong is not at the end of what is there.
    #[error(
        "the chain cannot be repaired: {class} is no damage that cutting off its end would mend; keep the folder as evidence, and move it \
         out of the audit directory to begin another chain"
    )]
    NotRepairable {
        /// What is wrong.
        class: FaultClass,
    },
    /// What would have to be cut off was signed.
    #[error(
        "the chain cannot be repaired: only {entries} of its entries are good, and a checkpoint covers {size}; keep the folder as evidence, \
         and move it out of the audit directory to begin another chain"
    )]
    Signed {
        /// How many entries are good.
        entries: u64,
        /// The size of the newest checkpoint.
        size: u64,
    },
    /// A chain that is not whole is not pruned.
    #[error(
        "the chain is not whole ({class}), so nothing is removed from it; `gitoma-audit verify` says more"
    )]
    NotWhole {
        /// What is wrong.
        class: FaultClass,
    },
    /// There is no segment to remove.
    #[error(
        "nothing can be removed: no segment lies whole before that entry and under a checkpoint; the last segment always stays"
    )]
    NothingToPrune,
    /// The chain cannot be gone on with.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What was done did not come onto the record, so nothing was removed.
    #[error("the record of it did not reach the chain, or no checkpoint covers it, so nothing was removed")]
    Unrecorded,
    /// The system refused something.
    #[error("cannot {action} of the chain")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

fn failed(action: &'static str) -> impl FnOnce(io::Error) -> UpkeepError {
    move |source| UpkeepError::Io { action, source }
}

/// The one chain at `path`, whose folder bears its name, and the audit directory that it is in.
fn one(path: &Path) -> Result<(ChainFolder, Uuid, PathBuf), UpkeepError> {
    let mut chains = verify::chains(path)?.0;
    let (Some(folder), true) = (chains.pop(), chains.is_empty()) else { return Err(UpkeepError::OneChain) };
    // by its own path rather than by what leads to it
    let path = std::path::absolute(&folder.path).map_err(failed("find the folder"))?;
    let folder = ChainFolder::new(path);
    let chain = folder.chain_id.ok_or(UpkeepError::OneChain)?;
    let directory = folder.path.parent().ok_or(UpkeepError::OneChain)?.to_owned();
    Ok((folder, chain, directory))
}

/// Holds the chain, so that no process takes it meanwhile.
fn hold(folder: &ChainFolder) -> Result<Locked, UpkeepError> {
    let lock = files::open_or_create(&folder.lock()).map_err(failed("open the lock"))?;
    Locked::take(lock).map_err(failed("take the lock"))?.ok_or(UpkeepError::Held)
}
