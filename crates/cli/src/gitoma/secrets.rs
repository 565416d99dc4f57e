//! `gitoma secrets …`: where secrets stand in files, and what a policy may let show. No value is ever printed. It needs no
//! gateway and leaves no entry: it reads what the person at the terminal can read anyway.

mod baseline;
mod fingerprint;
mod report;
mod sarif;
mod scan;
mod search;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use gitoma_redact::Redactor;

use super::policy::text::{Text, catalogue};
use super::status::Status;
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum SecretsCommand {
    /// Names the places of secrets, never their values
    ///
    /// In a work tree of git it searches what is tracked, and what is neither tracked nor ignored; elsewhere every file. No link is
    /// followed. A comment `gitoma:allow-secret` on the same line, or alone on the line before, lets a finding pass. Exit codes: 0
    /// none, or none that the baseline does not have, 1 some, 2 wrong usage, or something could not be read.
    Scan(ScanArguments),
    /// Prints the fingerprints of found values, for `redact.allow` of a policy
    ///
    /// Of a file or one of its lines, each with rule and place; without FILE, of standard input as one value. A fingerprint is a
    /// hash: whoever guesses a value that is easily guessed can tell by it that he has. Allow with it only what is no secret. Exit
    /// codes: 0 printed, 1 nothing was found, 2 the input cannot be read.
    Fingerprint(FingerprintArguments),
}

#[derive(Debug, Args)]
pub(super) struct ScanArguments {
    /// A file or directory; the current directory unless said otherwise, and the whole repository with --staged and --ref
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Search what the index adds to the commit that is checked out
    #[arg(long, conflicts_with_all = ["reference", "all"])]
    staged: bool,
    /// Search the files of a branch, tag or commit; with A..B what B adds to A, with A...B what it adds to their merge base
    #[arg(long = "ref", value_name = "REF", conflicts_with = "all")]
    reference: Option<String>,
    /// Search every file, ignored or not
    #[arg(long)]
    all: bool,
    /// Print one line of JSON
    #[arg(long, conflicts_with = "sarif")]
    json: bool,
    /// Print SARIF 2.1.0
    #[arg(long)]
    sarif: bool,
    /// Known findings, which do not count
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings to FILE as known ones
    #[arg(long, value_name = "FILE", conflicts_with = "staged")]
    write_baseline: Option<PathBuf>,
    /// Pay no heed to comments: whoever can write a file can write one
    #[arg(long)]
    no_inline: bool,
    /// A policy, whose `redact` adds patterns and names, and lets values show
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct FingerprintArguments {
    /// A file, or one line of it
    #[arg(value_name = "FILE[:LINE]")]
    place: Option<PathBuf>,
    /// A policy, whose `redact` adds patterns and names
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

pub(super) fn run(command: SecretsCommand, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    match command {
        SecretsCommand::Scan(arguments) => match redactor(arguments.policy.as_deref(), tools, console)? {
            Some(redactor) => scan::run(&arguments, redactor, console),
            None => Ok(Status::Usage),
        },
        SecretsCommand::Fingerprint(arguments) => {
            match redactor(arguments.policy.as_deref(), tools, console)? {
                Some(redactor) => fingerprint::run(arguments.place.as_deref(), redactor, console),
                None => Ok(Status::Usage),
            }
        }
    }
}

/// The redactor of a policy file, or the standard one; nothing, and the faults are told, if the policy does not load.
pub(super) fn redactor(
    policy: Option<&Path>,
    tools: Toolset,
    console: &Console,
) -> Result<Option<Redactor>, Failure> {
    let Some(file) = policy else { return Ok(Some(Redactor::new())) };
    let text = Text::read("the policy file", file)?;
    match gitoma_core::load_policy(text.source(), &catalogue(tools)?) {
        Ok(policy) => Ok(Some(policy.redactor(&Redactor::new()))),
        Err(error) => {
            console.tell(&format!("error: a policy does not load\n{error}"));
            Ok(None)
        }
    }
}
