//! Verifies chains from their files alone, in constant memory and on as many cores as there are.
//! A chain of hashes has no key and no memory: what it cannot notice is listed in docs/audit-format.md.
//!
//! A segment is cut into stretches. What is looked at in a stretch without knowing what stands before it becomes parts,
//! which are joined in the order of the chain. Where a part is not plainly good, its lines are gone through once more,
//! one by one: what is wrong, and with which line, is found in one place, however the work was divided.

pub(crate) mod anchors;
mod attested;
mod chain;
mod crew;
pub(crate) mod depth;
mod evidence;
pub(crate) mod fault;
mod front;
mod intents;
mod join;
mod keys;
mod links;
mod part;
mod progress;
pub(crate) mod report;
mod runs;
mod scan;
mod source;
mod walk;

use std::{io, num::NonZero, ops::RangeInclusive, path::Path, thread, time::Duration};

use jiff::Timestamp;
use uuid::Uuid;

use self::{
    anchors::{AnchorError, Anchors},
    chain::Target,
    depth::Depth,
    report::{ChainReport, Report, Verdict, Warning},
};
use crate::{
    folder::{self, ChainFolder},
    note::key::VerifierKey,
};

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
    /// The file `lock` of a chain is none that can be opened, so nobody knows whether a process writes the chain.
    #[error("cannot look at the lock of an audit chain")]
    Lock(#[source] io::Error),
    /// A checkpoint beside the chain cannot be read, so nobody knows what it says about the chain.
    #[error("cannot read {file} in the checkpoints of the audit log")]
    Note {
        /// File name of the note, or of a tree's state.
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
    /// Something that was brought as an anchor is none.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// There is no chain; an empty log is not an intact one.
    #[error("there is no audit chain here")]
    NoChain,
}

/// How a log is looked at, and what is held against it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct VerifyOptions {
    /// Threads to use at most; without a number, as many as there are cores.
    pub threads: Option<NonZero<usize>>,
    /// How much is looked at; without a word, everything.
    pub depth: Depth,
    /// Keys that are trusted. Where there are some, every entry must be anchored: covered by a checkpoint that one of them has
    /// signed, or one that valid rotations lead to.
    pub keys: Vec<VerifierKey>,
    /// Notes that were kept elsewhere. With keys, each must be signed by a trusted one; without, they are believed as they are.
    pub anchors: Anchors,
    /// Of a chain that a process is writing, entries younger than this need not be anchored yet.
    pub recent: Duration,
}

/// What is demanded of a log.
#[derive(Debug, Clone)]
struct Demand {
    keys: Vec<VerifierKey>,
    anchors: Anchors,
    /// Entries that were made before this must be anchored, and those that say they will be made after it.
    recent: RangeInclusive<Timestamp>,
}

impl Demand {
    fn new(options: &VerifyOptions, now: Timestamp) -> Self {
        // clocks differ; but an entry from far ahead would be young for ever
        let recent = now.checked_sub(options.recent).unwrap_or(Timestamp::MIN)
            ..=now.checked_add(options.recent).unwrap_or(Timestamp::MAX);
        Self { keys: options.keys.clone(), anchors: options.anchors.clone(), recent }
    }
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
    verify_each(&[path], options).pop().unwrap_or(Err(VerifyError::NoChain))
}

