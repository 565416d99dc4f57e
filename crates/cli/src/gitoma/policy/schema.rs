//! `gitoma policy schema`: what an editor needs to complete and check a policy file.

use super::SchemaArguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::status::Status;

pub(super) fn run(arguments: &SchemaArguments, console: &Console) -> Result<Status, Failure> {
    let schema = if arguments.suite { gitoma_policy::SUITE_SCHEMA } else { gitoma_policy::SCHEMA };
    console.print(schema)?;
    Ok(Status::Done)
}
