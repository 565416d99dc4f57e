//! The program `gitoma-audit`: looks at audit chains from their files alone. It needs no gateway and no settings, takes no lock
//! for longer than it takes to see whether it is free, and writes nothing.

mod row;
mod show;
mod verify;
mod words;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use gitoma_audit::VerifyError;

pub(crate) use row::place;

use crate::console::Console;

/// What could not be looked at, or was asked for wrongly.
const UNKNOWN: u8 = 2;

/// Verifies and shows audit chains
///
/// DIR is an audit directory (STATE/audit), whose chains are all looked at, or the folder of one chain.
#[derive(Debug, Parser)]
#[command(name = "gitoma-audit", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Verifies chains, and names the first bad line of each
    ///
    /// Every line is read strictly, its hash recomputed and its link to the line before checked. What a chain alone cannot show:
    /// that lines were cut off at its end, or that all of it was written anew. Keep the printed head elsewhere to notice that.
    #[command(
        after_help = "Exit codes: 0 intact, 1 tampered, 2 wrong usage or a chain that cannot be read, 4 only the tail is \
                            torn, as a crash leaves it."
    )]
    Verify(VerifyArguments),
    /// Shows entries, one line each
    #[command(
        after_help = "Exit codes: 0 shown, 1 a line is no entry, 2 wrong usage or a chain that cannot be read, 4 the last \
                            line is torn. Entries are shown as they stand; verify says whether they are genuine."
    )]
    Show(ShowArguments),
}

#[derive(Debug, Args)]
struct VerifyArguments {
    /// An audit directory, or the folder of one chain
    #[arg(required = true, value_name = "DIR")]
    directories: Vec<PathBuf>,
    /// Print the report as one line of JSON
    #[arg(long)]
    json: bool,
    /// Look at hashes and links alone, besides the first and the last entry of each segment
    ///
    /// A line that was changed, removed or added is still found, unless every hash behind it was recomputed. The spelling of lines,
    /// their fields, whether outcomes fit to intents, and the hashes of whole segments are not looked at.
    #[arg(long)]
    fast: bool,
    /// Use at most N threads, instead of one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

#[derive(Debug, Args)]
struct ShowArguments {
    /// An audit directory, or the folder of one chain
    #[arg(required = true, value_name = "DIR")]
    directories: Vec<PathBuf>,
    /// Print each entry as it stands in the file: one line of JSON
    #[arg(long)]
    json: bool,
    /// Show only the last N entries that match
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    limit: Option<u32>,
    /// Show only entries of calls of this tool
    #[arg(long, value_name = "TOOL")]
    tool: Option<String>,
    /// Show only entries of this call: its call id, or the error id of its refusal
    #[arg(long, value_name = "ID")]
    call: Option<String>,
}

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
    };
    match code {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.report(&console);
            ExitCode::from(UNKNOWN)
        }
    }
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
        VerifyError::Changed { file } => {
            format!("{file} was changed while it was read, so nothing is said about the chain; look again")
        }
        other => other.to_string(),
    }
}
