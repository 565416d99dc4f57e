//! The program `gitoma-audit`: looks at audit chains from their files alone. It needs no gateway and no settings, takes no lock
//! for longer than it takes to see whether it is free, and writes nothing into a log that it looks at; `repair`, `prune` and `rotate-key`, which
//! change a chain, take it like a gateway and put what they do on its record.

mod arguments;
mod calls;
mod export;
mod filter;
mod keygen;
mod listing;
mod private;
mod prove;
mod row;
mod show;
mod stats;
mod tail;
mod upkeep;
mod verify;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use gitoma_audit::{AnchorError, VerifyError};

use self::arguments::{Command, CommandLine};

pub(crate) use row::place;

use crate::console::Console;

/// What could not be looked at, or was asked for wrongly.
const UNKNOWN: u8 = 2;

/// See [`crate::gitoma_audit`].
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command = match crate::parse::<CommandLine>(arguments) {
        Ok(line) => line.command,
        Err(code) => return code,
    };
    let console = Console::default();
    let code = match command {
        Command::Verify(arguments) => verify::run(&arguments, &console),
        Command::Show(arguments) => show::run(&arguments, &console),
        Command::Tail(arguments) => tail::run(&arguments, &console),
        Command::Stats(arguments) => stats::run(&arguments, &console),
        Command::Export(arguments) => export::run(&arguments, &console),
        Command::Prove(arguments) => prove::run(&arguments, &console),
        Command::CheckProof(arguments) => prove::check(&arguments, &console),
        Command::Keygen(arguments) => keygen::run(&arguments, &console),
        Command::Disclose(arguments) => private::disclose(&arguments, &console),
        Command::Erase(arguments) => private::erase(&arguments, &console),
        Command::Repair(arguments) => upkeep::run_repair(&arguments, &console),
        Command::Prune(arguments) => upkeep::run_prune(&arguments, &console),
        Command::RotateKey(arguments) => upkeep::rotate_key(&arguments, &console),
    };
    match code {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.report(&console);
            ExitCode::from(UNKNOWN)
        }
    }
}

/// Why something is no anchor, with its cause and what to do.
pub(crate) fn not_anchors(error: &AnchorError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        // one that passes its cause on says the same
        if !text.ends_with(&error.to_string()) {
            text.push_str(&format!(": {error}"));
        }
        cause = error.source();
    }
    let next = match error {
        AnchorError::Untrusted { .. } => "; give the key that signed it with --key, if you trust it",
        AnchorError::OtherChain { .. } => "; name its folder too, or the whole audit directory",
        AnchorError::NotThisChain => "; give one that is, or leave --anchor out",
        _ => "",
    };
    text + next
}

/// Why nothing can be said about a directory, with causes.
pub(crate) fn explained(error: &VerifyError) -> String {
    match error {
        VerifyError::NoChain => {
            "there is no audit chain here; name STATE/audit or the folder of one chain".to_owned()
        }
        VerifyError::Io(cause) => format!("the audit log cannot be read: {cause}"),
        VerifyError::Segment { file, source } => {
            format!("{file} cannot be read, so nothing is said about the chain: {source}")
        }
        VerifyError::Lock(cause) => {
            format!("`lock` cannot be looked at, so nobody knows whether a process writes the chain: {cause}")
        }
        VerifyError::Note { file, source } => {
            format!("the checkpoint {file} cannot be read, so nothing is said about the chain: {source}")
        }
        VerifyError::Anchor(error) => not_anchors(error),
        VerifyError::Changed { file } => {
            format!("{file} was changed while it was read, so nothing is said about the chain; look again")
        }
        other => other.to_string(),
    }
}
