//! `gitoma-audit repair`, `prune` and `rotate-key`: what an operator does to a chain that no process writes.

use std::path::Path;
use std::sync::Arc;

use gitoma_audit::{
    CheckpointOptions, Log, LogOptions, OpenError, Prune, Repair, SigningKey, UpkeepError, plan_prune,
    plan_repair, prune, repair,
};

use super::{PruneArguments, RepairArguments, RotateKeyArguments, UNKNOWN, explained, words};
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

/// Says why nothing was done.
fn refused(error: &UpkeepError, console: &Console) -> u8 {
    let text = match error {
        UpkeepError::Log(error) => explained(error),
        UpkeepError::Open(OpenError::KeyMissing { .. }) => {
            "the checkpoints of the chain are signed; name the key that signs them with --key".to_owned()
        }
        other => causes(other),
    };
    console.tell(&format!("error: {text}"));
    match error {
        UpkeepError::NotRepairable { .. } | UpkeepError::Signed { .. } | UpkeepError::NotWhole { .. } => 1,
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

pub(super) fn run_repair(arguments: &RepairArguments, console: &Console) -> Result<u8, Failure> {
    let done = if arguments.apply {
        repair(&arguments.directory, options(arguments.key.as_deref())?)
    } else {
        plan_repair(&arguments.directory)
    };
    match done {
        Ok(None) => {
            console.show("nothing to repair: the chain is whole, or the next start mends it by itself")?;
            Ok(0)
        }
        Ok(Some(repair)) => {
            console.show(&repaired(&repair, arguments.apply))?;
            Ok(0)
        }
        Err(error) => Ok(refused(&error, console)),
    }
}

fn repaired(repair: &Repair, applied: bool) -> String {
    let fault = &repair.fault;
    let mut text = format!(
        "chain {}: {}, line {}: {}\n  entries up to seq {} are good and stay",
        repair.chain,
        fault.file,
        fault.line,
        words::fault(fault.class),
        repair.last_seq
    );
    let done = if applied { "went" } else { "would go" };
    for (file, from, bytes) in &repair.taken {
        text.push_str(&format!("\n  {bytes} bytes of {file} from byte {from} on {done} to quarantine"));
    }
    text.push_str(if applied {
        "\n  the chain says so in its entries `recover`"
    } else {
        "\n  --apply does it; keep a copy of the folder as evidence first"
    });
    text
}

pub(super) fn run_prune(arguments: &PruneArguments, console: &Console) -> Result<u8, Failure> {
    let done = if arguments.apply {
        prune(&arguments.directory, arguments.before, options(arguments.key.as_deref())?)
    } else {
        plan_prune(&arguments.directory, arguments.before)
    };
    match done {
        Ok(prune) => {
            console.show(&pruned(&prune, arguments.apply))?;
            Ok(0)
        }
        Err(error) => Ok(refused(&error, console)),
    }
}

fn pruned(prune: &Prune, applied: bool) -> String {
    let done = if applied { "was" } else { "would be" };
    let mut text = format!("chain {}: entries {} to {}", prune.chain, prune.first_seq, prune.through_seq);
    for segment in &prune.segments {
        text.push_str(&format!("\n  {segment} {done} removed"));
    }
    text.push_str(if applied {
        "\n  the chain says so in its entry `prune`"
    } else {
        "\n  --apply does it; export what you must keep first, since nothing brings it back"
    });
    text
}

/// Lets another key sign from here on, in each chain that is named.
pub(super) fn rotate_key(arguments: &RotateKeyArguments, console: &Console) -> Result<u8, Failure> {
    let former = Arc::new(SigningKey::read(&arguments.from)?);
    let key = Arc::new(SigningKey::read(&arguments.to)?);
    let mut code = 0;
    for folder in &arguments.chains {
        let rotated = take(folder, Arc::clone(&key), Arc::clone(&former));
        let name = folder.display();
        match rotated {
            Ok(()) => console.show(&format!("{name}: {} signs from here on", key.verifier().name()))?,
            Err(error) => {
                console.tell(&format!("error: {name}: {error}"));
                code = 1;
            }
        }
    }
    Ok(code)
}

/// Takes the chain in a folder once, with both keys: that records that one follows the other.
fn take(folder: &Path, key: Arc<SigningKey>, former: Arc<SigningKey>) -> Result<(), String> {
    let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
    let chain = folder.file_name().and_then(|name| name.to_str()?.parse().ok());
    let (Some(chain), Some(directory)) = (chain, folder.parent()) else {
        return Err("name the folder of one chain, STATE/audit/CHAIN".to_owned());
    };
    let mut checkpoints = CheckpointOptions::with(key);
    checkpoints.former_key = Some(former);
    let options = LogOptions {
        checkpoints: Some(checkpoints),
        chain: Some(chain),
        ..LogOptions::new(directory, PROGRAM)
    };
    let log = Log::open(options).map_err(|error| causes(&error))?;
    log.close_blocking().map_err(|error| causes(&error))?;
    match log.status().checkpoints.and_then(|checkpoints| checkpoints.failing) {
        Some(failure) => Err(failure.to_string()),
        None => Ok(()),
    }
}
