//! Repairs a chain that a start refuses: what stands behind its last good entry goes to quarantine, and an ordinary start records it. What
//! a checkpoint has signed is never cut off, so a repair takes nothing that anybody vouched for.

use std::path::Path;

use uuid::Uuid;

use super::{UpkeepError, failed, hold, one};
use crate::{
    checkpoint::SignedCheckpoint,
    folder::{self, ChainFolder},
    log::{Log, LogOptions, checkpoints::CheckpointOptions, error::OpenError, quarantine},
    verify::{
        self,
        fault::FaultClass,
        report::{Fault, Verdict},
    },
};

/// What a repair takes away, and what it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// The chain.
    pub chain: Uuid,
    /// The last good entry.
    pub last_seq: u64,
    /// What is wrong behind it.
    pub fault: Fault,
    /// What goes to quarantine: of each file its name, the byte from which on it is taken, and how many bytes that is.
    pub taken: Vec<(String, u64, u64)>,
}

/// Finds out what a repair of the chain at `path` would do. `None` if there is nothing to do: the chain is whole, or a start mends it.
///
/// # Errors
/// [`UpkeepError`] if the chain cannot be repaired, or looked at.
pub fn plan_repair(path: &Path) -> Result<Option<Repair>, UpkeepError> {
    let (folder, chain, _) = one(path)?;
    // a start that comes meanwhile takes the chain, rather than to begin another beside it
    drop(hold(&folder)?);
    plan(&folder, chain)
}

/// Repairs the chain at `path`, and starts it once with `options` (whose directory and chain are not looked at), so that what was taken away is
/// on its record. `None` if there was nothing to repair.
///
/// # Errors
/// [`UpkeepError`]; what was moved to quarantine until then is recorded by the next try, or the next start.
pub fn repair(path: &Path, mut options: LogOptions) -> Result<Option<Repair>, UpkeepError> {
    let (folder, chain, directory) = one(path)?;
    let lock = hold(&folder)?;
    let Some(repair) = plan(&folder, chain)? else { return Ok(None) };
    may_sign(&folder, chain, options.checkpoints.as_ref())?;
    let next_seq = repair.last_seq.saturating_add(1);
    // the last segment first: whatever comes between, what is left begins as it did, and a start that goes on from there records what is
    // gone behind it
    for (name, from, _) in repair.taken.iter().rev() {
        let moved = match folder::first_seq(name) {
            Some(first_seq) if *name == repair.fault.file => {
                quarantine::take_end(&folder, first_seq, *from, next_seq)
            }
            Some(first_seq) => quarantine::take_segment(&folder, first_seq),
            None => Ok(()),
        };
        moved.map_err(failed("move something to the quarantine"))?;
    }
    drop(lock);
    (options.directory, options.chain) = (directory, Some(chain));
    let log = Log::open(options)?;
    log.close_blocking().map_err(|_| UpkeepError::Unrecorded)?;
    Ok(Some(repair))
}

/// Demands the key of the chain's newest checkpoint before anything is changed: without it the chain could not be gone on with.
fn may_sign(
    folder: &ChainFolder,
    chain: Uuid,
    checkpoints: Option<&CheckpointOptions>,
) -> Result<(), UpkeepError> {
    let notes = folder.checkpoints();
    let newest = notes.list().map_err(failed("list the checkpoints"))?.notes.last().copied();
    let Some(size) = newest else { return Ok(()) };
    let note = notes.note(size).map_err(failed("read a checkpoint"))?.unwrap_or_default();
    let checkpoints = checkpoints.ok_or(OpenError::KeyMissing { chain })?;
    let trusted = checkpoints.trusted().map_err(|_| OpenError::KeysAlike)?;
    SignedCheckpoint::open(&note, &trusted).map_err(|_| OpenError::OtherKey { chain })?;
    Ok(())
}

fn plan(folder: &ChainFolder, chain: Uuid) -> Result<Option<Repair>, UpkeepError> {
    let report = verify::verify(&folder.path)?;
    let Some(report) = report.chains.into_iter().next().filter(|chain| chain.verdict == Verdict::Tampered)
    else {
        return Ok(None);
    };
    let class = report.fault.as_ref().map_or(FaultClass::Malformed, |fault| fault.class);
    let (Some(fault), Some(last_seq)) = (report.fault, report.last_seq) else {
        return Err(UpkeepError::NotRepairable { class });
    };
    let of_a_line = fault.line > 0 && !contradicts(class);
    let first = folder::first_seq(&fault.file).filter(|_| of_a_line);
    let first = first.ok_or(UpkeepError::NotRepairable { class })?;
    let entries = last_seq.saturating_add(1);
    let newest = folder.checkpoints().list().map_err(failed("list the checkpoints"))?.notes.last().copied();
    if let Some(size) = newest.filter(|size| *size > entries) {
        return Err(UpkeepError::Signed { entries, size });
    }
    let mut taken = Vec::new();
    for segment in folder.content().map_err(failed("list the segments"))?.segments {
        let from = if segment == first { fault.offset } else { 0 };
        if segment < first {
            continue;
        }
        let length = crate::files::read(&folder.segment(segment))
            .and_then(|file| file.metadata())
            .map_err(failed("look at a segment"))?
            .len();
        taken.push((folder::segment_name(segment), from, length.saturating_sub(from)));
    }
    Ok(Some(Repair { chain, last_seq, fault, taken }))
}

/// Whether a fault says that the chain is not what somebody signed, or is another: cutting off its end would only hide that.
const fn contradicts(class: FaultClass) -> bool {
    matches!(
        class,
        FaultClass::Truncated
            | FaultClass::CheckpointMismatch
            | FaultClass::BadCheckpoint
            | FaultClass::BadRotation
            | FaultClass::BadPrune
            | FaultClass::ChainMissing
            | FaultClass::Genesis
            | FaultClass::WrongChain
            | FaultClass::SegmentMissing
            | FaultClass::UnsupportedVersion
    )
}
