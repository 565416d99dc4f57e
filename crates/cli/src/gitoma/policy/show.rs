//! `gitoma policy show`: the policy in force, as its authors wrote it.

use super::ShowArguments;
use super::text::{Text, settings};
use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::status::Status;

pub(super) fn run(arguments: ShowArguments, console: &Console) -> Result<Status, Failure> {
    console.print(&Text::in_force(&settings(arguments.choice)?).text)?;
    Ok(Status::Done)
}
