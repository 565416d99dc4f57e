//! What `gitoma-audit` is asked on its command line, and its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::filter::Filter;

/// Verifies, shows and exports audit chains
///
/// DIR is an audit directory (STATE/audit), whose chains are all looked at, or the folder of one chain.
#[derive(Debug, Parser)]
#[command(name = "gitoma-audit", version)]
pub(super) struct CommandLine {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Verifies chains, and names the first bad line of each
    ///
    /// Every line is read strictly, its hash recomputed and its link to the line before checked, and so are the checkpoints beside a
    /// chain. What a chain alone cannot show: that lines were cut off at its end, or that all of it was written anew. For that, give
    /// --key, --anchor or both; without either, keep the printed head elsewhere.
    #[command(
        after_help = "Exit codes: 0 intact, 1 tampered, 2 wrong usage or something that cannot be read, 3 not anchored as --key \
                            demands, 4 only the tail is torn, as a crash leaves it, 5 the front was removed and is accounted for."
    )]
    Verify(VerifyArguments),
    /// Shows entries, one line each
    #[command(
        after_help = "Exit codes: 0 shown, 1 a line is no entry, 2 wrong usage or a chain that cannot be read, 4 the last \
                            line is torn. Entries are shown as they stand; verify says whether they are genuine."
    )]
    Show(ShowArguments),
    /// Shows the last entries, and with --follow those that come
    #[command(
        after_help = "It begins with the last segment of each chain. Exit codes are those of show; a follower ends when it is \
                            interrupted or nobody reads it any more, and with 1 when what it follows is removed, replaced or cut."
    )]
    Tail(TailArguments),
    /// Counts calls, refusals, outcomes, and shows when they happened
    #[command(
        after_help = "Exit codes are those of show. What is counted is what stands there; verify says whether it is genuine."
    )]
    Stats(StatsArguments),
    /// Prints entries as events of another schema, one JSON object a line
    #[command(after_help = "Exit codes are those of show.")]
    Export(ExportArguments),
    /// Writes a small file that proves to who has the public key that an entry is in a chain
    #[command(
        after_help = "Exit codes: 0 written, 1 the entries are not those that the checkpoint has signed, 2 wrong usage, no such entry, or \
                            no checkpoint covers it."
    )]
    Prove(ProveArguments),
    /// Checks such a file, without the log
    #[command(
        after_help = "Exit codes: 0 proved, 1 nothing is proved, 2 wrong usage or a file that cannot be read."
    )]
    CheckProof(CheckProofArguments),
    /// Makes the key that signs checkpoints
    ///
    /// FILE gets the secret (0600) and FILE.pub the public half, which is printed as well. Neither may exist: a key is never overwritten.
    Keygen(KeygenArguments),
    /// Shows what the commitments of a call stand for, or whether a file is what was committed to
    #[command(
        after_help = "Exit codes: 0 shown, 1 FILE is not what was committed to or a line is no entry, 2 wrong usage or no commitment, \
                            4 the last line is torn."
    )]
    Disclose(DiscloseArguments),
    /// Erases what opens commitments; the chain stays whole
    ///
    /// It may run beside the gateway. What a file system or a backup keeps of erased bytes is not in its power.
    Erase(EraseArguments),
    /// Moves what stands behind the last good entry of a damaged chain to quarantine, on its record
    ///
    /// For a chain that a start refuses. Without --apply it says what it would do. It never cuts off what a checkpoint covers.
    #[command(
        after_help = "Exit codes: 0 done, or nothing to do, 1 the chain cannot be repaired, 2 wrong usage, a chain that cannot be read or \
                            that a process holds."
    )]
    Repair(RepairArguments),
    /// Removes whole segments from the front of a chain, on its record
    ///
    /// Only what a checkpoint covers can go, and the last segment stays. Without --apply it says what it would do.
    #[command(
        after_help = "Exit codes: 0 done, 1 the chain is not whole, 2 wrong usage, nothing to remove, a chain that cannot be read or that a \
                            process holds."
    )]
    Prune(PruneArguments),
    /// Lets another key sign the checkpoints of chains from here on
    ///
    /// Both keys sign that one follows the other, and the chain records it. A gateway does the same by itself where its configuration
    /// names a former key.
    #[command(
        after_help = "Exit codes: 0 done, 1 a chain is not whole, 2 wrong usage, a key or a chain that cannot be read, one that another key signs \
                            or that a process holds."
    )]
    RotateKey(RotateKeyArguments),
}

#[derive(Debug, Args)]
pub(super) struct VerifyArguments {
    /// An audit directory, or the folder of one chain
    #[arg(required = true, value_name = "DIR")]
    pub(super) directories: Vec<PathBuf>,
    /// Print the report as one line of JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Look at hashes and links alone, besides the first and the last entry of each segment
    ///
    /// A line that was changed, removed or added is still found, unless every hash behind it was recomputed. The spelling of lines,
    /// their fields, whether outcomes fit to intents, and the hashes of whole segments are not looked at.
    #[arg(long)]
    pub(super) fast: bool,
    /// Use at most N threads, instead of one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Trust the public key in FILE (`.pub`), and demand that every entry is anchored; may be repeated
    ///
    /// An entry is anchored if a checkpoint covers it, here or given with --anchor, that is signed by a trusted key: one of these, or
    /// one that the chain's own rotations lead to from one of them. Give the newest key alone, unless an older one must be trusted.
    #[arg(long, value_name = "FILE")]
    pub(super) key: Vec<PathBuf>,
    /// Hold the chains against checkpoints that were kept elsewhere; may be repeated
    ///
    /// PATH is a note, a folder of notes of one chain (<size>.note), or a directory as a file sink keeps it
    /// (<chain_id>/<size>.note). With --key a note must be signed by a trusted key; without, it is believed because you bring it.
    #[arg(long, value_name = "PATH")]
    pub(super) anchor: Vec<PathBuf>,
    /// Of a chain that a process is writing, let entries younger than SECONDS be without anchor
    #[arg(long, value_name = "SECONDS", requires = "key", default_value_t = 0)]
    pub(super) recent: u32,
}