/// As [`verify_with`] for each of `paths`, which are held against the same anchors: one that is about a chain of any of them is about
/// that chain alone.
pub fn verify_each(paths: &[impl AsRef<Path>], options: &VerifyOptions) -> Vec<Result<Report, VerifyError>> {
    let cores = || thread::available_parallelism().map_or(1, NonZero::get);
    let threads = options.threads.map_or_else(cores, NonZero::get);
    let plan = Plan { threads, depth: options.depth, ..Plan::default() };
    verify_by(paths, &plan, &Demand::new(options, Timestamp::now()))
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

/// The chains at one path.
#[derive(Debug)]
struct Chains {
    folders: Vec<ChainFolder>,
    /// How each is called, as far as that can be seen.
    names: Vec<Option<Uuid>>,
    /// Whether the path is the folder of one.
    single: bool,
    unexpected: u64,
}

impl Chains {
    /// Finds them; there may be none.
    fn at(path: &Path) -> Result<Self, VerifyError> {
        let one = ChainFolder::new(path.to_owned());
        let single = one.chain_id.is_some() || folder::is_chain(path)?;
        let (folders, unexpected) = if single {
            // also makes a missing folder an error
            path.symlink_metadata()?;
            (vec![one], 0)
        } else {
            folder::chains(path)?
        };
        let names = folders.iter().map(|folder| folder.chain_id.or_else(|| front::name(folder))).collect();
        Ok(Self { folders, names, single, unexpected })
    }
}

fn verify_by(paths: &[impl AsRef<Path>], plan: &Plan, demand: &Demand) -> Vec<Result<Report, VerifyError>> {
    let places: Vec<_> = paths.iter().map(|path| Chains::at(path.as_ref())).collect();
    let mut known: Vec<_> =
        places.iter().flatten().flat_map(|place| &place.names).flatten().copied().collect();
    known.sort_unstable();
    // what is about none of the chains belongs to the first directory that should hold it
    let whole = places.iter().position(|place| place.as_ref().is_ok_and(|place| !place.single));
    let mut reports = Vec::new();
    for (number, place) in places.into_iter().enumerate() {
        let strangers = whole.is_none_or(|whole| whole == number).then_some(&known[..]);
        reports.push(place.and_then(|place| look(&place, plan, demand, strangers)));
    }
    reports
}

/// Verifies the chains at one place; where the chains that are `known` anywhere are given, what is about no such chain belongs here.
fn look(place: &Chains, plan: &Plan, demand: &Demand, known: Option<&[Uuid]>) -> Result<Report, VerifyError> {
    // of a chain whose begin was damaged nobody knows which it is; it is about to be named
    let known = known.filter(|_| !place.names.contains(&None));
    let missing = known.map(|known| strangers(place, demand, known)).transpose()?.unwrap_or_default();
    if place.folders.is_empty() && missing.is_empty() {
        return Err(VerifyError::NoChain);
    }
    let targets =
        place.folders.iter().zip(&place.names).map(|(folder, chain)| Target { folder, chain: *chain });
    let mut chains =
        targets.map(|target| chain::verify(&target, plan, demand)).collect::<Result<Vec<_>, _>>()?;
    chains.extend(missing.into_iter().map(ChainReport::missing));
    let verdict = chains.iter().fold(Verdict::Intact, |verdict, chain| verdict.graver(chain.verdict));
    let warnings = (place.unexpected > 0)
        .then_some(Warning::UnexpectedFiles { count: place.unexpected })
        .into_iter()
        .collect();
    Ok(Report { verdict, depth: plan.depth, chains, warnings })
}

/// The chains that anchors speak of and that are not among the `known`.
///
/// # Errors
/// [`AnchorError`] if only some chains are looked at, so that others are not missed, and an anchor is about none of these.
fn strangers(place: &Chains, demand: &Demand, known: &[Uuid]) -> Result<Vec<Uuid>, AnchorError> {
    let mut missing = Vec::new();
    for notes in demand.anchors.beside(known) {
        if !place.single {
            missing.extend(notes.missing(&demand.keys)?);
        } else if let Some(error) = notes.elsewhere() {
            return Err(error);
        }
    }
    let about = |chain: &Uuid| demand.anchors.of(*chain).next().is_some();
    if place.single && !demand.anchors.is_empty() && !known.iter().any(about) {
        return Err(AnchorError::NotThisChain);
    }
    missing.sort_unstable();
    missing.dedup();
    Ok(missing)
}

/// The chains at `path`, at least one.
pub(crate) fn chains(path: &Path) -> Result<(Vec<ChainFolder>, u64), VerifyError> {
    let Chains { folders, unexpected, .. } = Chains::at(path)?;
    if folders.is_empty() { Err(VerifyError::NoChain) } else { Ok((folders, unexpected)) }
}

#[cfg(test)]
mod tests;
