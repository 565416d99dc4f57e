//! `gitoma redact`: standard input to standard output without secrets, as it comes.

use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;
use gitoma_redact::RedactingStream;

use super::secrets;
use super::status::Status;
use crate::Toolset;
use crate::console::Console;
use crate::failure::Failure;

/// How much is read at once, in bytes.
const PIECE: usize = 64 * 1024;

#[derive(Debug, Args)]
pub(super) struct RedactArguments {
    /// A policy, whose `redact` adds patterns and names, and lets values show
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

pub(super) fn run(arguments: &RedactArguments, tools: Toolset, console: &Console) -> Result<Status, Failure> {
    let Some(redactor) = secrets::redactor(arguments.policy.as_deref(), tools, console)? else {
        return Ok(Status::Usage);
    };
    let mut input = std::io::stdin().lock();
    let mut stream = RedactingStream::new(redactor);
    let mut piece = vec![0; PIECE];
    let mut clean = String::new();
    // nobody needs what comes after the reader has gone
    while !console.is_closed() {
        let read = match input.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(Failure::Input { what: "standard input".to_owned(), source }),
        };
        stream.push(piece.get(..read).unwrap_or_default(), &mut clean);
        console.print(&clean)?;
        clean.clear();
    }
    // how many there were is of no use to a filter
    let _ = stream.finish(&mut clean);
    console.print(&clean)?;
    Ok(Status::Done)
}
