//! `gitoma halt` and `gitoma resume`: the operator's part of the kill switch, as a file that every gateway on the state directory obeys.

use clap::Args;
use gitoma_core::config::{Environment, Flags};
use gitoma_core::{HaltMarks, HaltSource};

use super::status::Status;
use crate::console::Console;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(super) struct HaltArguments {
    /// Why, in one line; it is shown to those who ask, and stands in the audit log
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Args)]
pub(super) struct ResumeArguments {
    /// Clear what an administrator set over HTTP as well
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    flags: Flags,
}

pub(super) fn halt(arguments: &HaltArguments, console: &Console) -> Result<Status, Failure> {
    let marks = HaltMarks::load(&arguments.flags, &Environment::read())?;
    marks.set(HaltSource::File, &arguments.reason).map_err(Failure::Halt)?;
    console.show("halted: every call is refused until gitoma resume")?;
    Ok(Status::Done)
}

pub(super) fn resume(arguments: &ResumeArguments, console: &Console) -> Result<Status, Failure> {
    let marks = HaltMarks::load(&arguments.flags, &Environment::read())?;
    marks.clear(HaltSource::File).map_err(Failure::Halt)?;
    if arguments.all {
        marks.clear(HaltSource::Admin).map_err(Failure::Halt)?;
    }
    if marks.is_set(HaltSource::Admin) {
        console.show("still halted: an administrator did so as well; POST /api/v1/resume, or gitoma resume --all, clears that")?;
        return Ok(Status::Refused);
    }
    console.show("resumed: calls are taken again, unless a gateway was told otherwise by a signal")?;
    Ok(Status::Done)
}
