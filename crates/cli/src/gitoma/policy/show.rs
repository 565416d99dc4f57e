//! `gitoma policy show`: the policy in force, as its authors wrote it.

use super::ShowArguments;
use super::text::Text;
use crate::console::Console;
use crate::failure::Failure;
use crate::gitoma::opened;
use crate::gitoma::status::Status;

pub(super) fn run(arguments: ShowArguments, console: &Console) -> Result<Status, Failure> {
    let super::PolicyChoice { policy, place } = arguments.choice;
    let settings = opened::settings(&place.flags(policy))?;
    console.print(&Text::in_force(&settings).text)?;
    Ok(Status::Done)
}
