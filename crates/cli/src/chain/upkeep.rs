//! `gitoma-audit repair`, `prune` and `rotate-key`: what an operator does to a chain that no process writes.

use std::path::Path;
use std::sync::Arc;

use gitoma_audit::{
    CheckpointFailure, CheckpointOptions, Log, LogOptions, OpenError, Prune, Repair, SigningKey, UpkeepError,
    Verdict, plan_prune, plan_repair, prune, repair, verify,
};

use super::{
    UNKNOWN,
    arguments::{PruneArguments, RepairArguments, RotateKeyArguments},
    explained,
    listing::gravest,
    words,
};
use crate::console::Console;
use crate::failure::Failure;

/// What the chain is told of who does this.
const PROGRAM: &str = concat!("gitoma-audit ", env!("CARGO_PKG_VERSION"));

/// The options by which a chain is gone on with.
fn options(key: Option<&Path>) -> Result<LogOptions, Failure> {
    let key = key.map(SigningKey::read).transpose()?;
    // which directory and which chain it is, is found from the folder
    Ok(LogOptions { checkpoints: key.map(CheckpointOptions::new), ..LogOptions::new("", PROGRAM) })
}

/// Says what was done or would be, or why not.
fn answer(done: Result<String, UpkeepError>, console: &Console) -> Result<u8, Failure> {
    let error = match done {
        Ok(text) => {
            console.show(&text)?;
            return Ok(0);
        }
        Err(error) => error,
    };
    let text = match &error {
        UpkeepError::Log(error) => explained(error),
        UpkeepError::Open(OpenError::KeyMissing { .. }) => {
            "the checkpoints of the chain are signed; name the key that signs them with --key".to_owned()
        }
        other => causes(other),
    };
    console.tell(&format!("error: {text}"));
    Ok(match &error {
        UpkeepError::NotRepairable { .. } | UpkeepError::Signed { .. } | UpkeepError::NotWhole { .. } => 1,
        UpkeepError::Open(error) => not_opened(error),
        _ => UNKNOWN,
    })
}

/// The exit code for a chain that is not gone on with: 1 if it is not what it was, and 2 for all that says nothing about it.
const fn not_opened(error: &OpenError) -> u8 {
    match error {
        OpenError::Damaged { .. }
        | OpenError::RolledBack { .. }
        | OpenError::BadCopy { .. }
        | OpenError::NoCheckpoint { .. }
        | OpenError::NoTree { .. } => 1,
        _ => UNKNOWN,
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// A head, what happens to each piece, and what to know of it.
fn account(head: String, pieces: impl IntoIterator<Item = String>, last: &str) -> String {
    let mut text = head;
    for line in pieces.into_iter().chain([last.to_owned()]) {
        text.push_str("\n  ");
        text.push_str(&line);
    }
    text
}

pub(super) fn run_repair(arguments: &RepairArguments, console: &Console) -> Result<u8, Failure> {
    let done = if arguments.apply {
        repair(&arguments.directory, options(arguments.key.as_deref())?)
    } else {
        plan_repair(&arguments.directory)
    };
    let nothing = || "nothing to repair: the chain is whole, or the next start mends it by itself".to_owned();
    let said = |done: Option<Repair>| done.map_or_else(nothing, |repair| repaired(&repair, arguments.apply));
    answer(done.map(said), console)
}

fn repaired(repair: &Repair, applied: bool) -> String {
    let fault = &repair.fault;
    let head = format!(
        "chain {}: {}, line {}: {}\n  entries up to seq {} are good and stay",
        repair.chain,
        fault.file,
        fault.line,
        words::fault(fault.class),
        repair.last_seq
    );
    let (done, last) = if applied {
        ("went", "the chain says so in its entries `recover`")
    } else {
        ("would go", "--apply does it; keep a copy of the folder as evidence first")
    };
    let piece = |(file, from, bytes): &(String, u64, u64)| {
        format!("{bytes} bytes of {file} from byte {from} on {done} to quarantine")
    };
    account(head, repair.taken.iter().map(piece), last)
}

pub(super) fn run_prune(arguments: &PruneArguments, console: &Console) -> Result<u8, Failure> {
    let done = if arguments.apply {
        prune(&arguments.directory, arguments.before, options(arguments.key.as_deref())?)
    } else {
        plan_prune(&arguments.directory, arguments.before)
    };
    answer(done.map(|prune| pruned(&prune, arguments.apply)), console)
}

fn pruned(prune: &Prune, applied: bool) -> String {
    let head = format!("chain {}: entries {} to {}", prune.chain, prune.first_seq, prune.through_seq);
    let (done, last) = if applied {
        ("was", "the chain says so in its entry `prune`")
    } else {
        ("would be", "--apply does it; export what you must keep first, since nothing brings it back")
    };
    account(head, prune.segments.iter().map(|segment| format!("{segment} {done} removed")), last)
}

/// Lets another key sign from here on, in each chain that is named.
pub(super) fn rotate_key(arguments: &RotateKeyArguments, console: &Console) -> Result<u8, Failure> {
    let former = arguments.from.as_deref().map(SigningKey::read).transpose()?.map(Arc::new);
    let key = Arc::new(SigningKey::read(&arguments.to)?);
    let mut codes = Vec::new();
    for folder in &arguments.chains {
        let name = folder.display();
        match take(folder, Arc::clone(&key), former.clone()) {
            Ok(()) => console.show(&format!("{name}: {} signs from here on", key.verifier().name()))?,
            Err((error, code)) => {
                console.tell(&format!("error: {name}: {error}"));
                codes.push(code);
            }
        }
    }
    Ok(gravest(codes))
}

/// Takes the chain in a folder once, with both keys: that records that one follows the other. Without a former one the key takes up a
/// chain that is whole and that nobody has signed. Else says why not, and with which exit code.
fn take(folder: &Path, key: Arc<SigningKey>, former: Option<Arc<SigningKey>>) -> Result<(), (String, u8)> {
    let unknown = |error: String| (error, UNKNOWN);
    let folder = std::path::absolute(folder).map_err(|error| unknown(error.to_string()))?;
    let chain = folder.file_name().and_then(|name| name.to_str()?.parse().ok());
    let (Some(chain), Some(directory)) = (chain, folder.parent()) else {
        return Err(unknown("name the folder of one chain, STATE/audit/CHAIN".to_owned()));
    };
    let mut checkpoints = CheckpointOptions::with(key);
    checkpoints.adopt = former.is_none();
    if checkpoints.adopt {
        let report = verify(&folder).map_err(|error| unknown(explained(&error)))?;
        if matches!(report.verdict, Verdict::Tampered | Verdict::Torn) {
            let text = "the chain is not whole, so no key takes it up; `gitoma-audit verify` says more";
            return Err((text.to_owned(), 1));
        }
    }
    checkpoints.former_key = former;
    let options = LogOptions {
        checkpoints: Some(checkpoints),
        chain: Some(chain),
        ..LogOptions::new(directory, PROGRAM)
    };
    let log = Log::open(options).map_err(|error| (causes(&error), not_opened(&error)))?;
    log.close_blocking().map_err(|error| unknown(causes(&error)))?;
    match log.status().checkpoints.and_then(|checkpoints| checkpoints.failing) {
        Some(CheckpointFailure::Fork) => Err((CheckpointFailure::Fork.to_string(), 1)),
        Some(failure) => Err(unknown(failure.to_string())),
        None => Ok(()),
    }
}