#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// An audit directory, or the folder of one chain
    #[arg(required = true, value_name = "DIR")]
    pub(super) directories: Vec<PathBuf>,
    /// Print each entry as it stands in the file: one line of JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Show only the last N entries that match
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) limit: Option<u32>,
    #[command(flatten)]
    pub(super) filter: Filter,
}

#[derive(Debug, Args)]
pub(super) struct TailArguments {
    /// An audit directory, or the folder of one chain
    #[arg(required = true, value_name = "DIR")]
    pub(super) directories: Vec<PathBuf>,
    /// Go on with the entries that come, also in new segments and new chains
    #[arg(short, long)]
    pub(super) follow: bool,
    /// Begin with the last N entries that match
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub(super) lines: u32,
    /// Print each entry as it stands in the file: one line of JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) filter: Filter,
}

#[derive(Debug, Args)]
pub(super) struct StatsArguments {
    /// An audit directory, or the folder of one chain
    #[arg(required = true, value_name = "DIR")]
    pub(super) directories: Vec<PathBuf>,
    /// Print the counts as one line of JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) filter: Filter,
}

#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// An audit directory, or the folder of one chain
    #[arg(required = true, value_name = "DIR")]
    pub(super) directories: Vec<PathBuf>,
    /// The schema of the events
    #[arg(long)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) filter: Filter,
}

/// A schema of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Open Cybersecurity Schema Framework 1.6.0
    Ocsf,
    /// CloudEvents 1.0, its data being the entry as it stands in the file
    Cloudevents,
}

#[derive(Debug, Args)]
pub(super) struct ProveArguments {
    /// The folder of a chain, or an audit directory with only one
    #[arg(value_name = "DIR")]
    pub(super) directory: PathBuf,
    /// The entry to prove
    #[arg(long, value_name = "N")]
    pub(super) seq: u64,
    /// Write to a new file, by custom with a name that ends in .tlog-proof, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CheckProofArguments {
    /// The proof file
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// A public key that is trusted, as keygen writes it (may be given several times)
    #[arg(long, required = true, value_name = "FILE")]
    pub(super) key: Vec<PathBuf>,
    /// Print the entry as it stands in the log: one line of JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct KeygenArguments {
    /// The file to write the secret to
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The name of the key, which stands in every checkpoint; best a domain and a path of yours
    #[arg(long, value_name = "NAME", default_value = "gitoma-audit")]
    pub(super) name: String,
}

#[derive(Debug, Args)]
pub(super) struct DiscloseArguments {
    /// An audit directory, or the folder of one chain
    #[arg(value_name = "DIR")]
    pub(super) directory: PathBuf,
    /// The call: its call id
    #[arg(long, value_name = "ID")]
    pub(super) call: String,
    /// Tell whether the bytes of FILE are what was committed to
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct EraseArguments {
    /// An audit directory, or the folder of one chain
    #[arg(value_name = "DIR")]
    pub(super) directory: PathBuf,
    /// Erase what opens the commitments of this call
    #[arg(long, value_name = "ID", required_unless_present = "before", conflicts_with = "before")]
    pub(super) call: Option<String>,
    /// Erase what opens the commitments of all calls before this day (UTC), such as 2026-01-31
    #[arg(long, value_name = "DAY")]
    pub(super) before: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct RepairArguments {
    /// The folder of a chain
    #[arg(value_name = "CHAIN")]
    pub(super) directory: PathBuf,
    /// Say what would be done; also without it
    #[arg(long, conflicts_with = "apply")]
    pub(super) dry_run: bool,
    /// Do it
    #[arg(long)]
    pub(super) apply: bool,
    /// The key that signs the chain's checkpoints, where one does
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct PruneArguments {
    /// The folder of a chain
    #[arg(value_name = "CHAIN")]
    pub(super) directory: PathBuf,
    /// Remove segments that lie whole before this entry
    #[arg(long, value_name = "SEQ")]
    pub(super) before: u64,
    /// Say what would be done; also without it
    #[arg(long, conflicts_with = "apply")]
    pub(super) dry_run: bool,
    /// Do it
    #[arg(long, requires = "key")]
    pub(super) apply: bool,
    /// The key that signs the chain's checkpoints
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct RotateKeyArguments {
    /// The folders of chains
    #[arg(required = true, value_name = "CHAIN")]
    pub(super) chains: Vec<PathBuf>,
    /// The key that signs until now
    #[arg(long, value_name = "FILE", required_unless_present = "adopt")]
    pub(super) from: Option<PathBuf>,
    /// Take up chains that nobody has signed: that began without a key, or whose checkpoints are gone
    ///
    /// What stands in them is verified, and signed as it is found: look at it first.
    #[arg(long, conflicts_with = "from")]
    pub(super) adopt: bool,
    /// The key that signs from here on
    #[arg(long, value_name = "FILE")]
    pub(super) to: PathBuf,
}
